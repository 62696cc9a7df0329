"""What a write is about, and whether a later read told of it."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from tts_chaos.core.history import Exchange, Json
from tts_chaos.oracles.stock_writes import decoded

__all__ = ["ids_named", "tells_of"]

TRUNCATED = "characters more)"
"""End of a body that was too long for the history; it may have told of anything."""

_ID_KEYS = frozenset({"id", "order_id", "package_id", "product_id", "sku_id"})


def ids_named(exchange: Exchange) -> frozenset[str]:
    """Return the ids in the path (behind category, version and resource) and in the JSON body."""
    in_path = exchange.path.strip("/").split("/")[3:]
    ids = {part for part in in_path if any(character.isdigit() for character in part)}
    return frozenset(ids.union(_ids_in(decoded(exchange.body))))


def _ids_in(value: Json) -> Iterator[str]:
    if isinstance(value, dict):
        for key, member in value.items():
            if key in _ID_KEYS and isinstance(member, str | int):
                yield str(member)
            else:
                yield from _ids_in(member)
    elif isinstance(value, list):
        for member in value:
            yield from _ids_in(member)


def tells_of(read: Exchange, ids: Collection[str]) -> bool:
    """Whether a successful read mentions one of `ids`, in what it asks or in what it was told."""
    if TRUNCATED in read.response_body:
        return True
    text = f"{read.path} {read.query} {read.body} {read.response_body}"
    return any(id in text for id in ids)
