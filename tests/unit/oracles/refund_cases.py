"""What the oracles of refunds must say."""

from __future__ import annotations

from typing import Any

from tests.support.histories import START_S, Story, order, request
from tests.support.oracle_cases import broken, fine, unseen

__all__ = ["CASES"]

ORDER, OTHER = "576400000000000001", "576400000000000002"
R1, R2, R3 = "403500000000000001", "403500000000000002", "403500000000000003"

ONE = order(ORDER, status="DELIVERED")
UNPAID = order(ORDER, status="CANCELLED", paid_at_s=0)
CANCELLED = order(ORDER, status="CANCELLED")
GIVEN = request(R1, of=ORDER)
PART = request(R2, "1.25", of=ORDER)
WAITS = request(R1, "0", of=ORDER)
LOST: dict[str, Any] = {"fate": "reset", "code": None, "status": 0}


def row(amount: Any = "5.00", *, of: str = ORDER, currency: str = "GBP", **fields: Any) -> Any:
    """Return a refund as an integration tells it."""
    return {"order_id": of, "amount": amount, "currency": currency, **fields}


def refunds(
    *told: Any, given: Any = (GIVEN,), by: Story | None = None, orders: Any = (ONE,)
) -> Story:
    """Return a story in which refunds are told beside what the platform gave."""
    return (by or Story()).observe("refunds", list(told)).truth(orders=orders, returns=given)


def approved(after: Story | None = None, **outcome: Any) -> Story:
    """Return a story in which request R1 is approved."""
    return (after or Story()).call("approve", R1, body={"decision": "APPROVE_REFUND"}, **outcome)


def started(story: Story, amount: str = "", **outcome: Any) -> Story:
    """Continue a story by a refund that the seller starts."""
    body = {"order_id": ORDER, "return_type": "REFUND"} | (
        {"refund_total": amount} if amount else {}
    )
    return story.call("refund", body=body, **outcome)


def searched(story: Story, *rows: Any, **body: Any) -> Story:
    """Continue a story by a search for returns that shows `rows`."""
    return story.wait(1_000).call("returns", body=body, data={"return_orders": list(rows)})


def since_before(story: Story) -> Story:
    """Continue a story by a search of everything since before it began, which shows nothing."""
    return searched(story, update_time_ge=START_S - 900)


SHOWN = {"return_id": R1, "order_id": ORDER}

TRUE = [
    fine("refunds_true", "nothing given, nothing told", refunds(given=())),
    fine("refunds_true", "told as it was given", refunds(row())),
    fine("refunds_true", "told by its id", refunds(row(id=R1))),
    fine("refunds_true", "an amount as a number", refunds(row(5))),
    fine("refunds_true", "not yet known", refunds()),
    fine("refunds_true", "two refunds", refunds(row(), row("1.25"), given=(GIVEN, PART))),
    fine("refunds_true", "two refunds in one entry", refunds(row("6.25"), given=(GIVEN, PART))),
    fine("refunds_true", "one refund by line", refunds(row("2.00"), row("3.00"))),
    fine(
        "refunds_true",
        "two of the same amount",
        refunds(row(), row(), given=(GIVEN, request(R2, of=ORDER))),
    ),
    fine(
        "refunds_true",
        "an order that the platform cancelled by itself",
        refunds(row("12.50"), given=(), orders=(CANCELLED,)),
    ),
    broken("refunds_true", "refund_told_twice", "the same twice", refunds(row(), row())),
    broken(
        "refunds_true",
        "refund_told_twice",
        "the same id twice",
        refunds(row(id=R1), row(id=R1)),
    ),
    broken(
        "refunds_true",
        "unpaid_refund_believed",
        "an order that was never paid",
        refunds(row("12.50"), given=(), orders=(UNPAID,)),
    ),
    broken(
        "refunds_true",
        "refused_refund_believed",
        "a request that still waits",
        refunds(row(), given=(WAITS,)),
    ),
    broken(
        "refunds_true",
        "refused_refund_believed",
        "a call that was refused",
        refunds(row(), given=(), by=started(Story(), code=25001003)),
    ),
    broken("refunds_true", "refund_imagined", "nobody asked", refunds(row(), given=())),
    broken("refunds_true", "refund_imagined", "another order", refunds(row(of=OTHER))),
    broken("refunds_true", "refund_amount_wrong", "a cent less", refunds(row("4.99"))),
    broken("refunds_true", "refund_amount_wrong", "cents for units", refunds(row("500"))),
    broken("refunds_true", "refund_amount_wrong", "by its id", refunds(row("12.50", id=R1))),
    broken(
        "refunds_true",
        "refund_amount_wrong",
        "two wrong ones that even out",
        refunds(row("6.00", id=R1), row("0.25", id=R2), given=(GIVEN, PART)),
    ),
    broken("refunds_true", "refund_amount_wrong", "another currency", refunds(row(currency="EUR"))),
    broken("refunds_true", "refunds_unreadable", "no list", Story().observe("refunds", {}).truth()),
    broken("refunds_true", "refunds_unreadable", "no amount", refunds(row("five"), given=(WAITS,))),
]

UNKNOWN_OUTCOMES = [
    unseen(
        "refunds_true",
        "believed after a lost answer",
        refunds(row(), given=(WAITS,), by=approved(**LOST)),
    ),
    fine("refunds_true", "not believed after a lost answer", refunds(by=approved(**LOST))),
    unseen(
        "refunds_true",
        "a search of another order tells nothing",
        refunds(row(), given=(WAITS,), by=searched(approved(**LOST), order_ids=[OTHER])),
    ),
    unseen(
        "refunds_true",
        "a search that begins later tells nothing",
        refunds(row(), given=(WAITS,), by=searched(approved(**LOST), update_time_ge=START_S + 1)),
    ),
    unseen(
        "refunds_true",
        "a webhook of the request tells nothing",
        refunds(
            row(),
            given=(WAITS,),
            by=approved(**LOST).decided(ORDER, claims="RETURN_OR_REFUND_REQUEST_PENDING"),
        ),
    ),
    broken(
        "refunds_true",
        "refused_refund_believed",
        "a search showed that it was not done",
        refunds(row(), given=(WAITS,), by=searched(approved(**LOST), SHOWN, order_ids=[ORDER])),
    ),
    broken(
        "refunds_true",
        "refund_imagined",
        "a search of everything showed that nothing came of it",
        refunds(row(), given=(), by=since_before(started(Story(), **LOST))),
    ),
    fine(
        "refunds_complete",
        "a lost answer that was looked after",
        refunds(row(), by=searched(approved(**LOST), SHOWN, order_ids=[ORDER])),
    ),
    unseen("refunds_complete", "a lost answer", refunds(by=approved(**LOST))),
    broken(
        "refunds_complete",
        "refund_lost",
        "a search showed that it was done",
        refunds(by=searched(approved(**LOST), SHOWN, order_ids=[ORDER])),
    ),
    broken(
        "refunds_complete",
        "refund_lost",
        "a webhook said that it was done",
        refunds(by=approved(**LOST).decided(ORDER)),
    ),
    broken(
        "refunds_complete",
        "refund_lost",
        "a later try was confirmed",
        refunds(by=approved(approved(**LOST))),
    ),
    broken(
        "refunds_complete",
        "refund_lost",
        "a later try was refused as done before",
        refunds(by=approved(approved(**LOST), code=25020010)),
    ),
    unseen(
        "refunds_complete",
        "done after it was looked at",
        refunds(by=searched(approved(**LOST), SHOWN, order_ids=[ORDER]).done_late(1)),
    ),
    broken(
        "refunds_complete",
        "refund_lost",
        "done late, and looked at afterwards",
        refunds(
            by=searched(
                searched(approved(**LOST), SHOWN, order_ids=[ORDER]).done_late(1),
                SHOWN,
                order_ids=[ORDER],
            )
        ),
    ),
]

COMPLETE = [
    unseen("refunds_complete", "nothing told says nothing", Story().truth(returns=[GIVEN])),
    fine("refunds_complete", "nothing given", refunds(given=())),
    fine("refunds_complete", "given and known", refunds(row())),
    fine("refunds_complete", "a request that still waits", refunds(given=(WAITS,))),
    fine("refunds_complete", "an amount that is wrong is no loss", refunds(row("4.99"))),
    broken("refunds_complete", "refund_lost", "given and not known", refunds()),
    broken("refunds_complete", "refund_lost", "one of two", refunds(row(), given=(GIVEN, PART))),
    broken(
        "refunds_complete",
        "refund_lost",
        "its own, confirmed",
        refunds(by=started(Story())),
    ),
    broken(
        "refunds_complete",
        "refund_lost",
        "a cancellation",
        Story().observe("refunds", []).truth(orders=[CANCELLED], cancellations=[GIVEN]),
    ),
]


def asked(*amounts: str, of: str = ORDER) -> Story:
    """Return a story in which refund() is asked for amounts, and each call is confirmed."""
    story = Story()
    for number, amount in enumerate(amounts, 1):
        story.invoke("refund", order_id=of, amount=amount)
        started(story, amount).committed(
            "return.requested",
            f"403{number}",
            after={"role": "SELLER", "order_id": of},
            call=number,
        )
        story.ok()
    return story


def ended(story: Story, *given: Any) -> Story:
    """End a story by the platform's ledger."""
    return story.truth(orders=[ONE], returns=given)


def repeated(**outcome: Any) -> Story:
    """Return a story in which refund() sends its call twice, and the platform does both."""
    after = {"role": "SELLER", "order_id": ORDER}
    story = started(Story().invoke("refund", order_id=ORDER, amount="1.25"), "1.25", **outcome)
    story.committed("return.requested", R1, after=after, call=1)
    return started(story, "1.25").committed("return.requested", R2, after=after, call=2)


SOLD = request(R1, "1.25", of=ORDER, role="SELLER")
AS_ASKED = [
    unseen("refunds_as_asked", "nothing asked says nothing", ended(Story(), GIVEN)),
    fine("refunds_as_asked", "all of it", ended(asked(""), GIVEN)),
    fine("refunds_as_asked", "a part", ended(asked("1.25"), SOLD)),
    fine(
        "refunds_as_asked",
        "a part and the rest",
        ended(asked("1.25", ""), SOLD, request(R2, "3.75", of=ORDER, role="SELLER")),
    ),
    fine(
        "refunds_as_asked",
        "what the buyer got besides",
        ended(asked("1.25"), SOLD, request(R3, "5.00", of=ORDER)),
    ),
    fine(
        "refunds_as_asked",
        "a refusal that was raised",
        ended(started(Story().invoke("refund", order_id=ORDER, amount=""), code=25001003).fail()),
    ),
    fine(
        "refunds_as_asked",
        "cancelled before it was paid",
        Story().invoke("cancel", order_id=ORDER).ok().truth(orders=[UNPAID]),
    ),
    broken(
        "refunds_as_asked",
        "refunded_twice",
        "sent again after a lost answer",
        ended(repeated(**LOST).ok(), SOLD, request(R2, "1.25", of=ORDER, role="SELLER")),
    ),
    broken(
        "refunds_as_asked",
        "given_other_than_asked",
        "everything for a part",
        ended(asked("1.25"), request(R1, "5.00", of=ORDER, role="SELLER")),
    ),
    broken(
        "refunds_as_asked",
        "refund_did_nothing",
        "a refusal that was not read",
        ended(started(Story().invoke("refund", order_id=ORDER, amount=""), code=25001003).ok()),
    ),
    broken(
        "refunds_as_asked",
        "refund_did_nothing",
        "an order that was not cancelled",
        Story().invoke("cancel", order_id=ORDER).ok().truth(orders=[order(ORDER)]),
    ),
]

CASES = [*TRUE, *UNKNOWN_OUTCOMES, *COMPLETE, *AS_ASKED]
