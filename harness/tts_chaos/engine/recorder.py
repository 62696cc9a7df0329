"""Turns what happens into records, in one order, with secrets replaced."""

from __future__ import annotations

import threading

import msgspec

from tts_chaos.core.clock import Clock
from tts_chaos.core.history import History, Record
from tts_chaos.errors import LimitExceededError

__all__ = ["Recorder"]

RECORD_LIMIT = 200_000
"""A run with more records than this is running away; its history would fill memory."""


class Recorder:
    """An append-only list of records; thread-safe."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._records: list[Record] = []
        self._lock = threading.Lock()

    def add(self, record: Record) -> Record:
        """Give `record` its index and instant and keep it; returns the kept one.

        Raises:
            LimitExceededError: If the run has become endless.
        """
        with self._lock:
            if len(self._records) >= RECORD_LIMIT:
                raise LimitExceededError(
                    f"the history has {RECORD_LIMIT} records; the run is endless"
                )
            at_ms = self._clock.now_ms()
            kept = msgspec.structs.replace(record, index=len(self._records), at_ms=at_ms)
            self._records.append(kept)
            return kept

    def history(self) -> History:
        """Return all records so far."""
        with self._lock:
            return History(self._records)
