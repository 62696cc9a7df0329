"""A difference between two contracts, as a value."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec

__all__ = ["Difference", "Impact", "Side"]


class Impact(StrEnum):
    """What a difference does to an integration written for the old contract, gravest first."""

    BREAKING = "breaking"
    RISKY = "risky"
    COMPATIBLE = "compatible"


class Side(StrEnum):
    """Which way the data goes: the direction decides what breaks."""

    OPERATION = "operation"
    REQUEST = "request"
    ANSWER = "answer"
    WEBHOOK = "webhook"


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that two contracts say differently.

    Attributes:
        kind: A row of the table in `kinds`.
        side: What it is about.
        impact: What it does to an integration.
        subject: Operation id or webhook event.
        path: `$.data.orders[].id`, `query.page_size`, or "" for the subject as a whole.
        old: What the old contract says, None where nothing.
        new: What the new one says.
        confidence: `high`, or for a guess (a renaming) how good it is.
    """

    kind: str
    side: Side
    impact: Impact
    subject: str
    path: str = ""
    old: Any = None
    new: Any = None
    confidence: str = "high"

    @property
    def domain(self) -> str:
        """First part of the operation's id; `webhooks` for an event."""
        return "webhooks" if self.side is Side.WEBHOOK else self.subject.split(".")[0]
