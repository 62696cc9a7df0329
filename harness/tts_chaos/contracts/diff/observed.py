"""Compares what recordings hold with the contract: observed answers are one-sided evidence.

A field never seen proves nothing, unless the contract requires it and its parent was there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from tts_chaos.contracts.diff.comparison import sort_differences
from tts_chaos.contracts.diff.kinds import make_difference
from tts_chaos.contracts.diff.model import Difference, Side
from tts_chaos.contracts.json_paths import Field, fields_of, parent_of
from tts_chaos.contracts.loader import Contracts
from tts_chaos.contracts.recordings import Recording
from tts_chaos.contracts.recordings.shapes import type_of
from tts_chaos.core.history import Json

__all__ = ["compare_recordings"]

Seen = dict[str, list[Json]]


def compare_recordings(
    contracts: Contracts, recordings: Iterable[Recording]
) -> tuple[Difference, ...]:
    """Return where recorded answers of success differ from the contract of their operation."""
    seen: dict[str, Seen] = {}
    for recording in recordings:
        for exchange in recording.exchanges:
            request, answer = exchange.request, exchange.answer
            match = contracts.match(request.host, request.method, request.path)
            if match is None or not isinstance(answer, dict) or answer.get("code") != 0:
                continue
            _collect(answer, "$", seen.setdefault(match.operation.id, {"$": []}))
    found: list[Difference] = []
    for id, values in seen.items():
        fields = fields_of(contracts.operations[id].response_schema)
        if fields:
            found += _compare(fields, values, id)
    return sort_differences(found)


def _collect(value: Json, path: str, seen: Seen) -> None:
    seen.setdefault(path, []).append(value)
    if isinstance(value, dict):
        for name, member in value.items():
            _collect(member, f"{path}.{name}", seen)
    elif isinstance(value, list):
        for member in value:
            _collect(member, f"{path}[]", seen)


def _compare(fields: Mapping[str, Field], seen: Seen, id: str) -> Iterator[Difference]:
    for path, values in seen.items():
        if path == "$":
            continue
        field = fields.get(path)
        if field is not None:
            yield from _compare_values(field, values, id, path)
        elif _is_open(parent_of(path), fields):
            yield make_difference("field_added", Side.ANSWER, id, path, new=_kind(values[0]))
    for path, field in fields.items():
        parent = parent_of(path)
        holders = [value for value in seen.get(parent, []) if isinstance(value, dict)]
        name = path.rpartition(".")[2]
        if field.required and any(name not in holder for holder in holders):
            yield make_difference(
                "required_lifted", Side.ANSWER, id, path, old=True, new=False, confidence="medium"
            )


def _is_open(parent: str, fields: Mapping[str, Field]) -> bool:
    """Whether the contract says what lies below `parent`: an object without fields is any."""
    return any(parent_of(path) == parent for path in fields)


def _compare_values(field: Field, values: list[Json], id: str, path: str) -> Iterator[Difference]:
    kinds = sorted({_kind(value) for value in values if value is not None})
    if None in values and not field.nullable:
        yield make_difference("null_allowed", Side.ANSWER, id, path, old=False, new=True)
    for kind in kinds:
        if field.type and kind not in _fitting(field.type):
            yield make_difference("type_changed", Side.ANSWER, id, path, old=field.type, new=kind)
    listed = (*field.enum, *field.known)
    if listed:
        for value in dict.fromkeys(v for v in values if isinstance(v, str | int)):
            if value not in listed and _kind(value) in _fitting(field.type):
                yield make_difference("value_added", Side.ANSWER, id, path, new=value)


def _kind(value: Json) -> str:
    return type_of(value)


def _fitting(types: str) -> set[str]:
    """Return the types of values that fit; an integer is a number too."""
    fitting = set(types.split("|"))
    return fitting | {"integer"} if "number" in fitting else fitting
