"""One chaos run of pytest: what is collected, played, reported, and how it exits."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

import tts_chaos
from tts_chaos._data import data_folder
from tts_chaos.core.entropy import Entropy
from tts_chaos.engine.fitness import refuse_unplayable, why_unfit
from tts_chaos.engine.ports import World
from tts_chaos.engine.result import RunResult
from tts_chaos.engine.run import Run
from tts_chaos.errors import UsageError
from tts_chaos.pytest_plugin.collection import (
    FIXTURE,
    NODE_NAME,
    ScenarioFolder,
    ScenarioItem,
    chosen,
    partition_by_offer,
    refuse_lasting_fixture,
)
from tts_chaos.pytest_plugin.external import configuration_for, reach_of
from tts_chaos.pytest_plugin.gate import make_gate
from tts_chaos.pytest_plugin.keys import ASSIGNMENT, INTEGRATION, RESULT, SEED
from tts_chaos.pytest_plugin.options import Options
from tts_chaos.pytest_plugin.records import below, keep_run
from tts_chaos.pytest_plugin.tally import Tally
from tts_chaos.reporting.files import tell_ci, write_reports
from tts_chaos.reporting.gate.decision import EXIT_BLOCK, Decision
from tts_chaos.reporting.gate.telling import as_text
from tts_chaos.reporting.summary import one_line, summarise, to_document
from tts_chaos.reporting.timeline import timeline_of
from tts_chaos.scenarios.loader import find_scenario_files, load_scenario
from tts_chaos.scenarios.model import Scenario
from tts_chaos.search.schedule import FOUND_FOLDER, as_found
from tts_chaos.subjects.external.model import Configuration

__all__ = ["ChaosSession"]

_REFERENCE = "the bundled reference integration"


class ChaosSession:
    """Registered as a plugin; its `pytest_*` methods are hooks."""

    def __init__(self, config: pytest.Config, options: Options) -> None:
        self._config = config
        self._options = options
        self._scenarios, self._left_out = partition_by_offer(
            self._load(), config.getini("tts_not_offered")
        )
        self._configuration = configuration_for(config)
        # Another conftest.py may still turn up while tests are collected.
        self._is_external = self._configuration is not None and not self._defining_files()
        self._was_external = self._is_external
        # A reach that cannot work here is told before anything is played.
        tested = self.external
        self._reach = reach_of(tested).name if tested is not None else ""
        self._all_worlds = self._make_worlds()
        self._refuse_unplayable()
        self._tally = Tally()
        self._is_worker = hasattr(config, "workerinput")
        if self._is_worker:
            from tts_chaos.processes.lifeline import end_with_parent

            end_with_parent()
        self._is_interrupted = False
        self._written: list[str] = []
        self._gate = make_gate(config, options)
        self._decision: Decision | None = None
        if config.pluginmanager.hasplugin("xdist") and not self._is_worker:
            from tts_chaos.pytest_plugin.xdist import SeedForWorkers

            config.pluginmanager.register(SeedForWorkers(options.seed), "tts-chaos-xdist")

    # -- scenarios ------------------------------------------------------------------------------

    def _refuse_unplayable(self) -> None:
        """Refuse a user's scenario with a fault that no world can realise.

        The bundled ones are tested for that; where something is not installed here, they say so
        when it is their turn.
        """
        bundled = data_folder("scenarios")
        try:
            for scenario in self._scenarios:
                if not Path(scenario.path).is_relative_to(bundled):
                    refuse_unplayable(scenario, self._all_worlds.values())
        except UsageError as error:
            raise pytest.UsageError(str(error)) from None

    def _load(self) -> list[Scenario]:
        folders = list(self._options.scenario_paths)
        if self._options.bundled:
            folders.insert(0, data_folder("scenarios"))
        folders += self._found_folder()
        loaded: dict[str, Scenario] = {}
        try:
            for folder in folders:
                for file in find_scenario_files(folder):
                    scenario = load_scenario(file, folder)
                    if folder == self._options.found:
                        scenario = as_found(scenario)
                    if scenario.id in loaded:
                        raise UsageError(
                            f"two scenarios have the id {scenario.id!r}: "
                            f"{loaded[scenario.id].path} and {scenario.path}; rename one"
                        )
                    loaded[scenario.id] = scenario
            return chosen(loaded.values(), self._options)
        except UsageError as error:
            raise pytest.UsageError(str(error)) from None

    def _found_folder(self) -> list[Path]:
        """Return where searches keep what they find, if one of that is asked for by its id."""
        is_asked_for = any(p.startswith(f"{FOUND_FOLDER}/") for p in self._options.scenarios)
        return [self._options.found] if is_asked_for and self._options.found.is_dir() else []

    @property
    def external(self) -> Configuration | None:
        """The configuration of the program that is tested; None where it is no program."""
        return self._configuration if self._is_external else None

    @property
    def _world(self) -> str:
        """The world asked for; a program of its own knows no virtual time."""
        return self._options.world or ("wire" if self._is_external else "simulated")

    @property
    def _worlds(self) -> dict[str, World]:
        wanted = tuple(self._all_worlds) if self._world == "both" else (self._world,)
        return {name: self._all_worlds[name] for name in wanted}

    def assignments(self) -> Iterator[tuple[Scenario, str]]:
        """Yield each chosen scenario with each world it shall and can run in."""
        for scenario in self._scenarios:
            for name, world in self._worlds.items():
                if why_unfit(scenario, world) is None:
                    yield scenario, name

    def _unfit(self, world: str) -> list[str]:
        return [s.id for s in self._scenarios if why_unfit(s, self._worlds[world])]

    # -- collection -----------------------------------------------------------------------------

    def header(self) -> list[str]:
        """Return the lines shown before the run."""
        assigned = list(self.assignments())
        lines = [
            f"tts-chaos: {_count(len(self._scenarios), 'scenario')} chosen, "
            f"{_count(len(assigned), 'run')}, world {self._world}, "
            f"seed {self._options.seed}",
            f"tts-chaos: tested is {self._tested()}",
        ]
        for world in self._worlds:
            unfit = self._unfit(world)
            if unfit:
                lines.append(
                    f"tts-chaos: {_count(len(unfit), 'scenario')} cannot run in the {world} "
                    f"world: {', '.join(unfit)}"
                )
        if self._left_out:
            lines.append(
                f"tts-chaos: tts_not_offered: {_count(len(self._left_out), 'scenario')} left out: "
                f"{', '.join(row.id for row in self._left_out)}"
            )
        return lines

    @property
    def _by_reach(self) -> bool:
        return self._reach not in ("", "environment")

    def _tested(self) -> str:
        """Return what is tested and by which file, in words."""
        if self._is_external:
            assert self._configuration is not None
            way = f", brought to the twin by reach {self._reach!r}" if self._by_reach else ""
            return f"the program configured in {self._name(self._configuration.file)}{way}"
        defined = self._defining_files()
        if not defined:
            return _REFERENCE
        unused = ""
        if self._configuration is not None:
            unused = f"; {self._name(self._configuration.file)} is not used"
        return f"the fixture {FIXTURE} of {self._name(defined[-1])}{unused}"

    def pytest_report_collectionfinish(self) -> str | None:
        """Say so where what the header named is not what is tested after all."""
        if self._configuration is None or self._is_external == self._was_external:
            return None
        return f"tts-chaos: tested is {self._tested()}"

    def collect_beside(self, file: Path, parent: pytest.Collector) -> pytest.Collector | None:
        """Return the scenarios as children of `parent` if `file` is the conftest.py to use."""
        if file.name != "conftest.py" or file not in self._defining_files():
            return None
        if self._is_external:
            self._is_external = False
            self._all_worlds = self._make_worlds()
        return self._make_folder(parent, self._name(file))

    def _name(self, file: Path) -> str:
        root = self._config.rootpath
        return file.relative_to(root).as_posix() if file.is_relative_to(root) else str(file)

    def _defining_files(self) -> list[Path]:
        """Return the conftest.py files that define the fixture, as far as pytest loaded them."""
        plugins = self._config.pluginmanager.get_plugins()
        return [
            Path(plugin.__file__)
            for plugin in plugins
            if getattr(plugin, "__file__", None)
            and Path(plugin.__file__).name == "conftest.py"
            and hasattr(plugin, FIXTURE)
        ]

    def select(self, session: pytest.Session, items: list[pytest.Item]) -> None:
        """Keep scenario items only; add them where no collected folder had the fixture."""
        # A conftest.py that pytest passed on its way to an argument was seen, but not collected.
        if not any(isinstance(item, ScenarioItem) for item in items):
            items.extend(self._collect_alone(session))
        others = [item for item in items if not isinstance(item, ScenarioItem)]
        if others:
            self._config.hook.pytest_deselected(items=others)
            items[:] = [item for item in items if isinstance(item, ScenarioItem)]

    def _collect_alone(self, session: pytest.Session) -> list[pytest.Item]:
        """Collect scenarios for a conftest.py that no argument led to, or for none at all."""
        defined = self._defining_files()
        parent: pytest.Collector = session
        integration = self._tested()
        if self._is_external:
            self._refuse_other_worlds()
        elif defined:
            integration = self._name(defined[-1])
            if defined[-1].parent != self._config.rootpath:
                parent = pytest.Dir.from_parent(session, path=defined[-1].parent)
        # Through the hooks, so that pytest counts and reports these items like any others.
        hook = self._config.hook
        report = hook.pytest_make_collect_report(collector=self._make_folder(parent, integration))
        hook.pytest_collectreport(report=report)
        return [item for item in report.result if isinstance(item, pytest.Item)]

    def _refuse_other_worlds(self) -> None:
        assert self._configuration is not None
        file = self._name(self._configuration.file)
        for option, is_given in (
            ("--tts-reader-map", self._options.reader_map),
            ("--tts-search", self._options.search),
            ("--tts-explore", self._options.explore),
        ):
            if is_given:
                raise pytest.UsageError(
                    f"{option} needs an integration in Python, in process; {file} configures "
                    "a program"
                )
        if self._world != "wire":
            raise pytest.UsageError(
                f"{file} configures a program, which runs in the wire world only, "
                f"not in {self._world}; leave --tts-world and tts_world out"
            )

    def _make_folder(self, parent: pytest.Collector, integration: str) -> ScenarioFolder:
        prefix = f"{parent.nodeid}/" if parent.nodeid not in ("", ".") else ""
        folder: ScenarioFolder = ScenarioFolder.from_parent(
            parent, name=NODE_NAME, nodeid=prefix + NODE_NAME
        )
        folder.stash[INTEGRATION] = integration
        return folder

    # -- playing --------------------------------------------------------------------------------

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Look at the fixtures of a scenario before anything is set up."""
        if isinstance(item, ScenarioItem):
            refuse_lasting_fixture(item)

    def make_run(self, item: pytest.Item, workspace: Path) -> Run:
        """Return the run of an item, not yet opened."""
        scenario, world = item.stash[ASSIGNMENT]
        return Run(
            scenario,
            self._make_world(world),
            seed=item.stash.get(SEED, self._options.seed),
            searched_paths=(workspace, *self._options.searched_paths),
            not_offered=self._config.getini("tts_not_offered"),
        )

    def _make_worlds(self) -> dict[str, World]:
        """Return worlds that are never opened: asked only what they can realise."""
        return {name: self._make_world(name) for name in ("simulated", "wire")}

    def _make_world(self, name: str) -> World:
        if name == "wire":
            from tts_chaos.injectors.wire import WireWorld

            seed = Entropy(self._options.seed).integer(0, 2**31)
            return WireWorld(
                toxiproxy_url=self._options.toxiproxy_url,
                seed=seed,
                tests_program=self._is_external,
                reach=self._reach if self._is_external else "",
                http3=self._options.http3,
            )
        from tts_chaos.injectors.simulated import SimulatedWorld

        return SimulatedWorld()

    def finished(self, item: pytest.Item, result: RunResult) -> None:
        """Keep what a run leaves behind: its history now, its summary for the report."""
        folder = self._options.report
        if folder is not None:
            assert item.parent is not None
            keep_run(
                folder,
                result,
                integration=item.parent.stash[INTEGRATION],
                arguments=below(self._config.rootpath, self._places()),
                not_offered=self._config.getini("tts_not_offered"),
            )
        properties = {
            "tts_outcome": result.outcome.value,
            "tts_world": result.world,
            "tts_seed": result.seed,
            "tts_recovery_ms": result.recovery_ms,
        }
        item.user_properties.extend((k, v) for k, v in properties.items() if v is not None)
        item.config.hook.pytest_tts_scenario_finished(item=item, result=result)

    def _places(self) -> list[Path]:
        """Return where pytest has to look to find what is tested here once more."""
        external, defined = self.external, self._defining_files()
        if external is not None:
            return [external.folder]
        if defined:
            return [file.parent for file in defined]
        here = self._config.invocation_params.dir
        return [here / argument.partition("::")[0] for argument in self._config.args]

    # -- reporting ------------------------------------------------------------------------------

    def annotate(self, item: pytest.Item, report: pytest.TestReport) -> None:
        """Attach to a report, which may travel between processes, what the summary needs."""
        if not isinstance(item, ScenarioItem):
            return
        assert item.parent is not None
        report.tts_integration = item.parent.stash[INTEGRATION]  # type: ignore[attr-defined]
        if report.when == "call" and RESULT in item.stash:
            result, (scenario, _) = item.stash[RESULT], item.stash[ASSIGNMENT]
            report.tts_chaos = summarise(result, scenario)  # type: ignore[attr-defined]
            if self._options.report is not None:
                timeline = timeline_of(result.history, rto_ms=result.rto_ms)
                report.tts_timeline = msgspec.json.encode(timeline).decode()  # type: ignore[attr-defined]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Collect summaries, and what broke around a scenario."""
        self._tally.take(report)

    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        """Show the outcome in words where pytest shows words."""
        summary = getattr(report, "tts_chaos", None)
        if summary is None or hasattr(report, "wasxfail"):
            return None
        if report.passed:
            return "passed", ".", "PASSED"
        # A hook may have failed around a scenario that passed.
        word = "harness_error" if summary["outcome"] == "passed" else summary["outcome"]
        return "failed", "F", word.upper()

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Write one line per scenario, gravest last, and what the run was about."""
        if self._config.option.collectonly or self._options.reader_map:
            return
        write = terminalreporter.write_line
        terminalreporter.ensure_newline()
        terminalreporter.section("tts-chaos")
        for integration in self._tally.integrations:
            write(f"integration: {integration}")
        for summary in self._tally.in_order():
            failed = summary["outcome"] != "passed"
            write(one_line(summary), red=failed, green=not failed)
        if not self._options.searches:
            self._write_coverage(write)
        proxies = sorted({row.get("proxy", "") for row in self._tally.in_order()} - {""})
        if proxies:
            write(f"fault proxy: {', '.join(proxies)}")
        for line in self._written:
            write(line)
        write(f"seed: {self._options.seed}")
        if self._decision is not None:
            good = self._decision.decision == "release"
            word, *reasons = as_text(self._decision).splitlines()
            for reason in reasons:
                write(reason)
            write(f"gate: {word}", red=not good, green=good, bold=True)

    def _write_coverage(self, write: Any) -> None:
        if not self._tally:
            write("no scenario was played: this run says nothing about the integration", red=True)
        if 0 < len(self._tally) < self._planned:
            write(f"played {len(self._tally)} of {_count(self._planned, 'run')}", yellow=True)

    @property
    def _planned(self) -> int:
        """Runs to play; several conftest.py files may define an integration, each plays all."""
        return len(list(self.assignments())) * max(len(self._tally.integrations), 1)

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Tell a person's interrupt from a stop that a distributed run makes for `-x`."""
        self._is_interrupted = excinfo.type is KeyboardInterrupt

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write the report, also of an interrupted run, and set the exit status."""
        if self._is_worker or self._config.option.collectonly or self._options.reader_map:
            return
        self._tell()
        replaced = {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED}
        if not self._is_interrupted:
            replaced.add(pytest.ExitCode.INTERRUPTED)
        if session.exitstatus in replaced:
            session.exitstatus = self._exit_status() or session.exitstatus
            if self._decision is not None and self._decision.decision == "release":
                session.exitstatus = pytest.ExitCode.OK

    def _tell(self) -> None:
        """Write reports, decide, and tell both where CI looks."""
        document = self._document()
        if self._gate is not None:
            self._decision = self._gate.decide(document)
        folder = self._options.report
        if folder is not None:
            self._written = write_reports(
                folder, document, self._tally.timelines, gate=self._decision
            )
        if folder is not None or self._gate is not None:
            self._written += tell_ci(document, self._decision, os.environ)

    def _exit_status(self) -> int:
        if self._decision is not None:
            return EXIT_BLOCK if self._decision.decision == "block" else 0
        # A search that finds nothing has nothing to sum up, and is a success.
        return 0 if self._options.searches and not self._tally else self._tally.exit_status()

    def _document(self) -> dict[str, Any]:
        """Return the report of everything that was played, in whatever process."""
        return to_document(
            self._tally.in_order(),
            seed=self._options.seed,
            version=tts_chaos.__version__,
            integrations=list(self._tally.integrations),
            planned=self._planned,
            left_out=[row.id for row in self._left_out],
            file=self._file(),
            search=self._search(),
        )

    def _search(self) -> dict[str, Any] | None:
        """Return what a search has to tell, None where nobody searched."""
        if not self._options.searches:
            return None
        from tts_chaos.pytest_plugin.searching import PLUGIN_NAME

        searching: Any = self._config.pluginmanager.get_plugin(PLUGIN_NAME)
        section: dict[str, Any] | None = searching.section() if searching else None
        return section

    def _file(self) -> str:
        """Return where the integration is defined, relative to the root; "" for the bundled one."""
        if self._is_external:
            assert self._configuration is not None
            return self._name(self._configuration.file)
        defined = self._defining_files()
        return self._name(defined[-1]) if defined else ""


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
