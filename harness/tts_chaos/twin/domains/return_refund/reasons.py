"""Reasons as the platform keys them, with the text shown to people.

Source: return_refund examples of the contracts (documented): the out-of-stock reason of sellers,
the address reason of buyers, the damage reason of returns, and two reject reasons. The platform has
many more per market; the others here are assumed and spelt alike.
"""

from __future__ import annotations

__all__ = [
    "BUYER_CANCEL",
    "REJECT_CANCELLATION",
    "REJECT_RETURN",
    "RETURN",
    "SELLER_CANCEL",
    "text_of",
]

SELLER_CANCEL = {
    "seller_cancel_reason_out_of_stock": "Out of stock",
    "seller_cancel_reason_wrong_price": "Pricing error",
    "seller_cancel_paid_reason_buyer_requested_cancellation": "The buyer asked for it",
}
"""Reasons for which a seller may cancel."""

BUYER_CANCEL = {
    "ecom_order_to_ship_canceled_reason_need_to_change_address": (
        "Needs to change the delivery address"
    ),
    "ecom_order_to_ship_canceled_reason_no_longer_needed": "No longer needed",
}
"""Reasons buyers give for cancelling."""

RETURN = {
    "ecom_order_delivered_refund_and_return_reason_damaged": "Item arrived damaged",
    "ecom_order_delivered_refund_and_return_reason_wrong_item": "Wrong item received",
}
"""Reasons buyers give for returning."""

REJECT_CANCELLATION = {
    "seller_reject_apply_product_has_been_packed": "Parcel is already packed",
    "seller_reject_apply_product_has_been_shipped": "Parcel is already on its way",
}
"""Reasons for which a seller may refuse to cancel."""

REJECT_RETURN = {
    "reverse_reject_request_reason_3": "Item shows signs of use",
    "reverse_reject_request_reason_1": "The claim could not be confirmed",
}
"""Reasons for which a seller may refuse a return."""


def text_of(reason: str) -> str:
    """Return the text of a reason, or the key itself where it has none."""
    for table in (SELLER_CANCEL, BUYER_CANCEL, RETURN, REJECT_CANCELLATION, REJECT_RETURN):
        if reason in table:
            return table[reason]
    return reason
