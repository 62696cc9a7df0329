"""What a load is: stages with rates, shares of three areas, and the exact instants of all requests.

A plan is a value. It says beforehand when each request is due, so that what was not sent, or sent
late, can be counted: the k-th request of an area is due where the area under its rate reaches
k plus a fraction drawn from the seed. Workers share a sequence by turns, so that any number of them
plans the same instants.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import msgspec

__all__ = ["AREAS", "RESTOCK", "SHARES", "Arrivals", "Operation", "Plan", "Stage", "Target"]

AREAS = ("checkout", "inventory", "orders")
"""What budgets are set for: the shop's checkout, its stock, its order management."""

SHARES = {"checkout": 0.3, "inventory": 0.5, "orders": 0.2}
"""Assumed; a shop measures its own and writes them down as [load.shares]."""


RESTOCK = (50, 150)
"""Least and most units that the shop sets."""


class Stage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A stretch of time with a rate that moves in a straight line.

    Attributes:
        name: For reports; the stage named by `Plan.peak` is where fault scripts act.
        for_s: How long it takes.
        rate: Requests per second at its begin, of all areas together.
        end_rate: The same at its end; None keeps the rate.
        judged: Whether its requests count for budgets; a warm-up does not.
        backlog: Orders that buyers place at its begin while the platform's post is held up, so that
            their webhooks all come at once.
    """

    name: str
    for_s: float
    rate: float
    end_rate: float | None = None
    judged: bool = True
    backlog: int = 0

    @property
    def last_rate(self) -> float:
        """Requests per second at its end."""
        return self.rate if self.end_rate is None else self.end_rate


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of request.

    Attributes:
        method: In capitals.
        path: From the root, with its query; may hold `{sku_id}`, `{order_id}`, `{product_id}`,
            `{quantity}`, `{lines}`, `{unique}`.
        body: Template of the body with the same placeholders; "" sends none.
    """

    method: str
    path: str
    body: str = ""


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """Where requests go and with which data.

    Attributes:
        base_url: Front door of the integration, or the twin's API.
        operations: By name, for example `checkout.quote`.
        app_key: With the next three: signs requests, as the twin wants it; "" for a front door.
        app_secret: Secret of the app.
        access_token: Valid access token.
        shop_cipher: Cipher of the shop.
        control_url: Control API of the twin; "" where buyers place no orders.
        bought: SKUs that buyers order.
        stocked: Product id of each SKU whose stock the shop sets.
        order_ids: Orders that are there.
        headers: Sent with each request.
        timeout_s: A request without an answer by then has failed.
    """

    base_url: str
    operations: dict[str, Operation]
    app_key: str = ""
    app_secret: str = ""
    access_token: str = ""
    shop_cipher: str = ""
    control_url: str = ""
    bought: tuple[str, ...] = ()
    stocked: dict[str, str] = {}
    order_ids: tuple[str, ...] = ()
    headers: dict[str, str] = {}
    timeout_s: float = 10.0


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A whole load.

    Attributes:
        profile: Its name.
        stages: In order.
        target: Where it goes.
        model: `open`: requests come as they come, however slow the answers are. `closed`: so many
            shoppers, none of which asks again before it was answered; a request that must wait for
            its shopper is late, and measured from when it was due.
        users: Most requests under way at a time: the shoppers of a closed model, and what an open
            one has in reserve.
        shares: Share of each area.
        seed: Decides instants and data.
        peak: Name of the stage in which fault scripts act.
        workers: Processes that share the load.
        results: Folder for what is recorded.
    """

    profile: str
    stages: tuple[Stage, ...]
    target: Target
    model: Literal["open", "closed"] = "open"
    users: int = 100
    shares: dict[str, float] = msgspec.field(default_factory=lambda: dict(SHARES))
    seed: str = "0"
    peak: str = ""
    workers: int = 1
    results: str = "."

    @property
    def duration_s(self) -> float:
        """Length of all stages."""
        return sum(stage.for_s for stage in self.stages)

    @property
    def peak_rate(self) -> float:
        """Most requests per second, of all areas together."""
        return max(max(stage.rate, stage.last_rate) for stage in self.stages)

    def begins(self) -> Iterator[tuple[float, Stage]]:
        """Yield each stage with the second at which it begins."""
        at_s = 0.0
        for stage in self.stages:
            yield at_s, stage
            at_s += stage.for_s

    def window(self, name: str) -> tuple[float, float]:
        """Return begin and end of a stage in seconds; of everything where there is none such."""
        found = next(((at, at + s.for_s) for at, s in self.begins() if s.name == name), None)
        return found or (0.0, self.duration_s)

    def is_judged(self, at_s: float) -> bool:
        """Whether what is due at this second counts for budgets."""
        return all(s.judged for begin, s in self.begins() if begin <= at_s < begin + s.for_s)

    def arrivals(self, area: str) -> Arrivals:
        """Return the instants of one area."""
        return Arrivals(self, area)


@dataclass(frozen=True, slots=True)
class _Piece:
    begin_s: float
    for_s: float
    rate: float
    slope: float
    before: float

    def count_at(self, at_s: float) -> float:
        after_s = at_s - self.begin_s
        return self.before + self.rate * after_s + self.slope * after_s * after_s / 2

    def instant_of(self, count: float) -> float:
        """Solve rate·t + slope·t²/2 = count - before, in the form that also holds for slope 0."""
        wanted = count - self.before
        root = math.sqrt(max(0.0, self.rate * self.rate + 2 * self.slope * wanted))
        below = self.rate + root
        return self.begin_s + (2 * wanted / below if below else 0.0)


class Arrivals:
    """The instants at which an area's requests are due, in seconds from the begin of the plan.

    The k-th instant lies where the area under the rate reaches k plus a fraction from 0 to 1: as
    many requests in any second as the rate says, with the small bunches and gaps of real traffic.

    Args:
        plan: The plan.
        area: One of `AREAS`.
    """

    def __init__(self, plan: Plan, area: str) -> None:
        self._seed = _seed_of(f"{plan.seed} {area}")
        share = plan.shares.get(area, 0.0) / (sum(plan.shares.values()) or 1.0)
        self._pieces: list[_Piece] = []
        total = 0.0
        for begin_s, stage in plan.begins():
            first, last = stage.rate * share, stage.last_rate * share
            slope = (last - first) / stage.for_s
            self._pieces.append(_Piece(begin_s, stage.for_s, first, slope, total))
            total += (first + last) / 2 * stage.for_s
        # Whole requests only; what a sum of floats is short of a whole one is no request.
        self.count = math.floor(total + 1e-9)
        self._starts = [piece.before for piece in self._pieces]

    def instant(self, number: int) -> float:
        """Return when request `number`, counted from 0, is due."""
        count = number + _fraction(self._seed, number)
        index = bisect.bisect_right(self._starts, count) - 1
        piece = self._pieces[index]
        return min(piece.instant_of(count), piece.begin_s + piece.for_s)

    def count_until(self, at_s: float) -> int:
        """Return how many requests are due before this second."""
        low, high = 0, self.count
        while low < high:
            middle = (low + high) // 2
            if self.instant(middle) < at_s:
                low = middle + 1
            else:
                high = middle
        return low


def _fraction(seed: int, number: int) -> float:
    """Return a number from 0 to 1 that depends on seed and number alone.

    A mixing of bits (the finaliser of splitmix64): a seeded generator would have to be made anew
    for each request, or be drawn from in order, which workers that take turns do not.
    """
    state = (seed + number * 0x9E3779B97F4A7C15) & _MASK
    state = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    state = ((state ^ (state >> 27)) * 0x94D049BB133111EB) & _MASK
    return ((state ^ (state >> 31)) >> 11) / 2**53


_MASK = 2**64 - 1


def _seed_of(mark: str) -> int:
    return int.from_bytes(mark.encode().rjust(8, b"\0"), "big") % _MASK
