"""Hook functions only; each hands over to the module that does the work.

pytest loads this module in every session of every user, so it imports nothing but pytest, the
standard library and its own light neighbours. Without `--tts-chaos` no hook does anything.
"""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from tts_chaos.errors import ChaosError
from tts_chaos.pytest_plugin import fixtures, hookspecs
from tts_chaos.pytest_plugin.keys import OPTIONS, SESSION
from tts_chaos.pytest_plugin.options import (
    Options,
    add_options,
    read_options,
    refuse_selection_alone,
)

__all__: list[str] = []


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare options."""
    add_options(parser)


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Declare our own hooks."""
    pluginmanager.add_hookspecs(hookspecs)


def pytest_configure(config: pytest.Config) -> None:
    """Read options; load everything heavy only if asked for."""
    if not config.getoption("--tts-chaos"):
        refuse_selection_alone(config)
        return
    options = read_options(config)
    config.stash[OPTIONS] = options
    if options.load:
        from tts_chaos.load.packages import require_packages

        try:
            require_packages()
        except ChaosError as error:
            raise pytest.UsageError(f"--tts-load: {error}") from None
        from tts_chaos.pytest_plugin.load import LoadItems

        config.pluginmanager.register(LoadItems(config, options), "tts-chaos-load")
        return
    from tts_chaos.pytest_plugin.session import ChaosSession

    config.stash[SESSION] = session = ChaosSession(config, options)
    config.pluginmanager.register(session, "tts-chaos-session")
    config.pluginmanager.register(fixtures, "tts-chaos-fixtures")
    if options.otel:
        from tts_chaos.pytest_plugin.telemetry import Telemetry

        config.pluginmanager.register(Telemetry(options.otel), "tts-chaos-otel")
    if options.reader_map:
        if getattr(config.option, "numprocesses", None):
            raise pytest.UsageError("--tts-reader-map runs in one process; leave -n out")
        from tts_chaos.pytest_plugin.reader_map import ReaderMap

        config.pluginmanager.register(ReaderMap(config, options), "tts-chaos-reader-map")
    if options.searches:
        _register_search(config, options)


def _register_search(config: pytest.Config, options: Options) -> None:
    from tts_chaos.pytest_plugin.searching import PLUGIN_NAME, Searching, refuse_search

    refuse_search(config, options)
    config.pluginmanager.register(Searching(config, options), PLUGIN_NAME)


def pytest_report_header(config: pytest.Config) -> list[str] | None:
    """Show what decides the run."""
    session = config.stash.get(SESSION, None)
    return session.header() if session else None


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect scenarios where a conftest.py defines the integration."""
    session = parent.config.stash.get(SESSION, None)
    return session.collect_beside(file_path, parent) if session else None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(
    session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Keep only what belongs to the chaos run."""
    chaos = config.stash.get(SESSION, None)
    if chaos:
        chaos.select(session, items)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, pytest.TestReport]:
    """Attach outcome and numbers to the report of a scenario."""
    report: pytest.TestReport = yield
    session = item.config.stash.get(SESSION, None)
    if session:
        session.annotate(item, report)
    return report
