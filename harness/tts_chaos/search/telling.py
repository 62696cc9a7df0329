"""What a search says of itself, as lines of text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from tts_chaos.core.verdict import Outcome
from tts_chaos.search.budget import Budget
from tts_chaos.search.found import Entry
from tts_chaos.search.hunting import REPLAYS, Failure, Tally

__all__ = ["tell_failure", "tell_found_before", "tell_hunt", "tell_progress"]


def tell_progress(what: str, done: int, wanted: int, budget: Budget) -> str:
    """Return one line about how far it is."""
    return f"{what}: {done} of {wanted}, {done / max(budget.spent_s, 0.001):.1f} a second"


def tell_failure(failure: Failure) -> str:
    """Return what was found, and how small it has become."""
    faults, work = len(failure.schedule.faults), len(failure.schedule.work)
    return (
        f"found {failure.scenario.id}: {failure.known.rules[0]}; shrunk from "
        f"{_count(failure.met[0], 'fault')} and {failure.met[1]} of work to "
        f"{_count(faults, 'fault')} and {work}, in {failure.shrink_runs} runs; "
        f"{failure.replays} of {REPLAYS} replays show it"
    )


def tell_hunt(
    tally: Tally, failures: Sequence[Failure], wanted: int, budget: Budget
) -> Iterator[str]:
    """Yield the receipt of a hunt."""
    seconds = max(budget.spent_s, 0.001)
    yield (
        f"search: {tally.schedules} of {_count(wanted, 'schedule')} played "
        f"({tally.repeated} drawn again were not), {tally.runs / seconds:.1f} runs a second, "
        f"{tally.calls / max(tally.schedules, 1):.0f} calls each"
    )
    outcomes = ", ".join(f"{n} {outcome}" for outcome, n in sorted(tally.outcomes.items()))
    yield f"  ended: {outcomes or 'none was played'}"
    if tally.silent:
        yield (f"  in {tally.silent} at least one fault met nothing to act on; the others acted")
    yield (
        f"  {_count(len(failures), 'distinct failure')}, {tally.explained} more schedules failed "
        f"by a known one; {tally.shrink_runs} runs to shrink, {tally.replay_runs} to replay"
    )


def tell_found_before(entries: Sequence[Entry], outcomes: Mapping[str, str]) -> Iterator[str]:
    """Yield what became of the failures found before.

    Args:
        entries: The database.
        outcomes: How their replays ended, by scenario id.
    """
    for entry in entries:
        id, outcome = entry.scenario.id, outcomes.get(entry.scenario.id)
        was = entry.note.rules[0] if entry.note else "no note of what it broke"
        if outcome is None:
            yield f"found before: {id} was not replayed ({was})"
        elif outcome == Outcome.PASSED:
            yield (
                f"found before: {id} passes now (it broke {was}); delete it, or move it to your "
                "own scenarios, where it keeps watch"
            )
        else:
            yield f"found before: {id} ended {outcome} again ({was})"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
