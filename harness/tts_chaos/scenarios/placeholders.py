"""The grammar of placeholders: `$` words that stand for what the seed decides when a run begins.

    $order:newest  $order:oldest  $order:shippable     an order of the main shop, at that moment
    $sku:0                                             the n-th SKU of the main shop
    $shop  $shop:1                                     the main shop, the n-th shop
    $app_key  $app_secret  $access_token  $refresh_token   what is valid at that moment

Reading them is separate from filling them in, so that a misspelt one is refused with the file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from tts_chaos.core.history import Json
from tts_chaos.core.registry import nearest
from tts_chaos.scenarios.shape import Place

__all__ = ["CREDENTIALS", "ORDERS", "Placeholder", "placeholders_in", "read_placeholder"]

CREDENTIALS = ("app_key", "app_secret", "access_token", "refresh_token")
"""Placeholders that take no detail."""

ORDERS = ("newest", "oldest", "shippable")
"""Ways to point at an order."""

_NAMES = ("order", "sku", "shop", *CREDENTIALS)


class Placeholder(msgspec.Struct, frozen=True, kw_only=True):
    """A placeholder that was read.

    Attributes:
        name: What kind of thing it stands for.
        which: Which order; "" for other kinds.
        number: Which SKU or shop, counted from 0.
    """

    name: str
    which: str = ""
    number: int = 0


def read_placeholder(text: str, place: Place) -> Placeholder:
    """Return the placeholder that `text`, which starts with `$`, is.

    Raises:
        ScenarioError: If it is none; names the nearest.

    >>> read_placeholder("$sku:2", Place("a.toml"))
    Placeholder(name='sku', which='', number=2)
    """
    name, colon, detail = text[1:].partition(":")
    if name not in _NAMES:
        close = nearest(name, _NAMES)
        hint = f"Did you mean '${close}'?" if close else f"Known: ${', $'.join(_NAMES)}."
        raise place.error(f"there is no placeholder {text!r}. {hint}")
    if name == "order":
        if detail not in ORDERS:
            close = nearest(detail, ORDERS)
            hint = f" Did you mean '$order:{close}'?" if close else ""
            expected = ", ".join(f"$order:{word}" for word in ORDERS)
            raise place.error(f"{text!r} points at no order; expected {expected}.{hint}")
        return Placeholder(name=name, which=detail)
    if name in CREDENTIALS and colon:
        raise place.error(f"{text!r}: ${name} stands alone; leave out {colon + detail!r}")
    if name == "sku" or (name == "shop" and colon):
        if not (detail.isascii() and detail.isdigit()):
            raise place.error(f"{text!r} has no number; expected ${name}:0, ${name}:1 and so on")
        return Placeholder(name=name, number=int(detail))
    return Placeholder(name=name)


def placeholders_in(value: Json, place: Place) -> Iterator[tuple[Placeholder, Place]]:
    """Yield every placeholder in the texts and keys of `value`, with its place.

    Raises:
        ScenarioError: At the first one that is malformed.
    """
    if isinstance(value, str) and value.startswith("$"):
        yield read_placeholder(value, place), place
    elif isinstance(value, Mapping):
        for key, member in value.items():
            yield from placeholders_in(key, place)
            yield from placeholders_in(member, place.at(key))
    elif isinstance(value, list | tuple):
        for index, member in enumerate(value):
            yield from placeholders_in(member, place.at(index))
