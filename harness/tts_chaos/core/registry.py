"""Named variants: one file each, looked up by name, refused clearly when misspelt."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from typing import Generic, TypeVar

__all__ = ["Registry", "nearest"]

T = TypeVar("T")


def nearest(word: str, valid: Iterable[str]) -> str | None:
    """Return the valid word most like `word`, or None when nothing is close."""
    close = difflib.get_close_matches(word, list(valid), n=1, cutoff=0.55)
    return close[0] if close else None


class Registry(Mapping[str, T], Generic[T]):
    """An append-only mapping from name to variant.

    Args:
        noun: What is registered, in the singular, for messages ("fault", "oracle").
    """

    def __init__(self, noun: str) -> None:
        self.noun = noun
        self._items: dict[str, T] = {}

    def add(self, name: str, item: T) -> None:
        """Register `item` under `name`.

        Raises:
            ValueError: If the name is taken; names both owners.
        """
        if name in self._items:
            raise ValueError(
                f"{self.noun} {name!r} is declared twice: {self._items[name]!r} and {item!r}"
            )
        self._items[name] = item

    def __getitem__(self, name: str) -> T:
        return self._items[name]

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._items))

    def __len__(self) -> int:
        return len(self._items)

    def describe_unknown(self, name: str) -> str:
        """Return the sentence for a name that is not registered."""
        close = nearest(name, self._items)
        hint = f" Did you mean {close!r}?" if close else f" Known: {', '.join(self)}."
        return f"there is no {self.noun} {name!r}.{hint}"
