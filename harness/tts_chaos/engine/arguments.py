"""Fills in what a scenario cannot know when it is written: ids that the seed decides, and keys.

`scenarios.placeholders` has the grammar; here they meet the platform's state.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from tts_chaos.core.history import Json
from tts_chaos.errors import ScenarioError
from tts_chaos.scenarios.placeholders import CREDENTIALS, read_placeholder
from tts_chaos.scenarios.shape import Place

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
    wanted = read_placeholder(text, Place("", key=""))
    if wanted.name in CREDENTIALS:
        return str(getattr(credentials, wanted.name))
    shops = ledger["shops"]
    if wanted.name == "shop":
        return _nth(list(shops), wanted.number, text)
    main = next(iter(shops.values()))
    if wanted.name == "sku":
        return _nth(sorted(main["stock"]), wanted.number, text)
    return _order(main["orders"], wanted.which, text)


def _order(orders: list[dict[str, Any]], which: str, text: str) -> str:
    rows = orders
    if which == "shippable":
        rows = [order for order in orders if order["status"] == _SHIPPABLE]
    if not rows:
        raise ScenarioError(f"{text!r}: the shop has no such order at this moment")
    rows = sorted(rows, key=lambda order: (order["created_at_s"], order["id"]))
    return str(rows[0 if which == "oldest" else -1]["id"])


def _nth(ids: Sequence[str], number: int, text: str) -> str:
    if number >= len(ids):
        raise ScenarioError(f"{text!r}: there are {len(ids)}, counted from 0")
    return str(ids[number])
