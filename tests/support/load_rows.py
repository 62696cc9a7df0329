"""Samples, watches and health made by hand."""

from __future__ import annotations

from collections.abc import Iterable

from tts_chaos.load.health import Health, Watch, examine
from tts_chaos.load.samples import Sample

__all__ = ["fit", "sample", "steady", "unfit"]


def sample(
    operation: str = "checkout.quote",
    *,
    due_s: float = 0.0,
    latency_ms: float = 10.0,
    outcome: str = "ok",
    late_s: float = 0.0,
) -> Sample:
    """Return a sample."""
    return Sample(
        operation=operation,
        outcome=outcome,
        due_s=due_s,
        latency_s=latency_ms / 1000,
        late_s=late_s,
    )


def steady(latencies_ms: Iterable[float], *, per_s: float = 50.0, **more: str) -> list[Sample]:
    """Return samples that are due at a steady rate."""
    return [
        sample(due_s=number / per_s, latency_ms=latency_ms, **more)  # type: ignore[arg-type]
        for number, latency_ms in enumerate(latencies_ms)
    ]


def fit() -> Health:
    """Return a generator without fault."""
    return examine([], [Watch(worker=0, at_s=1, cpu_ratio=0.1)], tightest_ms=400,
                   duration_s=10)  # fmt: skip


def unfit() -> Health:
    """Return one that used up its core."""
    return examine([], [Watch(worker=0, at_s=1, cpu_ratio=0.99)], tightest_ms=400,
                   duration_s=10)  # fmt: skip
