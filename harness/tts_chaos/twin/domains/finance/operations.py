"""Reading the books: statements, transactions, estimates, payments, withdrawals.

Source: contracts of `finance.*` (documented: page size 1 to 100, mandatory `sort_field`, half-open
windows). Which code answers an unknown statement or order is assumed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from tts_chaos.twin.domains.authorization.entities import Shop
from tts_chaos.twin.domains.finance.books import (
    estimates,
    payments_of,
    statements_of,
    transactions_of_order,
)
from tts_chaos.twin.domains.finance.entities import Statement, Transaction
from tts_chaos.twin.domains.finance.render import (
    filled_up,
    payment_view,
    sku_transaction_view,
    statement_view,
    sums_of,
    transaction_view,
    transaction_view_202309,
    unsettled_view,
)
from tts_chaos.twin.domains.order.entities import Order
from tts_chaos.twin.domains.product.money import CURRENCY_BY_REGION
from tts_chaos.twin.handler import Call, RefusalError, handles
from tts_chaos.twin.listing import page_of
from tts_chaos.twin.money import amount_text
from tts_chaos.wire.codes import ApiCode
from tts_chaos.wire.paging import PageWindow

__all__ = [
    "get_order_transactions",
    "get_order_transactions_202309",
    "get_payments",
    "get_statement_transactions",
    "get_statement_transactions_202309",
    "get_statements",
    "get_unsettled",
    "get_withdrawals",
]

PAGE_SIZES = (1, 100)
DEFAULT_PAGE_SIZE = 20
WITHDRAWN_AFTER_S = 600

_STATEMENT_SUMS = (
    "statement_time",
    "currency",
    "settlement_amount",
    "revenue_amount",
    "net_sales_amount",
    "fee_amount",
    "shipping_cost_amount",
    "adjustment_amount",
)

T = TypeVar("T")


@handles("finance.202309.get_statements")
def get_statements(call: Call) -> dict[str, Any]:
    """Return one page of daily statements."""
    window = PageWindow.of(call.query, "statement_time")
    wanted = call.query.get("payment_status")
    views = [
        statement_view(row, call.env.now_s())
        for row in statements_of(call.env, call.shop_id)
        if window.contains(row.at_s)
    ]
    found = [view for view in views if wanted in (None, view["payment_status"])]
    page = _page(call, _sorted(call, found, lambda view: int(view["statement_time"])))
    return {"statements": page.items, "next_page_token": page.next_page_token}


@handles("finance.202309.get_transactionsby_statement")
def get_statement_transactions_202309(call: Call) -> dict[str, Any]:
    """Return the transactions of a statement, flat."""
    statement = _statement(call)
    page = _page(call, _sorted(call, statement.transactions, lambda row: row.order_created_at_s))
    shown = statement_view(statement, call.env.now_s())
    return _full(
        call,
        {
            "statement_id": statement.id,
            **{name: shown[name] for name in _STATEMENT_SUMS},
            "statement_transactions": [transaction_view_202309(row) for row in page.items],
            "total_count": page.total_count,
            "next_page_token": page.next_page_token,
        },
    )


@handles("finance.202501.get_transactionsby_statement")
def get_statement_transactions(call: Call) -> dict[str, Any]:
    """Return the transactions of a statement, with breakdowns."""
    statement = _statement(call)
    page = _page(call, _sorted(call, statement.transactions, lambda row: row.order_created_at_s))
    text = {
        name: amount_text(amount, statement.currency)
        for name, amount in sums_of(statement.transactions).items()
    }
    return _full(
        call,
        {
            "id": statement.id,
            "create_time": statement.at_s,
            "status": "SETTLED",
            "currency": statement.currency,
            "payable_amount": text["settlement"],
            "total_settlement_amount": text["settlement"],
            "total_settlement_breakdown": {
                "total_revenue_amount": text["revenue"],
                "total_shipping_cost_amount": text["shipping"],
                "total_fee_tax_amount": text["fee"],
            },
            "transactions": [transaction_view(row) for row in page.items],
            "total_count": page.total_count,
            "next_page_token": page.next_page_token,
        },
    )


@handles("finance.202309.get_transactionsby_order")
def get_order_transactions_202309(call: Call) -> dict[str, Any]:
    """Return the settled transactions of an order; none before it settles."""
    order = _order(call)
    rows = transactions_of_order(call.env, order)
    return _full(
        call,
        {
            "order_id": order.id,
            "order_create_time": order.created_at_s,
            "statement_transactions": [transaction_view_202309(row) for row in rows],
        },
    )


@handles("finance.202501.get_transactionsby_order")
def get_order_transactions(call: Call) -> dict[str, Any]:
    """Return what an order brought, by SKU; nothing before it settles."""
    order = _order(call)
    rows = transactions_of_order(call.env, order)
    if not rows:
        return {"order_id": order.id, "order_create_time": order.created_at_s}
    text = {name: amount_text(amount, order.currency) for name, amount in sums_of(rows).items()}
    return _full(
        call,
        {
            "order_id": order.id,
            "order_create_time": order.created_at_s,
            "currency": order.currency,
            "revenue_amount": text["revenue"],
            "fee_and_tax_amount": text["fee"],
            "shipping_cost_amount": text["shipping"],
            "settlement_amount": text["settlement"],
            "sku_transactions": [_sku_row(call, order, row) for row in rows],
        },
    )


@handles("finance.202507.get_unsettled_transactions")
def get_unsettled(call: Call) -> dict[str, Any]:
    """Return estimates for delivered orders."""
    window = PageWindow.of(call.query, "search_time")
    rows = [
        row for row in estimates(call.env, call.shop_id) if window.contains(row.order_created_at_s)
    ]
    page = _page(call, _sorted(call, rows, lambda row: row.order_created_at_s))
    currency = rows[0].currency if rows else _currency(call)
    text = {name: amount_text(amount, currency) for name, amount in sums_of(rows).items()}
    return _full(
        call,
        {
            "transactions": [unsettled_view(row) for row in page.items],
            "sum_est_settlement_amount": text["settlement"],
            "sum_est_revenue_amount": text["revenue"],
            "sum_est_fee_amount": text["fee"],
            "total_count": page.total_count,
            "next_page_token": page.next_page_token,
        },
    )


@handles("finance.202309.get_payments", "finance.202605.get_payments")
def get_payments(call: Call) -> dict[str, Any]:
    """Return one page of payments to the seller's bank; 202309 tells the reserve, too."""
    window = PageWindow.of(call.query, "create_time")
    found = [
        row for row in payments_of(call.env, call.shop_id) if window.contains(row.created_at_s)
    ]
    page = _page(call, _sorted(call, found, lambda row: row.created_at_s))
    views = [payment_view(row, call.env.now_s()) for row in page.items]
    if call.operation.version == "202309":
        views = [
            {**view, "reserve_amount": {"value": "0", "currency": view["amount"]["currency"]}}
            for view in views
        ]
    return {"payments": views, "next_page_token": page.next_page_token}


@handles("finance.202309.get_withdrawals")
def get_withdrawals(call: Call) -> dict[str, Any]:
    """Return what left the seller's account: each payment that arrived."""
    window, now_s = PageWindow.of(call.query, "create_time"), call.env.now_s()
    wanted = call.query["types"]
    rows: list[dict[str, Any]] = [
        {
            "id": call.env.entropy.child(f"finance/withdrawal/{payment.id}").digits(19),
            "type": "WITHDRAW",
            "amount": amount_text(payment.amount, payment.currency),
            "currency": payment.currency,
            "status": "SUCCESS",
            "create_time": payment.paid_at_s + WITHDRAWN_AFTER_S,
        }
        for payment in payments_of(call.env, call.shop_id)
    ]
    found = [
        row
        for row in rows
        if row["type"] in wanted
        and row["create_time"] <= now_s
        and window.contains(row["create_time"])
    ]
    page = _page(call, found)
    return {
        "withdrawals": page.items,
        "total_count": page.total_count,
        "next_page_token": page.next_page_token,
    }


def _sku_row(call: Call, order: Order, row: Transaction) -> dict[str, Any]:
    # The books keep one transaction an order; a mixed order shows it under its first SKU: assumed.
    line = order.lines[0]
    statements = statements_of(call.env, call.shop_id)
    found = next((one.id for one in statements if row in one.transactions), "")
    sku = {"sku_id": line.sku_id, "sku_name": line.sku_name, "product_name": line.product_name}
    return sku_transaction_view(row, sku=sku, quantity=len(order.open_lines), statement_id=found)


def _currency(call: Call) -> str:
    shop = call.env.store.get(Shop, "", call.shop_id)
    return CURRENCY_BY_REGION.get(shop.region if shop else "", "USD")


def _statement(call: Call) -> Statement:
    id = call.path["statement_id"]
    for statement in statements_of(call.env, call.shop_id):
        if statement.id == id:
            return statement
    message = "Invalid parameter. `statement_id` is no statement of this shop."
    raise RefusalError(ApiCode.BAD_REQUEST, message, variant="parameter_invalid")


def _order(call: Call) -> Order:
    order = call.env.store.get(Order, call.shop_id, call.path["order_id"])
    if order is None:
        message = "Invalid parameter. `order_id` is no order of this shop."
        raise RefusalError(ApiCode.BAD_REQUEST, message, variant="parameter_invalid")
    return order


def _sorted(call: Call, rows: Sequence[T], key: Callable[[T], int]) -> list[T]:
    # Oldest first unless asked otherwise. Source: contracts (documented default ASC).
    return sorted(rows, key=key, reverse=call.query.get("sort_order") == "DESC")


def _page(call: Call, rows: Sequence[T]) -> Any:
    return page_of(call, rows, sizes=PAGE_SIZES, default_size=DEFAULT_PAGE_SIZE)


def _full(call: Call, data: dict[str, Any]) -> dict[str, Any]:
    envelope = call.operation.response_schema or {}
    return filled_up(envelope.get("properties", {}).get("data", {}), data)
