"""Orders: read from the API's words, kept in the database, never set back to an older state.

What an order is worth knowing for is demanded field by field; everything else may come and go
without notice, as the API adds fields and statuses inside a version.

Source: protocol facts, section 7.3: a line item is one unit (documented); status words and their
order (documented).
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tts_chaos.reference.database import Database, placeholders
from tts_chaos.reference.errors import ConnectorError
from tts_chaos.reference.vault import Vault

__all__ = ["Line", "MalformedOrderError", "Order", "OrderBook", "parse_order"]

_RANKS = {
    "UNPAID": 0,
    "ON_HOLD": 1,
    "AWAITING_SHIPMENT": 2,
    "PARTIALLY_SHIPPING": 3,
    "AWAITING_COLLECTION": 4,
    "IN_TRANSIT": 5,
    "DELIVERED": 6,
    "COMPLETED": 7,
    "CANCELLED": 8,
}
"""Orders only ever move to a status further down."""

_UNKNOWN_RANK = 9
_OTHER_UNIT = 10
"""Amounts that differ this many times count different units."""

_AMOUNT = re.compile(r"-?\d{1,15}(\.\d{1,6})?")
_ID = re.compile(r"\d{1,30}")
_LATEST_TIME = 100_000_000_000
"""Larger than any sensible Unix second, smaller than the same instant in milliseconds."""


class MalformedOrderError(ConnectorError):
    """An order lacks something, or says it in another form than documented."""

    def __init__(self, message: str) -> None:
        super().__init__(message, cause="mapping")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One unit of one SKU. Money is decimal text."""

    id: str
    sku_id: str
    seller_sku: str
    sale_price: str
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An order as the platform tells it. Times in Unix seconds, 0 for never."""

    shop_id: str
    id: str
    status: str
    update_time: int
    create_time: int
    paid_time: int
    currency: str
    total_amount: str
    lines: tuple[Line, ...]
    package_ids: tuple[str, ...] = ()
    shipping_type: str = ""
    delivery_option_id: str = ""
    has_open_cancellation: bool = False
    email: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)

    @property
    def rank(self) -> int:
        """How far the order has come."""
        return _RANKS.get(self.status, _UNKNOWN_RANK)

    @property
    def is_status_known(self) -> bool:
        """Whether the status is one of the documented words."""
        return self.status in _RANKS


def parse_order(raw: Any, shop_id: str) -> Order:
    """Read one order of a search or detail reply.

    Raises:
        MalformedOrderError: If a field the business needs is missing or of another form.
    """
    fields = _Fields(raw, "order")
    payment = _Fields(fields.value("payment", dict), f"order {fields.identifier('id')}, payment")
    raw_lines = fields.value("line_items", list)
    if not raw_lines:
        raise MalformedOrderError(f"order {fields.identifier('id')} has no line items")
    lines = tuple(_parse_line(line) for line in raw_lines)
    address = raw.get("recipient_address")
    total_amount = payment.amount("total_amount")
    _refuse_other_unit(total_amount, lines, payment, f"order {fields.identifier('id')}")
    return Order(
        shop_id=shop_id,
        id=fields.identifier("id"),
        status=fields.word("status"),
        update_time=fields.time("update_time"),
        create_time=fields.time("create_time"),
        paid_time=fields.time("paid_time") if raw.get("paid_time") is not None else 0,
        currency=payment.word("currency"),
        total_amount=total_amount,
        lines=lines,
        package_ids=_read_package_ids(raw),
        shipping_type=_text(raw.get("shipping_type")),
        delivery_option_id=_text(raw.get("delivery_option_id")),
        has_open_cancellation=raw.get("is_buyer_request_cancel") is True,
        email=_text(raw.get("buyer_email")),
        phone=_text(address.get("phone_number")) if isinstance(address, dict) else "",
    )


def _refuse_other_unit(total: str, lines: Sequence[Line], payment: _Fields, where: str) -> None:
    """Refuse a total far from what its own lines and the shipping come to.

    Source: assumed; no tax multiplies an order by ten, but cents told for units do by a hundred.
    """
    lines_say = sum((Decimal(line.sale_price) for line in lines), payment.optional("shipping_fee"))
    # What the platform pays is no part of the total, but of the lines.
    total_says = Decimal(total) + payment.optional("platform_discount")
    low, high = sorted((lines_say, total_says))
    if low > 0 and high > _OTHER_UNIT * low:
        raise MalformedOrderError(
            f"{where}: total_amount and the lines differ more than {_OTHER_UNIT} times; "
            "one of them seems to count another unit"
        )


def _parse_line(raw: Any) -> Line:
    fields = _Fields(raw, "line item")
    return Line(
        id=fields.identifier("id"),
        sku_id=fields.identifier("sku_id"),
        seller_sku=_text(raw.get("seller_sku")),
        sale_price=fields.amount("sale_price"),
        status=fields.word("display_status"),
    )


def _read_package_ids(raw: dict[str, Any]) -> tuple[str, ...]:
    """Return the ids of an order's parcels; one that cannot be read is no parcel to forget."""
    packages = raw.get("packages")
    if packages is None:
        return ()
    if not isinstance(packages, list):
        found = type(packages).__name__
        raise MalformedOrderError(f"order: packages is a {found}; expected a list")
    ids = [_Fields(package, "package").identifier("id") for package in packages]
    return tuple(dict.fromkeys(ids))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


class _Fields:
    """Reads demanded fields; says which one is wrong, never what was in it (it may be personal)."""

    def __init__(self, raw: Any, where: str) -> None:
        if not isinstance(raw, dict):
            raise MalformedOrderError(f"{where} is a {type(raw).__name__}; expected an object")
        self._raw = raw
        self._where = where

    def value(self, name: str, kind: type) -> Any:
        value = self._raw.get(name)
        if not isinstance(value, kind) or isinstance(value, bool):
            found = "missing" if value is None else f"a {type(value).__name__}"
            raise MalformedOrderError(
                f"{self._where}: {name} is {found}; expected a {kind.__name__}"
            )
        return value

    def word(self, name: str) -> str:
        return self._matching(name, re.compile(r"[A-Z_]{2,60}"), "upper-case word")

    def identifier(self, name: str) -> str:
        return self._matching(name, _ID, "id of digits in text")

    def amount(self, name: str) -> str:
        return self._matching(name, _AMOUNT, "decimal amount in text")

    def optional(self, name: str) -> Decimal:
        """Return an amount, zero where it is missing or unreadable."""
        value = self._raw.get(name)
        if isinstance(value, str) and _AMOUNT.fullmatch(value):
            return Decimal(value)
        return Decimal(0)

    def time(self, name: str) -> int:
        value: int = self.value(name, int)
        if not 0 <= value < _LATEST_TIME:
            raise MalformedOrderError(f"{self._where}: {name} is no time in Unix seconds")
        return value

    def _matching(self, name: str, pattern: re.Pattern[str], what: str) -> str:
        value: str = self.value(name, str)
        if not pattern.fullmatch(value):
            raise MalformedOrderError(f"{self._where}: {name} is not a {what}")
        return value


class OrderBook:
    """The orders in the database."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    def store(self, orders: Sequence[Order]) -> int:
        """Insert or update, all in one transaction; returns how many are new or changed.

        An order that is already known in a later state stays as it is.
        """
        changed = 0
        with self._database.transaction() as connection:
            for order in orders:
                known = connection.execute(
                    "SELECT status, update_time FROM orders WHERE shop_id = ? AND id = ?",
                    (order.shop_id, order.id),
                ).fetchone()
                if known is not None and not _is_newer(
                    order, known["status"], known["update_time"]
                ):
                    continue
                changed += known is None or tuple(known) != (order.status, order.update_time)
                connection.execute(
                    "INSERT OR REPLACE INTO orders VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    self._order_row(order),
                )
                connection.execute(
                    "DELETE FROM lines WHERE shop_id = ? AND order_id = ?",
                    (order.shop_id, order.id),
                )
                connection.executemany(
                    "INSERT INTO lines VALUES (?, ?, ?, ?, ?, ?, ?, ?)", _line_rows(order)
                )
        return changed

    def _order_row(self, order: Order) -> tuple[object, ...]:
        return (
            order.shop_id,
            order.id,
            order.status,
            order.update_time,
            order.create_time,
            order.paid_time,
            order.currency,
            order.total_amount,
            self._vault.seal([order.email, order.phone]),
        )

    def all(self) -> list[dict[str, Any]]:
        """Return every order with its lines, one per unit, in order of creation."""
        lines = self._database.rows("SELECT * FROM lines ORDER BY position")
        return self._with_lines(
            self._database.rows("SELECT * FROM orders ORDER BY create_time, id"), lines
        )

    def newest(self, count: int) -> list[dict[str, Any]]:
        """Return the latest orders with their lines, newest first."""
        rows = self._database.rows(
            "SELECT * FROM orders ORDER BY create_time DESC, id DESC LIMIT ?", count
        )
        ids = [row["id"] for row in rows]
        lines = self._database.rows(
            f"SELECT * FROM lines WHERE order_id IN ({placeholders(ids)})"  # noqa: S608
            " ORDER BY position",
            *ids,
        )
        return self._with_lines(rows, lines)

    def _with_lines(
        self, orders: Sequence[sqlite3.Row], rows: Sequence[sqlite3.Row]
    ) -> list[dict[str, Any]]:
        lines: dict[tuple[str, str], list[dict[str, Any]]] = {}
        for row in rows:
            lines.setdefault((row["shop_id"], row["order_id"]), []).append(
                {key: row[key] for key in ("id", "sku_id", "seller_sku", "sale_price", "status")}
            )
        return [
            {
                "id": row["id"],
                "shop_id": row["shop_id"],
                "status": row["status"],
                "currency": row["currency"],
                "total_amount": row["total_amount"],
                "create_time": row["create_time"],
                "update_time": row["update_time"],
                "paid_time": row["paid_time"],
                "buyer_email": self._vault.open(row["buyer"])[0],
                "lines": lines.get((row["shop_id"], row["id"]), []),
            }
            for row in orders
        ]

    def buyer(self, sealed: str) -> tuple[str, str]:
        """Return e-mail address and telephone number of a sealed buyer."""
        email, phone = self._vault.open(sealed)
        return email, phone

    def shop_of(self, order_id: str) -> str | None:
        """Return the shop of a known order, or None."""
        row = self._database.row("SELECT shop_id FROM orders WHERE id = ?", order_id)
        return row["shop_id"] if row else None

    def skus_of(self, shop_id: str) -> list[str]:
        """Return every SKU id that a shop's orders name."""
        rows = self._database.rows("SELECT DISTINCT sku_id FROM lines WHERE shop_id = ?", shop_id)
        return [row["sku_id"] for row in rows]

    def watermark(self, shop_id: str) -> int:
        """Return the Unix second up to which a shop was read completely; 0 for never."""
        row = self._database.row("SELECT updated_to FROM watermarks WHERE shop_id = ?", shop_id)
        return row["updated_to"] if row else 0

    def move_watermark(self, shop_id: str, updated_to: int) -> None:
        """Note that a shop was read completely up to this Unix second."""
        self._database.write("INSERT OR REPLACE INTO watermarks VALUES (?, ?)", shop_id, updated_to)


def _is_newer(order: Order, known_status: str, known_update_time: int) -> bool:
    """Whether what was read may replace what is known.

    Progress along the life of an order counts first: it holds even where clocks were set back or
    two changes share a second. A lower status needs a later time to be believed.
    """
    known_rank = _RANKS.get(known_status, _UNKNOWN_RANK)
    if order.rank == known_rank or _UNKNOWN_RANK in (order.rank, known_rank):
        return order.update_time >= known_update_time
    return order.rank > known_rank or order.update_time > known_update_time


def _line_rows(order: Order) -> list[tuple[object, ...]]:
    return [
        (
            order.shop_id,
            order.id,
            line.id,
            position,
            line.sku_id,
            line.seller_sku,
            line.sale_price,
            line.status,
        )
        for position, line in enumerate(order.lines)
    ]
