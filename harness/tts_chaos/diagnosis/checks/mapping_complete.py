"""Is every field mapped that a record needs, to a field that the platform really tells?

The configuration has a table `mapping`: kind of record -> our field -> path below `$.data`.

Source: the article, rows 9 and 10; `diagnosis.needs`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tts_chaos.contracts.json_paths import fields_of
from tts_chaos.contracts.operation import Operation, matches_operation
from tts_chaos.core.history import Json
from tts_chaos.core.registry import nearest
from tts_chaos.diagnosis.check import Remark, check, error
from tts_chaos.diagnosis.needs import RECORD_NEEDS, RecordNeed
from tts_chaos.diagnosis.observed import Observed

__all__ = ["look"]

FROM = "from"
"""Key under which a mapping names another operation than the usual one."""


def _without_mapping(seen: Observed) -> str:
    if seen.mapping is not None:
        return ""
    return "there is no table `mapping`; docs/doctor.md shows one"


@check(
    name="mapping_complete",
    family="mapping",
    asks="is every field mapped that a record needs?",
    unless=_without_mapping,
)
def look(seen: Observed) -> Iterable[Remark]:
    """Yield fields that are not mapped, and sources that are not there."""
    where = seen.mapping_place
    for kind, fields in (seen.mapping or {}).items():
        need = RECORD_NEEDS.get(kind)
        if need is None or not isinstance(fields, Mapping):
            close = nearest(kind, RECORD_NEEDS)
            known = f"did you mean {close}?" if close else f"known: {', '.join(RECORD_NEEDS)}"
            yield error(f"mapping.{kind} is no kind of record", known, where)
            continue
        for severity, what, fix, _ in _record(seen, kind, need, fields):
            yield severity, what, fix, where


def _record(
    seen: Observed, kind: str, need: RecordNeed, fields: Mapping[str, Json]
) -> Iterable[Remark]:
    operation = _operation(seen, str(fields.get(FROM) or need.operation))
    if operation is None:
        close = nearest(str(fields.get(FROM)), seen.contracts.operations)
        yield error(
            f"mapping.{kind}.{FROM}: there is no operation {fields.get(FROM)!r}",
            f"did you mean {close}?" if close else "tts-chaos list operations has them all",
        )
        return
    yield from _missing(kind, need, fields)
    known = {
        path.removeprefix("$.data."): field
        for path, field in fields_of(operation.response_schema).items()
    }
    ours = [field.name for field in need.fields]
    for name, source in fields.items():
        if name == FROM:
            continue
        if isinstance(source, Mapping) and set(source) == {"constant"}:
            if not source["constant"]:
                yield error(f"mapping.{kind}.{name} is an empty constant", "give it a value")
            continue
        if not isinstance(source, str):
            yield error(
                f"mapping.{kind}.{name} is {source!r}",
                'write a path such as "orders[].id", or { constant = "PURCHASE" }',
            )
        elif source.removeprefix("$.data.") not in known:
            close = nearest(source, known)
            yield error(
                f"mapping.{kind}.{name}: {operation.id} tells no field {source!r}",
                f"write {close!r}" if close else "tts-chaos list operations; see its contract",
            )
        if name not in ours and (close := nearest(name, ours)) and close not in fields:
            yield error(f"mapping.{kind} has {name!r}", f"did you mean {close!r}?")


def _missing(kind: str, need: RecordNeed, fields: Mapping[str, Json]) -> Iterable[Remark]:
    groups = {f.group for f in need.fields if f.group and f.name in fields}
    told: set[str] = set()
    for field in need.fields:
        if field.name in fields or field.group in groups or field.group in told:
            continue
        names, hint = field.name, _usual_source(field.sources)
        if field.group:
            told.add(field.group)
            mates = [f for f in need.fields if f.group == field.group]
            names = " or ".join(mate.name for mate in mates)
            hint = _usual_source(tuple(source for mate in mates for source in mate.sources))
        yield error(f"mapping.{kind} lacks {names}: {field.why}", hint)


def _usual_source(sources: tuple[str, ...]) -> str:
    if not sources:
        return 'say it yourself: { constant = "..." }'
    return f"map it from {' or '.join(sources)}"


def _operation(seen: Observed, name: str) -> Operation | None:
    rows = [row for row in seen.contracts.operations.values() if matches_operation(name, row.id)]
    return max(rows, key=lambda row: row.version, default=None)
