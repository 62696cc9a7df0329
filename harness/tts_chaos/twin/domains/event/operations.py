"""Reading, setting and deleting the webhook addresses of a shop.

Source: contracts of `event.*` and webhook events, "endpoint_rules" (documented). The code for an
address that breaks the rules is assumed.
"""

from __future__ import annotations

import re
from typing import Any

from tts_chaos.core.registry import nearest
from tts_chaos.errors import UsageError
from tts_chaos.twin.domains.authorization.entities import Shop
from tts_chaos.twin.domains.event.entities import Subscription
from tts_chaos.twin.handler import Call, RefusalError, TwinEnv, command, handles
from tts_chaos.wire.codes import ApiCode
from tts_chaos.wire.webhook import EventType

__all__ = [
    "address_problem",
    "delete_webhook",
    "get_webhooks",
    "set_webhook",
    "subscribe_webhooks",
    "unsubscribe_webhooks",
]

LONGEST_ADDRESS = 255
DEFAULT_TYPES = (
    EventType.ORDER_STATUS_CHANGE,
    EventType.RECIPIENT_ADDRESS_UPDATE,
    EventType.PACKAGE_UPDATE,
    EventType.CANCELLATION_STATUS_CHANGE,
    EventType.RETURN_STATUS_CHANGE,
)

_ADDRESS = re.compile(r"https://([A-Za-z0-9.-]+)(:\d+)?([/?#]\S*)?")
_IP_ADDRESS = re.compile(r"[\d.]+")
_TYPE_BY_NAME = {kind.name: kind.value for kind in EventType}
# Subscribable types that nothing in the twin emits; they may be set and read back all the same.
_SILENT_TYPES = {
    "NEW_CONVERSATION": 13,
    "NEW_MESSAGE": 14,
    "PRODUCT_CATEGORY_CHANGE": 18,
    "NEW_MESSAGE_LISTENER": 33,
    "INVOICE_STATUS_CHANGE": 36,
    "REVERSE_STATUS_UPDATE": 2,
}


@handles("event.202309.get_shop_webhooks")
def get_webhooks(call: Call) -> dict[str, Any]:
    """Return the addresses this shop set by the API."""
    rows = [row for row in call.env.store.list(Subscription, call.shop_id) if row.by_shop]
    return {"webhooks": [_view(row) for row in rows], "total_count": len(rows)}


@handles("event.202309.update_shop_webhook")
def set_webhook(call: Call) -> dict[str, Any]:
    """Set the address of one event type, new or in place of another."""
    address = call.body["address"]
    problem = address_problem(address)
    if problem:
        message = f"Invalid parameter. `body.address` {problem}."
        raise RefusalError(ApiCode.BAD_REQUEST, message, variant="parameter_invalid")
    name = call.body["event_type"]
    _subscribe(call.env, call.shop_id, name, type_of(name), address, by_shop=True)
    return {}


@handles("event.202309.delete_shop_webhook")
def delete_webhook(call: Call) -> dict[str, Any]:
    """Delete the address of one event type; succeeds where there is none, too."""
    name = call.body["event_type"]
    call.env.store.remove(Subscription, call.shop_id, name, change="webhook.unsubscribed")
    return {}


@command("subscribe_webhooks")
def subscribe_webhooks(
    env: TwinEnv,
    types: list[int | str] | None = None,
    address: str = "https://receiver.example/webhook",
) -> list[int]:
    """Set an address for event types in every shop, as in the platform's console.

    Args:
        env: The twin's environment.
        types: Numbers or names; those about orders, packages, cancellations and returns if not
            given.
        address: HTTPS address of the receiver.

    Returns:
        The numbers of the types.
    """
    problem = address_problem(address)
    if problem:
        raise UsageError(f"subscribe_webhooks: address {problem}, got {address!r}")
    numbers = [_number_of(kind) for kind in (types or list(DEFAULT_TYPES))]
    for shop in env.store.list(Shop):
        for number in numbers:
            _subscribe(env, shop.id, name_of(number), number, address, by_shop=False)
    return numbers


@command("unsubscribe_webhooks")
def unsubscribe_webhooks(env: TwinEnv) -> int:
    """Take every address of every shop away, as a change in the console may; returns how many.

    That a new consent does so is assumed: pitfall H16, not found as a report.
    """
    subscriptions = env.store.list(Subscription)
    for row in subscriptions:
        env.store.remove(Subscription, row.shop_id, row.id, change="webhook.unsubscribed")
    return len(subscriptions)


def address_problem(address: str) -> str:
    """Return what is wrong with a receiver's address, "" where nothing is."""
    if len(address) > LONGEST_ADDRESS:
        return f"must not be longer than {LONGEST_ADDRESS} characters"
    match = _ADDRESS.fullmatch(address)
    if match is None:
        return "must be an https address"
    if match[2]:
        return "must not name a port"
    if _IP_ADDRESS.fullmatch(match[1]) or "." not in match[1]:
        return "must name a domain"
    return ""


def type_of(name: str) -> int:
    """Return the number of an event type, 0 where it is unknown."""
    return _TYPE_BY_NAME.get(name) or _SILENT_TYPES.get(name, 0)


def name_of(number: int) -> str:
    """Return the name of an event type; its number as text where the twin has no name for it."""
    for name, value in {**_TYPE_BY_NAME, **_SILENT_TYPES}.items():
        if value == number:
            return name
    return str(number)


def _number_of(kind: int | str) -> int:
    if isinstance(kind, int):
        return int(kind)
    number = type_of(kind)
    if not number:
        close = nearest(kind, [*_TYPE_BY_NAME, *_SILENT_TYPES])
        hint = (
            f"Did you mean {close!r}?" if close else f"Known: {', '.join(sorted(_TYPE_BY_NAME))}."
        )
        raise UsageError(f"subscribe_webhooks: there is no event type {kind!r}. {hint}")
    return number


def _subscribe(
    env: TwinEnv, shop_id: str, name: str, number: int, address: str, *, by_shop: bool
) -> None:
    now_s = env.now_s()
    before = env.store.get(Subscription, shop_id, name)
    row = Subscription(
        id=name,
        shop_id=shop_id,
        type=number,
        address=address,
        created_at_s=before.created_at_s if before else now_s,
        updated_at_s=now_s,
        by_shop=by_shop or bool(before and before.by_shop),
    )
    env.store.put(row, change="webhook.subscribed")


def _view(row: Subscription) -> dict[str, Any]:
    return {
        "event_type": row.id,
        "address": row.address,
        "create_time": row.created_at_s,
        "update_time": row.updated_at_s,
    }
