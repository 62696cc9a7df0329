"""Width and height of pictures, read from their first bytes. Pure.

Source: the formats' own specifications; which formats the platform takes is assumed (PNG and JPEG).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

__all__ = ["picture_size"]

_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8"
_FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})


def picture_size(data: bytes) -> tuple[int, int] | None:
    """Return width and height in pixels, None where the bytes are no picture."""
    if data.startswith(_PNG) and len(data) >= 24:
        width, height = struct.unpack(">II", data[16:24])
        return int(width), int(height)
    if data.startswith(_JPEG):
        return next(_frames(data), None)
    return None


def _frames(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield the size that each frame header of a JPEG states."""
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        if marker in _FRAMES:
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            yield int(width), int(height)
        at += 2 + max(length, 2)
