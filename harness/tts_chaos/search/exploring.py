"""Exhaustive search: every fault in every form at every call and delivery of a day's work.

Points are listed from what a calm run called. What a fault would do there is computed, so that

    one that finds nothing to do is left out,
    one that leaves the same state as another at the same call is pruned: the integration is told
        the same, the platform does the same, and whatever follows is the same.

Pairs begin with one point of each state that points were seen to leave (what the integration
believes, what the platform holds, and all calls that came afterwards), and end with any later one.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec

from tts_chaos.core.entropy import Entropy
from tts_chaos.core.history import (
    Completed,
    Exchange,
    FaultEvent,
    FaultMoment,
    History,
    Json,
    Observed,
    PhaseEntered,
    Truth,
)
from tts_chaos.core.verdict import Outcome, Phase
from tts_chaos.faults.fault import Fault
from tts_chaos.scenarios.model import ActionStep, Scenario
from tts_chaos.search.budget import Budget
from tts_chaos.search.calm import EXPIRY, Calm
from tts_chaos.search.hunting import Hunt
from tts_chaos.search.player import Played, Player, Prepare, Sight
from tts_chaos.search.schedule import Planned, Schedule
from tts_chaos.search.sites import DeliverySite, RequestSite, Site, told, trigger_at
from tts_chaos.search.variants import LEFT_OUT, Variant, operator_steps, variants

__all__ = ["Exploration", "Plan", "Point", "Watching", "left_state", "plan_points", "schedule_of"]

_TIMES = ("_time", "_at", "_at_s", "_at_ms", "request_id", "_ms")
"""Ends of names whose values differ with the moment alone."""


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """A fault at a call.

    Attributes:
        number: Its place among all points that were listed.
        variant: The fault in one form.
        site: The call or delivery.
        planned: The fault with its trigger.
        when: `before` or `after` the commit, or `platform`.
        digest: Equal for points of one site that leave the same state.
    """

    number: int
    variant: Variant
    site: Site
    planned: Planned
    when: str
    digest: str

    @property
    def label(self) -> str:
        """For people."""
        return f"{self.variant.label} at {self.site.label}"


class Plan(msgspec.Struct, kw_only=True):
    """All points of a calm run.

    Attributes:
        listed: Points in all: forms of faults times calls and deliveries.
        kept: Those to run, by call.
        pruned: Those that leave the same state as a kept one, with it.
        left_out: How many others, by reason.
    """

    listed: int = 0
    kept: list[Point] = msgspec.field(default_factory=list)
    pruned: list[tuple[Point, Point]] = msgspec.field(default_factory=list)
    left_out: Counter[str] = msgspec.field(default_factory=Counter)


IDLE = "the fault finds nothing to change there"
UNFIT = "the fault is one of writes, of another host, or of webhooks"
UNTENDED = "an operator has to help afterwards, and the integration has no reconfigure()"


def plan_points(calm: Calm) -> Plan:
    """List every point, and say of each whether it is to be run and why not."""
    plan = Plan()
    first: dict[tuple[int, str], Point] = {}
    sites: list[Site] = [*calm.sites, *([calm.refresh] if calm.refresh else [])]
    for number, site in enumerate(sites):
        for variant in variants():
            plan.listed += 1
            point = _point(calm, variant, site, sites)
            if isinstance(point, str):
                plan.left_out[point] += 1
                continue
            same = first.setdefault((number, point.digest), point)
            if same is point:
                plan.kept.append(point)
            else:
                plan.pruned.append((point, same))
    return plan


def _point(calm: Calm, variant: Variant, site: Site, sites: Sequence[Site]) -> Point | str:
    """Return a point, or why it is none."""
    fault = variant.fault
    trigger = trigger_at(fault, site, call=_nth_match(fault, site, sites))
    is_post = isinstance(site, DeliverySite)
    if trigger is None or is_post != (fault.target == "webhooks"):
        return UNFIT
    makes = told(fault, site)
    if makes is None:
        return IDLE
    needed = {step.action for step in operator_steps(fault) if isinstance(step, ActionStep)}
    if not needed <= calm.capabilities:
        return UNTENDED
    return Point(
        number=variant.number * len(sites) + sites.index(site),
        variant=variant,
        site=site,
        planned=Planned(fault=fault, trigger=trigger),
        when=makes.when,
        digest=makes.digest,
    )


def _nth_match(fault: Fault, site: Site, sites: Sequence[Site]) -> int:
    """Return the number of a call among those of its operation that the fault counts."""
    if isinstance(site, DeliverySite):
        return site.nth
    earlier = [
        other
        for other in sites
        if isinstance(other, RequestSite)
        and other.operation == site.operation
        and other.call <= site.call
        and fault.matches(other.moment.request)
    ]
    return max(1, len(earlier))


def schedule_of(calm: Calm, *points: Point) -> Schedule:
    """Return the day's work with faults at some points, in order of their calls."""
    planned = [point.planned for point in points]
    if any(point.site is calm.refresh for point in points):
        planned.insert(0, EXPIRY)
    return msgspec.structs.replace(calm.schedule, faults=tuple(planned))


class Watching:
    """A player that keeps the last result.

    Args:
        play: Who plays.
    """

    def __init__(self, play: Player) -> None:
        self._play = play
        self.last: Played | None = None

    def __call__(self, scenario: Scenario, prepare: Prepare | None = None) -> Played:
        """Play and keep."""
        self.last = self._play(scenario, prepare)
        return self.last


class Exploration:
    """Runs the points of a plan, and then pairs of them.

    Args:
        calm: What is known of the integration.
        hunt: Plays what it is given, and shrinks what fails.
        watching: The player that the hunt was given.
        budget: How long; what is left over then is counted.
    """

    def __init__(self, calm: Calm, hunt: Hunt, watching: Watching, budget: Budget) -> None:
        self.calm = calm
        self.plan = plan_points(calm)
        self.hunt = hunt
        self.run = 0
        self.pairs_run = 0
        self.pairs_listed = 0
        self.pairs_kept = 0
        self.outcomes: Counter[str] = Counter()
        self.left: dict[int, str] = {}
        self._watching = watching
        self._budget = budget

    def run_points(self) -> Iterator[Point]:
        """Run the kept points in order; yields each once it was run."""
        for point in self.plan.kept:
            if self._budget.is_spent:
                return
            sight = self.take(point)
            self.run += 1
            if sight is not None and sight.outcome is Outcome.PASSED:
                self._keep_left(point)
            yield point

    def take(self, *points: Point) -> Sight | None:
        """Run some points together."""
        sight = self.hunt.take(schedule_of(self.calm, *points))
        if sight is not None:
            self.outcomes[sight.outcome.value] += 1
        return sight

    def _keep_left(self, point: Point) -> None:
        assert self._watching.last is not None
        self.left[point.number] = left_state(self._watching.last.result.history)

    def pairs(self, *, seed: str) -> list[tuple[Point, Point]]:
        """Return the pairs to run, spread by chance so that a part of them says most.

        The first of a pair passed alone, and is the only one of its site that leaves its state.
        """
        passed = [point for point in self.plan.kept if point.number in self.left]
        firsts: dict[tuple[str, str], Point] = {}
        for point in passed:
            firsts.setdefault((point.site.label, self.left[point.number]), point)
        place = {site.label: number for number, site in enumerate(self.calm.sites)}

        def later(point: Point) -> list[Point]:
            own = place.get(point.site.label, -1)
            return [p for p in passed if place.get(p.site.label, len(place)) > own]

        self.pairs_listed = sum(len(later(point)) for point in passed)
        found = [(first, second) for first in firsts.values() for second in later(first)]
        self.pairs_kept = len(found)
        Entropy(f"{seed}/explore/pairs").shuffle(found)
        return found

    def run_pairs(self, pairs: Sequence[tuple[Point, Point]]) -> Iterator[int]:
        """Run pairs as far as the budget allows; yields how many were."""
        for pair in pairs:
            if self._budget.is_spent:
                return
            self.take(*pair)
            self.pairs_run += 1
            yield self.pairs_run

    def told(self) -> Iterator[str]:
        """Yield the receipt."""
        plan, seconds = self.plan, max(self._budget.spent_s, 0.001)
        sites = len(self.calm.sites) + (self.calm.refresh is not None)
        when = Counter(point.when for point in plan.kept)
        yield (
            f"explore: {plan.listed} points: {len(variants())} forms of faults at {sites} calls "
            "and deliveries"
        )
        for reason, count in sorted(plan.left_out.items()):
            yield f"  {count} left out: {reason}"
        acting = len(plan.kept) + len(plan.pruned)
        yield (
            f"  {len(plan.pruned)} of the other {acting} pruned "
            f"({100 * len(plan.pruned) / max(acting, 1):.0f} %): they leave the same state as one "
            "that is kept"
        )
        yield (
            f"  {len(plan.kept)} kept: {when['before']} before the commit, {when['after']} after "
            f"it, {when['platform']} by the platform's state; {self.run} run"
            + self._missed(len(plan.kept) - self.run)
        )
        if self.pairs_listed:
            yield (
                f"  {self.pairs_listed} pairs, {self.pairs_kept} where the first leaves a state of "
                f"its own; {self.pairs_run} run "
                f"({100 * self.pairs_run / max(self.pairs_kept, 1):.1f} % of these)"
            )
        outcomes = ", ".join(f"{n} {outcome}" for outcome, n in sorted(self.outcomes.items()))
        yield f"  ended: {outcomes or 'none was run'}"
        tally = self.hunt.tally
        yield (
            f"  {len(self.hunt.failures)} distinct failures, {tally.explained} more points failed "
            f"by a known one; {tally.runs / seconds:.1f} points a second"
        )
        names = ", ".join(sorted(LEFT_OUT))
        yield f"  faults not tried, for the reasons in docs/search.md: {names}"

    def _missed(self, count: int) -> str:
        return f", {count} not, as the time was up" if count else ""


def left_state(history: History) -> str:
    """Return a digest of all that could be seen after the action in which the first fault acted.

    What the integration believes, what the platform holds, what was called and how it ended, up to
    the end of the turbulence; moments are left out.
    """
    fired = [e.index for e in history.of(FaultEvent) if e.moment is FaultMoment.FIRED]
    ends = [c.index for c in history.of(Completed) if fired and c.index > fired[0]]
    heal = next((p.index for p in history.of(PhaseEntered) if p.phase is Phase.HEAL), 0)
    start = ends[0] if ends else heal
    seen = [_seen(record) for record in history if start <= record.index < heal]
    return hashlib.sha256(msgspec.json.encode(seen, order="sorted")).hexdigest()[:16]


def _seen(record: object) -> Json:
    match record:
        case Observed():
            return [record.name, _timeless(record.value), record.error]
        case Truth():
            return _timeless(record.ledger)
        case Completed():
            return [record.action, record.kind]
        case Exchange():
            said = [record.status, record.code, record.fate, record.committed]
            return [record.operation, record.path, record.token, *said]
        case _:
            return None


def _timeless(value: Json) -> Json:
    if isinstance(value, dict):
        return {k: _timeless(v) for k, v in value.items() if not k.endswith(_TIMES) and k != "at"}
    if isinstance(value, list):
        return [_timeless(member) for member in value]
    return value
