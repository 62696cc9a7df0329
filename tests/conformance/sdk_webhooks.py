"""Webhooks as the package reads them: what the twin sends, and what the contracts describe."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec
from tests.conformance.arguments import make_value
from tests.support.shop_desk import Desk
from tests.surface.cases import Case, all_cases
from tiktok_shop_api import UnknownWebhookEvent, Webhooks

import tts_chaos.twin.domains
from tts_chaos.contracts.answers import WebhookEvent
from tts_chaos.wire.delivery import OutgoingWebhook
from tts_chaos.wire.webhook import EventType

__all__ = ["Received", "described_body", "is_parsed", "received_by_type", "types_that_code_emits"]

_EMITTED = re.compile(r"\bemit\(\s*(?:EventType\.)?([A-Z_]+)")


class Received(msgspec.Struct, frozen=True):
    """One webhook, with the keys of the app it was sent to."""

    app_key: str
    app_secret: str
    webhook: OutgoingWebhook


def address_changes(desk: Desk) -> None:
    desk.command("change_address", order=desk.place().id)


def package_splits(desk: Desk) -> None:
    order = desk.place(units=2)
    desk.call(
        "fulfillment.202309.mark_package_as_shipped",
        order_id=order.id,
        body={
            "order_line_item_ids": [order.lines[0].id],
            "shipping_provider_id": desk.carrier(),
            "tracking_number": "TRACK12345",
        },
    )


def product_is_taken_down(desk: Desk) -> None:
    desk.command("deactivate_product", product_id=desk.product().id)


def stock_runs_out(desk: Desk) -> None:
    desk.command("set_platform_stock", sku_id=desk.product().skus[0].id, quantity=0)


OCCASIONS: tuple[Callable[[Desk], None], ...] = (
    address_changes,
    package_splits,
    product_is_taken_down,
    stock_runs_out,
)
"""What buyers and the platform do that no case shows."""


@cache
def received_by_type() -> dict[int, list[Received]]:
    """Return what the twin sends, by event type.

    Whatever it sends while every case of `tests/surface` and each of `OCCASIONS` is played.
    """
    found: dict[int, list[Received]] = defaultdict(list)
    played = [_play(case) for case in all_cases()]
    for received in chain(*played, *map(_watch, OCCASIONS)):
        found[msgspec.json.decode(received.webhook.body)["type"]].append(received)
    return dict(found)


def _play(case: Case) -> list[Received]:
    desk = case.open(_ListeningDesk)
    case.play(desk)
    return _take(desk)


def _watch(occasion: Callable[[Desk], None]) -> list[Received]:
    desk = _ListeningDesk(region="GB", strict=True)
    occasion(desk)
    return _take(desk)


def _take(desk: _ListeningDesk) -> list[Received]:
    keys = desk.twin.credentials()
    return [
        Received(keys.app_key, keys.app_secret, webhook)
        for webhook in (*desk.kept, *desk.twin.drain())
    ]


class _ListeningDesk(Desk):
    """A desk that subscribed to everything, and keeps what its cases take."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.kept: list[OutgoingWebhook] = []
        self.listen(*EventType)

    def heard(self) -> list[dict[str, object]]:
        """Take the webhooks that are due, and keep them."""
        due = self.twin.drain()
        self.kept += due
        return [msgspec.json.decode(webhook.body) for webhook in due]


def types_that_code_emits() -> set[int]:
    """Return the event types that the twin's code names where it emits."""
    folder = Path(tts_chaos.twin.domains.__path__[0])
    source = "\n".join(path.read_text(encoding="utf-8") for path in folder.rglob("*.py"))
    return {EventType[name].value for name in _EMITTED.findall(source)}


def is_parsed(received: Received) -> bool:
    """Whether the package verifies the signature and has a model that takes the body."""
    event = Webhooks.verify_and_parse(
        app_key=received.app_key,
        app_secret=received.app_secret,
        raw_body=received.webhook.body,
        signature=dict(received.webhook.headers)["authorization"],
    )
    return not isinstance(event, UnknownWebhookEvent)


def described_body(event: WebhookEvent) -> bytes:
    """Return a body with every field that the contract describes."""
    body = {
        "type": event.type,
        "tts_notification_id": "7327112393057371910",
        event.owner_field: "7494049642642441621",
        "timestamp": 1_793_091_600,
        "data": make_value(event.data_schema),
    }
    return msgspec.json.encode(body)
