"""The name server of a private network: knows the platform's hosts, and notes every other name.

Sans-IO. Format of a message: RFC 1035, section 4.
"""

from __future__ import annotations

import ipaddress
import struct
from collections.abc import Callable

__all__ = ["ADDRESS", "answer"]

_HEAD = struct.Struct(">6H")
_IS_ANSWER, _NO_SUCH_NAME = 0x8180, 3
ADDRESS = 1
"""The type of a question for an address of version 4 (RFC 1035, section 3.2.2: A)."""
_INTERNET = 1
_TTL_S = 1
_REVERSE = ".arpa"


def answer(
    question: bytes, find: Callable[[str, int], str | None], refuse: Callable[[str], None]
) -> bytes:
    """Return the answer to one question, b"" for what is none.

    Args:
        question: A message.
        find: Returns the IPv4 address of a name, "" for one that shall not be found, and None for
            one that is not known. Also told the type that is asked for, as there may be a question
            for each version of IP.
        refuse: Told each name that is not known; looking up what an address is called counts as
            none, as many servers do that for whoever connects to them.
    """
    if len(question) < _HEAD.size:
        return b""
    id, _flags, count, *_rest = _HEAD.unpack_from(question)
    name, end = _read_name(question)
    if count != 1 or end + 4 > len(question):
        return b""
    kind = struct.unpack_from(">H", question, end)[0]
    asked = question[_HEAD.size : end + 4]
    address = find(name, kind)
    if not address:
        if address is None and name and not name.endswith(_REVERSE):
            refuse(name)
        return _HEAD.pack(id, _IS_ANSWER | _NO_SUCH_NAME, 1, 0, 0, 0) + asked
    if kind != ADDRESS:
        return _HEAD.pack(id, _IS_ANSWER, 1, 0, 0, 0) + asked
    # 0xC00C: the name is the one at byte 12, where the question has it.
    record = struct.pack(">HHHIH", 0xC00C, ADDRESS, _INTERNET, _TTL_S, 4)
    packed = ipaddress.IPv4Address(address).packed
    return _HEAD.pack(id, _IS_ANSWER, 1, 1, 0, 0) + asked + record + packed


def _read_name(message: bytes) -> tuple[str, int]:
    """Return the name that the question asks about, in lower case, and where it ends."""
    labels, at = [], _HEAD.size
    while at < len(message):
        length = message[at]
        at += 1
        if not length:
            break
        labels.append(message[at : at + length].decode("ascii", "replace").lower())
        at += length
    return ".".join(labels), at
