"""Do recorded answers have every field that the integration needs?

Source: the article, row 9 (wrong or missing fields stop orders and stock).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from tts_chaos.contracts.json_paths import split_path
from tts_chaos.contracts.operation import matches_operation
from tts_chaos.contracts.recordings import Exchange
from tts_chaos.core.history import Json
from tts_chaos.diagnosis.check import Remark, check, error, note, warning
from tts_chaos.diagnosis.finding import Place
from tts_chaos.diagnosis.needs import RECORD_NEEDS, FieldNeed, RecordNeed
from tts_chaos.diagnosis.observed import Observed

__all__ = ["look"]


def _without_recordings(seen: Observed) -> str:
    return "" if seen.recordings else "no recordings were named: --recordings PATH"


@check(
    name="fields_recorded",
    family="mapping",
    asks="do recorded answers have every field that is needed?",
    unless=_without_recordings,
)
def look(seen: Observed) -> Iterable[Remark]:
    """Yield fields that recorded answers lack."""
    looked_at = 0
    for recording in seen.recordings:
        for kind, need in _wanted(seen).items():
            answers = [a for e in recording.exchanges if (a := _data(seen, e, need)) is not None]
            looked_at += len(answers)
            if answers:
                yield from _record(kind, need, answers, Place(recording.path))
    if not looked_at:
        names = sorted({need.operation for need in _wanted(seen).values()})
        yield note(
            f"no recorded answer is of {', '.join(names)}",
            "record a sync of orders and stock: tts-chaos record --help",
        )


def _wanted(seen: Observed) -> Mapping[str, RecordNeed]:
    """Return the kinds of record that are mapped; orders and stock where none is."""
    kinds = seen.mapping if seen.mapping is not None else ("orders", "stock")
    return {kind: RECORD_NEEDS[kind] for kind in kinds if kind in RECORD_NEEDS}


def _data(seen: Observed, exchange: Exchange, need: RecordNeed) -> Json:
    request, answer = exchange.request, exchange.answer
    match = seen.contracts.match(request.host, request.method, request.path)
    if match is None or not matches_operation(need.operation, match.operation.id):
        return None
    return answer.get("data") if isinstance(answer, dict) and answer.get("code") == 0 else None


def _record(kind: str, need: RecordNeed, answers: list[Json], where: Place) -> Iterable[Remark]:
    told: set[str] = set()
    for field in need.fields:
        if not field.sources or (field.group and field.group in told):
            continue
        told.add(field.group)
        mates = [f for f in need.fields if f.group == field.group] if field.group else [field]
        total, lacking = _count(mates, answers)
        if not lacking:
            continue
        names = " or ".join(mate.name for mate in mates)
        sources = " or ".join(source for mate in mates for source in mate.sources)
        make = error if lacking == total else warning
        yield make(
            f"{kind}: {lacking} of {total} recorded answers lack {names} ({sources}): {field.why}",
            "read another field, or hold such records back and tell somebody; do not guess",
            where,
        )


def _count(fields: list[FieldNeed], answers: list[Json]) -> tuple[int, int]:
    """Return how many items there are, and how many have none of these fields."""
    total = lacking = 0
    sources = [split_path(source) for field in fields for source in field.sources]
    for answer in answers:
        for item, steps in _items(answer, sources):
            total += 1
            lacking += not any(_has(item, rest) for rest in steps)
    return total, lacking


def _items(
    answer: Json, sources: list[tuple[str, ...]]
) -> Iterator[tuple[Json, list[tuple[str, ...]]]]:
    """Yield each item of the outermost list that the paths share, with the rest of the paths."""
    first = sources[0]
    if "[]" not in first:
        yield answer, sources
        return
    cut = first.index("[]")
    holder = answer
    for step in first[:cut]:
        holder = holder.get(step) if isinstance(holder, dict) else None
    for item in holder if isinstance(holder, list) else ():
        yield item, [source[cut + 1 :] for source in sources]


def _has(value: Json, steps: tuple[str, ...]) -> bool:
    """Whether a value is there and filled, in every item of every list on the way."""
    for number, step in enumerate(steps):
        if step == "[]":
            rest = steps[number + 1 :]
            return isinstance(value, list) and all(_has(item, rest) for item in value)
        value = value.get(step) if isinstance(value, dict) else None
    return value not in (None, "", [], {})
