"""A recorder for a platform that runs for days: keeps the newest records, forgets the rest."""

from __future__ import annotations

import threading
from collections import deque

import msgspec

from tts_chaos.core.clock import Clock
from tts_chaos.core.history import History, Record
from tts_chaos.engine.recorder import Recorder

__all__ = ["KEPT_RECORDS", "RollingRecorder"]

KEPT_RECORDS = 50_000
"""About 200 MB at worst, and an hour of an ordinary integration's traffic."""


class RollingRecorder(Recorder):
    """Keeps the newest `kept` records; their indices go on counting. Thread-safe."""

    def __init__(self, clock: Clock, *, kept: int = KEPT_RECORDS) -> None:
        super().__init__(clock)
        self._time = clock
        self._kept: deque[Record] = deque(maxlen=kept)
        self._next_index = 0
        self._guard = threading.Lock()

    def add(self, record: Record) -> Record:
        """Give `record` its index and instant and keep it; returns the kept one."""
        with self._guard:
            at_ms = self._time.now_ms()
            kept = msgspec.structs.replace(record, index=self._next_index, at_ms=at_ms)
            self._next_index += 1
            self._kept.append(kept)
            return kept

    def history(self) -> History:
        """Return the records kept."""
        return History(self.since(0))

    def since(self, index: int) -> list[Record]:
        """Return the records kept whose index is `index` or higher."""
        with self._guard:
            return [record for record in self._kept if record.index >= index]
