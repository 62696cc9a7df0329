"""The states of a product and of its audit, as tables.

    DRAFT ─ submit ► PENDING ─ pass ► ACTIVATE ◄ activate ─ deactivate ► SELLER_DEACTIVATED
                        └ fail ► FAILED             └ suspend ► PLATFORM_DEACTIVATED
    ACTIVATE ─ freeze ► FREEZE; all but FREEZE ─ delete ► DELETED ─ recover ► SELLER_DEACTIVATED

Source: protocol facts, section 7.6 (documented states; recover leads to SELLER_DEACTIVATED). Which
states activate and deactivate accept is inferred from the meaning of the states.
"""

from __future__ import annotations

from tts_chaos.twin.lifecycle import Lifecycle

__all__ = ["AUDIT", "PRODUCT"]

PRODUCT = Lifecycle(
    "product",
    {
        ("DRAFT", "submit"): "PENDING",
        ("FAILED", "submit"): "PENDING",
        ("PENDING", "pass"): "ACTIVATE",
        ("PENDING", "fail"): "FAILED",
        ("ACTIVATE", "deactivate"): "SELLER_DEACTIVATED",
        ("SELLER_DEACTIVATED", "activate"): "ACTIVATE",
        ("ACTIVATE", "suspend"): "PLATFORM_DEACTIVATED",
        ("SELLER_DEACTIVATED", "suspend"): "PLATFORM_DEACTIVATED",
        ("PLATFORM_DEACTIVATED", "restore"): "ACTIVATE",
        ("ACTIVATE", "freeze"): "FREEZE",
        ("FREEZE", "restore"): "ACTIVATE",
        ("DRAFT", "delete"): "DELETED",
        ("PENDING", "delete"): "DELETED",
        ("FAILED", "delete"): "DELETED",
        ("ACTIVATE", "delete"): "DELETED",
        ("SELLER_DEACTIVATED", "delete"): "DELETED",
        ("PLATFORM_DEACTIVATED", "delete"): "DELETED",
        ("DELETED", "recover"): "SELLER_DEACTIVATED",
    },
)
"""Every move a listing can make."""

AUDIT = Lifecycle(
    "audit",
    {
        ("NONE", "submit"): "AUDITING",
        ("FAILED", "submit"): "AUDITING",
        ("APPROVED", "submit"): "AUDITING",
        ("AUDITING", "submit"): "AUDITING",
        ("PRE_APPROVED", "submit"): "AUDITING",
        ("AUDITING", "pre_approve"): "PRE_APPROVED",
        ("AUDITING", "pass"): "APPROVED",
        ("PRE_APPROVED", "pass"): "APPROVED",
        ("AUDITING", "fail"): "FAILED",
        ("PRE_APPROVED", "fail"): "FAILED",
    },
)
"""Every move of the audit beside it."""
