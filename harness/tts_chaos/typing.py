"""What an integration under test may offer, and what it is given.

Every method of `Integration` is optional; each one present is a capability. Shapes:

`orders()` → list of mappings, one per order the integration believes in:
    id (str), status (str, platform spelling), currency (str), total_amount (str or Decimal),
    lines: list of {id, sku_id, sale_price} with one entry per unit, or {sku_id, quantity, ...};
    optionally shop_id, seller_sku in lines, buyer_email, create_time (Unix seconds).
`stock()` → mapping from SKU id to the sellable quantity the integration believes in.
`shipments()` → list of {order_id, package_id?, tracking_number?}.
`refunds()` → list of {order_id, amount (str or Decimal), currency}: money it believes given back,
    one entry per refund, for cancelled orders too; optionally id (the platform's id of the return
    or cancellation) and line_ids (the units it is for).
`alerts()` → list of {cause, message, at?}; `cause` is one of the words of `faults.fault.CAUSES`.
`tokens()` → {access_token, refresh_token, access_token_expires_at?} (labels replace the values).
`health()` → {status: "ok" | "degraded" | "down", ...}.
`conversions()` → list of {order_id, email or phone, transaction_category, timestamp, amount,
    currency}.
`logs()` → list of lines, each a text or a mapping, as they were logged; only what is new since the
    last time is kept. It is searched for secrets.
`quote_checkout(lines)` → {currency, total_amount}; `lines` is a list of {sku_id, quantity}.

`webhook_url()` → address of a receiver that the integration runs itself on loopback; where there is
    no `deliver_webhook`, webhooks are posted there. In the wire world only: a server in the same
    process does not run in virtual time.

Actions raise to say that they failed. Any method may be `async`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

__all__ = [
    "ACTIONS",
    "ACTION_ARGUMENTS",
    "ACTION_REACH",
    "OBSERVATIONS",
    "Integration",
    "ShopAccess",
    "TwinConnection",
]

ACTIONS: dict[str, str] = {
    "sync_orders": "fetch new and changed orders from the platform",
    "push_stock": "set sellable quantities: push_stock({sku_id: quantity})",
    "ship": "ship one order: ship(order_id)",
    "cancel": "cancel one order before it is shipped: cancel(order_id)",
    "refund": "give money back for a delivered order: refund(order_id, amount); amount is decimal "
    'text, "" for all that is left, which grants the buyer\'s request where one is open',
    "deliver_webhook": "receive one webhook: deliver_webhook(headers, body) -> HTTP status",
    "quote_checkout": "price a basket: quote_checkout([{sku_id, quantity}])",
    "restart": "stop and start again from what was kept on disk",
    "reconfigure": "take new settings from an operator: reconfigure(app_key=..., api_url=...)",
    "flush": "push whatever is still waiting to be pushed",
}
"""Every action an integration may offer, with what it is asked to do."""

ACTION_ARGUMENTS: dict[str, tuple[str, ...] | None] = {
    "sync_orders": (),
    "push_stock": ("changes",),
    "ship": ("order_id",),
    "cancel": ("order_id",),
    "refund": ("order_id", "amount"),
    "deliver_webhook": ("headers", "body"),
    "quote_checkout": ("lines",),
    "restart": (),
    "reconfigure": None,
    "flush": (),
}
"""What each action is called with, in order; None takes any settings, by name."""

_ALL_BUT_AUTHORISATION = (
    "order",
    "product",
    "fulfillment",
    "logistics",
    "return_refund",
    "finance",
    "promotion",
    "fbt",
    "customer_service",
    "customer_engagement",
    "data_reconciliation",
    "supply_chain",
    "analytics",
)
_ANYWHERE = ("authorization", "seller", "event", "token")
"""What any call may need first: who we are, which shops there are, a fresh token."""

ACTION_REACH: dict[str, tuple[str, ...]] = {
    "sync_orders": (*_ANYWHERE, *_ALL_BUT_AUTHORISATION),
    "push_stock": (*_ANYWHERE, "product", "logistics", "fbt", "order"),
    "ship": (*_ANYWHERE, "fulfillment", "logistics", "order", "return_refund"),
    "cancel": (*_ANYWHERE, "return_refund", "order"),
    "refund": (*_ANYWHERE, "return_refund", "order", "finance"),
    "deliver_webhook": (*_ANYWHERE, *_ALL_BUT_AUTHORISATION),
    "quote_checkout": (*_ANYWHERE, "product", "promotion", "logistics"),
    "restart": (*_ANYWHERE, *_ALL_BUT_AUTHORISATION),
    "reconfigure": (*_ANYWHERE, *_ALL_BUT_AUTHORISATION),
    "flush": (*_ANYWHERE, *_ALL_BUT_AUTHORISATION),
}
"""Domains of the operations that an action of an integration may call, its queues included."""

OBSERVATIONS: dict[str, str] = {
    "orders": "orders it believes in",
    "stock": "sellable quantity per SKU it believes in",
    "shipments": "orders it believes shipped",
    "refunds": "money it believes given back, per order",
    "alerts": "alerts it has raised, each naming a cause",
    "tokens": "the token pair it holds",
    "health": "whether it works, works partly, or not",
    "conversions": "conversion records it would send",
    "logs": "lines it has logged since it was started, the oldest first",
}
"""Every observation an integration may offer, with what it is asked for."""


class Integration(Protocol):
    """Marker for type hints: any object with some of the methods named above."""


@dataclass(frozen=True, slots=True)
class ShopAccess:
    """One authorised shop."""

    id: str
    cipher: str
    region: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TwinConnection:
    """All an integration needs to reach the twin as if it were TikTok Shop.

    Attributes:
        api_url: Base URL of the Open API, without trailing slash.
        token_url: Base URL of the token host, without trailing slash.
        app_key: Key of the app.
        app_secret: Secret of the app.
        access_token: A valid access token.
        refresh_token: The refresh token that belongs to it.
        access_token_expires_at: Unix seconds.
        refresh_token_expires_at: Unix seconds.
        shops: Authorised shops, the main one first.
        ca_file: Path of the certificate authority to trust, None where TLS is not real.
        world: `simulated` or `wire`.
    """

    api_url: str
    token_url: str
    app_key: str
    app_secret: str = field(repr=False)
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    access_token_expires_at: int
    refresh_token_expires_at: int
    shops: Sequence[ShopAccess]
    ca_file: str | None = None
    world: str = "simulated"

    @property
    def shop_id(self) -> str:
        """Id of the main shop."""
        return self.shops[0].id

    @property
    def shop_cipher(self) -> str:
        """Cipher of the main shop."""
        return self.shops[0].cipher
