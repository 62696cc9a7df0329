"""`slicer`: chunks are cut into pieces of about `average_size` bytes, `delay` apart.

Its delay is in microseconds, unlike every other duration of the interface.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import ClassVar

from tts_chaos.serving.fault_proxy.engine.toxics.paced import PacedStage, Piece
from tts_chaos.serving.fault_proxy.engine.toxics.stage import StageContext

__all__ = ["Slicer"]


class Slicer(PacedStage):
    """Cuts each chunk in halves until the pieces are small enough.

    A piece is small enough when it exceeds the average by no more than the variation; each cut is
    off the middle by at most the variation.
    """

    attributes: ClassVar[Mapping[str, str]] = {
        "average_size": "int",
        "size_variation": "int",
        "delay": "int",
    }
    wire_structure = "SlicerToxic"

    def __init__(self, context: StageContext) -> None:
        super().__init__(context)
        self._sizes_bytes: deque[int] = deque()
        self._free_s = 0.0

    def plan(self, data: bytes, at_s: float) -> Piece:
        """Return the next slice; the first of a chunk leaves at once, if the last wait is over."""
        if not self._sizes_bytes:
            self._sizes_bytes.extend(self._slice(len(data)))
            self._free_s = max(self._free_s, self.context.link.loop.time())
        due_s = self._free_s
        self._free_s += self.context.attributes["delay"] / 1_000_000
        return Piece(self._sizes_bytes.popleft(), due_s, at_s)

    def _slice(self, size_bytes: int) -> list[int]:
        average_bytes = max(1, self.context.attributes["average_size"])
        variation_bytes = max(0, self.context.attributes["size_variation"])
        if size_bytes < 2 or size_bytes - average_bytes <= variation_bytes:
            return [size_bytes]
        cut_bytes = size_bytes // 2
        if variation_bytes:
            cut_bytes += self.context.entropy.integer(-variation_bytes, variation_bytes - 1)
        cut_bytes = min(max(cut_bytes, 1), size_bytes - 1)
        return self._slice(cut_bytes) + self._slice(size_bytes - cut_bytes)

    def dispose(self) -> None:
        """Forget the cuts of the chunk at hand as well."""
        super().dispose()
        self._sizes_bytes.clear()
        self._free_s = 0.0
