"""Conversion records: one per paid order, complete or held back, none older than four weeks."""

from __future__ import annotations

import sqlite3
import time
from typing import Any

from tts_chaos.reference.alerts import Alerts
from tts_chaos.reference.database import Database
from tts_chaos.reference.orders import OrderBook

__all__ = ["Conversions"]

_LOOK_BACK_S = 28 * 86_400
_CATEGORY = "PURCHASE"
_WITHOUT_SALE = ("UNPAID", "ON_HOLD", "CANCELLED")


class Conversions:
    """Makes conversion records out of the orders in the database."""

    def __init__(self, *, database: Database, book: OrderBook, alerts: Alerts) -> None:
        self._database = database
        self._book = book
        self._alerts = alerts

    def all(self) -> list[dict[str, Any]]:
        """Return the records that may be sent; what lacks something is held back and reported.

        Each has order_id, email or phone, transaction_category, timestamp, amount, currency.
        """
        rows = self._database.rows(
            "SELECT * FROM orders WHERE paid_time > ? AND status NOT IN (?, ?, ?)"
            " ORDER BY paid_time, id",
            int(time.time()) - _LOOK_BACK_S,
            *_WITHOUT_SALE,
        )
        records, held_back = [], []
        for row in rows:
            email, phone = self._book.buyer(row["buyer"])
            if "@" in email or _is_complete(phone):
                records.append(_record(row, email, phone))
            else:
                held_back.append(row["id"])
        self._report(held_back)
        return records

    def _report(self, held_back: list[str]) -> None:
        if held_back:
            text = f"{len(held_back)} conversions are held back: neither e-mail nor telephone"
            self._alerts.report("mapping", "conversions", text)
        else:
            self._alerts.all_well("conversions")


def _record(row: sqlite3.Row, email: str, phone: str) -> dict[str, Any]:
    contact = {"email": email} if "@" in email else {"phone": phone}
    return {
        "order_id": row["id"],
        **contact,
        "transaction_category": _CATEGORY,
        "timestamp": row["paid_time"],
        "amount": row["total_amount"],
        "currency": row["currency"],
    }


def _is_complete(phone: str) -> bool:
    """Whether a telephone number is there and not masked."""
    return "*" not in phone and sum(character.isdigit() for character in phone) >= 7
