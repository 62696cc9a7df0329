"""Wire shape of cancellations and returns.

Source: return_refund examples of the contracts (documented). 202602 adds empty lists of sub-items
for products that are no bundles.
"""

from __future__ import annotations

from typing import Any

from tts_chaos.twin.domains.logistics.population import delivery_options
from tts_chaos.twin.domains.order.entities import LineItem, Order
from tts_chaos.twin.domains.return_refund.entities import Cancellation, ReturnRequest
from tts_chaos.twin.domains.return_refund.reasons import text_of
from tts_chaos.twin.domains.return_refund.refunds import (
    line_refund,
    part_of,
    refund_of,
    refund_of_cancelled,
    render_refund,
)
from tts_chaos.twin.handler import TwinEnv
from tts_chaos.twin.money import ZERO, amount_text

__all__ = ["render_cancellation", "render_return"]

_NEXT_ACTION = {
    ("RETURN_OR_REFUND_REQUEST_PENDING", "REFUND"): "SELLER_RESPOND_REFUND",
    ("RETURN_OR_REFUND_REQUEST_PENDING", "RETURN_AND_REFUND"): "SELLER_RESPOND_RETURN",
    ("BUYER_SHIPPED_ITEM", "RETURN_AND_REFUND"): "SELLER_RESPOND_RECEIVE_PACKAGE",
    ("REPLACEMENT_REQUEST_PENDING", "REPLACEMENT"): "SELLER_RESPOND_REPLACEMENT",
}


def render_cancellation(
    env: TwinEnv, cancellation: Cancellation, *, with_sub_items: bool
) -> dict[str, Any]:
    """Return one element of `$.data.cancellations`."""
    shown = {
        "cancel_id": cancellation.id,
        "order_id": cancellation.order_id,
        "cancel_type": cancellation.kind,
        "cancel_status": cancellation.status,
        "role": cancellation.role,
        "cancel_reason": cancellation.reason,
        "cancel_reason_text": text_of(cancellation.reason),
        "create_time": cancellation.created_at_s,
        "update_time": cancellation.updated_at_s,
        "should_replenish_stock": True,
        "seller_next_action_response": _next_action(
            "SELLER_RESPOND_CANCEL", cancellation.deadline_s
        ),
    }
    order = env.store.get(Order, cancellation.shop_id, cancellation.order_id)
    if order is None:
        return shown
    sub_items: dict[str, Any] = {"cancel_sub_line_items": []} if with_sub_items else {}
    shown["refund_amount"] = render_refund(refund_of_cancelled(order, cancellation.line_ids))
    shown["cancel_line_items"] = [
        {"cancel_line_item_id": _item_id(cancellation.id, position)}
        | _line(order, line)
        | sub_items
        for position, line in _lines(order, cancellation.line_ids)
    ]
    return shown


def render_return(env: TwinEnv, request: ReturnRequest, *, with_sub_items: bool) -> dict[str, Any]:
    """Return one element of `$.data.return_orders`."""
    action = _NEXT_ACTION.get((request.status, request.kind), "")
    shown: dict[str, Any] = {
        "return_id": request.id,
        "order_id": request.order_id,
        "return_type": request.kind,
        "return_status": request.status,
        "role": request.role,
        "return_reason": request.reason,
        "return_reason_text": text_of(request.reason),
        "return_tracking_number": request.tracking_number,
        "can_buyer_keep_item": False,
        "is_combined_return": False,
        "is_quick_refund": False,
        "create_time": request.created_at_s,
        "update_time": request.updated_at_s,
        "seller_next_action_response": _next_action(action, request.deadline_s),
    }
    order = env.store.get(Order, request.shop_id, request.order_id)
    if order is None:
        return shown
    if request.offered:
        amount = amount_text(request.offered, order.currency)
        shown["partial_refund"] = {"currency": order.currency, "amount": amount}
    shown |= _return_shipping(env, request, order)
    sub_items: dict[str, Any] = {"return_sub_line_items": []} if with_sub_items else {}
    refund = refund_of(order, request.line_ids)
    shown["refund_amount"] = render_refund(part_of(refund, request.agreed))
    shown["return_line_items"] = [
        {"return_line_item_id": _item_id(request.id, position)} | _line(order, line) | sub_items
        for position, line in _lines(order, request.line_ids)
    ]
    return shown


def _return_shipping(env: TwinEnv, request: ReturnRequest, order: Order) -> dict[str, Any]:
    """Return how goods come back, and who pays; nothing for requests without goods.

    The platform's first carrier brings them, the label is free: assumed. No request of the twin is
    ever taken to arbitration.
    """
    zero = amount_text(ZERO, order.currency)
    shown: dict[str, Any] = {
        "arbitration_status": "",
        "discount_amount": [
            {
                "currency": order.currency,
                "product_seller_discount": zero,
                "product_platform_discount": zero,
                "shipping_fee_seller_discount": zero,
                "shipping_fee_platform_discount": zero,
            }
        ],
        "shipping_fee_amount": [
            {
                "currency": order.currency,
                "seller_paid_return_shipping_fee": zero,
                "platform_paid_return_shipping_fee": zero,
                "buyer_paid_return_shipping_fee": zero,
            }
        ],
    }
    if request.kind == "REFUND":
        return shown
    carriers = [one for row in delivery_options(env, request.shop_id) for one in row.carriers]
    carrier = carriers[0] if carriers else None
    return shown | {
        "shipment_type": "PLATFORM",
        "handover_method": "DROP_OFF",
        "return_method": "PLATFORM_SHIPPED",
        "return_shipping_document_type": "SHIPPING_LABEL",
        "return_provider_id": carrier.id if carrier else "",
        "return_provider_name": carrier.name if carrier else "",
    }


def _next_action(action: str, deadline_s: int) -> list[dict[str, Any]]:
    return [{"action": action, "deadline": deadline_s}] if action and deadline_s else []


def _lines(order: Order, line_ids: tuple[str, ...]) -> list[tuple[int, LineItem]]:
    return list(enumerate((line for line in order.lines if line.id in line_ids), start=1))


def _item_id(request_id: str, position: int) -> str:
    # Derived, not minted, so that every search shows the same id for the same line.
    return str(int(request_id) + position)


def _line(order: Order, line: LineItem) -> dict[str, Any]:
    return {
        "order_line_item_id": line.id,
        "sku_id": line.sku_id,
        "sku_name": line.sku_name,
        "seller_sku": line.seller_sku,
        "product_name": line.product_name,
        "product_image": {"url": line.image_url, "width": 200, "height": 200},
        "refund_amount": render_refund(line_refund(order, line)),
    }
