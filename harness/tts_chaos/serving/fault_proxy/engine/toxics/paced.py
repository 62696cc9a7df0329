"""Base of the toxics that hold bytes back and let them go piece by piece."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections import deque
from typing import ClassVar, NamedTuple

from tts_chaos.serving.fault_proxy.engine.toxics.stage import Stage, StageContext

__all__ = ["PacedStage", "Piece"]


class Piece(NamedTuple):
    """The next bytes to let go: how many, when, and the instant they then count as received."""

    size_bytes: int
    due_s: float
    at_s: float


class PacedStage(Stage):
    """Keeps bytes in order and asks its subclass for one piece at a time.

    Class attributes:
        held_bytes_max: More bytes than this held pause the source; half of it resumes.
    """

    held_bytes_max: ClassVar[int] = 64 * 1024

    def __init__(self, context: StageContext) -> None:
        super().__init__(context)
        self._queue: deque[tuple[bytes, float]] = deque()
        self._held_bytes = 0
        self._is_ending = False
        self._is_stuck = False
        self._timer: asyncio.TimerHandle | None = None

    @abstractmethod
    def plan(self, data: bytes, at_s: float) -> Piece | None:
        """Return the next piece of `data`, which came in at `at_s`; None holds it for ever."""

    def feed(self, data: bytes, at_s: float, /) -> None:
        """Queue bytes; they leave when their time has come."""
        if self.is_closed:
            return
        self._queue.append((data, at_s))
        self._held_bytes += len(data)
        if self._held_bytes > self.held_bytes_max:
            self.context.link.pause(self)
        if self._timer is None and not self._is_stuck:
            self._work()

    def end(self) -> None:
        """End after the last byte held."""
        self._is_ending = True
        if not self._queue:
            self.close()

    def _work(self) -> None:
        while self._queue:
            data, at_s = self._queue[0]
            piece = self.plan(data, at_s)
            if piece is None:
                self._is_stuck = True
                return
            self.context.count_hit()
            if piece.due_s > self.context.link.loop.time():
                self._timer = self.context.link.loop.call_at(piece.due_s, self._fire, piece)
                return
            self._emit(piece)
        if self._is_ending:
            self.close()

    def _fire(self, piece: Piece) -> None:
        self._timer = None
        self._emit(piece)
        self._work()

    def _emit(self, piece: Piece) -> None:
        data, at_s = self._queue.popleft()
        if piece.size_bytes < len(data):
            self._queue.appendleft((data[piece.size_bytes :], at_s))
            data = data[: piece.size_bytes]
        self._held_bytes -= len(data)
        if self._held_bytes <= self.held_bytes_max // 2:
            self.context.link.resume(self)
        self.next.feed(data, piece.at_s)

    def update(self) -> None:
        """Let the bytes being waited for go at once; the rest follows the new attributes."""
        self.dispose()
        if self._queue:
            self._emit(self._rest())
        self._work()

    def remove(self) -> None:
        """Let everything go at once."""
        self.dispose()
        while self._queue:
            self._emit(self._rest())
        if self._is_ending:
            self.close()

    def _rest(self) -> Piece:
        data, at_s = self._queue[0]
        return Piece(len(data), at_s, at_s)

    def dispose(self) -> None:
        """Drop the timer."""
        self._is_stuck = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
