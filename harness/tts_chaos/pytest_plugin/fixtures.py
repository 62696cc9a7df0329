"""Fixtures that exist only in a chaos run; heavy imports happen when they are used."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tts_chaos.errors import ChaosError
from tts_chaos.pytest_plugin.keys import SCRATCH, SESSION

if TYPE_CHECKING:
    from tts_chaos.engine.run import Run
    from tts_chaos.typing import TwinConnection

__all__ = ["tts_integration", "tts_run", "tts_twin", "tts_workspace"]


@pytest.fixture
def tts_workspace(request: pytest.FixtureRequest) -> Path:
    """An empty folder for the integration's files; searched for secrets after the run."""
    scratch: Path | None = request.node.stash.get(SCRATCH, None)
    # A search of thousands of runs would leave a folder behind for each.
    folder: Path = scratch or request.getfixturevalue("tmp_path")
    return folder


@pytest.fixture
def tts_run(request: pytest.FixtureRequest, tts_workspace: Path) -> Iterator[Run]:
    """The run of the scenario at hand; opened before the integration is built, closed after."""
    session = request.config.stash[SESSION]
    run = session.make_run(request.node, tts_workspace)
    try:
        _open(run)
        yield run
    finally:
        run.close()
    if run.leftover_threads and SCRATCH not in request.node.stash:
        threads = ", ".join(run.leftover_threads)
        request.node.warn(
            pytest.PytestWarning(
                f"the integration did not end its threads: {threads}; end them in the fixture, "
                "after the yield"
            )
        )


def _open(run: Run) -> None:
    try:
        run.open()
    except ChaosError as error:
        raise pytest.fail.Exception(str(error), pytrace=False) from None


@pytest.fixture
def tts_twin(tts_run: Run) -> TwinConnection:
    """Addresses, keys, tokens and shops: all an integration needs to reach the twin."""
    connection = tts_run.connection
    assert connection is not None
    return connection


@pytest.fixture
def tts_integration(
    request: pytest.FixtureRequest, tts_run: Run, tts_twin: TwinConnection, tts_workspace: Path
) -> Iterator[Any]:
    """What is tested where nobody defines a fixture of this name.

    That is the program that `tts-chaos.toml` or `pyproject.toml` configures, else the bundled
    reference integration.
    """
    configuration = request.config.stash[SESSION].external
    if configuration is not None:
        from tts_chaos.pytest_plugin.external import started_program

        yield from started_program(request, configuration, tts_run, tts_workspace)
        return
    from tts_chaos.reference.factory import make_reference

    integration = make_reference(tts_twin, tts_workspace)
    yield integration
    integration.close()
