"""A recorder for a platform that runs for days: keeps the newest records, says what it dropped."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from itertools import islice
from typing import BinaryIO

import msgspec

from tts_chaos.core.clock import Clock
from tts_chaos.core.history import Dropped, History, Record
from tts_chaos.engine.recorder import Recorder, Unwritten, written

__all__ = ["KEPT_RECORDS", "RollingRecorder"]

KEPT_RECORDS = 5_000
"""Up to some 180 MB: a record with a whole page of orders takes 36 KB, most take a few."""


class RollingRecorder(Recorder):
    """Keeps the newest `kept` records; their indices go on counting. Thread-safe.

    Args:
        clock: Instant of every record.
        kept: How many records stay in memory.
        spool: Where every record is written as a line of JSON besides, None for nowhere.
    """

    def __init__(
        self, clock: Clock, *, kept: int = KEPT_RECORDS, spool: BinaryIO | None = None
    ) -> None:
        super().__init__(clock)
        self._time = clock
        self._kept: deque[Record | Unwritten] = deque(maxlen=kept)
        self._next_index = 0
        self._guard = threading.Lock()
        self._spool = spool

    def add(self, record: Record) -> Record:
        """Give `record` its index and instant and keep it; returns the kept one."""
        with self._guard:
            return self._keep(record)

    def add_later(self, write: Callable[[], Record]) -> None:
        """Keep a place for a record; one that is spooled is written at once."""
        with self._guard:
            if self._spool is not None:
                self._keep(write())
                return
            self._kept.append(Unwritten(write, self._next_index, self._time.now_ms()))
            self._next_index += 1

    def _keep(self, record: Record) -> Record:
        at_ms = self._time.now_ms()
        kept = msgspec.structs.replace(record, index=self._next_index, at_ms=at_ms)
        self._next_index += 1
        self._kept.append(kept)
        if self._spool is not None:
            self._spool.write(History([kept]).to_json_lines())
        return kept

    def history(self) -> History:
        """Return the records kept."""
        with self._guard:
            return History(map(written, self._kept))

    def since(self, index: int) -> list[Record]:
        """Return the records whose index is `index` or higher.

        Those no longer kept are represented by one `Dropped` in front, which counts them.
        """
        with self._guard:
            first = self._next_index - len(self._kept)
            kept = [written(row) for row in islice(self._kept, max(index - first, 0), None)]
            if index >= first:
                return kept
            return [Dropped(index=index, records=first - index), *kept]
