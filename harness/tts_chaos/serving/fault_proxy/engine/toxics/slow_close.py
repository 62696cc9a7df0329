"""`slow_close`: the connection closes `delay` milliseconds later than it should."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import ClassVar

from tts_chaos.serving.fault_proxy.engine.toxics.stage import Stage, StageContext

__all__ = ["SlowClose"]


class SlowClose(Stage):
    """Passes bytes on and delays the end."""

    attributes: ClassVar[Mapping[str, str]] = {"delay": "int64"}
    wire_structure = "SlowCloseToxic"

    def __init__(self, context: StageContext) -> None:
        super().__init__(context)
        self._timer: asyncio.TimerHandle | None = None
        self._is_ending = False

    def end(self) -> None:
        """Start the delay."""
        self.dispose()
        self._is_ending = True
        self.context.count_hit()
        delay_s = max(0, self.context.attributes["delay"]) / 1000
        self._timer = self.context.link.loop.call_later(delay_s, self.close)

    def update(self) -> None:
        """Start a running delay over with its new length."""
        if self._is_ending and not self.is_closed:
            self.end()

    def remove(self) -> None:
        """Close now if the stream has ended."""
        self.dispose()
        if self._is_ending:
            self.close()

    def dispose(self) -> None:
        """Drop the timer."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
