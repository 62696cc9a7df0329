"""Guesses which removed field and which added one beside it are the same under another name."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import SequenceMatcher

from tts_chaos.contracts.json_paths import Field, parent_of

__all__ = ["find_renames"]

LIKELY, ALIKE = 0.8, 0.5
"""Similarity of names from which a renaming is told, with confidence `high` and `medium`."""

Fields = Mapping[str, Field]


def find_renames(
    removed: list[str], added: list[str], old: Fields, new: Fields
) -> dict[str, tuple[str, str]]:
    """Return the new path and the confidence by old path, the most similar names first.

    Source: assumed; a renaming is told where both stand in the same parent, have the same type and
    shape, and share half their letters.
    """
    rated = sorted(
        ((_likeness(gone, came), gone, came) for gone in removed for came in added),
        key=lambda row: (-row[0], row[1:]),
    )
    found: dict[str, tuple[str, str]] = {}
    taken: set[str] = set()
    for likeness, gone, came in rated:
        if likeness < ALIKE or gone in found or came in taken:
            continue
        if parent_of(gone) == parent_of(came) and _same(gone, came, old, new):
            found[gone] = (came, "high" if likeness >= LIKELY else "medium")
            taken.add(came)
    return found


def _likeness(gone: str, came: str) -> float:
    before, after = gone.rpartition(".")[2], came.rpartition(".")[2]
    return SequenceMatcher(None, before, after, autojunk=False).ratio()


def _same(gone: str, came: str, old: Fields, new: Fields) -> bool:
    if old[gone] != new[came]:
        return False
    return _below(gone, old) == _below(came, new)


def _below(path: str, fields: Fields) -> set[str]:
    return {other[len(path) :] for other in fields if other.startswith((f"{path}.", f"{path}["))}
