"""Cases at the very edge of the rules about refunds, on either side of it."""

from __future__ import annotations

from typing import Any

from tests.support.histories import Story, line, order, request
from tests.support.oracle_cases import Case, broken, fine, unseen
from tests.unit.oracles.refund_cases import (
    GIVEN,
    LOST,
    ONE,
    ORDER,
    OTHER,
    R1,
    R2,
    R3,
    SOLD,
    WAITS,
    asked,
    ended,
    refunds,
    row,
    started,
)

__all__ = ["CASES"]

AS_ASKED, TRUE, COMPLETE = "refunds_as_asked", "refunds_true", "refunds_complete"
SELLER = {"role": "SELLER", "order_id": ORDER}
UNPAID, UNPAID_TOO = order(ORDER, "CANCELLED", paid_at_s=0), order(OTHER, "CANCELLED", paid_at_s=0)


def made(*calls: tuple[str, dict[str, Any]], by: Story | None = None) -> Story:
    """Return a story of calls that start refunds, each carried out by the platform."""
    story = by or Story()
    for number, (amount, outcome) in enumerate(calls, 1):
        started(story, amount, **outcome)
        story.committed("return.requested", f"40{number}", after=SELLER, call=number)
    return story


def twice(*, at: int) -> Story:
    """Return a story in which one call is carried out twice."""
    story = started(Story(), "1.00").committed("return.requested", R1, after=SELLER, call=1)
    return story.committed("return.requested", R2, after=SELLER, call=at)


TWO_PRICES = order(ORDER, lines=[line("1"), line("2", price="7.00")])
GIVEN_ONCE = [
    unseen(AS_ASKED, "two refunds of its own accord", made(("1.00", {}), ("2.00", {}))),
    unseen(AS_ASKED, "two alike of its own accord", made(("1.00", {}), ("1.00", {}))),
    unseen(AS_ASKED, "a lost call, and another one", made(("1.00", LOST), ("2.00", {}))),
    broken(AS_ASKED, "refunded_twice", "a lost call, sent again of its own accord",
           made(("1.00", LOST), ("1.00", {}))),
    broken(AS_ASKED, "refunded_twice", "a lost call, sent again after another one",
           made(("1.00", LOST), ("2.00", {}), ("1.00", {}))),
    broken(AS_ASKED, "refunded_twice", "the second of three, sent again",
           made(("2.00", {}), ("1.00", LOST), ("1.00", {}))),
    unseen(AS_ASKED, "the last of two was lost", made(("1.00", {}), ("1.00", LOST))),
    broken(AS_ASKED, "refunded_twice", "one call carried out twice", twice(at=1)),
    broken(
        AS_ASKED,
        "refunded_twice",
        "asked for once, and given in two different calls",
        ended(made(("1.00", {}), ("2.00", {}), by=Story().invoke("refund", order_id=ORDER)).ok(),
              SOLD),
    ),
    fine(
        AS_ASKED,
        "what else became of the order",
        ended(asked("1.25").committed("return.approved", after=SELLER)
              .committed("return.approved", after=SELLER), SOLD),
    ),
    broken(
        AS_ASKED,
        "given_other_than_asked",
        "two amounts were asked for, and the one farthest off tells it",
        ended(asked("1.25", "2.25"), request(R1, "2.00", of=ORDER, role="SELLER"),
              request(R2, "0.25", of=ORDER, role="SELLER"),
              request(R3, "2.25", of=ORDER, role="SELLER")),
    ),
]  # fmt: skip

TOLD = [
    broken(TRUE, "refund_imagined", "the largest of two imagined ones tells it",
           refunds(row("2.00"), row("9.00", of=OTHER), given=())),
    broken(TRUE, "refused_refund_believed", "the largest of two waiting ones tells it",
           refunds(row("2.00"), row("9.00", of=OTHER),
                   given=(WAITS, request(R2, "0", of=OTHER)))),
    broken(TRUE, "unpaid_refund_believed", "the largest of two unpaid ones tells it",
           refunds(row("2.00"), row("9.00", of=OTHER), given=(), orders=(UNPAID, UNPAID_TOO))),
    broken(TRUE, "refund_amount_wrong", "the one farthest off tells it",
           refunds(row("9.00"), row("3.00", of=OTHER),
                   given=(request(R1, "8.00", of=ORDER), request(R2, "1.00", of=OTHER)))),
    broken(TRUE, "refund_amount_wrong", "a row of nothing", refunds(row("0.00"))),
    broken(TRUE, "refund_amount_wrong", "units for cents", refunds(row("0.05"))),
    broken(TRUE, "refund_amount_wrong", "four cents off", refunds(row("4.96"))),
    broken(TRUE, "refund_amount_wrong", "five cents off", refunds(row("4.95"))),
    broken(TRUE, "refund_amount_wrong", "the price of a line",
           refunds(row("7.00"), orders=(TWO_PRICES,))),
    broken(TRUE, "refund_amount_wrong", "the prices of all lines",
           refunds(row("12.00"), orders=(TWO_PRICES,))),
    broken(TRUE, "refund_amount_wrong", "an order that nobody has",
           refunds(row("7.00"), orders=())),
    fine(TRUE, "no ledger beside the first of two",
         refunds(row()).observe("refunds", [row()]).truth(orders=[ONE], returns=[GIVEN])),
    unseen(TRUE, "no ledger at all", Story().observe("refunds", [row()])),
]  # fmt: skip

LOST_ONES = [
    broken(COMPLETE, "refund_lost", "the largest of two lost ones tells it",
           refunds(given=(request(R1, "2.00", of=ORDER), request(R2, "9.00", of=ORDER)))),
    unseen(COMPLETE, "no ledger at all", Story().observe("refunds", [])),
    broken(COMPLETE, "refund_lost", "a webhook told of it and was taken",
           refunds(by=Story().webhook(type=12, body=f'{{"data": {{"order_id": "{ORDER}"}}}}'))),
    broken(COMPLETE, "refund_lost", "a webhook told of it and was not taken",
           refunds(by=Story().webhook(
               type=12, status=201, body=f'{{"data": {{"order_id": "{ORDER}"}}}}'))),
    broken(COMPLETE, "refund_lost", "returns were searched for", refunds(
        by=Story().call("returns"))),
]  # fmt: skip

CASES: list[Case] = [*GIVEN_ONCE, *TOLD, *LOST_ONES]
