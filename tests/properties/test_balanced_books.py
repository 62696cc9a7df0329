"""Whatever is sold, cancelled, returned and refunded, the books add up and the past stays.

what buyers paid = what they got back + what was settled for the sale, part by part
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.support.shop_desk import Desk

from tts_chaos.errors import UsageError
from tts_chaos.twin.domains.finance.books import (
    payments_of,
    statements_of,
    transactions_of,
    transactions_of_order,
)
from tts_chaos.twin.domains.finance.entities import Payment, Statement
from tts_chaos.twin.domains.order.entities import Order
from tts_chaos.twin.domains.return_refund.reasons import RETURN

MOVES = {"AWAITING_SHIPMENT": "ship", "AWAITING_COLLECTION": "collect", "IN_TRANSIT": "deliver"}
# What must come first for anything to happen is drawn more often.
ACTS = (
    *("sell", "deliver", "complete", "wait") * 2,
    *("cancel", "return", "part", "buyer"),
)
STEPS = st.lists(
    st.tuples(st.sampled_from(ACTS), st.integers(0, 3)),
    min_size=8,
    max_size=40,
)


class Trade:
    """A shop in which steps drawn at random happen; those that cannot happen are refused."""

    def __init__(self, region: str) -> None:
        self.desk = Desk(region=region, strict=False)
        self.orders: list[str] = []
        self.owed: dict[str, Decimal] = {}
        self.asked: dict[str, tuple[str, tuple[str, ...]]] = {}
        self.statements: dict[str, Statement] = {}
        self.payments: dict[str, Payment] = {}

    def take(self, step: str, number: int) -> None:
        if step == "sell":
            self.orders.append(self.desk.place(units=1 + number % 3).id)
        elif step == "wait":
            self.desk.wait(hours=6 + number * 12)
            # Tokens live a week, and some trades take longer.
            token = self.desk.twin.credentials().refresh_token
            assert self.desk.ask_token_host("refresh", refresh_token=token).code == 0
            self._note_consent()
        elif self.orders:
            order = self.desk.order(self.orders[number % len(self.orders)])
            getattr(self, f"_{step}")(order, number)

    def _deliver(self, order: Order, _number: int) -> None:
        while order.status in MOVES:
            self.desk.command("move_order", order=order.id, event=MOVES[order.status])
            order = self.desk.order(order.id)

    def _complete(self, order: Order, number: int) -> None:
        self._deliver(order, number)
        if self.desk.order(order.id).status == "DELIVERED":
            self.desk.command("move_order", order=order.id, event="complete")

    def _cancel(self, order: Order, number: int) -> None:
        line = order.lines[number % len(order.lines)]
        body = {
            "order_id": order.id,
            "cancel_reason": "seller_cancel_reason_out_of_stock",
            "order_line_item_ids": [line.id],
        }
        self.desk.call("return_refund.202309.cancel_order", body=body)

    def _return(self, order: Order, number: int) -> None:
        line = order.lines[number % len(order.lines)]
        named = [line.id] if number % 2 else [each.id for each in order.lines]
        body = {
            "order_id": order.id,
            "return_type": "REFUND",
            "return_reason": next(iter(RETURN)),
            "order_line_item_ids": named,
        }
        if number >= 2:
            body |= {"refund_total": "1", "currency": order.currency}
        if self.desk.call("return_refund.202602.create_return", body=body).code == 0:
            self._owe(order, Decimal(1) if number >= 2 else price_of(order, named))

    def _buyer(self, order: Order, _number: int) -> None:
        id = self._ask(order)
        body = {"decision": "APPROVE_REFUND"}
        if id and self._decide(id, body) == 0:
            self._owe(order, price_of(order, self.asked.pop(id)[1]))

    def _part(self, order: Order, number: int) -> None:
        id = self._ask(order)
        offer = {"amount": str((1, 1, 2, 121)[number]), "currency": order.currency}
        body = {"decision": "OFFER_PARTIAL_REFUND", "partial_refund": offer}
        if not id or self._decide(id, body) != 0:
            return
        self.desk.command("answer_offer", order=order.id, accept=number != 1)
        if number != 1:
            self.asked.pop(id)
            self._owe(order, Decimal(offer["amount"]))

    def _decide(self, id: str, body: Mapping[str, object]) -> int:
        return self.desk.call("return_refund.202309.approve_return", return_id=id, body=body).code

    def _ask(self, order: Order) -> str:
        """Return the id of a request that awaits the seller, made where there can be one."""
        for id, (order_id, _lines) in self.asked.items():
            if order_id == order.id:
                return id
        try:
            made = self.desk.command("request_return", order=order.id, return_type="REFUND")
        except UsageError:
            return ""
        id = str(made["return_id"])
        (row,) = self._told([id])
        lines = tuple(line["order_line_item_id"] for line in row["return_line_items"])
        self.asked[id] = (order.id, lines)
        return id

    def _told(self, ids: list[str]) -> list[dict[str, Any]]:
        answer = self.desk.call("return_refund.202602.search_returns", body={"return_ids": ids})
        rows: list[dict[str, Any]] = answer.data["return_orders"]
        return rows

    def _note_consent(self) -> None:
        """Count what nobody answered in time: silence is consent."""
        for id, (order_id, lines) in list(self.asked.items()):
            (row,) = self._told([id])
            if row["return_status"] != "RETURN_OR_REFUND_REQUEST_PENDING":
                del self.asked[id]
                order = self.desk.order(order_id)
                self._owe(order, price_of(order, lines))

    def _owe(self, order: Order, amount: Decimal) -> None:
        self.owed[order.id] = self.owed.get(order.id, Decimal(0)) + amount

    def check(self) -> None:
        self._nothing_past_changed()
        self._every_cent_is_in_one_place()
        for id in self.orders:
            self._balanced(self.desk.order(id))

    def _nothing_past_changed(self) -> None:
        env, shop = self.desk.twin.env, self.desk.shop.id
        statements = {row.id: row for row in statements_of(env, shop)}
        payments = {row.id: row for row in payments_of(env, shop)}
        for id, row in self.statements.items():
            assert statements[id].transactions == row.transactions
            assert row.payment_id in ("", statements[id].payment_id)
        for id, payment in self.payments.items():
            assert payments[id] == payment
        self.statements, self.payments = statements, payments

    def _every_cent_is_in_one_place(self) -> None:
        env, shop = self.desk.twin.env, self.desk.shop.id
        rows = transactions_of(env, shop)
        assert max(Counter(row.id for row in rows).values(), default=1) == 1
        stated = [row for statement in self.statements.values() for row in statement.transactions]
        assert {row.id for row in stated} <= {row.id for row in rows}
        paid = sum(row.amount for row in self.payments.values())
        covered = sum(row.settlement for row in self.statements.values() if row.payment_id)
        assert paid == covered

    def _balanced(self, order: Order) -> None:
        owed = self.owed.get(order.id, Decimal(0))
        returns = self.desk.twin.ledger()["shops"][self.desk.shop.id]["returns"]
        own = [row for row in returns if row["order_id"] == order.id]
        assert sum(Decimal(row["refund_amount"]) for row in own) == owed
        gone = [line for line in order.lines if line.status == "CANCELLED"]
        back = owed + price_of(order, [line.id for line in gone])
        assert back <= order.total
        rows = transactions_of_order(self.desk.twin.env, order)
        if rows:
            assert sum(row.customer_payment for row in rows) == order.total
            assert sum(row.customer_refund for row in rows) == -back


def price_of(order: Order, line_ids: Iterable[str]) -> Decimal:
    """Return what a buyer paid for those units; the delivery belongs to the whole order."""
    chosen = set(line_ids)
    lines = [line for line in order.lines if line.id in chosen]
    price = sum((line.sale_price + line.tax for line in lines), Decimal(0))
    is_whole = len(lines) == len(order.lines)
    return price + (order.shipping.fee + order.shipping.tax if is_whole else Decimal(0))


@settings(max_examples=150)
@given(region=st.sampled_from(["GB", "US", "JP"]), steps=STEPS)
# Two stories that chance tells too seldom: a declined offer, then all; a part given by the seller.
@example("GB", [("sell", 1), ("deliver", 0), ("part", 1), ("buyer", 0), ("wait", 3)])
@example("GB", [("sell", 1), ("deliver", 0), ("return", 3), ("complete", 0), ("wait", 3)])
def test_the_books_balance_over_any_trade(region: str, steps: list[tuple[str, int]]) -> None:
    trade = Trade(region)

    for step, number in steps:
        trade.take(step, number)
        trade.check()
