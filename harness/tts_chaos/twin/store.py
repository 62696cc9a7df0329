"""A dumb store of frozen entities, which tells one observer of every change.

It knows no schema and no rules. Entities are frozen values, so what is handed out cannot be changed
behind its back. Not thread-safe: whoever serves several threads serialises calls to the twin.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

import msgspec

__all__ = ["Change", "Entity", "Store"]


class Entity(Protocol):
    """Anything storable: a frozen struct with an id, owned by a shop (or by none: "")."""

    @property
    def id(self) -> str:
        """Unique among entities of its kind in its shop."""
        ...

    @property
    def shop_id(self) -> str:
        """Owning shop, or "" for none."""
        ...


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """A change of state: `what` is `<entity>.<what happened>`; None before means created."""

    what: str
    before: object | None
    after: object | None
    id: str
    shop_id: str


E = TypeVar("E", bound=Entity)
T = TypeVar("T")
Observer = Callable[[Change], None]


class Store:
    """Entities by kind, shop and id, in order of creation."""

    def __init__(self, observer: Observer | None = None) -> None:
        self._observer = observer
        self._kinds: dict[type, dict[tuple[str, str], object]] = {}
        self._derived: dict[tuple[type, str, str], tuple[object, dict[object, object]]] = {}

    def get(self, kind: type[E], shop_id: str, id: str) -> E | None:
        """Return the entity or None."""
        return self._kinds.get(kind, {}).get((shop_id, id))  # type: ignore[return-value]

    def list(self, kind: type[E], shop_id: str | None = None) -> list[E]:
        """Return entities of a kind in order of creation; of every shop for None."""
        rows = self._kinds.get(kind, {})
        if shop_id is None:
            return list(rows.values())  # type: ignore[arg-type]
        return [row for key, row in rows.items() if key[0] == shop_id]  # type: ignore[misc]

    def derive(self, entity: E, make: Callable[[E], T]) -> T:
        """Return `make(entity)`, made once for as long as the entity stays as it is.

        Entities are frozen, so what was made of one holds until another takes its place. Both
        `make` and its result must depend on the entity alone; the result is shared, not copied.
        """
        key = (type(entity), entity.shop_id, entity.id)
        source, made = self._derived.get(key, (None, {}))
        if source is not entity:
            made = {}
            self._derived[key] = (entity, made)
        if make not in made:
            made[make] = make(entity)
        return made[make]  # type: ignore[return-value]

    def put(self, entity: E, *, change: str) -> E:
        """Store `entity`, new or in place of the one with its id, and report `change`."""
        rows = self._kinds.setdefault(type(entity), {})
        key = (entity.shop_id, entity.id)
        before = rows.get(key)
        rows[key] = entity
        self._notify(
            Change(what=change, before=before, after=entity, id=entity.id, shop_id=entity.shop_id)
        )
        return entity

    def update(
        self, kind: type[E], shop_id: str, id: str, edit: Callable[[E], E], *, change: str
    ) -> E:
        """Replace one entity by `edit(entity)` in a single step and report `change`.

        Raises:
            KeyError: If there is no such entity.
        """
        current = self.get(kind, shop_id, id)
        if current is None:
            raise KeyError((kind.__name__, shop_id, id))
        return self.put(edit(current), change=change)

    def remove(self, kind: type[E], shop_id: str, id: str, *, change: str) -> None:
        """Remove one entity, if it is there, and report `change`."""
        before = self._kinds.get(kind, {}).pop((shop_id, id), None)
        self._derived.pop((kind, shop_id, id), None)
        if before is not None:
            self._notify(Change(what=change, before=before, after=None, id=id, shop_id=shop_id))

    def _notify(self, change: Change) -> None:
        if self._observer is not None:
            self._observer(change)
