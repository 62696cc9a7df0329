"""Walks every number of a plan back to the files it came from, and says which do not agree.

It shares nothing with what made the plan: it reads the plan and the files it names, finds records
by their index, and computes each number anew by the way that its source tells.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import tomllib
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec

from tts_chaos.core.history import History
from tts_chaos.errors import PlanError
from tts_chaos.oracles.catalogue import judge_all
from tts_chaos.oracles.oracle import JudgeSettings
from tts_chaos.reporting.plan.model import Plan, Quantity

__all__ = ["Trace", "read_plan", "trace"]

HOUR_MS = 3_600_000


class Trace(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one number: `found` is what the files say, `problem` "" where it agrees."""

    id: str
    about: str
    value: int | float | str
    found: int | float | str | None
    problem: str = ""


def read_plan(file: Path) -> Plan:
    """Return the plan in a `plan.json`.

    Raises:
        PlanError: If it is none.
    """
    try:
        return msgspec.json.decode(file.read_bytes(), type=Plan)
    except OSError as error:
        raise PlanError(f"cannot be read: {error.strerror or error}", path=str(file)) from None
    except msgspec.MsgspecError as error:
        raise PlanError(f"is no plan: {error}; name a plan.json", path=str(file)) from None


def trace(plan: Plan, folder: Path) -> list[Trace]:
    """Return what became of each number of `plan`, whose files are named relative to `folder`."""
    walk = _Walk(plan, folder)
    return [walk.trace(quantity) for quantity in plan.quantities]


class _Walk:
    """One walk through the files of a plan; each file is read once."""

    def __init__(self, plan: Plan, folder: Path) -> None:
        self._folder = folder
        self._digests = {basis.file: basis.sha256 for basis in plan.basis}
        self._values = {quantity.id: quantity.value for quantity in plan.quantities}
        self._read: dict[str, bytes] = {}

    def trace(self, quantity: Quantity) -> Trace:
        try:
            found = _WAYS[quantity.source.how](self, quantity)
            problem = "" if _same(found, quantity.value) else f"the files say {found!r}"
        except (_LostError, KeyError, IndexError, TypeError, ValueError) as error:
            said = (
                str(error) if isinstance(error, _LostError) else f"{type(error).__name__}: {error}"
            )
            found, problem = None, f"the way back is lost: {said}"
        return Trace(
            id=quantity.id,
            about=quantity.about,
            value=quantity.value,
            found=found,
            problem=problem,
        )

    # -- files ----------------------------------------------------------------------------------

    def _bytes(self, name: str) -> bytes:
        if name not in self._read:
            try:
                data = (self._folder / name).read_bytes()
            except OSError as error:
                raise _LostError(f"{name} cannot be read: {error.strerror}") from None
            if hashlib.sha256(data).hexdigest() != self._digests.get(name):
                raise _LostError(f"{name} is not as it was when the plan was made")
            self._read[name] = data
        return self._read[name]

    @cached_property
    def _parsed(self) -> dict[str, dict[int, dict[str, Any]]]:
        return {}

    def _record(self, name: str, index: int) -> dict[str, Any]:
        if name not in self._parsed:
            rows = [json.loads(line) for line in self._bytes(name).splitlines() if line]
            self._parsed[name] = {row.get("index", -1): row for row in rows}
        return self._parsed[name][index]

    def _input(self, id: str) -> Any:
        return self._values[id]

    # -- ways -----------------------------------------------------------------------------------

    def span(self, quantity: Quantity) -> float:
        first, last = self._ends(quantity)
        return int(last["at_ms"]) - int(first["at_ms"])

    def stamp(self, quantity: Quantity) -> float:
        first, last = self._ends(quantity)
        at = float(last["value"][quantity.source.member]["at"])
        return int(at if at > 100_000_000_000 else at * 1000) - int(first["at_ms"])

    def _ends(self, quantity: Quantity) -> tuple[dict[str, Any], dict[str, Any]]:
        source = quantity.source
        first, last = (self._record(source.file, index) for index in source.records)
        for call in source.calls:
            self._find_call(source.file, call, source.records)
        return first, last

    def _find_call(self, name: str, call: int, between: Sequence[int]) -> None:
        first, last = between
        if not any(
            row["record"] == "exchange" and row.get("call") == call
            for index, row in self._parsed[name].items()
            if first <= index <= last
        ):
            raise _LostError(f"{name} has no exchange {call} between records {first} and {last}")

    def judged(self, quantity: Quantity) -> float:
        source = quantity.source
        oracle, _, basket = source.key.partition(".")
        history = History.from_json_lines(self._bytes(source.file))
        (report,) = judge_all(history, JudgeSettings(), [oracle])
        return report.counts[basket]

    def value(self, quantity: Quantity) -> Any:
        source = quantity.source
        data = self._bytes(source.file)
        if source.file.endswith(".toml"):
            found = _at_key(tomllib.loads(data.decode("utf-8-sig")), source.key)
        else:
            found = _at(json.loads(data), source.key.split("/")[1:])
        if isinstance(found, datetime.date):
            return found.isoformat()
        return found if isinstance(found, str) else found * source.factor

    def runs(self, quantity: Quantity) -> float:
        rows: dict[tuple[str, str], dict[str, Any]] = {}
        for name in quantity.source.files:
            for row in json.loads(self._bytes(name))["runs"]:
                rows[row["scenario"], row["world"]] = row
        return sum(
            all(_holds(row.get(key), wanted) for key, wanted in quantity.source.where.items())
            for row in rows.values()
        )

    def product(self, quantity: Quantity) -> float:
        value = quantity.source.factor
        for id in quantity.source.inputs:
            value *= self._input(id)
        return value

    def largest(self, quantity: Quantity) -> Any:
        return max(self._input(id) for id in quantity.source.inputs)

    def rate(self, quantity: Quantity) -> float:
        count, took_ms = (self._input(id) for id in quantity.source.inputs)
        return float(count) * HOUR_MS / float(took_ms)

    def file_date(self, quantity: Quantity) -> str:
        self._bytes(quantity.source.file)
        moment = (self._folder / quantity.source.file).stat().st_mtime
        return datetime.datetime.fromtimestamp(moment, tz=datetime.UTC).date().isoformat()

    def days_later(self, quantity: Quantity) -> str:
        day, count = (self._input(id) for id in quantity.source.inputs)
        return (datetime.date.fromisoformat(day) + datetime.timedelta(days=count)).isoformat()

    def as_said(self, quantity: Quantity) -> Any:
        """Options and defaults lie in no file: the plan is where they are written."""
        if not quantity.source.key:
            raise _LostError("neither an option nor a default is named")
        return quantity.value


_WAYS: Mapping[str, Callable[[_Walk, Quantity], Any]] = {
    "span": _Walk.span,
    "stamp": _Walk.stamp,
    "judged": _Walk.judged,
    "value": _Walk.value,
    "runs": _Walk.runs,
    "product": _Walk.product,
    "largest": _Walk.largest,
    "rate": _Walk.rate,
    "file_date": _Walk.file_date,
    "days_later": _Walk.days_later,
    "option": _Walk.as_said,
    "default": _Walk.as_said,
}


class _LostError(Exception):
    """The way back from a number ends."""


def _same(found: Any, value: float | str) -> bool:
    if isinstance(value, str) or isinstance(found, str):
        return type(found) is type(value) and str(found) == str(value)
    return abs(float(found) - value) <= 1e-9 * max(1.0, abs(value))


def _at(document: Any, steps: Sequence[str]) -> Any:
    for step in steps:
        key = step.replace("~1", "/").replace("~0", "~")
        document = document[int(key)] if isinstance(document, list) else document[key]
    return document


_TABLES = ((), ("plan",), ("tool", "tts_chaos", "plan"))


def _at_key(document: Mapping[str, Any], key: str) -> Any:
    """Return what stands at a key of a plan's settings, in whichever table they are."""
    for table in reversed(_TABLES):
        try:
            return _at(document, [*table, *key.split(".")])
        except (KeyError, TypeError):
            continue
    raise _LostError(f"there is no {key} in the settings")


def _holds(found: Any, wanted: str) -> bool:
    return wanted in found if isinstance(found, list) else str(found) == wanted
