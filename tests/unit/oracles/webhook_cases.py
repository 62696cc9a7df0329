"""What the oracles of strange, foreign, replayed and reordered webhooks must say."""

from __future__ import annotations

from typing import Any

from tests.support.histories import Story, order, told
from tests.support.oracle_cases import broken, fine, unseen

__all__ = ["CASES"]

ONE = order("1")


SURVIVED = "strange_webhooks_survived"
IGNORED = "foreign_webhooks_ignored"


def strange(fault: str, status: int, **fields: Any) -> Story:
    """Return a story in which a genuine webhook is accepted and a strange one answered."""
    return (
        Story()
        .fault(fault)
        .webhook("N1")
        .webhook("X1", genuine=False, status=status, fault=fault, **fields)
    )


def amid_failures(status: int) -> Story:
    """Return a story in which a strange webhook fails because the API does."""
    story = Story().fault("webhooks_unknown_type").webhook("N1").invoke("deliver_webhook")
    return (
        story.call(status=503, code=None)
        .fail()
        .webhook("X1", genuine=False, status=status, fault="webhooks_unknown_type")
    )


STRANGE = [
    unseen(SURVIVED, "genuine ones say nothing", Story().webhook()),
    unseen(SURVIVED, "replays are no strangers", strange("webhooks_replayed", 500)),
    unseen(SURVIVED, "a call that failed meanwhile excuses", amid_failures(503)),
    unseen(
        SURVIVED,
        "a receiver that is down for all says nothing of strange ones",
        Story()
        .fault("webhooks_oversize")
        .webhook("N1", status=0)
        .webhook("X1", genuine=False, status=0, fault="webhooks_oversize"),
    ),
    fine(
        SURVIVED,
        "an unknown type is taken",
        strange("webhooks_unknown_type", 200),
    ),
    fine(SURVIVED, "too large is refused", strange("webhooks_oversize", 413)),
    fine(SURVIVED, "cut off is refused", strange("webhooks_truncated", 401)),
    broken(
        SURVIVED,
        "unknown_type_refused",
        "an unknown type is refused",
        strange("webhooks_unknown_type", 400),
    ),
    broken(
        SURVIVED,
        "receiver_broke",
        "an unknown type breaks the receiver",
        strange("webhooks_unknown_type", 500),
    ),
    broken(
        SURVIVED,
        "receiver_broke",
        "no answer to a large one",
        strange("webhooks_oversize", 0),
    ),
    broken(
        SURVIVED,
        "receiver_broke",
        "a forgery breaks the receiver",
        strange("webhooks_unsigned", 500),
    ),
]


def foreign(status: str, *, about: str = "1", true: str = "AWAITING_SHIPMENT") -> Story:
    """Return a story in which another shop's webhook claims a cancellation, and a look after it."""
    story = Story().fault("webhooks_wrong_shop").webhook("N1")
    story.webhook("X1", about=about, claims="CANCELLED", genuine=False, fault="webhooks_wrong_shop")
    return story.observe("orders", [told(order(about, status))]).truth(orders=[order("1", true)])


FOREIGN = [
    unseen(IGNORED, "none sent says nothing", Story().webhook()),
    fine(IGNORED, "acknowledged and without effect", foreign("AWAITING_SHIPMENT")),
    fine(IGNORED, "cancelled indeed", foreign("CANCELLED", true="CANCELLED")),
    broken(
        IGNORED,
        "foreign_status_believed",
        "cancelled for another shop",
        foreign("CANCELLED"),
    ),
    broken(
        IGNORED,
        "foreign_order_believed",
        "an order of another shop is booked",
        foreign("CANCELLED", about="9"),
    ),
]


def moved(*statuses: str) -> Story:
    """Return a story in which order 1 is known on hold and then moves without being looked at."""
    story = Story().observe("orders", [told(order("1", "ON_HOLD"))])
    story.truth(orders=[order("1", "ON_HOLD")])
    for status in statuses:
        story.committed("order.moved", "1", after={"status": status})
    return story


def delivering(story: Story, *claims: str, ending: str, fault: str = "") -> Story:
    """Return the story with one delivery after the other, and a last look."""
    for number, claim in enumerate(claims):
        story.invoke("deliver_webhook").ok(200).webhook(f"N{number}", claims=claim, fault=fault)
    return story.observe("orders", [told(order("1", ending))])


ALL = ("AWAITING_SHIPMENT", "AWAITING_COLLECTION", "IN_TRANSIT")
NEWEST_FIRST = tuple(reversed(ALL))
NEWEST = [
    unseen("newest_status_kept", "no webhook says nothing", moved(*ALL)),
    unseen(
        "newest_status_kept",
        "what was read before the delivery may be older",
        delivering(moved(*ALL).call(), *NEWEST_FIRST, ending="AWAITING_SHIPMENT"),
    ),
    fine("newest_status_kept", "the newest is kept", delivering(moved(*ALL), *ALL, ending=ALL[-1])),
    fine(
        "newest_status_kept",
        "nothing is believed until it is read",
        delivering(moved(*ALL), *NEWEST_FIRST, ending="ON_HOLD"),
    ),
    fine(
        "newest_status_kept",
        "what was true when it was delivered",
        delivering(moved(ALL[0]), ALL[0], ending=ALL[0]),
    ),
    fine(
        "newest_status_kept",
        "a status that visibly goes back is the matter of another rule",
        delivering(
            Story()
            .observe("orders", [told(order("1", "IN_TRANSIT"))])
            .committed("order.moved", "1", after={"status": "IN_TRANSIT"}),
            ALL[0],
            ending=ALL[0],
        ),
    ),
    broken(
        "newest_status_kept",
        "older_status_believed",
        "the last to arrive is believed",
        delivering(moved(*ALL), *NEWEST_FIRST, ending="AWAITING_SHIPMENT"),
    ),
]

REPLAYED = [
    fine(
        "webhooks_once",
        "a replay is taken and has no effect",
        Story()
        .webhook()
        .webhook(genuine=False, fault="webhooks_replayed")
        .observe("orders", [told(ONE)])
        .truth(orders=[ONE]),
    ),
    broken(
        "webhooks_once",
        "booked_twice",
        "a replay is booked",
        Story()
        .webhook()
        .webhook(genuine=False, fault="webhooks_replayed")
        .observe("orders", [told(ONE)] * 2)
        .truth(orders=[ONE]),
    ),
    fine(
        "forged_webhooks_ignored",
        "one that lost its signature told the truth of a moment ago",
        Story()
        .observe("orders", [told(ONE)])
        .truth(orders=[ONE])
        .fault("webhooks_unsigned")
        .webhook(genuine=False, status=401, fault="webhooks_unsigned")
        .observe("orders", [told(ONE)])
        .truth(orders=[order("1", "IN_TRANSIT")]),
    ),
    broken(
        "forged_webhooks_ignored",
        "forgery_accepted",
        "one cut off is acknowledged",
        strange("webhooks_truncated", 200),
    ),
]

CASES = [*STRANGE, *FOREIGN, *NEWEST, *REPLAYED]
