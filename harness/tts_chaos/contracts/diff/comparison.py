"""Compares two sets of operations and events: everything that a new contract says differently."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from tts_chaos.contracts.answers import WebhookEvent
from tts_chaos.contracts.diff.kinds import make_difference
from tts_chaos.contracts.diff.model import Difference, Impact, Side
from tts_chaos.contracts.diff.operations import compare_events, compare_operations
from tts_chaos.contracts.operation import Operation

__all__ = ["Surface", "compare", "sort_differences"]

_GRAVITY = {impact: rank for rank, impact in enumerate(Impact)}


class Surface(msgspec.Struct, frozen=True, kw_only=True):
    """What is compared: operations by id, events by number."""

    operations: Mapping[str, Operation]
    webhooks: Mapping[int, WebhookEvent]


def compare(old: Surface, new: Surface) -> tuple[Difference, ...]:
    """Return all differences, by domain and subject, within it the gravest first."""
    return sort_differences([*_operations(old, new), *_events(old, new)])


def sort_differences(found: Iterable[Difference]) -> tuple[Difference, ...]:
    """Return differences by domain and subject, within it the gravest first."""
    return tuple(
        sorted(found, key=lambda row: (row.domain, row.subject, _GRAVITY[row.impact], row.path))
    )


def _operations(old: Surface, new: Surface) -> Iterator[Difference]:
    moved = _moved(old, new)
    for id, operation in old.operations.items():
        if id in moved:
            yield from compare_operations(operation, new.operations[moved[id]])
        elif id in new.operations:
            yield from compare_operations(operation, new.operations[id])
        else:
            told = f"{operation.method} {operation.path}"
            yield make_difference("operation_removed", Side.OPERATION, id, old=told)
    names = {operation.name for operation in old.operations.values()}
    for id, operation in new.operations.items():
        if id not in old.operations and id not in moved.values():
            kind = "version_added" if operation.name in names else "operation_added"
            told = f"{operation.method} {operation.path}"
            yield make_difference(kind, Side.OPERATION, id, new=told)


def _moved(old: Surface, new: Surface) -> dict[str, str]:
    """Return new ids by old id of operations renamed but still of the same verb and path."""
    came = {
        (row.host, row.method, row.path): row.id
        for row in new.operations.values()
        if row.id not in old.operations
    }
    return {
        row.id: came[row.host, row.method, row.path]
        for row in old.operations.values()
        if row.id not in new.operations and (row.host, row.method, row.path) in came
    }


def _events(old: Surface, new: Surface) -> Iterator[Difference]:
    for type, event in old.webhooks.items():
        if type in new.webhooks:
            yield from compare_events(event, new.webhooks[type])
        else:
            yield make_difference("event_removed", Side.WEBHOOK, event.name, old=type)
    for type, event in new.webhooks.items():
        if type not in old.webhooks:
            yield make_difference("event_added", Side.WEBHOOK, event.name, new=type)
