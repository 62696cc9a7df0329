"""`limit_data`: after `bytes` bytes the connection is closed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from tts_chaos.serving.fault_proxy.engine.toxics.stage import Stage, StageContext

__all__ = ["LimitData"]


class LimitData(Stage):
    """Counts what it lets through; the count outlives an update of the limit."""

    attributes: ClassVar[Mapping[str, str]] = {"bytes": "int64"}
    wire_structure = "LimitDataToxic"

    def __init__(self, context: StageContext) -> None:
        super().__init__(context)
        self._passed_bytes = 0

    def feed(self, data: bytes, at_s: float, /) -> None:
        """Pass on what the limit leaves, and close when it is reached."""
        if self.is_closed:
            return
        data = data[: max(0, self.context.attributes["bytes"] - self._passed_bytes)]
        if data:
            self._passed_bytes += len(data)
            self.next.feed(data, at_s)
        if self._passed_bytes >= self.context.attributes["bytes"]:
            self.context.count_hit()
            self.close()
