"""What a record says about shares and percentiles, and how surely.

Requests of one second share their fate: a pause of the server delays all of them. Taken as
independent they would promise far too much, so seconds are what is counted on (a ratio estimate
over clusters, its variance taken over seconds and over longer stretches, whichever is larger). The
interval of a percentile is that of the share below it, read from the sorted record (Woodruff's
method); nothing is assumed about how latencies are distributed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tts_chaos.load.samples import Sample

__all__ = ["Interval", "Record", "share_interval"]

_STRETCHES_S = (1.0, 2.0, 5.0, 10.0)
_FEWEST_STRETCHES = 8
"""With fewer, their variance says little."""

Missed = Callable[[Sample], bool]


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate with its bounds; infinite where requests were never answered.

    Attributes:
        value: The estimate.
        low: Lower bound of what another such run may show.
        high: Upper bound of the same.
        seen_low: Lower bound for this very run, in which seconds may share their fate: what went
            wrong in one bad stretch did go wrong.
    """

    value: float
    low: float
    high: float
    seen_low: float = 0.0


class Record:
    """The requests a budget is about, with those that were due and have no sample.

    A request that failed has no latency that counts as good: it sorts behind all others, and so
    does one that is missing. A quick error is not quick service.

    Args:
        samples: Of the operations concerned, in the order in which they were due.
        missing: Requests that were due and have no sample.
    """

    def __init__(self, samples: Sequence[Sample], missing: int = 0) -> None:
        self.samples = samples
        self.missing = missing
        good = [sample.latency_s for sample in samples if sample.outcome == "ok"]
        self._sorted = sorted(good)
        self.count = len(samples) + missing

    @property
    def failed(self) -> int:
        """How many went wrong; missing ones did."""
        return self.count - len(self._sorted)

    def percentile_ms(self, ratio: float) -> float:
        """Return the latency that `ratio` of the requests keep to, in milliseconds, unrounded.

        The smallest one recorded that has at least this share at or below it; infinite where that
        many were not answered well.
        """
        if not self.count:
            return math.nan
        rank = max(1, math.ceil(ratio * self.count - 1e-9))
        return self._sorted[rank - 1] * 1000 if rank <= len(self._sorted) else math.inf

    def slower_share(self, limit_ms: float, *, alpha: float) -> Interval:
        """Return the share of requests slower than a limit, failed and missing ones included."""
        limit_s = limit_ms / 1000
        return share_interval(
            self.samples,
            lambda s: s.outcome != "ok" or s.latency_s > limit_s,
            alpha=alpha,
            missing=self.missing,
        )

    def failed_share(self, *, alpha: float) -> Interval:
        """Return the share of requests that went wrong, missing ones included."""
        return share_interval(
            self.samples, lambda s: s.outcome != "ok", alpha=alpha, missing=self.missing
        )

    def percentile(self, ratio: float, *, alpha: float) -> Interval:
        """Return a percentile in milliseconds with its interval of confidence 1 - alpha."""
        value_ms = self.percentile_ms(ratio)
        if not self.count or math.isnan(value_ms):
            return Interval(math.nan, 0.0, math.inf)
        around = self.slower_share(value_ms if value_ms < math.inf else 1e12, alpha=alpha)
        # The share above the estimate is 1 - ratio; how far it may be off moves the rank.
        below = max(around.high - around.value, 0.0)
        above = max(around.value - around.low, 0.0)
        low = self.percentile_ms(max(ratio - below, 0.5 / self.count))
        high = self.percentile_ms(min(ratio + above, 1.0)) if ratio + above < 1 else math.inf
        return Interval(value_ms, min(low, value_ms), max(high, value_ms))


def share_interval(
    samples: Sequence[Sample], missed: Missed, *, alpha: float, missing: int = 0
) -> Interval:
    """Return the share of samples for which `missed` holds, with its interval.

    Counts on as many independent requests as the clusters are worth.

    Args:
        samples: In the order in which they were due.
        missed: What is counted.
        alpha: Chance that the truth lies below, and the same that it lies above.
        missing: Further requests that count as missed.
    """
    count = len(samples) + missing
    if not count:
        return Interval(math.nan, 0.0, 1.0)
    flags = [(sample.due_s, missed(sample)) for sample in samples]
    hits = sum(flag for _, flag in flags) + missing
    share = hits / count
    worth = count / max(1.0, _design_effect(flags, share))
    reach = math.log(1 / alpha) / worth
    return Interval(
        share,
        _bound(share, reach, towards=0.0),
        _bound(share, reach, towards=1.0),
        seen_low=_bound(share, math.log(1 / alpha) / count, towards=0.0),
    )


def _bound(share: float, reach: float, *, towards: float) -> float:
    """Return the farthest share from which the one that was seen is still believable.

    Chernoff's bound, for one side with chance alpha: it promises too little rather than too much,
    and where nothing was missed it is exact.
    """
    near, far = share, towards
    for _ in range(60):
        middle = (near + far) / 2
        near, far = (middle, far) if _surprise(share, middle) <= reach else (near, middle)
    return far


def _surprise(seen: float, true: float) -> float:
    """Return the divergence of Bernoulli(seen) from Bernoulli(true); infinite where impossible."""
    total = 0.0
    for part, whole in ((seen, true), (1 - seen, 1 - true)):
        if part > 0:
            if whole <= 0:
                return math.inf
            total += part * math.log(part / whole)
    return total


def _design_effect(flags: Sequence[tuple[float, bool]], share: float) -> float:
    """Return how many requests are worth one independent one, at least 1."""
    plain = share * (1 - share) / len(flags) if flags else 0.0
    if plain <= 0:
        return 1.0
    effects = [1.0]
    for stretch_s in _STRETCHES_S:
        sizes: dict[int, list[int]] = {}
        for due_s, flag in flags:
            row = sizes.setdefault(int(due_s / stretch_s), [0, 0])
            row[0] += 1
            row[1] += flag
        k = len(sizes)
        if k < _FEWEST_STRETCHES:
            break
        squares = sum((hit - share * size) ** 2 for size, hit in sizes.values())
        effects.append(k / (k - 1) * squares / len(flags) ** 2 / plain)
    return max(effects)
