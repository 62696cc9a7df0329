"""The table `doctor` of `tts-chaos.toml`, or `tool.tts_chaos.doctor` of `pyproject.toml`."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tts_chaos.contracts.loader import Contracts
from tts_chaos.contracts.operation import matches_operation
from tts_chaos.core.registry import nearest
from tts_chaos.errors import ConfigError

__all__ = ["KEYS", "DoctorConfiguration", "read_configuration", "read_mapping"]

KEYS = {
    "operations": 'a list of operations, such as ["order.get_order_list"]',
    "mapping": "a table: kind of record -> our field -> path below $.data",
    "recordings": "a list of files or folders",
    "exclude": "a list of patterns of paths",
}
"""Each key, and what is expected there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DoctorConfiguration:
    """What a project says of itself.

    Attributes:
        file: Name of the file that has the table, None where there is none.
        operations: Operations that the integration needs.
        mapping: Which of its fields comes from which of the platform's, None where not said.
        recordings: Recorded answers to look at.
        exclude: Patterns of paths not to look at.
    """

    file: str | None = None
    operations: tuple[str, ...] = ()
    mapping: Mapping[str, Any] | None = None
    recordings: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()


def read_configuration(folder: Path, contracts: Contracts) -> DoctorConfiguration:
    """Return what the project's configuration says, defaults where it says nothing.

    Raises:
        ConfigError: If it is not TOML, or a key is unknown or of another type; names file and key.
    """
    for name, keys in (
        ("tts-chaos.toml", ("doctor",)),
        ("pyproject.toml", ("tool", "tts_chaos", "doctor")),
    ):
        file = folder / name
        if not file.is_file():
            continue
        table: Any = _parse(file)
        for key in keys:
            table = table.get(key) if isinstance(table, dict) else None
        if table is not None:
            return _configuration(name, ".".join(keys), table, contracts)
    return DoctorConfiguration()


def read_mapping(file: Path) -> dict[str, Any]:
    """Return the mapping that a file holds: TOML, or JSON where its name says so.

    Raises:
        ConfigError: If it cannot be read, or is no table of tables.
    """
    if file.suffix == ".json":
        try:
            table = json.loads(file.read_text(encoding="utf-8"))
        except OSError as error:
            raise ConfigError(f"cannot read {file}: {error.strerror}") from error
        except ValueError as error:
            raise ConfigError(f"{file} is not JSON: {error}") from error
    else:
        table = _parse(file)
    if not isinstance(table, dict) or not all(isinstance(v, dict) for v in table.values()):
        raise ConfigError(
            f"{file}: expected tables such as [orders] with lines of our field = their path"
        )
    return table


def _parse(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"cannot read {file}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file} is not TOML: {error}") from error


def _configuration(file: str, where: str, table: Any, contracts: Contracts) -> DoctorConfiguration:
    if not isinstance(table, dict):
        raise ConfigError(f"{file}, {where}: expected a table with {', '.join(KEYS)}")
    for key, value in table.items():
        if key not in KEYS:
            close = nearest(key, KEYS)
            hint = f"did you mean {close!r}?" if close else f"known: {', '.join(KEYS)}"
            raise ConfigError(f"{file}, {where}: unknown key {key!r}; {hint}")
        is_right = (
            isinstance(value, dict)
            if key == "mapping"
            else isinstance(value, list) and all(isinstance(part, str) for part in value)
        )
        if not is_right:
            raise ConfigError(f"{file}, {where}.{key} is {value!r}; expected {KEYS[key]}")
    operations = tuple(table.get("operations", ()))
    for name in operations:
        _check_operation(f"{file}, {where}.operations", name, contracts)
    return DoctorConfiguration(
        file=file,
        operations=operations,
        mapping=table.get("mapping"),
        recordings=tuple(table.get("recordings", ())),
        exclude=tuple(table.get("exclude", ())),
    )


def _check_operation(where: str, name: str, contracts: Contracts) -> None:
    if any(matches_operation(name, id) for id in contracts.operations):
        return
    names = {row.name for row in contracts.operations.values()} | set(contracts.operations)
    close = nearest(name, names)
    hint = f"did you mean {close!r}?" if close else "tts-chaos list operations has them all"
    raise ConfigError(f"{where}: there is no operation {name!r}; {hint}")
