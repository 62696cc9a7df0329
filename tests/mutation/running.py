"""Runs tests that pytest has collected, one by one, inside a session of pytest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

__all__ = ["in_session", "run_item"]


class _Outcomes:
    """Notes whether a test failed; pytest asks it after each step of a test."""

    def __init__(self) -> None:
        self.failed = False

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.failed = self.failed or report.failed


OUTCOMES = pytest.StashKey[_Outcomes]()


class _Session:
    """Takes the place of pytest's own loop over the collected tests."""

    def __init__(self, work: Callable[[Sequence[pytest.Item]], None], skipped: frozenset[str]):
        self._work, self._skipped = work, skipped

    def pytest_configure(self, config: pytest.Config) -> None:
        config.stash[OUTCOMES] = _Outcomes()
        config.pluginmanager.register(config.stash[OUTCOMES])

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = [i for i in items if getattr(i, "originalname", i.name) not in self._skipped]

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self._work(session.items)
        return True


def in_session(
    paths: Sequence[Path],
    work: Callable[[Sequence[pytest.Item]], None],
    *,
    skipped: frozenset[str] = frozenset(),
) -> int:
    """Let pytest collect the tests of `paths`, and call `work` with them instead of running them.

    Args:
        paths: Files and folders.
        work: What to do with the tests.
        skipped: Names of tests that are left out.

    Returns:
        Pytest's exit status: 0 where all could be collected.
    """
    options = ["-p", "no:terminal", "-p", "no:cacheprovider", "-p", "no:xdist", "-o", "addopts="]
    others = ["-p", "no:schemathesis", "-p", "no:randomly", "-p", "no:asyncio"]
    return pytest.main(
        [*options, *others, "--import-mode=importlib", *map(str, paths)],
        plugins=[_Session(work, skipped)],
    )


def run_item(item: pytest.Item, following: pytest.Item | None = None) -> bool:
    """Run one test with its fixtures; returns whether it failed."""
    outcomes = item.config.stash[OUTCOMES]
    outcomes.failed = False
    item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
    return outcomes.failed
