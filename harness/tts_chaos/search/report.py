"""What a search leaves for reports: its receipt, and each failure with the way to show it again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tts_chaos.search.hunting import REPLAYS, Failure
from tts_chaos.search.variants import describe

__all__ = ["failure_row"]


def failure_row(failure: Failure, *, file: str, reproduce: str) -> Mapping[str, Any]:
    """Return a found failure as JSON values.

    Args:
        failure: The failure, shrunk.
        file: Where its scenario is kept.
        reproduce: The command that plays it again.

    Returns:
        `{"scenario", "rule", "rules", "faults": [{"fault", "operation"}], "work", "met_faults",
        "met_work", "shrink_runs", "replays", "of", "found_after", "file", "reproduce"}`; `work` has
        names, `met_faults` and `met_work` are numbers before shrinking, `found_after` is how many
        schedules were played by then.
    """
    return {
        "scenario": failure.scenario.id,
        "rule": failure.known.rules[0],
        "rules": list(failure.known.rules),
        "faults": [
            {"fault": describe(planned.fault), "operation": planned.trigger.operation or ""}
            for planned in failure.schedule.faults
        ],
        "work": [work.name for work in failure.schedule.work],
        "met_faults": failure.met[0],
        "met_work": failure.met[1],
        "shrink_runs": failure.shrink_runs,
        "replays": failure.replays,
        "of": REPLAYS,
        "found_after": failure.found_after,
        "file": file,
        "reproduce": reproduce,
    }
