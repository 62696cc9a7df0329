"""What became of the scenarios of one pytest run, counted from reports of every process."""

from __future__ import annotations

from typing import Any

import pytest

from tts_chaos.pytest_plugin.collection import NODE_NAME
from tts_chaos.reporting.story import history_name
from tts_chaos.reporting.summary import EXIT_STATUS, gravest_exit_status

__all__ = ["Tally"]


class Tally:
    """Collects the summaries that reports carry, and what broke around a scenario.

    Attributes:
        integrations: What was tested, in words, in order of appearance.
        timelines: As JSON, by the name of the run's history; only where a report is asked for.
    """

    def __init__(self) -> None:
        self._summaries: dict[str, dict[str, Any]] = {}
        self._excused: set[str] = set()
        self.timelines: dict[str, str] = {}
        self.integrations: dict[str, None] = {}

    def __len__(self) -> int:
        return len(self._summaries)

    def take(self, report: pytest.TestReport) -> None:
        """Take in one report; a failure around a scenario that passed is no pass."""
        integration = getattr(report, "tts_integration", None)
        if integration is None:
            return
        self.integrations[integration] = None
        summary = getattr(report, "tts_chaos", None)
        if summary is not None:
            self._summaries[report.nodeid] = summary
            timeline = getattr(report, "tts_timeline", None)
            if timeline is not None:
                self.timelines[history_name(summary["scenario"], summary["world"])] = timeline
        if hasattr(report, "wasxfail"):
            self._excused.add(report.nodeid)
        known = self._summaries.get(report.nodeid)
        if report.failed and (known is None or known["outcome"] == "passed"):
            self._summaries[report.nodeid] = {
                **(known or _blank(report)),
                "outcome": "harness_error",
                "reason": _describe_failure(report),
            }

    def in_order(self) -> list[dict[str, Any]]:
        """Return all summaries, gravest last."""
        order = ["passed", *reversed(EXIT_STATUS)]
        return sorted(
            self._summaries.values(),
            key=lambda row: (order.index(row["outcome"]), row["scenario"], row["world"]),
        )

    def exit_status(self) -> int:
        """Return the gravest outcome as an exit status; scenarios marked xfail do not count."""
        if not self._summaries:
            return EXIT_STATUS["not_exercised"]
        counted = [row for id, row in self._summaries.items() if id not in self._excused]
        return gravest_exit_status([row["outcome"] for row in counted])


def _blank(report: pytest.TestReport) -> dict[str, Any]:
    """Return the summary of a scenario that could not be played."""
    _, _, name = report.nodeid.rpartition(f"{NODE_NAME}::")
    scenario, _, world = name.removesuffix("]").rpartition("[")
    return {
        "scenario": scenario,
        "title": "",
        "world": world,
        "recovery_ms": None,
        "rto_ms": None,
        "findings": [],
    }


def _describe_failure(report: pytest.TestReport) -> str:
    """Say in a line what broke; texts of our own are told as they are."""
    crash = getattr(report.longrepr, "reprcrash", None)
    if crash is None and isinstance(report.longrepr, str):
        return report.longrepr.strip()
    said = (crash.message if crash else str(report.longrepr)).strip().removeprefix("Failed: ")
    where = {"setup": "set-up", "teardown": "tear-down"}.get(str(report.when), "the run")
    return f"{where} failed: {said.splitlines()[0] if said else 'no reason given'}"
