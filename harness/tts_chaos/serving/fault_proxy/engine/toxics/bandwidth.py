"""`bandwidth`: at most `rate` kilobytes per second; a rate of 0 lets nothing through."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from tts_chaos.serving.fault_proxy.engine.toxics.paced import PacedStage, Piece
from tts_chaos.serving.fault_proxy.engine.toxics.stage import StageContext

__all__ = ["Bandwidth"]

_SLICE_MS = 100
"""Slow streams are served in portions this far apart, so that bytes trickle instead of jumping."""


class Bandwidth(PacedStage):
    """Lets bytes go at a steady rate; idle time earns no credit."""

    attributes: ClassVar[Mapping[str, str]] = {"rate": "int64"}
    wire_structure = "BandwidthToxic"

    def __init__(self, context: StageContext) -> None:
        super().__init__(context)
        self._free_s = 0.0

    def plan(self, data: bytes, at_s: float) -> Piece | None:
        """Return the next portion, at the end of the time it takes on such a line."""
        bytes_per_ms = self.context.attributes["rate"]
        if bytes_per_ms <= 0:
            self.context.count_hit()
            return None
        size_bytes = min(len(data), bytes_per_ms * _SLICE_MS)
        begin_s = max(self._free_s, self.context.link.loop.time())
        self._free_s = begin_s + size_bytes / bytes_per_ms / 1000
        return Piece(size_bytes, self._free_s, at_s)

    def dispose(self) -> None:
        """Forget the portion under way as well."""
        super().dispose()
        self._free_s = 0.0
