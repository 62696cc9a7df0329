"""The table `[load]` of `tts-chaos.toml`, or `[tool.tts_chaos.load]` of `pyproject.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tts_chaos.errors import ConfigError, IntegrationFileError
from tts_chaos.load.budgets import Budget, read_budgets
from tts_chaos.load.fault_scripts import Script, read_script
from tts_chaos.load.plan import AREAS, Operation
from tts_chaos.load.profiles import Profile, read_profile
from tts_chaos.load.targets import read_operations
from tts_chaos.scenarios.shape import Place, refuse_unknown_keys

__all__ = ["KEYS", "LEAST", "LoadSettings", "read_settings"]

KEYS = {
    "operations": "Requests of the front door, by operation; without any, the bundled reference's.",
    "budgets": "What must hold, by area, operation or `all`; put over the defaults.",
    "profiles": "Courses of load of your own, by name.",
    "faults": "Fault scripts of your own, by name.",
    "shares": "Share of each area in all requests.",
    "timeout_s": "Seconds after which a request without an answer has failed; 10.",
    "headers": "Headers sent with each request.",
    "orders": "Orders on the twin at the start; 50.",
    "products": "Products on the twin; 8.",
}
"""Each key, and what it means."""

LEAST = {"timeout_s": 0.1, "orders": 0, "products": 1}
"""The least that a number may be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadSettings:
    """What a configuration says about load.

    Attributes:
        budgets: What must hold.
        operations: Requests of the front door; empty for the bundled one's.
        profiles: Profiles of its own.
        scripts: Fault scripts of its own.
        shares: Share of each area.
        timeout_s: A request without an answer by then has failed.
        headers: Sent with each request.
        orders: Orders on the twin at the start.
        products: Products on the twin.
    """

    budgets: tuple[Budget, ...]
    operations: dict[str, Operation] = field(default_factory=dict)
    profiles: dict[str, Profile] = field(default_factory=dict)
    scripts: dict[str, Script] = field(default_factory=dict)
    shares: dict[str, float] = field(default_factory=dict)
    timeout_s: float = 10.0
    headers: dict[str, str] = field(default_factory=dict)
    orders: int = 50
    products: int = 8


class _LoadPlace(Place):
    def error(self, problem: str) -> IntegrationFileError:
        return IntegrationFileError(problem, path=self.path, key=self.key)


def read_settings(file: Path | None) -> LoadSettings:
    """Return what a file says; the defaults where there is no file or no table.

    Raises:
        IntegrationFileError: Naming file and key, what was expected, and the nearest valid word.
    """
    if file is None:
        return LoadSettings(budgets=read_budgets({}, Place("", "budgets")))
    table, place = _table_of(file)
    refuse_unknown_keys(table, KEYS, place)

    def part(name: str) -> Mapping[str, Any]:
        value = table.get(name, {})
        if not isinstance(value, Mapping):
            raise place.at(name).error(f"expected a table, got {value!r}")
        return value

    at = place.at
    operations = part("operations")
    return LoadSettings(
        budgets=read_budgets(part("budgets"), at("budgets")),
        operations=read_operations(operations, at("operations")) if operations else {},
        profiles={n: read_profile(v, at("profiles").at(n)) for n, v in part("profiles").items()},
        scripts={n: read_script(v, at("faults").at(n)) for n, v in part("faults").items()},
        shares=_read_shares(part("shares"), at("shares")),
        timeout_s=_number(table.get("timeout_s", 10.0), at("timeout_s"), least=LEAST["timeout_s"]),
        headers={str(name): str(value) for name, value in part("headers").items()},
        orders=int(_number(table.get("orders", 50), at("orders"), least=LEAST["orders"])),
        products=int(_number(table.get("products", 8), at("products"), least=LEAST["products"])),
    )


def _table_of(file: Path) -> tuple[Mapping[str, Any], Place]:
    try:
        document: Any = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{file} cannot be read: {error.strerror or error}") from None
    except ValueError as error:
        raise IntegrationFileError(f"no valid TOML: {error}", path=str(file)) from None
    key = "load"
    if file.name == "pyproject.toml":
        document, key = document.get("tool", {}).get("tts_chaos", {}), "tool.tts_chaos.load"
    place = _LoadPlace(str(file), key)
    table = document.get("load", {})
    if not isinstance(table, Mapping):
        raise place.error(f"expected a table, got {table!r}")
    return table, place


def _read_shares(table: Mapping[str, Any], place: Place) -> dict[str, float]:
    refuse_unknown_keys(table, AREAS, place)
    shares = {area: _number(value, place.at(area), least=0) for area, value in table.items()}
    if shares and not sum(shares.values()):
        raise place.error("expected at least one share above 0")
    return shares


def _number(value: Any, place: Place, *, least: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or value < least:
        raise place.error(f"expected a number from {least:g}, got {value!r}")
    return float(value)
