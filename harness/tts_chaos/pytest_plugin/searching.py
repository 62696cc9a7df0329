"""`--tts-search` and `--tts-explore`: plays the user's integration under schedules by the hundred.

Each run is a hidden item with fresh fixtures. What was found before is replayed first, and what is
found, at the end, both as ordinary items: they fail with their stories. A last item stands for the
search as a whole and carries its receipt.
"""

from __future__ import annotations

import importlib.util
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tts_chaos.engine.result import RunResult
from tts_chaos.engine.run import Run
from tts_chaos.errors import ChaosError, UsageError
from tts_chaos.pytest_plugin.collection import ScenarioItem, play_scenario
from tts_chaos.pytest_plugin.keys import ASSIGNMENT, SCRATCH, SEED
from tts_chaos.pytest_plugin.options import Options
from tts_chaos.scenarios.model import Scenario
from tts_chaos.search.budget import Budget
from tts_chaos.search.calm import Calm, CalmRunFailedError, look_around
from tts_chaos.search.exploring import Exploration, Watching
from tts_chaos.search.found import Entry, keep, load_found
from tts_chaos.search.hunting import Failure, Hunt, Known
from tts_chaos.search.menu import make_menu
from tts_chaos.search.player import BROKEN, Played, Prepare
from tts_chaos.search.report import failure_row
from tts_chaos.search.telling import tell_failure, tell_found_before, tell_hunt, tell_progress
from tts_chaos.subjects.in_process import InProcessSubject

__all__ = ["PLUGIN_NAME", "Searching", "refuse_search"]

PLUGIN_NAME = "tts-chaos-search"
"""Under which it is registered."""

WORLD = "simulated"
PROGRESS_EVERY_S = 5.0
_PREPARE: pytest.StashKey[Prepare | None] = pytest.StashKey()
_PLAYED: pytest.StashKey[Played] = pytest.StashKey()


class _RunFailedError(ChaosError):
    """A run could not be made; carries what pytest says of it."""


class SearchItem(ScenarioItem):
    """Stands for the whole search: passes where it could be made to its end."""

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Point at no file: there is none."""
        return self.path, 0, self.name


def refuse_search(config: pytest.Config, options: Options) -> None:
    """Refuse options that a search cannot go together with.

    Raises:
        pytest.UsageError: Saying what to leave out or to install, and why.
    """
    option = "--tts-search" if options.search else "--tts-explore"
    if getattr(config.option, "numprocesses", None):
        raise pytest.UsageError(
            f"{option} runs in one process, as what is found decides what is looked for next; "
            "leave -n out, or start several sessions with different --tts-seed"
        )
    if options.reader_map:
        raise pytest.UsageError(f"{option} and --tts-reader-map are two runs; choose one")
    if options.world not in ("", WORLD):
        raise pytest.UsageError(
            f"{option} plays in the simulated world, where hours cost nothing; leave --tts-world "
            "and tts_world out"
        )
    if options.search and importlib.util.find_spec("hypothesis") is None:
        raise pytest.UsageError(
            "--tts-search needs Hypothesis, which is not installed; "
            "pip install 'pytest-tts-chaos[search]'"
        )


class Searching:
    """Registered as a plugin; takes the place of the loop over scenarios."""

    def __init__(self, config: pytest.Config, options: Options) -> None:
        self._config = config
        self._options = options
        self._runner: Any = config.pluginmanager.get_plugin("runner")
        self._folder = options.found
        self._lines: list[str] = []
        self._problems: list[str] = []
        self._found: list[tuple[Failure, Path]] = []
        self._known: list[Known] = []
        self._outcomes: dict[str, str] = {}
        self._runs = 0
        self._schedules = 0
        self._told_at_s = 0.0
        self._sample: pytest.Item | None = None
        self._scratch = Path()
        self._before = self._load()

    def _load(self) -> list[Entry]:
        try:
            return list(load_found(self._folder))
        except UsageError as error:
            raise pytest.UsageError(str(error)) from None

    # -- the loop -------------------------------------------------------------------------------

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Search instead of playing the scenarios."""
        if not session.items:
            return True
        self._sample = session.items[0]
        session.items[:] = self._replays()
        if self._config.option.collectonly:
            return True
        session.testscollected = len(session.items)
        self._run_all(session, session.items)
        self._known += self._still_failing()
        if not session.shouldstop and not session.shouldfail:
            with self._in_scratch_folder():
                self._search_safely(session)
        return True

    def _search_safely(self, session: pytest.Session) -> None:
        """Search, and then show what was found, whatever ended the search."""
        items: list[pytest.Item] = []
        try:
            calm = look_around(self._play)
            for method in self._methods():
                method(calm)
        except CalmRunFailedError as error:
            self._lines.append(str(error))
            # Its story tells more than we could; without faults it is soon played again.
            items.append(self._item(error.scenario))
        except ChaosError as error:
            self._problems.append(str(error))
        items += [self._item(failure.scenario, file) for failure, file in self._found]
        items.append(self._last_item())
        session.items += items
        session.testscollected = len(session.items)
        self._run_all(session, items)

    def _methods(self) -> Iterator[Any]:
        if self._options.explore:
            yield self._explore
        if self._options.search:
            yield self._hunt

    def _run_all(self, session: pytest.Session, items: Sequence[pytest.Item]) -> None:
        for item, following in zip(items, (*items[1:], None), strict=False):
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if session.shouldfail:
                raise session.Failed(session.shouldfail)
            if session.shouldstop:
                raise session.Interrupted(session.shouldstop)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep how the replays of what was found before ended."""
        summary = getattr(report, "tts_chaos", None)
        if summary is not None:
            self._outcomes[summary["scenario"]] = summary["outcome"]

    def _still_failing(self) -> list[Known]:
        """Return what was found before and is still there: it is not to be found again."""
        return [
            entry.note.known
            for entry in self._before
            if entry.note and self._outcomes.get(entry.scenario.id) in BROKEN
        ]

    # -- items ----------------------------------------------------------------------------------

    def _replays(self) -> list[pytest.Item]:
        seed = self._options.seed
        return [
            self._item(entry.scenario, seed=entry.note.seed if entry.note else seed)
            for entry in self._before
        ]

    def _item(
        self, scenario: Scenario, file: Path | None = None, *, seed: str = ""
    ) -> ScenarioItem:
        if file is not None:
            scenario = msgspec.structs.replace(scenario, path=str(file))
        assert self._sample is not None
        item: ScenarioItem = ScenarioItem.from_parent(
            self._sample.parent, name=f"{scenario.id}[{WORLD}]", callobj=play_scenario
        )
        item.stash[ASSIGNMENT] = (scenario, WORLD)
        item.stash[SEED] = seed or self._options.seed
        return item

    def _last_item(self) -> SearchItem:
        assert self._sample is not None
        problems = "\n".join(self._problems)

        def judge_search() -> None:
            if problems:
                raise UsageError(problems)

        item: SearchItem = SearchItem.from_parent(
            self._sample.parent, name=f"search[{WORLD}]", callobj=judge_search
        )
        item.add_report_section("call", "search", "\n".join(self._lines))
        return item

    # -- one run --------------------------------------------------------------------------------

    def _play(self, scenario: Scenario, prepare: Prepare | None = None) -> Played:
        """Play a scenario as a hidden item; implements `search.player.Player`."""
        assert self._sample is not None
        item = ScenarioItem.from_parent(
            self._sample.parent, name=f"search-run[{self._runs}]", callobj=_play_hidden
        )
        item.stash[ASSIGNMENT] = (scenario, WORLD)
        item.stash[SEED] = self._options.seed
        item.stash[SCRATCH] = self._scratch
        item.stash[_PREPARE] = prepare
        self._runs += 1
        reports = self._runner.runtestprotocol(item, log=False, nextitem=self._sample)
        _empty(self._scratch)
        failed = next((report for report in reports if not report.passed), None)
        if failed is not None or _PLAYED not in item.stash:
            said = failed.longreprtext if failed is not None else "the run did not end"
            raise _RunFailedError(f"a run of {scenario.title!r} could not be made:\n{said}")
        return item.stash[_PLAYED]

    @contextmanager
    def _in_scratch_folder(self) -> Iterator[None]:
        """Give runs one folder in memory, where there is one: each starts with it empty."""
        memory = Path("/dev/shm")  # noqa: S108 - below it a folder of our own is made
        place = memory if memory.is_dir() else None
        with tempfile.TemporaryDirectory(prefix="tts-chaos-search-", dir=place) as folder:
            self._scratch = Path(folder)
            yield

    # -- searching ------------------------------------------------------------------------------

    def _hunt(self, calm: Calm) -> None:
        from tts_chaos.search.drawing import StopDrawing, draw_lists, draw_machine

        assert self._options.search is not None
        menu = make_menu(calm)
        budget = Budget(self._options.search_budget_s, now_s=time.monotonic)
        hunt = Hunt(self._play, calm.capabilities, known=self._known, told=self._keep)
        tiers = [draw_lists, *([draw_machine] if self._options.search_stateful else [])]

        def take(schedule: Any) -> None:
            if budget.is_spent:
                raise StopDrawing
            hunt.take(schedule)
            self._say_now_and_then(tell_progress("search", hunt.tally.schedules, wanted, budget))

        wanted = self._options.search * len(tiers)
        try:
            for draw in tiers:
                draw(menu, take, count=self._options.search, seed=self._options.seed)
        except StopDrawing:
            self._lines.append(f"stopped by the time budget after {budget.spent_s:.0f} s")
        finally:
            self._schedules += hunt.tally.schedules
            self._known += [failure.known for failure in hunt.failures]
            self._lines += tell_hunt(hunt.tally, hunt.failures, wanted, budget)
            self._problems += [f"{reason} ({told})" for told, reason in hunt.tally.defects_told()]

    def _explore(self, calm: Calm) -> None:
        """Try every fault at every call, then pairs, as far as options and time allow."""
        budget = Budget(self._options.explore_budget_s, now_s=time.monotonic)
        watching = Watching(self._play)
        hunt = Hunt(watching, calm.capabilities, known=self._known, told=self._keep)
        exploration = Exploration(calm, hunt, watching, budget)
        points, wanted = len(exploration.plan.kept), self._options.explore_pairs
        try:
            for _ in exploration.run_points():
                self._say_now_and_then(tell_progress("explore", exploration.run, points, budget))
            if wanted:
                pairs = exploration.pairs(seed=self._options.seed)[:wanted]
                for done in exploration.run_pairs(pairs):
                    self._say_now_and_then(
                        tell_progress("explore: pairs", done, len(pairs), budget)
                    )
        finally:
            self._schedules += hunt.tally.schedules
            self._known += [failure.known for failure in hunt.failures]
            self._lines += exploration.told()
            self._problems += [f"{reason} ({told})" for told, reason in hunt.tally.defects_told()]

    def _keep(self, failure: Failure) -> None:
        """Write a failure down at once: what comes later may be interrupted."""
        file = keep(self._folder, failure, seed=self._options.seed)
        self._found.append((failure, file))
        self._say(tell_failure(failure))

    # -- telling --------------------------------------------------------------------------------

    def section(self) -> dict[str, Any]:
        """Return what reports say of the search: a section of the JSON report."""
        return {
            "schedules": self._schedules,
            "runs": self._runs,
            "receipt": list(self._lines),
            "problems": list(self._problems),
            "found_before": list(tell_found_before(self._before, self._outcomes)),
            "failures": [
                failure_row(failure, file=str(file), reproduce=_command(failure, self._options))
                for failure, file in self._found
            ],
        }

    def _say(self, text: str) -> None:
        reporter: Any = self._config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None:
            reporter.ensure_newline()
            reporter.write_line(text)

    def _say_now_and_then(self, text: str) -> None:
        if time.monotonic() - self._told_at_s >= PROGRESS_EVERY_S:
            self._told_at_s = time.monotonic()
            self._say(text)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Print the receipt, and each failure with the command that shows it again."""
        if self._config.option.collectonly:
            return
        write = terminalreporter.write_line
        terminalreporter.section("tts-chaos search")
        for line in tell_found_before(self._before, self._outcomes):
            write(line)
        for line in (*self._lines, *self._problems):
            write(line)
        for failure, file in self._found:
            write(tell_failure(failure), red=True)
            write(f"  kept in {file}")
            write(f"  replay: {_command(failure, self._options)}")


def _command(failure: Failure, options: Options) -> str:
    return f"pytest --tts-chaos --tts-scenario {failure.scenario.id} --tts-seed {options.seed}"


def _empty(folder: Path) -> None:
    for member in folder.iterdir():
        if member.is_dir() and not member.is_symlink():
            shutil.rmtree(member, ignore_errors=True)
        else:
            member.unlink(missing_ok=True)


def _play_hidden(tts_run: Run, tts_integration: object, request: pytest.FixtureRequest) -> None:
    """The body of every hidden run; the order of arguments is the order of set-up."""
    subject = InProcessSubject(tts_integration)
    prepare = request.node.stash[_PREPARE]
    if prepare is not None:
        prepare(tts_run)
    result: RunResult = tts_run.play(subject)
    request.node.stash[_PLAYED] = Played(result=result, capabilities=subject.capabilities)
