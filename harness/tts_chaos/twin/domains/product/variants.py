"""What sets the variants of a product apart: attributes and values, each under one id.

Source: contracts of create and edit (documented: an attribute or a value is named by id or by a
name of the seller's own, and the answer tells the ids). Ids of names are given by the twin.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from tts_chaos.twin.domains.product.entities import Sku
from tts_chaos.twin.handler import TwinEnv

__all__ = ["attributes_of", "complete_attributes", "name_variants"]

_SEEDED_ATTRIBUTE = "100000"
"""Attribute ids repeat over products on the platform; only their equality means anything."""


def attributes_of(sku: Sku) -> list[dict[str, Any]]:
    """Return the sales attributes of a variant."""
    stated = sku.details.get("sales_attributes")
    if stated is not None:
        return list(stated)
    if not sku.variant:
        return []
    entry = {"id": _SEEDED_ATTRIBUTE, "name": sku.variant_name, "value_name": sku.variant}
    return [{**entry, "value_id": sku.id}]


def name_variants(
    env: TwinEnv, skus: Sequence[Sku], rows: Sequence[Mapping[str, Any]], before: Iterable[Sku]
) -> tuple[Sku, ...]:
    """Return `skus` with the attributes that `rows` state, each name under the id it had before.

    Args:
        env: The twin's environment.
        skus: The variants.
        rows: What the call says of each.
        before: Variants of the version that is replaced.
    """
    known = [entry for sku in before for entry in attributes_of(sku)]
    stated = complete_attributes(env, rows, known)
    return tuple(_named(sku, entries) for sku, entries in zip(skus, stated, strict=True))


def complete_attributes(
    env: TwinEnv, rows: Sequence[Mapping[str, Any]], before: Iterable[Mapping[str, Any]]
) -> list[list[dict[str, Any]]]:
    """Return the attributes that each row states, each name under the id it had before."""
    names = _Names(env, before)
    return [[names.complete(entry) for entry in row.get("sales_attributes") or ()] for row in rows]


def _named(sku: Sku, entries: list[dict[str, Any]]) -> Sku:
    return msgspec.structs.replace(
        sku,
        variant=", ".join(entry["value_name"] for entry in entries),
        variant_name=", ".join(entry["name"] for entry in entries),
        details={**sku.details, "sales_attributes": entries},
    )


class _Names:
    """Ids and names of attributes and of their values, within one product."""

    def __init__(self, env: TwinEnv, entries: Iterable[Mapping[str, Any]]) -> None:
        self._env = env
        self._attributes: dict[str, str] = {}
        self._values: dict[tuple[str, str], str] = {}
        for entry in entries:
            self._attributes[entry["name"]] = entry["id"]
            if entry.get("value_id"):
                self._values[entry["id"], entry["value_name"]] = entry["value_id"]

    def complete(self, entry: Mapping[str, Any]) -> dict[str, Any]:
        """Return an attribute with all four of its ids and names."""
        id = entry.get("id") or self._attributes.get(entry.get("name") or "")
        id = id or self._env.mint_id()
        name = entry.get("name") or self._name_of(id)
        self._attributes.setdefault(name, id)
        value = entry.get("value_name") or self._value_named(id, entry.get("value_id") or "")
        value_id = entry.get("value_id") or self._values.get((id, value)) or self._env.mint_id()
        self._values.setdefault((id, value), value_id)
        return {**entry, "id": id, "name": name, "value_id": value_id, "value_name": value}

    def _name_of(self, id: str) -> str:
        return next((name for name, known in self._attributes.items() if known == id), id)

    def _value_named(self, attribute_id: str, value_id: str) -> str:
        return next(
            (
                name
                for (attribute, name), known in self._values.items()
                if (attribute, known) == (attribute_id, value_id)
            ),
            value_id,
        )
