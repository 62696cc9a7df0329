"""Is UDP open as well, for clients that speak HTTP/3?

Source: the article, row 8 (a new firewall rule blocked UDP 443, and sync stopped for an hour). That
the API's hosts speak QUIC at all is not established; hence a note.
"""

from __future__ import annotations

from collections.abc import Iterable

from tts_chaos.diagnosis.check import Remark, check, note
from tts_chaos.diagnosis.observed import Observed

__all__ = ["look"]


def _not_asked(seen: Observed) -> str:
    if any(host.quic for host in seen.hosts):
        return ""
    return "only on request: --quic"


@check(
    name="udp_open",
    family="network",
    asks="does UDP get through, for HTTP/3?",
    unless=_not_asked,
)
def look(seen: Observed) -> Iterable[Remark]:
    """Yield hosts that give no answer to a QUIC packet."""
    for host in seen.hosts:
        if host.quic not in (None, "answered"):
            yield note(
                f"UDP port {host.port} of {host.host} gives no answer to QUIC ({host.quic})",
                "either the host speaks no HTTP/3, or a firewall blocks UDP: a client that speaks "
                "it must fall back to TCP within seconds; test that, or turn HTTP/3 off",
            )
