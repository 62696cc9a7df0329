"""The states of cancellations and returns, as tables.

Cancellation:

    PENDING ── approve ► SUCCESS ── refund ► COMPLETE
       └ reject, withdraw ► CANCELLED

Return, with and without goods, and replacement:

    PENDING ── approve_refund ► SUCCESS ── refund ► COMPLETE
       ├ approve_return ► AWAITING_BUYER_SHIP ── send_back ► BUYER_SHIPPED_ITEM
       │                       approve_received ► SUCCESS ◄──┤
       ├ offer ► AWAITING_BUYER_RESPONSE                     └ reject_received ► REJECT_RECEIVE
       ├ reject ► REJECT
       └ withdraw ► CANCEL
    REPLACEMENT_PENDING ── approve_replacement ► COMPLETE, refund_instead ► REFUND_SUCCESS

Source: protocol facts, section 7.5 (documented states and decisions). Which decision leads where is
inferred from their names. A closed cancellation is stored in the reply's spelling
(`..._CANCELLED`); filters spell it `..._CANCEL` (pitfall F8, documented).
"""

from __future__ import annotations

from tts_chaos.twin.lifecycle import Lifecycle

__all__ = [
    "CANCELLATION",
    "CANCEL_CLOSED",
    "CANCEL_COMPLETE",
    "CANCEL_PENDING",
    "CANCEL_SUCCESS",
    "REPLACEMENT_PENDING",
    "RETURN",
    "RETURN_PENDING",
]

CANCEL_PENDING = "CANCELLATION_REQUEST_PENDING"
CANCEL_SUCCESS = "CANCELLATION_REQUEST_SUCCESS"
CANCEL_CLOSED = "CANCELLATION_REQUEST_CANCELLED"
CANCEL_COMPLETE = "CANCELLATION_REQUEST_COMPLETE"

CANCELLATION = Lifecycle(
    "cancellation",
    {
        (CANCEL_PENDING, "approve"): CANCEL_SUCCESS,
        (CANCEL_PENDING, "reject"): CANCEL_CLOSED,
        (CANCEL_PENDING, "withdraw"): CANCEL_CLOSED,
        (CANCEL_SUCCESS, "refund"): CANCEL_COMPLETE,
    },
)
"""Every move a cancellation can make."""

RETURN_PENDING = "RETURN_OR_REFUND_REQUEST_PENDING"
REPLACEMENT_PENDING = "REPLACEMENT_REQUEST_PENDING"
_SUCCESS = "RETURN_OR_REFUND_REQUEST_SUCCESS"
_CANCELLED = "RETURN_OR_REFUND_REQUEST_CANCEL"
_COMPLETE = "RETURN_OR_REFUND_REQUEST_COMPLETE"

RETURN = Lifecycle(
    "return",
    {
        (RETURN_PENDING, "approve_refund"): _SUCCESS,
        (RETURN_PENDING, "approve_return"): "AWAITING_BUYER_SHIP",
        (RETURN_PENDING, "offer"): "AWAITING_BUYER_RESPONSE",
        (RETURN_PENDING, "reject"): "REFUND_OR_RETURN_REQUEST_REJECT",
        (RETURN_PENDING, "withdraw"): _CANCELLED,
        ("AWAITING_BUYER_RESPONSE", "accept_offer"): _SUCCESS,
        ("AWAITING_BUYER_RESPONSE", "decline_offer"): RETURN_PENDING,
        ("AWAITING_BUYER_RESPONSE", "withdraw"): _CANCELLED,
        ("AWAITING_BUYER_SHIP", "send_back"): "BUYER_SHIPPED_ITEM",
        ("AWAITING_BUYER_SHIP", "withdraw"): _CANCELLED,
        ("BUYER_SHIPPED_ITEM", "approve_received"): _SUCCESS,
        ("BUYER_SHIPPED_ITEM", "offer"): "AWAITING_BUYER_RESPONSE",
        ("BUYER_SHIPPED_ITEM", "reject_received"): "REJECT_RECEIVE_PACKAGE",
        (_SUCCESS, "refund"): _COMPLETE,
        (REPLACEMENT_PENDING, "approve_replacement"): "REPLACEMENT_REQUEST_COMPLETE",
        (REPLACEMENT_PENDING, "refund_instead"): "REPLACEMENT_REQUEST_REFUND_SUCCESS",
        (REPLACEMENT_PENDING, "reject"): "REPLACEMENT_REQUEST_REJECT",
        (REPLACEMENT_PENDING, "withdraw"): "REPLACEMENT_REQUEST_CANCEL",
    },
)
"""Every move a return, refund or replacement can make."""
