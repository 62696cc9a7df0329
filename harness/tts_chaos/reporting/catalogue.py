"""What there is to choose from, as Markdown: scenarios, faults, oracles, platform commands."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from tts_chaos._data import data_folder
from tts_chaos.contracts.loader import load_contracts
from tts_chaos.faults.catalogue import FAULTS
from tts_chaos.faults.fault import Fault
from tts_chaos.oracles.catalogue import ORACLES
from tts_chaos.oracles.disciplines import DISCIPLINES
from tts_chaos.scenarios.loader import find_scenario_files, load_scenario
from tts_chaos.twin import catalogue as _twin_catalogue  # noqa: F401 - registers every command
from tts_chaos.twin.commands import describe_arguments
from tts_chaos.twin.handler import COMMANDS

__all__ = ["SECTIONS", "whole_catalogue"]


def scenarios() -> str:
    """Return the table of bundled scenarios."""
    folder = data_folder("scenarios")
    loaded = [load_scenario(file, folder) for file in find_scenario_files(folder)]
    rows = (
        (
            f"`{row.id}`",
            row.title,
            ", ".join(row.needs),
            ", ".join(row.tags),
        )
        for row in loaded
    )
    return _table(("scenario", "what happens", "needs", "tags"), rows)


def faults() -> str:
    """Return the table of faults with their settings; a setting without default is required."""
    rows = (
        (f"`{name}`", f"{kind.family}", kind.summary, _settings(kind), kind.cause)
        for name, kind in sorted(FAULTS.items(), key=lambda item: (item[1].family, item[0]))
    )
    return _table(("fault", "family", "what the integration meets", "settings", "cause"), rows)


def _settings(kind: type[Fault]) -> str:
    return ", ".join(
        f"`{field.encode_name}`"
        if field.required
        else f"`{field.encode_name} = {msgspec.json.encode(field.default).decode()}`"
        for field in msgspec.structs.fields(kind)
    )


def oracles() -> str:
    """Return the table of oracles with their rules."""
    rows = (
        (
            f"`{name}`",
            oracle.kind,
            oracle.summary,
            ", ".join(f"`{rule}`" for rule in oracle.rules),
        )
        for name, oracle in ORACLES.items()
    )
    return _table(("oracle", "kind", "what it holds", "rules"), rows)


def disciplines() -> str:
    """Return the table of what is measured on the wire alone, and the rules that measure it."""
    rows = (
        (discipline, ", ".join(f"`{rule}`" for rule in rules))
        for discipline, rules in DISCIPLINES.items()
    )
    return _table(("discipline", "rules that measure it on the wire"), rows)


def commands() -> str:
    """Return the table of platform commands with their arguments."""
    rows = (
        (f"`{name}`", _arguments(function), (function.__doc__ or "").partition("\n")[0])
        for name, function in COMMANDS.items()
    )
    return _table(("command", "arguments", "what it does"), rows)


def _arguments(function: Callable[..., object]) -> str:
    return ", ".join(
        f"`{name}{_values(schema)}`" for name, schema in describe_arguments(function).items()
    )


def _values(schema: dict[str, Any]) -> str:
    """Return the choices and the default of an argument, as far as it has them."""
    choices = f": {' | '.join(map(str, schema['enum']))}" if "enum" in schema else ""
    default = f" = {schema['default']!r}" if "default" in schema else ""
    return choices + default


def operations() -> str:
    """Return the table of operations the twin serves."""
    rows = (
        (f"`{row.id}`", f"`{row.method} {row.path}`", f"{row.provenance} ({row.confidence})")
        for row in load_contracts().operations.values()
    )
    return _table(("operation", "request", "provenance"), rows)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join(
        f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines
    )


SECTIONS: dict[str, Callable[[], str]] = {
    "scenarios": scenarios,
    "faults": faults,
    "oracles": oracles,
    "disciplines": disciplines,
    "commands": commands,
    "operations": operations,
}


def whole_catalogue() -> str:
    """Return every section under a heading, as one document."""
    parts = ["# Catalogue\n\nWritten by `tts-chaos list`; do not edit.\n"]
    parts.extend(f"\n## {name.capitalize()}\n\n{make()}" for name, make in SECTIONS.items())
    return "".join(parts)
