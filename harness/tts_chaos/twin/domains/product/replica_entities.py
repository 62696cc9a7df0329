"""Stored shape of replicas: products that were made of a product of another shop."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

__all__ = ["SHARED", "Replica"]

SHARED = "SHARED"


class Replica(msgspec.Struct, frozen=True, kw_only=True):
    """What a product was made of; its id is the product's.

    Attributes:
        mode: `SHARED` or EXCLUSIVE: whose units it sells.
        skus: Ids of the source's variants, by those of the replica's.
    """

    id: str
    shop_id: str
    region: str
    source_id: str
    source_shop_id: str
    mode: str
    skus: Mapping[str, str]
