"""Money given back: requests as the platform tells them, and which of them gave what.

A return or cancellation gives money back from the state on in which the platform grants it; before
that, and where it is refused or withdrawn, nothing counts as given back.

Source: protocol facts, section 7.5 (documented states); contracts of the two searches (documented
fields). That a granted request never becomes an ungranted one is inferred from its states.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tts_chaos.reference.database import Database
from tts_chaos.reference.errors import ConnectorError

__all__ = ["CANCELLATION", "KINDS", "RETURN", "Kind", "RefundBook", "Request", "parse_request"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of request, and how the API spells what belongs to it.

    Attributes:
        name: What it is kept as.
        path: Path of its collection.
        rows: Key of the search's list.
        id: Key of its id, in a row and in a webhook.
        state: Key of its state.
        type: Key of its type.
        lines: Key of its list of lines.
        granted: States in which the buyer gets, or has got, money back.
    """

    name: str
    path: str
    rows: str
    id: str
    state: str
    type: str
    lines: str
    granted: frozenset[str]


RETURN = Kind(
    name="return",
    path="/return_refund/202309/returns",
    rows="return_orders",
    id="return_id",
    state="return_status",
    type="return_type",
    lines="return_line_items",
    granted=frozenset(
        {
            "RETURN_OR_REFUND_REQUEST_SUCCESS",
            "RETURN_OR_REFUND_REQUEST_COMPLETE",
            "REPLACEMENT_REQUEST_REFUND_SUCCESS",
        }
    ),
)
CANCELLATION = Kind(
    name="cancellation",
    path="/return_refund/202309/cancellations",
    rows="cancellations",
    id="cancel_id",
    state="cancel_status",
    type="cancel_type",
    lines="cancel_line_items",
    granted=frozenset({"CANCELLATION_REQUEST_SUCCESS", "CANCELLATION_REQUEST_COMPLETE"}),
)
KINDS = (CANCELLATION, RETURN)

_ID = re.compile(r"\d{1,30}")
_AMOUNT = re.compile(r"\d{1,15}(\.\d{1,6})?")
_CURRENCY = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request to cancel or to return. Money is decimal text, times are Unix seconds."""

    kind: str
    id: str
    order_id: str
    state: str
    type: str
    amount: str
    currency: str
    line_ids: tuple[str, ...]
    update_time: int
    is_granted: bool

    @property
    def gives_money(self) -> bool:
        """Whether the buyer gets something by it."""
        return self.is_granted and Decimal(self.amount) > 0


def parse_request(kind: Kind, raw: Any) -> Request:
    """Read one row of a search.

    Raises:
        ConnectorError: If a field that money depends on is missing or of another form.
    """
    if not isinstance(raw, dict):
        raise _malformed(kind, f"is a {type(raw).__name__}")
    money = raw.get("refund_amount")
    money = money if isinstance(money, dict) else {}
    state, update_time = raw.get(kind.state), raw.get("update_time")
    if not isinstance(state, str) or not isinstance(update_time, int):
        raise _malformed(kind, f"has no {kind.state} or no update_time")
    return Request(
        kind=kind.name,
        id=_text(kind, raw, kind.id, _ID),
        order_id=_text(kind, raw, "order_id", _ID),
        state=state,
        type=str(raw.get(kind.type) or ""),
        amount=_text(kind, money, "refund_total", _AMOUNT),
        currency=_text(kind, money, "currency", _CURRENCY),
        line_ids=tuple(_text(kind, line, "order_line_item_id", _ID) for line in _lines(kind, raw)),
        update_time=update_time,
        is_granted=state in kind.granted,
    )


def _lines(kind: Kind, raw: Mapping[str, Any]) -> Sequence[Any]:
    lines = raw.get(kind.lines)
    if not isinstance(lines, list) or not all(isinstance(line, dict) for line in lines):
        raise _malformed(kind, f"has no {kind.lines}")
    return lines


def _text(kind: Kind, row: Mapping[str, Any], key: str, form: re.Pattern[str]) -> str:
    value = row.get(key)
    if not isinstance(value, str) or not form.fullmatch(value):
        raise _malformed(kind, f"has no usable {key}")
    return value


def _malformed(kind: Kind, what: str) -> ConnectorError:
    return ConnectorError(f"a {kind.name} of the search {what}", cause="mapping")


class RefundBook:
    """The requests in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def store(self, shop_id: str, requests: Sequence[Request]) -> None:
        """Insert or update, all in one transaction; what is known in a later state stays."""
        with self._database.transaction() as connection:
            for request in requests:
                connection.execute(
                    "INSERT INTO refunds VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
                    " ON CONFLICT (shop_id, kind, id) DO UPDATE SET state = excluded.state,"
                    " amount = excluded.amount, currency = excluded.currency,"
                    " line_ids = excluded.line_ids, update_time = excluded.update_time"
                    " WHERE excluded.update_time > refunds.update_time"
                    " OR (excluded.update_time = refunds.update_time AND ?)",
                    (*_row(shop_id, request), request.is_granted),
                )

    def given_back(self) -> list[dict[str, Any]]:
        """Return what was given back: {order_id, id, amount, currency, line_ids, shop_id}."""
        granted = {kind.name: kind.granted for kind in KINDS}
        rows = self._database.rows("SELECT * FROM refunds ORDER BY update_time, kind, id")
        return [
            {
                "order_id": row["order_id"],
                "id": row["id"],
                "amount": row["amount"],
                "currency": row["currency"],
                "line_ids": json.loads(row["line_ids"]),
                "shop_id": row["shop_id"],
            }
            for row in rows
            if row["state"] in granted[row["kind"]] and Decimal(row["amount"]) > 0
        ]

    def refunded_lines(self, order_id: str) -> set[str]:
        """Return the lines of an order for which money was given back, in full or in part."""
        rows = [row for row in self.given_back() if row["order_id"] == order_id]
        return {line for row in rows for line in row["line_ids"]}

    def mark(self, shop_id: str, kind: Kind) -> int:
        """Return the Unix second up to which a shop's requests were read; 0 for never."""
        row = self._database.row(
            "SELECT updated_to FROM refund_marks WHERE shop_id = ? AND kind = ?", shop_id, kind.name
        )
        return row["updated_to"] if row else 0

    def move_mark(self, shop_id: str, kind: Kind, updated_to: int) -> None:
        """Note that a shop's requests were read completely up to this Unix second."""
        self._database.write(
            "INSERT OR REPLACE INTO refund_marks VALUES (?, ?, ?)", shop_id, kind.name, updated_to
        )

    def wish(self, order_id: str, wish: str, *, key: str, known_ids: Sequence[str]) -> Wish:
        """Return the wish that is open for an order; without one, keep a new one."""
        self._database.write(
            "INSERT OR IGNORE INTO refund_wishes VALUES (?, ?, ?, ?)",
            order_id,
            wish,
            key,
            json.dumps(sorted(known_ids)),
        )
        row = self._database.row(
            "SELECT * FROM refund_wishes WHERE order_id = ? AND wish = ?", order_id, wish
        )
        assert row is not None, "it was just kept"
        return Wish(
            order_id=order_id,
            wish=wish,
            key=row["key"],
            known_ids=frozenset(json.loads(row["known_ids"])),
        )

    def fulfil(self, wish: Wish) -> None:
        """Forget a wish: it was seen to be fulfilled, or refused for good."""
        self._database.write(
            "DELETE FROM refund_wishes WHERE order_id = ? AND wish = ?", wish.order_id, wish.wish
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Something to be done once, however many tries and restarts it takes.

    Attributes:
        order_id: The order.
        wish: What is wished for: `refund`, `refund 5.00`, `cancel`.
        key: Idempotency key of every try.
        known_ids: Requests that had given money back before the first try.
    """

    order_id: str
    wish: str
    key: str
    known_ids: frozenset[str]


def _row(shop_id: str, request: Request) -> tuple[object, ...]:
    return (
        shop_id,
        request.kind,
        request.id,
        request.order_id,
        request.state,
        request.amount,
        request.currency,
        json.dumps(request.line_ids),
        request.update_time,
    )
