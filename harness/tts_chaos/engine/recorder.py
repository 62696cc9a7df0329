"""Turns what happens into records, in one order, with secrets replaced."""

from __future__ import annotations

import threading
from collections.abc import Callable

import msgspec

from tts_chaos.core.clock import Clock
from tts_chaos.core.history import History, Record
from tts_chaos.errors import LimitExceededError

__all__ = ["Recorder", "Unwritten", "written"]

RECORD_LIMIT = 200_000
"""A run with more records than this is running away; its history would fill memory."""


class Unwritten:
    """The place of a record in the history, kept until somebody reads it."""

    __slots__ = ("_at_ms", "_index", "_record", "_write")

    def __init__(self, write: Callable[[], Record], index: int, at_ms: int) -> None:
        self._write: Callable[[], Record] | None = write
        self._record: Record | None = None
        self._index = index
        self._at_ms = at_ms

    def written(self) -> Record:
        """Return the record, made on the first call."""
        if self._record is None:
            assert self._write is not None, "it is dropped only once the record is there"
            record = self._write()
            self._record = msgspec.structs.replace(record, index=self._index, at_ms=self._at_ms)
            self._write = None
        return self._record


class Recorder:
    """An append-only list of records; thread-safe."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._records: list[Record | Unwritten] = []
        self._lock = threading.Lock()

    def add(self, record: Record) -> Record:
        """Give `record` its index and instant and keep it; returns the kept one.

        Raises:
            LimitExceededError: If the run has become endless.
        """
        with self._lock:
            self._refuse_endless()
            kept = msgspec.structs.replace(
                record, index=len(self._records), at_ms=self._clock.now_ms()
            )
            self._records.append(kept)
            return kept

    def add_later(self, write: Callable[[], Record]) -> None:
        """Keep a place for the record that `write` returns; it is called once, if it is read.

        Index and instant are those of this call. `write` must give the same whenever it is called.

        Raises:
            LimitExceededError: If the run has become endless.
        """
        with self._lock:
            self._refuse_endless()
            self._records.append(Unwritten(write, len(self._records), self._clock.now_ms()))

    def history(self) -> History:
        """Return all records so far."""
        with self._lock:
            return History(map(written, self._records))

    def _refuse_endless(self) -> None:
        if len(self._records) >= RECORD_LIMIT:
            raise LimitExceededError(f"the history has {RECORD_LIMIT} records; the run is endless")


def written(kept: Record | Unwritten) -> Record:
    """Return what is kept as a record."""
    return kept.written() if isinstance(kept, Unwritten) else kept
