"""An integration that is a program of its own: its configuration, and its life in one scenario."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tts_chaos.errors import ChaosError, UsageError

if TYPE_CHECKING:
    from tts_chaos.engine.run import Run
    from tts_chaos.injectors.reach_faults import ReachFaults
    from tts_chaos.subjects.external.model import Configuration
    from tts_chaos.subjects.external.subject import ExternalSubject
    from tts_chaos.subjects.reach import Reach

__all__ = ["configuration_for", "reach_of", "started_program"]


def configuration_for(config: pytest.Config) -> Configuration | None:
    """Return the configuration that this session finds, or None.

    It is looked for in the folders given as arguments, else where pytest was called, else above
    that up to the root folder.

    Raises:
        pytest.UsageError: If it is wrong, or two arguments lead to two of them.
    """
    from tts_chaos.subjects.external.loader import find_configuration, load_configuration

    try:
        found = {file for folder in _given(config) if (file := find_configuration([folder]))}
        if len(found) > 1:
            names = " and ".join(sorted(str(file) for file in found))
            raise UsageError(f"two integrations are configured: {names}; test one at a time")
        file = found.pop() if found else find_configuration(_usual(config))
        return load_configuration(file) if file else None
    except UsageError as error:
        raise pytest.UsageError(str(error)) from None


def reach_of(configuration: Configuration, faults: ReachFaults | None = None) -> Reach:
    """Return how the program reaches the twin, chosen and probed, not yet opened.

    Args:
        configuration: The program's.
        faults: What a world arms on the way; None where nothing ever is.

    Raises:
        pytest.UsageError: If it cannot work here.
    """
    from tts_chaos.subjects.reach import DirectReach

    if configuration.reach == DirectReach.name:
        return DirectReach()
    from tts_chaos.injectors.reach import choose_reach

    try:
        return choose_reach(
            configuration.reach,
            configuration.first_command,
            folder=configuration.folder,
            local_ports=configuration.local_ports,
            faults=faults,
        )
    except ChaosError as error:
        where = f"{configuration.file}, {configuration.key}.reach.how"
        raise pytest.UsageError(f"{where}: {error}") from None


def _given(config: pytest.Config) -> list[Path]:
    here = config.invocation_params.dir
    paths = [here / argument.partition("::")[0] for argument in config.args]
    return [path if path.is_dir() else path.parent for path in paths if path.exists()]


def _usual(config: pytest.Config) -> list[Path]:
    here, root = config.invocation_params.dir, config.rootpath
    above = [folder for folder in here.parents if folder.is_relative_to(root)]
    return [here, *above, root]


def started_program(
    request: pytest.FixtureRequest, configuration: Configuration, run: Run, workspace: Path
) -> Iterator[ExternalSubject]:
    """Yield the program, started for one scenario; end it whatever happens."""
    from tts_chaos.injectors.wire import WireWorld
    from tts_chaos.subjects.external.subject import ExternalSubject

    assert run.connection is not None
    assert isinstance(run.world, WireWorld), "a program runs on real sockets only"
    reach = reach_of(configuration, run.world.reach_faults)
    subject = ExternalSubject(configuration, run.connection, workspace, reach=reach)
    try:
        try:
            subject.start()
        except ChaosError as error:
            # The others would fail in the same way, each after its time to get ready.
            request.session.shouldfail = "the integration could not be started"
            message = run.secrets.redact(str(error))
            raise pytest.fail.Exception(message, pytrace=False) from None
        yield subject
    finally:
        subject.close()
