"""The states of a package, as a table.

    PROCESSING ── ship ──► FULFILLING ── collect ──► FULFILLING ── deliver ──► COMPLETED
        └ cancel ► CANCELLED ◄ cancel ┘

Source: protocol facts, section 7.4 (documented states); which call leads where is inferred from the
package examples (a shipped package that waits for hand-over reads FULFILLING).
"""

from __future__ import annotations

from tts_chaos.twin.lifecycle import Lifecycle

__all__ = ["PACKAGE", "SUB_STATUS"]

PACKAGE = Lifecycle(
    "package",
    {
        ("PROCESSING", "ship"): "FULFILLING",
        ("PROCESSING", "cancel"): "CANCELLED",
        ("FULFILLING", "collect"): "FULFILLING",
        ("FULFILLING", "deliver"): "COMPLETED",
        ("FULFILLING", "cancel"): "CANCELLED",
    },
)
"""Every move a package can make."""

SUB_STATUS = {
    "ship": "RTS",
    "collect": "RTS",
    "deliver": "DELIVERED",
    "cancel": "CANCELLED",
}
"""Finer state after each event."""
