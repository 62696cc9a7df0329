"""What happens by itself as time passes: each kind of entity may have a next instant.

A domain registers, for one kind of entity, when the next thing is due and what is done then. The
schedule learns of entities by watching changes, so no domain has to remember to set a timer.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import Any, TypeAlias

import msgspec

from tts_chaos.twin.handler import TwinEnv
from tts_chaos.twin.settings import TwinSettings
from tts_chaos.twin.store import Change

__all__ = ["PROGRESSIONS", "DueRule", "Progression", "Schedule", "progresses"]

DueRule: TypeAlias = Callable[[Any, TwinSettings], int | None]
"""Says when something is next due for an entity, in Unix milliseconds; None for never."""


class Progression(msgspec.Struct, frozen=True, kw_only=True):
    """When an entity of one kind moves by itself, and how.

    `run` may find that nothing is left to do; it must not leave the entity due at the same instant.
    """

    due_ms: DueRule
    run: Callable[[TwinEnv, Any], None]


PROGRESSIONS: dict[type, Progression] = {}


def progresses(
    kind: type, *, due_ms: DueRule
) -> Callable[[Callable[[TwinEnv, Any], None]], Callable[[TwinEnv, Any], None]]:
    """Register the decorated function as what happens to entities of `kind` when they are due.

    Raises:
        ValueError: If the kind has a progression already.
    """

    def register(run: Callable[[TwinEnv, Any], None]) -> Callable[[TwinEnv, Any], None]:
        if kind in PROGRESSIONS:
            raise ValueError(
                f"{kind.__name__} has two progressions: {PROGRESSIONS[kind]} and {run}"
            )
        PROGRESSIONS[kind] = Progression(due_ms=due_ms, run=run)
        return run

    return register


class Schedule:
    """Instants at which entities are due, earliest first.

    Entries are never removed when an entity changes: an entry counts only while the entity is still
    due at that very instant.
    """

    def __init__(self, settings: TwinSettings) -> None:
        self._settings = settings
        self._heap: list[tuple[int, int, type, str, str]] = []
        self._count = 0

    def note(self, change: Change) -> None:
        """Learn of a change; entities without a progression are ignored."""
        entity = change.after
        progression = PROGRESSIONS.get(type(entity))
        if entity is None or progression is None:
            return
        due_ms = progression.due_ms(entity, self._settings)
        if due_ms is not None:
            self._count += 1
            entry = (due_ms, self._count, type(entity), change.shop_id, change.id)
            heapq.heappush(self._heap, entry)

    def next_due_ms(self, env: TwinEnv) -> int | None:
        """Return the earliest instant at which something is due, or None."""
        while self._heap:
            if self._entity(env, self._heap[0]) is not None:
                return self._heap[0][0]
            heapq.heappop(self._heap)
        return None

    def run_due(self, env: TwinEnv, now_ms: int) -> None:
        """Do everything that is due by `now_ms`, in order of time."""
        while self._heap and self._heap[0][0] <= now_ms:
            entry = heapq.heappop(self._heap)
            entity = self._entity(env, entry)
            if entity is not None:
                PROGRESSIONS[entry[2]].run(env, entity)

    def _entity(self, env: TwinEnv, entry: tuple[int, int, type, str, str]) -> object | None:
        due_ms, _, kind, shop_id, id = entry
        entity: object | None = env.store.get(kind, shop_id, id)
        if entity is None or PROGRESSIONS[kind].due_ms(entity, self._settings) != due_ms:
            return None
        return entity
