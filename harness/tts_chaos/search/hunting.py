"""The hunt: plays drawn schedules, tells failures apart, shrinks each once, and replays it.

A failure is explained where a known one's faults are among its own and it breaks one of the known
one's rules. One that nothing known explains is shrunk by the gravest rule that it breaks; two
failures are the same where rules and faults are the same after that.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence

import msgspec

from tts_chaos.core.verdict import Outcome
from tts_chaos.errors import UsageError
from tts_chaos.scenarios.model import Scenario
from tts_chaos.scenarios.validate import validate
from tts_chaos.search.player import Player, Sight, sight_of
from tts_chaos.search.schedule import Schedule, to_scenario
from tts_chaos.search.shrinking import shrink

__all__ = ["Failure", "Hunt", "Known", "Tally", "is_explained"]

REPLAYS = 20
MOST_SHRINK_RUNS = 150


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What tells a failure from others.

    Attributes:
        rules: Rules that it breaks, the one it was shrunk by first.
        faults: Name and operation of each of its faults, sorted.
    """

    rules: tuple[str, ...]
    faults: tuple[tuple[str, str], ...]


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """A failure, shrunk.

    Attributes:
        known: What tells it from others.
        schedule: The smallest schedule that shows it.
        scenario: The same as a scenario.
        met: Faults and pieces of work of the schedule in which it was met first.
        replays: How many of `REPLAYS` runs of the smallest schedule broke its first rule again.
        shrink_runs: Runs that shrinking took.
        found_after: Schedules played when it was met.
    """

    known: Known
    schedule: Schedule
    scenario: Scenario
    met: tuple[int, int]
    replays: int
    shrink_runs: int
    found_after: int


class Tally(msgspec.Struct, kw_only=True):
    """What a hunt did, in numbers."""

    schedules: int = 0
    repeated: int = 0
    calls: int = 0
    explained: int = 0
    silent: int = 0
    shrink_runs: int = 0
    replay_runs: int = 0
    outcomes: Counter[str] = msgspec.field(default_factory=Counter)
    own_defects: list[tuple[Schedule, str]] = msgspec.field(default_factory=list)

    def defects_told(self) -> list[tuple[str, str]]:
        """Return the harness's own troubles: which schedule, and what was said; each once."""
        told = {
            reason: to_scenario(schedule, ()).description for schedule, reason in self.own_defects
        }
        return [(description, reason) for reason, description in told.items()]

    @property
    def runs(self) -> int:
        """All runs made."""
        return self.schedules + self.shrink_runs + self.replay_runs


def is_explained(schedule: Schedule, sight: Sight, known: Sequence[Known]) -> bool:
    """Whether a known failure accounts for what a schedule broke."""
    have = Counter(schedule.keys)
    return any(
        Counter(row.faults) <= have and set(row.rules) & set(sight.rules[:1]) for row in known
    )


class Hunt:
    """Plays schedules and keeps what it finds.

    Args:
        play: Plays a scenario.
        capabilities: What the integration offers.
        known: Failures known before; they are not found again.
        told: Is given each failure once it is shrunk and replayed.
    """

    def __init__(
        self,
        play: Player,
        capabilities: Collection[str],
        *,
        known: Iterable[Known] = (),
        told: Callable[[Failure], None] = lambda _failure: None,
    ) -> None:
        self._play = play
        self._capabilities = capabilities
        self._told = told
        self._seen: dict[Schedule, None] = {}
        self._known = list(known)
        self.failures: list[Failure] = []
        self.tally = Tally()

    def take(self, schedule: Schedule) -> Sight | None:
        """Play one schedule; returns what it showed, None where it was played before."""
        if schedule in self._seen:
            self.tally.repeated += 1
            return None
        self._seen[schedule] = None
        sight = self.look(schedule)
        self._count(schedule, sight)
        if sight.is_broken:
            if is_explained(schedule, sight, self._known):
                self.tally.explained += 1
            else:
                self._pursue(schedule, sight)
        return sight

    def look(self, schedule: Schedule) -> Sight:
        """Play a schedule and say what it showed; nothing is counted."""
        return sight_of(self._play(to_scenario(schedule, self._capabilities)).result)

    def _makes_sense(self, schedule: Schedule) -> bool:
        """Whether the schedule's file would be accepted: one whose faults can all be met."""
        try:
            validate(to_scenario(schedule, self._capabilities))
        except UsageError:
            return False
        return True

    def _count(self, schedule: Schedule, sight: Sight) -> None:
        self.tally.schedules += 1
        self.tally.calls += sight.calls
        self.tally.outcomes[sight.outcome.value] += 1
        self.tally.silent += bool(sight.silent)
        if sight.outcome is Outcome.HARNESS_ERROR:
            self.tally.own_defects.append((schedule, sight.reason))

    def _pursue(self, schedule: Schedule, sight: Sight) -> None:
        """Shrink a new failure by its gravest rule, and replay what is left of it."""
        rule = sight.rules[0]
        runs = 0

        def fails(candidate: Schedule) -> bool:
            nonlocal runs
            if not self._makes_sense(candidate):
                return False
            runs += 1
            seen = self.look(candidate)
            return rule in seen.rules and not is_explained(candidate, seen, self._known)

        smallest = shrink(schedule, fails, most_runs=MOST_SHRINK_RUNS)
        rules: tuple[str, ...] = (rule,)
        again = 0
        for _ in range(REPLAYS):
            seen = self.look(smallest)
            again += rule in seen.rules
            rules = tuple(dict.fromkeys((*rules, *seen.rules)))
        failure = Failure(
            known=Known(rules=rules, faults=smallest.keys),
            schedule=smallest,
            scenario=to_scenario(smallest, self._capabilities),
            met=(len(schedule.faults), len(schedule.work)),
            replays=again,
            shrink_runs=runs,
            found_after=self.tally.schedules,
        )
        self.tally.shrink_runs += runs
        self.tally.replay_runs += REPLAYS
        self._known.append(failure.known)
        self.failures.append(failure)
        self._told(failure)
