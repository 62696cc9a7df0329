"""The backlog as data: every pitfall, defect and fact that is known, and what covers it.

One file per list under `docs/backlog/`, one table per row:

    [A10]
    says = "The digest is sent in upper case"
    shown = ["SendsUpperCase"]      # broken integrations of tests/quality; each is caught
    scenarios = ["auth/wrong-app-key"]          # played besides those that the members are shown in
    rules = ["https_only.plain_http"]           # besides those that the members break
    refusals = ["gateway-106013-no_cipher_..."] # cases of tests/surface
    tests = ["tests/spec/test_gates.py::test_..."]
    parts = "what of the row stays uncovered, and why"
    no = "why nothing covers it"

The ids stand in `LISTS`, so that a row that is taken out is missed.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import Any

__all__ = ["FOLDER", "LISTS", "ROOT", "BacklogList", "Kind", "Row", "load_rows", "read_rows"]

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "backlog"


@dataclass(frozen=True, slots=True, kw_only=True)
class BacklogList:
    """One of the lists.

    Attributes:
        name: Name of its file, without suffix.
        title: Heading of its table.
        what: One sentence about what its rows are.
        ids: Ids of all its rows, in order.
        chapters: Heading by first letter of the ids, for long lists.
    """

    name: str
    title: str
    what: str
    ids: tuple[str, ...]
    chapters: Mapping[str, str]


_PITFALLS = {
    "A": ("Signing", 19),
    "B": ("Clock", 5),
    "C": ("Tokens and consent", 20),
    "D": ("Identity of the shop", 6),
    "E": ("Requests", 13),
    "F": ("Replies", 11),
    "G": ("Rate limits", 8),
    "H": ("Webhooks", 17),
    "I": ("Orders, stock, fulfilment", 22),
    "J": ("Tools", 6),
}

LISTS = (
    BacklogList(
        name="pitfalls",
        title="Pitfalls",
        what="What goes wrong on the way to the platform, by chapter.",
        ids=tuple(f"{k}{n}" for k, (_, count) in _PITFALLS.items() for n in range(1, count + 1)),
        chapters={letter: title for letter, (title, _) in _PITFALLS.items()},
    ),
    BacklogList(
        name="defects",
        title="Defects",
        what="What public connectors were seen to do.",
        ids=tuple(str(number) for number in range(1, 51)),
        chapters={},
    ),
    BacklogList(
        name="guide",
        title="Guide",
        what="What a seller's guide to a failed connection says.",
        ids=tuple(str(number) for number in range(1, 18)),
        chapters={},
    ),
)


class Kind(StrEnum):
    """How a row is covered, the strongest way first."""

    SHOWN = "shown"
    PLAYED = "played"
    REFUSED = "refused"
    TESTED = "tested"
    NO = "no"
    OPEN = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row; the module says what its fields hold.

    Attributes:
        id: Its id within its list.
    """

    id: str
    says: str
    shown: tuple[str, ...] = ()
    scenarios: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    refusals: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()
    parts: str = ""
    no: str = ""

    @property
    def kind(self) -> Kind:
        """The strongest way in which it is covered."""
        ways = (
            (Kind.SHOWN, self.shown),
            (Kind.PLAYED, self.scenarios or self.rules),
            (Kind.REFUSED, self.refusals),
            (Kind.TESTED, self.tests),
            (Kind.NO, self.no),
        )
        return next((kind for kind, way in ways if way), Kind.OPEN)


_KEYS = {field.name: field.type for field in fields(Row) if field.name != "id"}


def load_rows(backlog: BacklogList, folder: Path = FOLDER) -> list[Row]:
    """Return the rows of a list, in the order of its file.

    Raises:
        ValueError: If the file is not as the module says; names file, row and key.
    """
    file = folder / f"{backlog.name}.toml"
    return list(read_rows(tomllib.loads(file.read_text(encoding="utf-8")), file.name))


def read_rows(tables: Mapping[str, Any], file: str) -> Iterator[Row]:
    """Yield the rows that `tables` hold."""
    for id, table in tables.items():
        where = f"{file}: [{id}]"
        if not isinstance(table, dict) or not isinstance(table.get("says"), str):
            raise ValueError(f"{where}: expected a table with the key says")
        unknown = table.keys() - _KEYS
        if unknown:
            raise ValueError(f"{where}: unknown key {min(unknown)!r}; known: {', '.join(_KEYS)}")
        yield Row(id=id, **{key: _value(key, table[key], where) for key in table})


def _value(key: str, value: Any, where: str) -> Any:
    if _KEYS[key] == "str":
        if not isinstance(value, str) or not value.strip():
            raise ValueError(f"{where}: {key} needs words, got {value!r}")
        return value
    if not isinstance(value, list) or not value or not all(isinstance(x, str) for x in value):
        raise ValueError(f"{where}: {key} needs a list of names, got {value!r}")
    return tuple(value)
