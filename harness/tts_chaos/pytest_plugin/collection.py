"""Scenario items: where they hang in the tree, and which of them are wanted."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tts_chaos.engine.capabilities import needed_to_play
from tts_chaos.engine.result import RunResult
from tts_chaos.engine.run import Run
from tts_chaos.errors import ChaosError, ConfigError
from tts_chaos.pytest_plugin.keys import ASSIGNMENT, RESULT, SESSION
from tts_chaos.pytest_plugin.options import Options
from tts_chaos.reporting.story import tell
from tts_chaos.scenarios.model import Scenario

__all__ = [
    "FIXTURE",
    "NODE_NAME",
    "ScenarioFailedError",
    "ScenarioFolder",
    "ScenarioItem",
    "chosen",
    "partition_by_offer",
    "play_scenario",
    "refuse_lasting_fixture",
]

NODE_NAME = "tts-chaos"
FIXTURE = "tts_integration"


class ScenarioFailedError(Exception):
    """A scenario ended otherwise than passed; carries the result, shown as a story."""

    def __init__(self, result: RunResult) -> None:
        self.result = result
        super().__init__(f"{result.outcome.value}: {result.reason}")


class ScenarioItem(pytest.Function):
    """One scenario in one world, an ordinary pytest item."""

    def repr_failure(
        self,
        excinfo: pytest.ExceptionInfo[BaseException],
        style: Any = None,  # noqa: ARG002 - a story has one style
    ) -> Any:
        """Show a story instead of a traceback into the harness."""
        if isinstance(excinfo.value, ScenarioFailedError):
            return tell(excinfo.value.result)
        if isinstance(excinfo.value, ChaosError):
            return str(excinfo.value)
        return super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Point at the scenario's file."""
        scenario, _world = self.stash[ASSIGNMENT]
        # A line, because pytest insists on one where a fixture skips.
        return Path(scenario.path), 0, self.name


class ScenarioFolder(pytest.Collector):
    """All chosen scenarios, as children of the folder whose conftest.py defines the integration."""

    def collect(self) -> Iterator[pytest.Item]:
        """Yield one item per scenario and world."""
        session = self.config.stash[SESSION]
        for scenario, world in session.assignments():
            item = ScenarioItem.from_parent(
                self, name=f"{scenario.id}[{world}]", callobj=play_scenario
            )
            item.stash[ASSIGNMENT] = (scenario, world)
            item.extra_keyword_matches.update(scenario.tags)
            yield item


def refuse_lasting_fixture(item: pytest.Item) -> None:
    """Fail an item, and stop, where the integration's fixture outlives one scenario.

    Raises:
        pytest.fail.Exception: If its scope is wider than one test.
    """
    # pytest has no public way to ask; where the private one is gone, its own message has to do.
    fixtures = getattr(item, "_fixtureinfo", None)
    definitions = getattr(fixtures, "name2fixturedefs", {}).get(FIXTURE)
    if not definitions or definitions[-1].scope == "function":
        return
    item.session.shouldfail = f"the fixture {FIXTURE} has a scope that cannot work"
    pytest.fail(
        f"the fixture {FIXTURE} has scope {definitions[-1].scope!r}, but every scenario has a "
        'platform, keys and a clock of its own; leave scope out, or write scope="function"',
        pytrace=False,
    )


def play_scenario(tts_run: Run, tts_integration: object, request: pytest.FixtureRequest) -> None:
    """Be the body of every scenario item; the order of arguments is the order of set-up."""
    from tts_chaos.subjects.external.subject import ExternalSubject
    from tts_chaos.subjects.in_process import InProcessSubject

    item = request.node
    subject: ExternalSubject | InProcessSubject
    if isinstance(tts_integration, ExternalSubject):
        subject = tts_integration
    else:
        try:
            subject = InProcessSubject(
                tts_integration, in_virtual_time=tts_run.world.name == "simulated"
            )
        except ConfigError:
            item.session.shouldfail = f"the fixture {FIXTURE} returns what no scenario can use"
            raise
    result = tts_run.play(subject)
    item.stash[RESULT] = result
    for title, text in subject.evidence:
        item.add_report_section("call", title, tts_run.secrets.redact(text))
    item.config.stash[SESSION].finished(item, result)
    if result.outcome != "passed":
        raise ScenarioFailedError(result)


def chosen(scenarios: Iterable[Scenario], options: Options) -> list[Scenario]:
    """Return the scenarios that the options ask for.

    Raises:
        pytest.UsageError: If a given id or tag matches none.
    """
    rows = list(scenarios)
    for pattern in options.scenarios:
        if not any(_matches(row.id, pattern) for row in rows):
            raise pytest.UsageError(_unknown("--tts-scenario", pattern, [row.id for row in rows]))
    tags = sorted({tag for row in rows for tag in row.tags})
    for tag in options.tags:
        if tag not in tags:
            raise pytest.UsageError(_unknown("--tts-tag", tag, tags))
    return [
        row
        for row in rows
        if (not options.scenarios or any(_matches(row.id, p) for p in options.scenarios))
        and (not options.tags or set(options.tags) & set(row.tags))
    ]


def partition_by_offer(
    scenarios: Iterable[Scenario], not_offered: Iterable[str]
) -> tuple[list[Scenario], list[Scenario]]:
    """Return the scenarios that can be played, and those that need what is not offered.

    Raises:
        pytest.UsageError: If a capability does not exist.
    """
    from tts_chaos.typing import ACTIONS, OBSERVATIONS

    known = [*ACTIONS, *OBSERVATIONS]
    lacking = set(not_offered)
    for word in sorted(lacking - set(known)):
        raise pytest.UsageError(_unknown("tts_not_offered", word, known, "there is no capability"))
    played: list[Scenario] = []
    left_out: list[Scenario] = []
    for row in scenarios:
        (left_out if lacking.intersection(needed_to_play(row)) else played).append(row)
    return played, left_out


def _matches(id: str, pattern: str) -> bool:
    pattern = pattern.removesuffix(".toml").rstrip("/")
    return id == pattern or id.startswith(f"{pattern}/") or fnmatch.fnmatch(id, pattern)


def _unknown(option: str, word: str, valid: list[str], said: str = "nothing matches") -> str:
    from tts_chaos.core.registry import nearest

    close = nearest(word, valid)
    hint = f" Did you mean {close!r}?" if close else ""
    return f"{option}: {said} {word!r}.{hint} Known: {', '.join(valid)}"
