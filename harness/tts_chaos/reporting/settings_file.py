"""Where people write settings: a file of their own, or a table of a file that several share."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from tts_chaos.errors import UsageError
from tts_chaos.scenarios.shape import Place, convert

__all__ = ["SettingsFile"]

_S = TypeVar("_S", bound=msgspec.Struct)


@dataclass(frozen=True, slots=True)
class SettingsFile:
    """One kind of settings.

    Attributes:
        own: Name of the file that holds nothing else.
        table: Name of its table in `tts-chaos.toml`, and below `tool.tts_chaos` of
            `pyproject.toml`.
        noun: What it holds, with its article, for messages.
        error: Makes the error from `(problem, path=, key=)`.
    """

    own: str
    table: str
    noun: str
    error: Callable[..., UsageError]

    @property
    def _shared(self) -> dict[str, tuple[str, ...]]:
        return {
            "tts-chaos.toml": (self.table,),
            "pyproject.toml": ("tool", "tts_chaos", self.table),
        }

    def find(self, folder: Path) -> Path | None:
        """Return the file of `folder` that holds the settings; None where none does.

        Raises:
            UsageError: If two do, or one cannot be read.
        """
        own = folder / self.own
        found = [own] if own.is_file() else []
        found += [
            folder / name
            for name, keys in self._shared.items()
            if self._table(folder / name, keys) is not None
        ]
        if len(found) > 1:
            names = " and ".join(file.name for file in found)
            raise self.error(f"two files hold {self.noun}, {names}; keep one", path=str(folder))
        return found[0] if found else None

    def read(self, file: Path) -> tuple[Mapping[str, Any], Place]:
        """Return the table that a file holds, and where it stands.

        Raises:
            UsageError: If there is no such file, or no such table in it.
        """
        keys = self._shared.get(file.name, ())
        if not file.is_file():
            raise self.error("there is no such file", path=str(file))
        table = self._table(file, keys)
        place = self._place(file, keys)
        if table is None:
            raise place.error("expected a table of that name, found none")
        if not isinstance(table, Mapping):
            raise place.error(f"expected a table, got {table!r}")
        return table, place

    def load(
        self, file: Path, kind: type[_S], lists: Mapping[str, type[Any]]
    ) -> tuple[_S, Mapping[str, Any], Place]:
        """Return the settings that a file holds, the table as it stands there, and its place.

        Args:
            file: As `find` names it.
            kind: The struct of the whole.
            lists: Structs of the members of those lists whose members are read one by one, so that
                an error names the one that is wrong.

        Raises:
            UsageError: Naming file and key, and what was expected.
        """
        table, place = self.read(file)
        plain = {key: value for key, value in table.items() if key not in lists}
        rows = {key: tuple(self._rows(table, key, row, place)) for key, row in lists.items()}
        return msgspec.structs.replace(convert(plain, kind, place), **rows), table, place

    def _rows(
        self, table: Mapping[str, Any], key: str, kind: type[Any], place: Place
    ) -> Iterator[Any]:
        given = table.get(key, [])
        if not isinstance(given, list):
            raise place.at(key).error(f"expected a list of tables, [[{key}]], got {given!r}")
        for number, row in enumerate(given):
            yield convert(row, kind, place.at(key).at(number))

    def _place(self, file: Path, keys: tuple[str, ...]) -> Place:
        error = self.error

        class OwnPlace(Place):
            def error(self, problem: str) -> UsageError:
                return error(problem, path=self.path, key=self.key)

        return OwnPlace(str(file), ".".join(keys) or "$")

    def _table(self, file: Path, keys: tuple[str, ...]) -> Any:
        """Return the table under `keys`, the whole file without; None where it is not there."""
        try:
            document: Any = tomllib.loads(file.read_text(encoding="utf-8-sig"))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self.error(f"cannot be read: {error.strerror or error}", path=str(file)) from None
        except ValueError as error:
            raise self.error(f"no valid TOML: {error}", path=str(file)) from None
        for key in keys:
            document = document.get(key) if isinstance(document, Mapping) else None
        return document
