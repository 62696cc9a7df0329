"""What a packet says of where a program wanted to go.

Sans-IO. Formats: RFC 791 (IPv4), RFC 8200 (IPv6), RFC 9293 (TCP), RFC 768 (UDP).
"""

from __future__ import annotations

import ipaddress
import struct

__all__ = ["destination_of"]

_TCP, _UDP = 6, 17
_FLAGS_AT, _BEGINS, _ACKNOWLEDGES = 13, 0x02, 0x10


def destination_of(packet: bytes) -> str | None:
    """Return `address:port` where a packet begins a TCP connection or is UDP to the outside.

    Args:
        packet: The head of a packet, from its IP header on.

    Returns:
        None for any other packet, and for one that stays on loopback.
    """
    try:
        if packet[0] >> 4 == 4:
            protocol, payload = packet[9], packet[(packet[0] & 15) * 4 :]
            address: ipaddress.IPv4Address | ipaddress.IPv6Address = ipaddress.IPv4Address(
                packet[16:20]
            )
        else:
            protocol, payload = packet[6], packet[40:]
            address = ipaddress.IPv6Address(packet[24:40])
        if address.is_loopback or not _wants_there(protocol, payload):
            return None
        port = struct.unpack_from(">H", payload, 2)[0]
    except (IndexError, ValueError, struct.error):
        return None
    return f"[{address}]:{port}" if address.version == 6 else f"{address}:{port}"


def _wants_there(protocol: int, payload: bytes) -> bool:
    if protocol == _UDP:
        return True
    flags = payload[_FLAGS_AT] if protocol == _TCP else 0
    return bool(flags & _BEGINS) and not flags & _ACKNOWLEDGES
