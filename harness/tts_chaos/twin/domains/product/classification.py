"""Categories with their rules and attributes, for one shop's market and for global products.

Source: contracts of the operations (documented fields). The tree itself, which attributes a
category has and that nothing but titles, pictures and prices is mandatory are the twin's own
(assumed).
"""

from __future__ import annotations

from typing import Any

from tts_chaos.twin.domains.product.catalogue import Kind
from tts_chaos.twin.domains.product.taxonomy import (
    CATEGORIES,
    Category,
    category_of,
    chain_of,
    kind_of,
    leaf_for,
)
from tts_chaos.twin.handler import Call, RefusalError, TwinEnv, handles

__all__ = [
    "SALES_ATTRIBUTE_ID",
    "attributes_of_leaf",
    "get_attributes",
    "get_categories",
    "get_category_rules",
    "get_global_rules",
    "leaf_of",
    "recommend_category",
    "recommend_global_category",
]

CATEGORY_UNKNOWN = 12052023
CATEGORY_NO_LEAF = 12052024

SALES_ATTRIBUTE_ID = "100000"
"""Attribute ids repeat over categories on the platform; only their equality means anything."""

_MATERIAL_ID = "100001"
_MATERIALS = ("Cotton", "Linen", "Stoneware", "Stainless steel", "Plastic")
_SIZED = ("T-Shirts", "Loungewear")


def leaf_of(env: TwinEnv, category_id: str) -> Category:
    """Return the leaf with that id.

    Raises:
        RefusalError: 12052023 if there is no such category, 12052024 if it is no leaf.
    """
    found = category_of(env, category_id)
    if found is None:
        raise RefusalError(CATEGORY_UNKNOWN, f"There is no category {category_id}.")
    if not found.is_leaf:
        raise RefusalError(CATEGORY_NO_LEAF, f"Category {category_id} is not a leaf.")
    return found


@handles("product.202309.get_categories", "product.202309.get_global_categories")
def get_categories(call: Call) -> dict[str, Any]:
    """Return every category whose name holds the keyword."""
    keyword = (call.query.get("keyword") or "").lower()
    found = (row for row in CATEGORIES.values() if keyword in row.name.lower())
    return {"categories": [_node(row) for row in found]}


@handles("product.202309.recommend_category")
def recommend_category(call: Call) -> dict[str, Any]:
    """Return the leaf that fits title and description best, with the way to it."""
    return _recommended(call, permitted=True)


@handles("product.202309.recommend_global_categories")
def recommend_global_category(call: Call) -> dict[str, Any]:
    """Return the same for a global product, whose answer tells no permissions."""
    return _recommended(call, permitted=False)


def _recommended(call: Call, *, permitted: bool) -> dict[str, Any]:
    leaf = leaf_for(call.body["product_title"], call.body.get("description") or "")
    rows = [
        {"id": row.id, "name": row.name, "level": level, "is_leaf": row.is_leaf}
        | ({"permission_statuses": ["AVAILABLE"]} if permitted else {})
        for level, row in enumerate(chain_of(call.env, leaf.id), start=1)
    ]
    return {"leaf_category_id": leaf.id, "categories": rows}


@handles("product.202309.get_attributes", "product.202309.get_global_attributes")
def get_attributes(call: Call) -> dict[str, Any]:
    """Return what sets variants of a category apart, and what describes its products."""
    return {"attributes": attributes_of_leaf(leaf_of(call.env, call.path["category_id"]))}


def attributes_of_leaf(leaf: Category) -> list[dict[str, Any]]:
    """Return the attributes of a category, as on the wire."""
    kind = kind_of(leaf)
    sales = [_sales_attribute(kind)] if kind and kind.variant_name else []
    return [*sales, _attribute(_MATERIAL_ID, "Material", "PRODUCT_PROPERTY", _MATERIALS)]


@handles("product.202309.get_category_rules")
def get_category_rules(call: Call) -> dict[str, Any]:
    """Return what a category demands in the shop's market."""
    rules = _rules(leaf_of(call.env, call.path["category_id"]))
    return {
        **rules,
        "cod": {"is_supported": False},
        "package_dimension": {"is_required": False},
        "epr": {"is_required": False},
        "allowed_special_product_types": [],
        "fees": [],
        "seller_sku": {"is_required": False},
    }


@handles("product.202309.get_global_category_rules")
def get_global_rules(call: Call) -> dict[str, Any]:
    """Return what a category demands of global products."""
    return _rules(leaf_of(call.env, call.path["category_id"]))


def _rules(leaf: Category) -> dict[str, Any]:
    return {
        "product_certifications": [],
        "size_chart": {"is_supported": leaf.name in _SIZED, "is_required": False},
        "responsible_person": {"is_required": False},
        "manufacturer": {"is_required": False},
    }


def _node(row: Category) -> dict[str, Any]:
    return {
        "id": row.id,
        "parent_id": row.parent_id,
        "local_name": row.name,
        "is_leaf": row.is_leaf,
        "permission_statuses": ["AVAILABLE"],
    }


def _sales_attribute(kind: Kind) -> dict[str, Any]:
    return _attribute(SALES_ATTRIBUTE_ID, kind.variant_name, "SALES_PROPERTY", kind.variants)


def _attribute(id: str, name: str, kind: str, values: tuple[str, ...]) -> dict[str, Any]:
    # `is_requried` is the wire's own spelling.
    return {
        "id": id,
        "name": name,
        "type": kind,
        "is_requried": False,
        "is_customizable": True,
        "is_multiple_selection": False,
        "values": [
            {"id": f"{id}{at:02d}", "name": value} for at, value in enumerate(values, start=1)
        ],
        "requirement_conditions": [],
    }
