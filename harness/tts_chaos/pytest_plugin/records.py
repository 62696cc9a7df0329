"""What a finished run leaves in the report's folder: its history, and its sealed record."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tts_chaos.reporting.record import HISTORIES, RECORDS, make_record
from tts_chaos.reporting.sealing import SEAL_KEY_VARIABLE
from tts_chaos.reporting.story import history_name

if TYPE_CHECKING:
    from tts_chaos.engine.result import RunResult

__all__ = ["below", "keep_run"]


def keep_run(
    folder: Path,
    result: RunResult,
    *,
    integration: str,
    arguments: Sequence[str],
    not_offered: Iterable[str],
) -> None:
    """Write the history and the record of one run below `folder`."""
    histories, records = folder / HISTORIES, folder / RECORDS
    histories.mkdir(parents=True, exist_ok=True)
    records.mkdir(exist_ok=True)
    history = histories / history_name(result.scenario, result.world)
    history.write_bytes(result.history.to_json_lines())
    name, content = make_record(
        result,
        integration=integration,
        arguments=arguments,
        settings={"tts_not_offered": sorted(not_offered)},
        key=os.environ.get(SEAL_KEY_VARIABLE, ""),
    )
    (records / name).write_bytes(content)


def below(root: Path, paths: Iterable[Path]) -> list[str]:
    """Return paths relative to `root`; those elsewhere are of no use to anybody else."""
    return [path.relative_to(root).as_posix() for path in paths if path.is_relative_to(root)]
