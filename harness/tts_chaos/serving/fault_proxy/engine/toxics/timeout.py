"""`timeout`: nothing gets through, and after `timeout` quiet milliseconds the connection closes."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import ClassVar

from tts_chaos.serving.fault_proxy.engine.toxics.stage import Stage, StageContext

__all__ = ["Timeout"]


class Timeout(Stage):
    """Drops every byte. The wait starts over with each chunk; 0 waits for ever."""

    attributes: ClassVar[Mapping[str, str]] = {"timeout": "int64"}
    wire_structure = "TimeoutToxic"

    def __init__(self, context: StageContext) -> None:
        super().__init__(context)
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Start the wait, data or not."""
        self.dispose()
        timeout_ms = self.context.attributes["timeout"]
        if timeout_ms > 0:
            self._timer = self.context.link.loop.call_later(timeout_ms / 1000, self._expire)

    def feed(self, _data: bytes, _at_s: float, /) -> None:
        """Drop the bytes."""
        if not self.is_closed:
            self.context.count_hit()
            self.start()

    def update(self) -> None:
        """Start the wait over."""
        if not self.is_closed:
            self.start()

    def remove(self) -> None:
        """Close: bytes are missing, so the connection is of no use to either side."""
        self._expire()

    def _expire(self) -> None:
        self.dispose()
        if not self.is_closed:
            self.context.count_hit()
            self.close()

    def dispose(self) -> None:
        """Drop the timer."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
