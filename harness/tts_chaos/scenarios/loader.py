"""Reads scenario files and refuses, when loading, whatever could not work when running."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tts_chaos.errors import ScenarioError
from tts_chaos.scenarios.model import (
    Expect,
    Limits,
    Need,
    Probe,
    Recovery,
    Scenario,
    Step,
    TwinSetup,
)
from tts_chaos.scenarios.shape import Place, convert, refuse_unknown_keys
from tts_chaos.scenarios.steps import parse_step
from tts_chaos.scenarios.validate import validate

__all__ = ["SECTIONS", "find_scenario_files", "load_scenario", "parse_scenario", "scenario_id"]

SECTIONS = (
    "title",
    "description",
    "why",
    "tags",
    "needs",
    "limits",
    "twin",
    "steady-state-hypothesis",
    "method",
    "rollback",
    "recovery",
    "expect",
)
"""Keys at the top of a file."""


def find_scenario_files(folder: Path) -> Iterator[Path]:
    """Yield the scenario files below `folder`, sorted by path.

    Raises:
        ScenarioError: If the folder does not exist.
    """
    if not folder.is_dir():
        raise ScenarioError("no such folder of scenarios", path=str(folder))
    yield from sorted(folder.rglob("*.toml"))


def scenario_id(file: Path, folder: Path) -> str:
    """Return the id of a file: its path below `folder`, without suffix, with forward slashes."""
    return file.relative_to(folder).with_suffix("").as_posix()


def load_scenario(file: Path, folder: Path) -> Scenario:
    """Read and check one file.

    Raises:
        ScenarioError: If it cannot be read or is wrong; names file, key and expectation.
    """
    try:
        # Editors on Windows may begin a file with a mark that TOML does not know.
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ScenarioError(f"cannot be read as UTF-8 text: {error}", path=str(file)) from None
    return parse_scenario(text, id=scenario_id(file, folder), path=str(file))


def parse_scenario(text: str, *, id: str, path: str) -> Scenario:
    """Return the scenario that `text` (TOML) describes.

    Raises:
        ScenarioError: If it is wrong.
    """
    place = Place(path)
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError(f"is not valid TOML: {error}", path=path) from None
    refuse_unknown_keys(document, SECTIONS, place)
    scenario = Scenario(
        id=id,
        path=path,
        title=_text(document, "title", place),
        description=_text(document, "description", place),
        why=_text(document, "why", place),
        tags=_words(document, "tags", place),
        needs=_needs(document, place),
        limits=convert(document.get("limits", {}), Limits, place.at("limits")),
        twin=convert(document.get("twin", {}), TwinSetup, place.at("twin")),
        steady_state=_probes(document, place),
        method=_steps(document, "method", place),
        rollback=_steps(document, "rollback", place),
        recovery=convert(document.get("recovery", {}), Recovery, place.at("recovery")),
        expect=convert(document.get("expect", {}), Expect, place.at("expect")),
    )
    validate(scenario)
    return scenario


def _text(document: Mapping[str, Any], key: str, place: Place) -> str:
    value = document.get(key)
    if not isinstance(value, str) or not value.strip():
        raise place.at(key).error("a sentence is required here, between quotes")
    return value.strip()


def _words(document: Mapping[str, Any], key: str, place: Place) -> tuple[str, ...]:
    value = document.get(key, [])
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise place.at(key).error(f"expected a list of words, got {value!r}")
    for index, word in enumerate(value):
        if not isinstance(word, str) or not word.strip():
            raise place.at(key).at(index).error(f"expected a word, got {word!r}")
    return tuple(value)


def _needs(document: Mapping[str, Any], place: Place) -> tuple[Need, ...]:
    valid = [need.value for need in Need]
    words = _words(document, "needs", place)
    for index, word in enumerate(words):
        if word not in valid:
            raise (
                place.at("needs")
                .at(index)
                .error(f"there is no need {word!r}; expected {' or '.join(valid)}")
            )
    return tuple(Need(word) for word in words)


def _probes(document: Mapping[str, Any], place: Place) -> tuple[Probe, ...]:
    place = place.at("steady-state-hypothesis")
    section = document.get("steady-state-hypothesis", {})
    if not isinstance(section, Mapping):
        raise place.error("expected [[steady-state-hypothesis.probe]] tables")
    refuse_unknown_keys(section, ["probe"], place)
    rows = section.get("probe", [])
    if not isinstance(rows, list):
        raise place.at("probe").error("expected [[steady-state-hypothesis.probe]] tables")
    return tuple(convert(row, Probe, place.at("probe").at(i)) for i, row in enumerate(rows))


def _steps(document: Mapping[str, Any], key: str, place: Place) -> tuple[Step, ...]:
    rows = document.get(key, [])
    if not isinstance(rows, list):
        raise place.at(key).error(f"expected [[{key}]] tables, got {rows!r}")
    return tuple(parse_step(row, place.at(key).at(i)) for i, row in enumerate(rows))
