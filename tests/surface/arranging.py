"""What several cases need first: orders at a stage of their life, packages, requests of buyers."""

from __future__ import annotations

from typing import Any

from tests.support.shop_desk import Desk

from tts_chaos.twin.domains.order.entities import Order

__all__ = [
    "ask_to_cancel",
    "ask_to_return",
    "delivered",
    "moved",
    "of_shipping_type",
    "own_shipment",
    "package_of",
]

MANY = 60


def moved(desk: Desk, *events: str, **arguments: Any) -> Order:
    """Return an order that made these moves after it was placed and paid."""
    order = desk.place(**arguments)
    for event in events:
        desk.command("move_order", order=order.id, event=event)
    return desk.order(order.id)


def delivered(desk: Desk, **arguments: Any) -> Order:
    """Return an order that its buyer has."""
    return moved(desk, "ship", "collect", "deliver", **arguments)


def of_shipping_type(desk: Desk, kind: str, **arguments: Any) -> Order:
    """Return an order that the platform's (`TIKTOK`) or the seller's (`SELLER`) carrier takes."""
    orders = (desk.place(**arguments) for _ in range(MANY))
    return next(order for order in orders if order.shipping_type == kind)


def package_of(desk: Desk, order: Order) -> str:
    """Return the id of an order's first package."""
    return desk.order(order.id).lines[0].package_id


def own_shipment(desk: Desk, number: str = "TRACK12345") -> dict[str, str]:
    """Return a shipment by the seller's own carrier."""
    return {"tracking_number": number, "shipping_provider_id": desk.carrier()}


def ask_to_cancel(desk: Desk, order: Order) -> str:
    """Let the buyer ask to cancel; return the id of the request."""
    return str(desk.command("request_cancellation", order=order.id)["cancel_id"])


def ask_to_return(desk: Desk, order: Order | None = None, kind: str = "RETURN_AND_REFUND") -> str:
    """Let the buyer ask for a return, a refund or a replacement; return the id of the request."""
    chosen = order or delivered(desk)
    return str(desk.command("request_return", order=chosen.id, return_type=kind)["return_id"])
