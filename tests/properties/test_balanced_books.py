"""Whatever is sold, cancelled, returned and refunded, the books add up and the past stays.

what buyers paid = what they got back + what was settled for the sale, part by part
"""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.shop_desk import Desk

from tts_chaos.twin.domains.finance.books import (
    payments_of,
    statements_of,
    transactions_of,
    transactions_of_order,
)
from tts_chaos.twin.domains.finance.entities import Payment, Statement
from tts_chaos.twin.domains.order.entities import Order
from tts_chaos.twin.domains.return_refund.given_back import (
    amount_given_back,
    given_back,
    refundable_lines,
)
from tts_chaos.twin.domains.return_refund.reasons import RETURN
from tts_chaos.twin.domains.return_refund.returning import open_return_of

MOVES = {"AWAITING_SHIPMENT": "ship", "AWAITING_COLLECTION": "collect", "IN_TRANSIT": "deliver"}
# What must come first for anything to happen is drawn more often.
ACTS = (
    *("sell", "complete", "wait") * 2,
    *("deliver", "cancel", "return", "part", "buyer"),
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
        self.statements: dict[str, Statement] = {}
        self.payments: dict[str, Payment] = {}

    def take(self, step: str, number: int) -> None:
        if step == "sell":
            self.orders.append(self.desk.place(units=1 + number % 3).id)
        elif step == "wait":
            self.desk.wait(hours=6 + number * 12)
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
        body = {
            "order_id": order.id,
            "return_type": "REFUND",
            "return_reason": next(iter(RETURN)),
            "order_line_item_ids": [line.id] if number % 2 else [each.id for each in order.lines],
        }
        self.desk.call("return_refund.202602.create_return", body=body)

    def _buyer(self, order: Order, _number: int) -> None:
        id = self._ask(order)
        if id:
            body = {"decision": "APPROVE_REFUND"}
            self.desk.call("return_refund.202309.approve_return", return_id=id, body=body)

    def _part(self, order: Order, number: int) -> None:
        id = self._ask(order)
        if not id:
            return
        offer = {"amount": str(1 + 40 * number), "currency": order.currency}
        body = {"decision": "OFFER_PARTIAL_REFUND", "partial_refund": offer}
        answer = self.desk.call("return_refund.202309.approve_return", return_id=id, body=body)
        if answer.code == 0:
            self.desk.command("answer_offer", order=order.id, accept=number != 1)

    def _ask(self, order: Order) -> str:
        """Return the id of a request that awaits the seller, made where there is none."""
        env = self.desk.twin.env
        request = open_return_of(env, order)
        if request is not None:
            return request.id
        if order.status not in ("DELIVERED", "COMPLETED") or not refundable_lines(env, order):
            return ""
        asked = self.desk.command("request_return", order=order.id, return_type="REFUND")
        return str(asked["return_id"])

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
        env = self.desk.twin.env
        refunds = given_back(env, order)
        back = sum((amount_given_back(order, row) for row in refunds), Decimal(0))
        assert back <= order.total
        units = [id for row in refunds for id in row.line_ids]
        assert len(units) == len(set(units))
        rows = transactions_of_order(env, order)
        if rows:
            assert sum(row.customer_refund for row in rows) == -back
            assert sum(row.gross for row in rows) == sum(
                line.original_price for line in order.open_lines
            )
            whole = {id for row in refunds if row.is_whole for id in row.line_ids}
            kept = [line for line in order.open_lines if line.id not in whole]
            parts = sum((row.part for row in refunds), Decimal(0))
            assert sum(row.revenue for row in rows) == (
                sum(line.original_price - line.seller_discount for line in kept) - parts
            )


@settings(max_examples=150)
@given(region=st.sampled_from(["GB", "US", "JP"]), steps=STEPS)
def test_the_books_balance_over_any_trade(region: str, steps: list[tuple[str, int]]) -> None:
    trade = Trade(region)

    for step, number in steps:
        trade.take(step, number)
        trade.check()
