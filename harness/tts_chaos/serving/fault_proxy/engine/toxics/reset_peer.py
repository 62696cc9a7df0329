"""`reset_peer`: `timeout` milliseconds after the first bytes the connection is reset."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import ClassVar

from tts_chaos.serving.fault_proxy.engine.toxics.stage import Stage, StageContext

__all__ = ["ResetPeer"]


class ResetPeer(Stage):
    """Swallows the stream and resets both sides.

    A connection older than the toxic is closed in an orderly way instead, as the Toxiproxy server
    does: it can only mark sockets for a reset when a connection begins.
    """

    attributes: ClassVar[Mapping[str, str]] = {"timeout": "int64"}
    wire_structure = "ResetToxic"

    def __init__(self, context: StageContext) -> None:
        super().__init__(context)
        self._timer: asyncio.TimerHandle | None = None
        self._is_armed = False

    def feed(self, _data: bytes, _at_s: float, /) -> None:
        """Start the countdown with the first bytes; drop these and all that follow."""
        self._arm()

    def end(self) -> None:
        """Start the countdown if the stream ends before any byte."""
        self._arm()

    def _arm(self) -> None:
        if self._is_armed or self.is_closed:
            return
        self._is_armed = True
        self.context.count_hit()
        delay_s = max(0, self.context.attributes["timeout"]) / 1000
        self._timer = self.context.link.loop.call_later(delay_s, self._reset)

    def _reset(self) -> None:
        if self.context.is_from_start:
            self.context.link.make_abortive()
        self.close()

    def dispose(self) -> None:
        """Drop the timer."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
