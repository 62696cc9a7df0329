"""What was measured: one row per request, unrounded, in a file of fixed rows.

A row is 24 bytes: operation (1), outcome (1), worker (2), how late it was sent (float, seconds),
when it was due (double, seconds from the begin of the plan), and how long it took from then to the
last byte of the answer (double, seconds). Workers send rows as they are; a master only appends
them, so that the sum of all records is the record.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = ["OPERATIONS", "OUTCOMES", "ROW", "Sample", "area_of", "pack", "read_samples", "unpack"]

OPERATIONS = (
    "checkout.quote",
    "checkout.buy",
    "inventory.read",
    "inventory.push",
    "orders.list",
    "orders.read",
    "orders.ship",
)
"""Names of the requests that users make; the part before the dot is the area. Order is format."""

OUTCOMES = ("ok", "refused", "failed", "no_answer", "wrong")
"""How a request ended: 2xx, 4xx, 5xx, no whole answer in time, an answer that says the wrong thing.
Order is format."""

ROW = struct.Struct("<BBHfdd")
_NUMBER = {name: number for number, name in enumerate(OPERATIONS)}
_OUTCOME = {name: number for number, name in enumerate(OUTCOMES)}


@dataclass(frozen=True, slots=True)
class Sample:
    """One request.

    Attributes:
        operation: One of `OPERATIONS`.
        outcome: One of `OUTCOMES`.
        worker: Number of the process that sent it.
        late_s: From when it was due to when it was sent.
        due_s: When it was due, from the begin of the plan.
        latency_s: From when it was due to the last byte of its answer.
    """

    operation: str
    outcome: str
    due_s: float
    latency_s: float
    late_s: float = 0.0
    worker: int = 0


def area_of(operation: str) -> str:
    """Return the area an operation belongs to."""
    return operation.partition(".")[0]


def pack(operation: str, outcome: str, worker: int, late_s: float, due_s: float,
         latency_s: float) -> bytes:  # fmt: skip
    """Return a row."""
    return ROW.pack(_NUMBER[operation], _OUTCOME[outcome], worker, late_s, due_s, latency_s)


def unpack(data: bytes) -> Iterator[Sample]:
    """Yield the samples of whole rows; half a row at the end, as a kill leaves it, is left out."""
    whole = len(data) - len(data) % ROW.size
    for operation, outcome, worker, late_s, due_s, latency_s in ROW.iter_unpack(data[:whole]):
        yield Sample(
            operation=OPERATIONS[operation],
            outcome=OUTCOMES[outcome],
            worker=worker,
            late_s=late_s,
            due_s=due_s,
            latency_s=latency_s,
        )


def read_samples(files: Iterable[Path]) -> list[Sample]:
    """Return the samples of all files, in the order in which they were due."""
    found = [sample for file in files for sample in unpack(file.read_bytes())]
    return sorted(found, key=lambda sample: sample.due_s)
