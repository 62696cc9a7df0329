"""The tree of categories that the twin knows: departments, and the leaves that products are in.

A category has one id in every market. Real trees are larger and have more levels; ids, names and
attributes are the twin's own (assumed).
"""

from __future__ import annotations

import msgspec

from tts_chaos.twin.domains.product.catalogue import KINDS, Kind
from tts_chaos.twin.handler import TwinEnv

__all__ = ["CATEGORIES", "LEAF_BASE", "Category", "category_of", "chain_of", "kind_of", "leaf_for"]

LEAF_BASE = 600_100
"""Id of the first leaf."""

_ROOT_BASE = 600_001

_DEPARTMENTS: dict[str, tuple[str, ...]] = {
    "Kitchenware": ("Cups & Mugs", "Kitchen Linens", "Water Bottles"),
    "Fashion": ("T-Shirts", "Loungewear"),
    "Phones & Electronics": ("Headphones", "Phone Cases"),
    "Beauty & Personal Care": ("Serums & Essences", "Lip Care"),
    "Sports & Outdoor": ("Yoga & Pilates",),
    "Home Supplies": ("Desk Lamps", "Blankets & Throws"),
}


class Category(msgspec.Struct, frozen=True, kw_only=True):
    """A node of the tree; `parent_id` is "0" for a department.

    Those that a recording names are kept in the store, beside the tree.
    """

    id: str
    parent_id: str
    name: str
    is_leaf: bool
    shop_id: str = ""


def _plant() -> dict[str, Category]:
    """Return every category by id, departments first."""
    roots = {
        name: Category(id=str(_ROOT_BASE + at), parent_id="0", name=name, is_leaf=False)
        for at, name in enumerate(_DEPARTMENTS)
    }
    home = {leaf: roots[name] for name, leaves in _DEPARTMENTS.items() for leaf in leaves}
    leaves = (
        Category(
            id=str(LEAF_BASE + at),
            parent_id=home[kind.category].id,
            name=kind.category,
            is_leaf=True,
        )
        for at, kind in enumerate(KINDS)
    )
    return {row.id: row for row in (*roots.values(), *leaves)}


CATEGORIES = _plant()
"""Every category by its id."""


def category_of(env: TwinEnv, id: str) -> Category | None:
    """Return a category of the tree, or one that a recording named, or None."""
    return CATEGORIES.get(id) or env.store.get(Category, "", id)


def chain_of(env: TwinEnv, category_id: str) -> list[Category]:
    """Return the categories from the department down to `category_id`; nothing if unknown."""
    chain: list[Category] = []
    at = category_of(env, category_id)
    while at is not None and at not in chain:
        chain.insert(0, at)
        at = category_of(env, at.parent_id)
    return chain


def kind_of(leaf: Category) -> Kind | None:
    """Return the kind of product that a leaf is for; None for one that a recording named."""
    return KINDS[int(leaf.id) - LEAF_BASE] if leaf.id in CATEGORIES else None


def leaf_for(*texts: str) -> Category:
    """Return the leaf whose words occur most often in the texts; the first leaf where none do."""
    words = set(_words(" ".join(texts)))
    leaves = [row for row in CATEGORIES.values() if row.is_leaf]
    return max(leaves, key=lambda row: len(words & _vocabulary(row)))


def _vocabulary(leaf: Category) -> set[str]:
    kind = kind_of(leaf)
    return set(_words(f"{leaf.name} {kind.title if kind else ''}"))


def _words(text: str) -> list[str]:
    """Return the words of a text, lower-case and without a plural's ending."""
    letters = "".join(char if char.isalnum() else " " for char in text.lower())
    return [word.removesuffix("s") for word in letters.split() if len(word) > 2]
