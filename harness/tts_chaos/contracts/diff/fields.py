"""Compares the fields of two schemas: what came, went, changed its name, type, values, limits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tts_chaos.contracts.diff.kinds import make_difference
from tts_chaos.contracts.diff.model import Difference, Side
from tts_chaos.contracts.diff.renames import find_renames
from tts_chaos.contracts.json_paths import Field, parent_of

__all__ = ["compare_fields"]

Fields = Mapping[str, Field]

_LOWER_IS_TIGHTER = frozenset({"maximum", "exclusiveMaximum", "maxItems", "maxLength"})
_HIGHER_IS_TIGHTER = frozenset({"minimum", "exclusiveMinimum", "minItems", "minLength"})


def compare_fields(old: Fields, new: Fields, side: Side, subject: str) -> Iterator[Difference]:
    """Yield the differences of two sets of fields.

    What lies below a field that came, went or was renamed is told by that field alone.
    """
    removed = [path for path in old if path not in new and _stands(parent_of(path), new, old)]
    added = [path for path in new if path not in old and _stands(parent_of(path), old, new)]
    renamed = find_renames(removed, added, old, new)
    names = {came for came, _ in renamed.values()}
    for path, (came, confidence) in renamed.items():
        yield make_difference(
            "field_renamed",
            side,
            subject,
            path,
            old=path.rpartition(".")[2],
            new=came.rpartition(".")[2],
            confidence=confidence,
        )
    for path in removed:
        if path not in renamed:
            yield make_difference("field_removed", side, subject, path, old=old[path].type)
    for path in added:
        if path not in names:
            kind = "required_field_added" if new[path].required else "field_added"
            yield make_difference(kind, side, subject, path, new=new[path].type)
    for path in old:
        if path in new:
            yield from _compare(old[path], new[path], side, subject, path)


def _stands(parent: str, there: Fields, here: Fields) -> bool:
    """Whether the parent stands on the other side too, of the same type: else it tells all."""
    if parent not in here:
        return True
    return parent in there and there[parent].type == here[parent].type


def _compare(old: Field, new: Field, side: Side, subject: str, path: str) -> Iterator[Difference]:
    def tell(kind: str, before: Any, after: Any) -> Difference:
        return make_difference(kind, side, subject, path, old=before, new=after)

    if old.type != new.type:
        yield tell("type_changed", old.type, new.type)
    if old.required != new.required:
        kind = "required_set" if new.required else "required_lifted"
        yield tell(kind, old.required, new.required)
    if old.nullable != new.nullable:
        yield tell("null_allowed" if new.nullable else "null_refused", old.nullable, new.nullable)
    before, after = (*old.enum, *old.known), (*new.enum, *new.known)
    # A list that comes or goes as a whole says more or less of the same values.
    if before and after:
        for value in after:
            if value not in before:
                yield tell("value_added", None, value)
        for value in before:
            if value not in after:
                yield tell("value_removed", value, None)
    if old.type == new.type:
        for name in sorted({*old.limits, *new.limits}):
            kind = _limit(name, old.limits.get(name), new.limits.get(name))
            if kind:
                told = (
                    {name: side.limits[name]} if name in side.limits else None
                    for side in (old, new)
                )
                yield tell(kind, *told)


def _limit(name: str, old: Any, new: Any) -> str:
    """Return the kind of a changed limit, "" where it is the same."""
    if old == new:
        return ""
    if name not in _LOWER_IS_TIGHTER | _HIGHER_IS_TIGHTER:
        return "limit_changed"
    if old is None or new is None:
        return "limit_tightened" if old is None else "limit_relaxed"
    lower = new < old
    return "limit_tightened" if lower == (name in _LOWER_IS_TIGHTER) else "limit_relaxed"
