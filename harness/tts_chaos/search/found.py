"""The database of found failures: a folder with two files for each.

`NAME.toml` is a scenario like any other; `NAME.json` beside it says under which seed it fails,
which rules it broke, and how many of its replays showed it again.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from tts_chaos.errors import UsageError
from tts_chaos.scenarios.loader import load_scenario
from tts_chaos.scenarios.model import Scenario
from tts_chaos.search.hunting import REPLAYS, Failure, Known
from tts_chaos.search.schedule import FOUND_FOLDER, as_found
from tts_chaos.search.writing import to_toml

__all__ = ["Entry", "Note", "keep", "load_found"]

_FORMAT = "tts-chaos-found/1"


class Note(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What stands beside a found scenario.

    Attributes:
        seed: Under which it fails.
        rules: Rules it broke, the one it was shrunk by first.
        faults: Name and operation of each fault.
        replays: How many replays broke that rule again, of how many.
        format: Name of this form.
    """

    seed: str
    rules: tuple[str, ...]
    faults: tuple[tuple[str, str], ...]
    replays: tuple[int, int]
    format: str = _FORMAT

    @property
    def known(self) -> Known:
        """What tells the failure from others."""
        return Known(rules=self.rules, faults=self.faults)


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A found failure as it is kept; `note` is None where only the scenario is there."""

    scenario: Scenario
    note: Note | None


def keep(folder: Path, failure: Failure, *, seed: str) -> Path:
    """Write a failure; returns the scenario's file.

    Raises:
        UsageError: If the folder cannot be written to.
    """
    name = failure.scenario.id.removeprefix(f"{FOUND_FOLDER}/")
    note = Note(
        seed=seed,
        rules=failure.known.rules,
        faults=failure.known.faults,
        replays=(failure.replays, REPLAYS),
    )
    file = folder / f"{name}.toml"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file.write_text(to_toml(failure.scenario), encoding="utf-8")
        file.with_suffix(".json").write_bytes(msgspec.json.encode(note) + b"\n")
    except OSError as error:
        raise UsageError(
            f"found failures cannot be kept in {folder}: {error}; name another folder by the ini "
            "key tts_found"
        ) from error
    return file


def load_found(folder: Path) -> Iterator[Entry]:
    """Yield what was found before, by name; nothing where the folder does not exist.

    Raises:
        UsageError: If a file is not what it should be; says which, and what to do.
    """
    for file in sorted(folder.glob("*.toml")):
        scenario = as_found(load_scenario(file, folder))
        yield Entry(scenario=scenario, note=_note(file.with_suffix(".json")))


def _note(file: Path) -> Note | None:
    if not file.is_file():
        return None
    try:
        note = msgspec.json.decode(file.read_bytes(), type=Note)
    except (OSError, msgspec.DecodeError) as error:
        raise UsageError(
            f"{file} cannot be read: {error}; delete it, and its scenario is replayed under the "
            "seed of the session"
        ) from None
    if note.format != _FORMAT:
        raise UsageError(
            f"{file} has the format {note.format!r}, expected {_FORMAT!r}; delete it and the "
            "scenario beside it, and search again"
        )
    return note
