"""Choosing one of several by name, as a user writes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from tts_chaos.core.registry import nearest
from tts_chaos.errors import UsageError

__all__ = ["choose"]

_T = TypeVar("_T")


def choose(kind: str, name: str, known: Mapping[str, _T]) -> _T:
    """Return what has this name.

    Args:
        kind: What is chosen, for the message: `profile`.
        name: As it was written.
        known: All there are.

    Raises:
        UsageError: If there is none; names the nearest, and all.
    """
    if name not in known:
        close = nearest(name, known)
        hint = f"did you mean {close!r}? " if close else ""
        raise UsageError(f"there is no {kind} {name!r}; {hint}known: {', '.join(known)}")
    return known[name]
