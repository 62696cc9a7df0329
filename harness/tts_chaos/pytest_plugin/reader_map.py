"""`--tts-reader-map`: plays the user's integration once per mutation, and prints the map.

Each run is an item of its own with fresh fixtures, made on the way and not reported one by one.
Exit status: 0 where nothing dangerous was found, 1 for findings, 2 where no run was possible.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest

from tts_chaos.contracts.loader import load_contracts
from tts_chaos.contracts.operation import matches_operation
from tts_chaos.engine.reader_map import (
    Mutation,
    Reaction,
    Row,
    Sight,
    explore,
    map_scenario,
    mutations_of,
    watch,
)
from tts_chaos.engine.run import Run
from tts_chaos.pytest_plugin.collection import ScenarioItem
from tts_chaos.pytest_plugin.keys import ASSIGNMENT
from tts_chaos.pytest_plugin.options import Options
from tts_chaos.subjects.in_process import InProcessSubject

__all__ = ["ReaderMap"]

_WANTED: pytest.StashKey[tuple[Sequence[Mutation], bool]] = pytest.StashKey()
_SEEN: pytest.StashKey[Sight] = pytest.StashKey()
_PROGRESS_EVERY = 100


class _RunFailedError(Exception):
    """A run could not be made; carries what pytest says of it."""


class ReaderMap:
    """Registered as a plugin; takes the place of the loop over scenarios."""

    def __init__(self, config: pytest.Config, options: Options) -> None:
        self._config = config
        self._options = options
        self._runs = 0
        self._rows: list[Row] = []
        self._planned = 0
        self._unsteady: list[str] = []
        self._failure = ""
        self._reports: list[pytest.TestReport] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Draw the map instead of playing the scenarios."""
        if self._config.option.collectonly or not session.items:
            return True
        session.items[:] = session.items[:1]
        try:
            self._draw(session.items[0])
        except _RunFailedError as error:
            self._failure = str(error)
        return True

    def _draw(self, sample: pytest.Item) -> None:
        calm, again = self._play(sample, (), spy=True), self._play(sample, (), spy=False)
        # What differs between two calm runs would differ under any mutation.
        self._unsteady = [n for n, value in calm.beliefs.items() if again.beliefs.get(n) != value]
        for name in self._unsteady:
            del calm.beliefs[name]
        chosen = [row for row in mutations_of(load_contracts(), calm) if self._wants(row)]
        chosen = chosen[: self._options.reader_map_limit]
        self._planned = len(chosen)
        if not chosen:
            raise _RunFailedError(
                "the integration received no answer to mutate; does it offer sync_orders(), "
                "push_stock() or ship(), and does --tts-reader-map-operation fit?"
                + (f" {calm.first_error}" if calm.first_error else "")
            )
        for row in explore(chosen, calm, lambda group: self._play(sample, group, spy=False)):
            self._rows.append(row)
            if len(self._rows) % _PROGRESS_EVERY == 0:
                self._say(f"{len(self._rows)} of {self._planned} mutations, {self._runs} runs")

    def _wants(self, row: Mutation) -> bool:
        patterns = self._options.reader_map_operations
        return not patterns or any(matches_operation(p, row.operation) for p in patterns)

    def _play(self, sample: pytest.Item, group: Sequence[Mutation], *, spy: bool) -> Sight:
        item = ScenarioItem.from_parent(
            sample.parent, name=f"reader-map[{self._runs}]", callobj=_play_once
        )
        item.stash[ASSIGNMENT] = (map_scenario(), "simulated")
        item.stash[_WANTED] = (group, spy)
        self._runs += 1
        self._reports.clear()
        item.ihook.pytest_runtest_protocol(item=item, nextitem=sample)
        failed = next((report for report in self._reports if not report.passed), None)
        if failed is not None or _SEEN not in item.stash:
            under = f" under {group[0].change} {group[0].path}" if group else ""
            said = failed.longreprtext if failed is not None else "the run did not end"
            raise _RunFailedError(f"a run{under} could not be made:\n{said}")
        return item.stash[_SEEN]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep what pytest says of the run at hand."""
        self._reports.append(report)

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(
        self, report: pytest.CollectReport | pytest.TestReport
    ) -> tuple[str, str, str] | None:
        """Show no dot for a single run."""
        return ("", "", "") if isinstance(report, pytest.TestReport) else None

    def _say(self, text: str) -> None:
        reporter: Any = self._config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None:
            reporter.write_line(f"reader map: {text}")

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Print what was not ignored, findings last, and the figures."""
        if self._config.option.collectonly:
            return
        write = terminalreporter.write_line
        terminalreporter.section("tts-chaos reader map")
        if self._failure:
            write(self._failure, red=True)
            return
        for row in sorted(self._rows, key=lambda row: row.is_finding):
            if row.reaction is not Reaction.IGNORED:
                write(_line(row), red=row.is_finding)
        if self._unsteady:
            write(f"not compared, as two calm runs differ: {', '.join(self._unsteady)}")
        counts = Counter(row.reaction for row in self._rows)
        told = ", ".join(f"{counts[reaction]} {reaction.value}" for reaction in Reaction)
        findings = sum(row.is_finding for row in self._rows)
        fields = len({(row.operation, row.path) for row in self._rows})
        write(
            f"{len(self._rows)} mutations of {fields} fields in {self._runs} runs: {told}; "
            f"{findings} findings (ids, statuses, money or quantities silently believed)"
        )
        write(f"seed: {self._options.seed}")

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write the map and set the exit status."""
        if self._config.option.collectonly:
            return
        if self._options.report is not None:
            self._options.report.mkdir(parents=True, exist_ok=True)
            (self._options.report / "reader-map.json").write_text(self._json(), encoding="utf-8")
        if session.exitstatus == pytest.ExitCode.INTERRUPTED:
            return
        findings = any(row.is_finding for row in self._rows)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED if findings else pytest.ExitCode.OK
        if self._failure or not self._rows:
            session.exitstatus = pytest.ExitCode.INTERRUPTED

    def _json(self) -> str:
        rows = [
            {
                "operation": row.operation,
                "path": row.path,
                "mutation": row.change,
                "reaction": row.reaction.value,
                "detail": row.detail,
                "finding": row.is_finding,
            }
            for row in self._rows
        ]
        document = {
            "seed": self._options.seed,
            "runs": self._runs,
            "failure": self._failure,
            "not_compared": self._unsteady,
            "mutations": rows,
        }
        return json.dumps(document, indent=1)


def _line(row: Row) -> str:
    shown = f" ({row.detail})" if row.detail else ""
    mark = "FINDING " if row.is_finding else ""
    return f"{mark}{row.reaction.value}: {row.operation} {row.path} {row.change}{shown}"


def _play_once(tts_run: Run, tts_integration: object, request: pytest.FixtureRequest) -> None:
    """The body of every run; the order of arguments is the order of set-up."""
    group, spy = request.node.stash[_WANTED]
    subject = InProcessSubject(tts_integration, in_virtual_time=True)
    request.node.stash[_SEEN] = watch(tts_run, subject, group, spy=spy)
