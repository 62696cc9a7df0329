"""`--tts-load PROFILE`: one rehearsal of a load, reported as items, one per budget and judge.

Locust never runs in this process. What cannot be told fails its item: a green one would say that
something was measured.
"""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tts_chaos.errors import ChaosError, UsageError
from tts_chaos.load.after_peak import JUDGES
from tts_chaos.load.documents import write_documents
from tts_chaos.load.ordering import find_file, make_order
from tts_chaos.load.rehearsal import Rehearsal
from tts_chaos.load.results import Result
from tts_chaos.load.summary import spell_call, spell_measured, summary_lines
from tts_chaos.load.verdicts import Call
from tts_chaos.pytest_plugin.external import reach_of
from tts_chaos.pytest_plugin.options import Options

__all__ = ["LoadItems"]

DRAINED = "backlog drained"


class LoadFailedError(Exception):
    """A budget is not held, or not known to be."""


class LoadItem(pytest.Item):
    """One thing that a load is judged by."""

    def __init__(self, *, check: Callable[[], None], **more: Any) -> None:
        super().__init__(**more)
        self._check = check

    def runtest(self) -> None:
        """Ask for the verdict; the first to ask lets the load run."""
        self._check()

    def repr_failure(
        self,
        excinfo: pytest.ExceptionInfo[BaseException],
        style: Any = None,  # noqa: ARG002 - a verdict has one style
    ) -> Any:
        """Show the verdict instead of a traceback."""
        if isinstance(excinfo.value, LoadFailedError | ChaosError):
            return str(excinfo.value)
        return super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Point at the folder that was tested."""
        return self.path, None, self.name


class LoadItems:
    """Registered as a plugin; takes the place of scenarios."""

    def __init__(self, config: pytest.Config, options: Options) -> None:
        if getattr(config.option, "numprocesses", None):
            raise pytest.UsageError("--tts-load runs in one process; leave -n out")
        self._config = config
        self._result: Result | None = None
        self._error: ChaosError | None = None
        base = options.report or config.rootpath / "load-results"
        results = base / time.strftime("load-%Y%m%d-%H%M%S")
        try:
            file = find_file([config.invocation_params.dir, config.rootpath])
            order = make_order(
                file, profile=options.load, faults=options.load_faults, results=results,
                seed=options.seed, toxiproxy_url=options.toxiproxy_url,
            )  # fmt: skip
        except UsageError as error:
            raise pytest.UsageError(str(error)) from None
        if order.configuration is not None:
            order = dataclasses.replace(order, reach=reach_of(order.configuration))
        self._order = order

    def pytest_report_header(self) -> list[str]:
        """Say what is rehearsed, and against whom."""
        order = self._order
        faults = f" with {order.script_name}" if order.script_name else ""
        return [
            f"tts-chaos: load {order.profile_name}{faults} against {order.against}",
            f"tts-chaos: seed {order.seed}, everything goes to {order.results}",
        ]

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(
        self, session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        """Put the load's items in the place of all others."""
        if items:
            config.hook.pytest_deselected(items=list(items))
        items[:] = [
            LoadItem.from_parent(session, name=f"load[{self._order.profile_name}] {name}",
                                 check=check, nodeid=f"load[{self._order.profile_name}]::{name}")
            for name, check in self._checks()
        ]  # fmt: skip

    def _checks(self) -> list[tuple[str, Callable[[], None]]]:
        checks: list[tuple[str, Callable[[], None]]] = [
            (budget.name, self._checker(self._check_budget, budget.name))
            for budget in self._order.budgets
        ]
        if not self._order.drives_twin:
            checks.append((DRAINED, self._check_drained))
            checks += [(name, self._checker(self._check_oracle, name)) for name in JUDGES]
        return checks

    @staticmethod
    def _checker(check: Callable[[str], None], name: str) -> Callable[[], None]:
        return lambda: check(name)

    # -- verdicts -------------------------------------------------------------------------------

    def _rehearsed(self) -> Result:
        if self._error is not None:
            raise self._error
        if self._result is None:
            try:
                with Rehearsal(self._order, interrupted=threading.Event()) as rehearsal:
                    self._result = rehearsal.run()
            except ChaosError as error:
                self._error = error
                raise
            write_documents(self._result, self._order.results)
        return self._result

    def _check_budget(self, name: str) -> None:
        row = next(row for row in self._rehearsed().budgets if row.budget.name == name)
        if row.call is not Call.PASS:
            told = f"{name} {row.budget.bound}: {spell_call(row.call)}, {spell_measured(row)}"
            raise LoadFailedError(f"{told}\n{row.reason}" if row.reason else told)

    def _check_drained(self) -> None:
        after = self._rehearsed().after
        if after is None or after.drain_s is None:
            told = after.waiting if after is not None else "nothing was asked"
            raise LoadFailedError(f"the backlog is not drained: {told}")

    def _check_oracle(self, name: str) -> None:
        after = self._rehearsed().after
        row = next((o for o in after.oracles if o.oracle == name), None) if after else None
        if row is None:
            pytest.skip("the integration does not tell what this judge looks at")
        if row.verdict == "invalid":
            raise LoadFailedError(row.reason)
        if row.verdict == "unknown":
            pytest.skip(row.reason or "nothing of this kind happened")

    # -- end ------------------------------------------------------------------------------------

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the verdict."""
        if self._result is None:
            return
        terminalreporter.section("tts-chaos load")
        for line in summary_lines(self._result):
            terminalreporter.write_line(line)
        terminalreporter.write_line(f"  Reports: {self._order.results / 'index.html'}")

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Give the exit status that `tts-chaos load` would give."""
        if session.exitstatus == pytest.ExitCode.TESTS_FAILED:
            code = 15 if self._result is None else self._result.exit_code
            session.exitstatus = code or session.exitstatus
