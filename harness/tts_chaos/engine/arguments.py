"""Fills in what a scenario cannot know when it is written: ids that the seed decides, and keys.

`$order:newest`, `$order:oldest`, `$order:shippable`, `$sku:0` (the n-th SKU of the main shop),
`$shop`, `$app_key`, `$app_secret`, `$access_token`, `$refresh_token`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from tts_chaos.core.history import Json
from tts_chaos.core.registry import nearest
from tts_chaos.errors import ScenarioError

__all__ = ["Credentials", "resolve"]

_SHIPPABLE = "AWAITING_SHIPMENT"


class Credentials(Protocol):
    """What the platform says is valid now."""

    @property
    def app_key(self) -> str:
        """Key of the app."""
        ...

    @property
    def app_secret(self) -> str:
        """Secret of the app."""
        ...

    @property
    def access_token(self) -> str:
        """Access token."""
        ...

    @property
    def refresh_token(self) -> str:
        """Refresh token."""
        ...


def resolve(value: Json, *, ledger: Mapping[str, Any], credentials: Credentials) -> Json:
    """Return `value` with every string that starts with `$` replaced, in keys as well.

    Raises:
        ScenarioError: If a placeholder is unknown or nothing fits it.
    """
    if isinstance(value, str):
        return _fill(value, ledger, credentials) if value.startswith("$") else value
    if isinstance(value, Mapping):
        return {
            resolve(key, ledger=ledger, credentials=credentials): resolve(
                member, ledger=ledger, credentials=credentials
            )
            for key, member in value.items()
        }
    if isinstance(value, list | tuple):
        return [resolve(member, ledger=ledger, credentials=credentials) for member in value]
    return value


def _fill(text: str, ledger: Mapping[str, Any], credentials: Credentials) -> str:
    name, _, detail = text[1:].partition(":")
    if name in ("app_key", "app_secret", "access_token", "refresh_token"):
        return str(getattr(credentials, name))
    shop_id, shop = next(iter(ledger["shops"].items()))
    fillers: dict[str, Callable[[], str]] = {
        "shop": lambda: shop_id,
        "order": lambda: _order(shop["orders"], detail, text),
        "sku": lambda: _sku(shop["stock"], detail, text),
    }
    if name not in fillers:
        known = [*fillers, "app_key", "app_secret", "access_token", "refresh_token"]
        close = nearest(name, known)
        hint = f" Did you mean '${close}'?" if close else f" Known: {', '.join(known)}."
        raise ScenarioError(f"there is no placeholder {text!r}.{hint}")
    return fillers[name]()


def _order(orders: list[dict[str, Any]], which: str, text: str) -> str:
    rows = orders
    if which == "shippable":
        rows = [order for order in orders if order["status"] == _SHIPPABLE]
    elif which not in ("newest", "oldest"):
        raise ScenarioError(f"{text!r}: expected $order:newest, $order:oldest or $order:shippable")
    if not rows:
        raise ScenarioError(f"{text!r}: the shop has no such order at this moment")
    rows = sorted(rows, key=lambda order: (order["created_at_s"], order["id"]))
    return str(rows[0 if which == "oldest" else -1]["id"])


def _sku(stock: Mapping[str, Any], index: str, text: str) -> str:
    skus = sorted(stock)
    if not index.isdigit() or int(index) >= len(skus):
        raise ScenarioError(f"{text!r}: expected $sku:0 to $sku:{len(skus) - 1}")
    return skus[int(index)]
