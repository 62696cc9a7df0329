"""Every write with state behind it meets all four ambiguous outcomes; no read changes a thing."""

from __future__ import annotations

import sys
from collections.abc import Callable

from tests.surface import test_outcomes_of_writes as outcomes
from tests.surface.cases import Case, all_cases

from tts_chaos.twin.handler import HANDLERS

OUTCOMES: dict[str, Callable[[Case], None]] = {
    "applied, answer lost": outcomes.test_a_write_is_done_and_its_answer_is_lost,
    "not applied, answer lost": outcomes.test_a_write_is_not_done_and_nobody_says_so,
    "applied twice by a middlebox": outcomes.test_a_write_is_sent_twice,
    "applied late": outcomes.test_a_write_is_done_late,
}


def main() -> int:
    """Play all, print what is missing and the figure; 0 where nothing is."""
    wanted = outcomes.stateful_writes()
    played = {case.operation for case in outcomes.WRITES}
    for operation in sorted(wanted ^ played):
        print(f"{operation}: {'not played' if operation in wanted else 'keeps no state'}")
    held = 0
    for name, play in OUTCOMES.items():
        good = sum(_holds(name, play, case) for case in outcomes.WRITES)
        held += good
        print(f"{name}: {good} of {len(outcomes.WRITES)} writes", flush=True)
    changing = sorted(_reads_that_change(wanted))
    for operation in changing:
        print(f"{operation} is a read and changed something")
    total = len(OUTCOMES) * len(wanted)
    print(
        f"ambiguous outcomes: {held} of {total}, over {len(played & wanted)} of {len(wanted)} "
        f"writes with state behind them; reads that change something: {len(changing)}"
    )
    return 0 if held == total and wanted == played and not changing else 1


def _holds(name: str, play: Callable[[Case], None], case: Case) -> bool:
    try:
        play(case)
    except AssertionError as error:
        print(f"{name}: {case.operation}: {str(error).splitlines()[0] if str(error) else 'no'}")
        return False
    return True


def _reads_that_change(writes: set[str]) -> set[str]:
    return {
        case.operation
        for case in all_cases()
        if case.operation in outcomes.OPERATIONS
        and case.operation not in writes
        and case.operation in HANDLERS
        and outcomes.changes_of(case)
    }


if __name__ == "__main__":
    sys.exit(main())
