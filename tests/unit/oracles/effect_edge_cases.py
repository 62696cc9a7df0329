"""Cases at the very edge of the rules about what writes and webhooks bring about."""

from __future__ import annotations

from typing import Any

from tests.support.histories import Story, line, order, told
from tests.support.oracle_cases import Case, broken, fine, unseen

__all__ = ["CASES"]

ONE = order("1")
SOLD_TWO = order("1", lines=[line("1-1"), line("1-2")])
DOWN: dict[str, Any] = {"status": 500, "code": 36009003}
LOST: dict[str, Any] = {"fate": "reset", "committed": True}
CONVERGES, PARCELS, UNSAFE = "stock_converges", "no_double_shipment", "unsafe_writes_not_retried"
SURVIVED, ONCE, BACKWARDS = "strange_webhooks_survived", "webhooks_once", "status_never_backwards"
CERTIFIED = "server_identity_checked"


def differs(claim: str, story: Story, believed: int, true: int, *others: int) -> Case:
    """Return a case in which the quantity of S1 differs, and its reason is told."""
    stock = {"S1": believed, **{f"S{n}": quantity for n, quantity in enumerate(others, 2)}}
    exists = {"S1": true, **{f"S{n}": quantity for n, quantity in enumerate(others, 2)}}
    story.observe("stock", stock).truth(orders=[SOLD_TWO], stock=exists)
    return broken(CONVERGES, "stock_differs", claim, story)


def unheld(claim: str, story: Story, true: int, *, lost: bool) -> Case:
    """Return a case in which S1 is not told, and whether a push of it counts as lost."""
    story.observe("stock", {}).truth(stock={"S1": true})
    if lost:
        return broken(CONVERGES, "push_lost", claim, story)
    return fine(CONVERGES, claim, story)


def asked(quantity: int = 9) -> Story:
    """Return a story in which the integration is asked to set S1."""
    return Story().invoke("push_stock", changes={"S1": quantity})


STOCK = [
    differs("lowered again", Story().push(4), 5, 4),
    differs("lowered again, and by an order as well", Story().push(4), 6, 4),
    differs("sold since it was pushed", Story().push(6), 5, 4),
    differs("as pushed, and sold since", Story().push(5), 5, 4),
    differs("another SKU's quantity", Story().push(9), 5, 8, 9),
    differs("a quantity of its own", Story().push(9), 5, 8, 7),
    differs("its own quantity, which another SKU has, too", Story().push(5), 5, 8, 5),
    differs("pushed again after a lost answer", Story().push(9, **LOST).push(9), 7, 9),
    differs("pushed another quantity after a lost answer", Story().push(8, **LOST).push(7), 7, 9),
    differs("pushed again after an answer", Story().push(7).push(7), 7, 9),
    differs("pushed again, and off by another number", Story().push(9, **LOST).push(7), 7, 10),
    differs("booked twice", Story(), 3, 5),
    differs("booked three times", Story(), 1, 5),
    differs("booked five times", Story(), 1, 9),
    differs("booked six times is none", Story(), 1, 11),
    differs("missed once", Story(), 7, 5),
    differs("missed half", Story(), 6, 5),
    differs("too much by two sales", Story().push(1, errors=[{"sku": "S9"}]), 9, 5),
    differs("refused, and why", Story().push(9, **DOWN, diagnosis="the shop is closed"), 9, 5),
    differs("a failed push of another quantity", Story().push(8, **DOWN), 9, 5),
    differs("a push of another SKU", Story().push(9, "S2", **DOWN), 10, 5),
    broken(
        CONVERGES,
        "stock_differs",
        "the SKU that is farthest off tells it",
        Story().observe("stock", {"S1": 20, "S2": 1}).truth(stock={"S1": 17, "S2": 9}),
    ),
    unheld("a push that arrived", asked().push(9).ok(), 7, lost=False),
    unheld("a push of another SKU arrived", asked().push(9, "S2").ok(), 4, lost=True),
    unheld("a push arrived before it was asked for",
           Story().push(9).invoke("push_stock", changes={"S1": 9}).ok(), 4, lost=True),
    unheld("a push that was refused inside code 0",
           asked().push(9, errors=[{"detail": {"sku_id": "S1"}}]).ok(), 4, lost=True),
    unheld("nothing had to arrive", asked(4).ok(), 4, lost=False),
    unheld("a push that never ended", asked(), 4, lost=True),
    unheld("a push that ended at last, although nothing followed", asked(), 9, lost=False),
    fine(
        CONVERGES,
        "instructions that are none",
        Story().invoke("push_stock", changes={"S1": True, "S2": "9"}).ok()
        .observe("stock", {"S3": 4}).truth(stock={"S1": 9, "S2": 1, "S3": 4}),
    ),
    fine(
        CONVERGES,
        "rows of a push that are no rows",
        Story().call("push", body={"skus": ["S1", {"inventory": []}, {"id": ""}]})
        .observe("stock", {"S1": 4}).truth(stock={"S1": 4}),
    ),
    unseen("no_oversell", "rows of a push that name no SKU",
           Story().observe("stock", {"None": 1, "": 1})
           .call("push", body={"skus": ["S1", {"inventory": [{"quantity": 9}]}]})),
]  # fmt: skip


def batch(*ids: str) -> dict[str, Any]:
    """Return the body of a call that ships several packages."""
    return {"packages": [{"id": id} for id in ids]}


SHIPPED = [
    broken(PARCELS, "shipped_twice shipped_again", "a batch with a package of the batch before",
           Story().call("batch", body=batch("P1", "P2")).call("batch", body=batch("P2", "P3"))),
    broken(PARCELS, "shipped_twice shipped_again", "a package named by the end of the path",
           Story().call("ship", path="/fulfillment/202309/packages/P1")
           .call("ship", path="/fulfillment/202309/packages/P1")),
    broken(PARCELS, "shipped_twice shipped_again", "an order named by the end of the path",
           Story().call("mark", path="/fulfillment/202309/orders/O1")
           .call("mark", path="/fulfillment/202309/orders/O1")),
    fine(PARCELS, "calls that name no package",
         Story().call("ship", path="/fulfillment/202309/packages")
         .call("mark", path="/fulfillment/202309/orders").call("ship", path="/fulfillment")
         .call("ship", path="/fulfillment/202309/packages", body=batch("P1"))
         .call("ship", path="/fulfillment/202309/packages", body=batch("P1"))),
]  # fmt: skip


def written(*, between: Story | None = None, **second: Any) -> Story:
    """Return a story in which a shipment loses its answer and is sent again."""
    story = between or Story().call("ship", "P1", **LOST)
    return story.call("ship", "P1", **second)


WRITES = [
    broken(UNSAFE, "unsafe_write_retried", "read before it only",
           written(between=Story().call("package", "P1").call("ship", "P1", **LOST))),
    fine(UNSAFE, "one of two reads between them is about it",
         Story().call("ship", "P1", **LOST).call("package", "P1").call("package", "P2")
         .call("ship", "P1")),
    fine(UNSAFE, "read after it was sent again",
         Story().call("ship", "P1", **LOST).call("package", "P1").call("ship", "P1")
         .call("package", "P1")),
    broken(UNSAFE, "unsafe_write_retried", "a cancellation, and a read of another domain",
           Story().call("cancel", **LOST).call("detail").call("cancel")),
    fine(UNSAFE, "a cancellation, and a read of its domain",
         Story().call("cancel", **LOST)
         .call("detail", operation="return_refund.202309.search_cancellations").call("cancel")),
    fine(UNSAFE, "cancellations of two orders",
         Story().call("cancel", **LOST, body={"order_id": "1"})
         .call("cancel", body={"order_id": "2"})),
    broken(UNSAFE, "unsafe_write_retried", "cancellations of one order",
           Story().call("cancel", **LOST, body={"order_id": "1"})
           .call("cancel", body={"order_id": "1"})),
    fine(UNSAFE, "a key in the query", written(between=Story().call("ship", "P1", **LOST),
                                              query={"idempotency_key": "k"})),
    fine(UNSAFE, "a key in the body", written(between=Story().call("ship", "P1", **LOST),
                                             body={"idempotency_key": "k"})),
    fine(UNSAFE, "a long answer between them may have told of it",
         written(between=Story().call("ship", "P1", **LOST).call(data={"x": "(99 characters more)"})
                 )),
]  # fmt: skip


def strange(status: int, fault: str = "webhooks_unknown_type", story: Story | None = None) -> Story:
    """Return the story with one delivery that is not genuine."""
    story = (story or Story()).fault(fault)
    return story.webhook("X1", genuine=False, status=status, fault=fault)


def delivering(status: int, *, fails: bool) -> Story:
    """Return a story of two deliveries, in the first of which a call fails or not."""
    story = Story().invoke("deliver_webhook").call(**(DOWN if fails else {})).ok()
    return strange(status, story=story.invoke("deliver_webhook").call().ok())


STRANGE = [
    fine(SURVIVED, "an unknown type taken under 299", strange(299)),
    broken(SURVIVED, "unknown_type_refused", "an unknown type answered 300", strange(300)),
    broken(SURVIVED, "unknown_type_refused", "an unknown type answered 499", strange(499)),
    broken(SURVIVED, "receiver_broke", "an unknown type answered 500", strange(500)),
    fine(SURVIVED, "one too large answered 499", strange(499, "webhooks_oversize")),
    broken(
        SURVIVED,
        "receiver_broke",
        "one genuine webhook of two was taken",
        strange(500, story=Story().webhook("N1", status=500).webhook("N2", status=499)),
    ),
    unseen(
        SURVIVED,
        "genuine ones break it, too",
        strange(500, story=Story().webhook("N1", status=500).webhook("N2", status=0)),
    ),
    broken(SURVIVED, "receiver_broke", "an earlier delivery failed", delivering(500, fails=True)),
    broken(SURVIVED, "receiver_broke", "a later delivery failed",
           strange(500).invoke("deliver_webhook").call(**DOWN).fail()),
    unseen(SURVIVED, "one call of two failed meanwhile",
           strange(500, story=Story().invoke("deliver_webhook").call(**DOWN).call().fail())),
    broken("forged_webhooks_ignored", "forgery_accepted", "a fault that tampers",
           Story().fault("my_tampering").webhook("X", genuine=False, fault="my_tampering")),
    unseen("forged_webhooks_ignored", "a fault of another name, and a body nobody sent",
           Story().fault("mine").webhook("X", genuine=False, fault="mine")),
    unseen("forged_webhooks_ignored", "a genuine body without a named fault",
           Story().webhook("N1").webhook("X", genuine=False)),
    unseen(SURVIVED, "a genuine body by a fault of another name",
           Story().webhook("N1").fault("mine").webhook("X", genuine=False, fault="mine")),
    broken(SURVIVED, "receiver_broke", "a body nobody sent, by a fault of another name",
           Story().fault("mine").webhook("X", genuine=False, fault="mine", status=500)),
]  # fmt: skip


def twice(**fields: Any) -> Story:
    """Return a story in which the webhook about order 1 is accepted twice."""
    return Story().webhook(**fields).webhook(**fields)


def held(stock: Any, available: int, *orders: dict[str, Any]) -> Story:
    """Return a story of one webhook accepted twice, and a look at the stock after it."""
    return twice().observe("stock", stock).truth(orders=orders, stock={"S1": available})


TRIPLE = order("1", lines=[line(f"1-{n}") for n in range(3)])
REPEATED = [
    fine(ONCE, "accepted once under 299 and once refused", Story().webhook(status=299)
         .webhook(status=300)),
    fine(ONCE, "one number in two shops", Story().webhook().webhook(shop="shop-2")
         .observe("orders", [told(ONE)] * 2).truth(orders=[ONE])),
    fine(ONCE, "a webhook that names no order, and orders without id",
         twice(about="").observe("orders", [told(order(""))] * 2).truth(orders=[ONE])),
    fine(ONCE, "another order booked twice",
         twice(about="2").observe("orders", [told(ONE)] * 2).truth(orders=[ONE])),
    fine(ONCE, "booked twice for a while",
         twice().observe("orders", [told(ONE)] * 2).truth(orders=[ONE])
         .observe("orders", [told(ONE)]).truth(orders=[ONE])),
    broken(ONCE, "units_booked_twice", "more than twice the units",
           twice().observe("orders", [told(ONE, lines=[{"sku_id": "S1", "quantity": 3}])])
           .truth(orders=[ONE])),
    fine(ONCE, "less than twice the units",
         twice().observe("orders", [told(TRIPLE, lines=[{"sku_id": "S1", "quantity": 5}])])
         .truth(orders=[TRIPLE])),
    fine(ONCE, "units of an order that the platform does not have",
         twice().observe("orders", [told(ONE)]).truth(orders=[])),
    fine(ONCE, "units of an order without lines",
         twice().observe("orders", [told(ONE)]).truth(orders=[order("1", lines=[])])),
    broken(ONCE, "booked_twice", "no ledger beside it", twice().observe("orders", [told(ONE)] * 2)),
    broken(ONCE, "stock_lowered_twice", "short by the order", held({"S1": 3}, 5, SOLD_TWO)),
    broken(ONCE, "stock_lowered_twice", "short by twice the order", held({"S1": 1}, 5, SOLD_TWO)),
    broken(ONCE, "stock_lowered_twice", "short by one", held({"S1": 4}, 5, ONE)),
    fine(ONCE, "short by another number", held({"S1": 4}, 5, SOLD_TWO)),
    fine(ONCE, "too much by the order", held({"S1": 7}, 5, SOLD_TWO)),
    fine(ONCE, "as the platform sells", held({"S1": 5}, 5, SOLD_TWO)),
    fine(ONCE, "short by an order of which no webhook came twice",
         held({"S1": 3}, 5, order("2", lines=[line("2-1"), line("2-2")]))),
    fine(ONCE, "a quantity that is none", held({"S1": "?"}, 5, SOLD_TWO)),
    fine(ONCE, "a SKU that is not told", held({"S2": 3}, 5, SOLD_TWO)),
    fine(ONCE, "a SKU that the platform does not have",
         twice().observe("stock", {"S1": 3}).truth(orders=[SOLD_TWO], stock={"S2": 5})),
    fine(ONCE, "stock() tells nothing that can be read", held("?", 5, SOLD_TWO)),
    fine(ONCE, "no ledger beside the stock", twice().observe("stock", {"S1": 3})),
    fine(ONCE, "stock lowered twice for a while",
         held({"S1": 3}, 5, SOLD_TWO).observe("stock", {"S1": 5})
         .truth(orders=[SOLD_TWO], stock={"S1": 5})),
    fine(ONCE, "another order converted twice",
         twice().observe("conversions", [{"order_id": "2"}] * 2)),
    fine(ONCE, "conversions that are none", twice().observe("conversions", ["1", "1"])),
    fine(ONCE, "conversions() tells no list", twice().observe("conversions", "1")),
    fine(ONCE, "converted twice for a while",
         twice().observe("conversions", [{"order_id": "1"}] * 2)
         .observe("conversions", [{"order_id": "1"}])),
]  # fmt: skip


def told_as(*statuses: str, true: str | None = None) -> Story:
    """Return a story in which order 1 is told with one status after the other."""
    story = Story()
    for status in statuses:
        story.observe("orders", [told(order("1", status))])
        if true:
            story.truth(orders=[order("1", true)])
    return story


BACK = [
    broken(BACKWARDS, "status_backwards", "no ledger beside it",
           told_as("IN_TRANSIT", "AWAITING_SHIPMENT")),
    broken(BACKWARDS, "status_backwards", "back and forth",
           told_as("IN_TRANSIT", "ON_HOLD", "IN_TRANSIT", "ON_HOLD", true="IN_TRANSIT")),
    unseen(BACKWARDS, "no status told after one", told_as("IN_TRANSIT", "", true="IN_TRANSIT")),
    fine(BACKWARDS, "no status told before one", told_as("", "ON_HOLD", true="IN_TRANSIT")),
    fine(BACKWARDS, "an order that the platform does not have goes on",
         told_as("ON_HOLD", "IN_TRANSIT")),
    unseen(BACKWARDS, "orders() tells nothing that can be read twice",
           Story().observe("orders", "?").observe("orders", "?")),
]  # fmt: skip

EXPIRED: dict[str, Any] = {"faults": ("certificate_expired",), "status": 404, "code": None}
CERTIFICATES = [
    unseen(CERTIFIED, "a certificate that was only armed",
           Story().fault("certificate_expired", "armed").call(**EXPIRED)),
    unseen(CERTIFIED, "another fault", Story().fault("latency").call(faults=("latency",))),
    broken(CERTIFIED, "unproven_server", "the access token was sent",
           Story().fault("certificate_expired")
           .call(**EXPIRED, sent_headers=(("x-tts-access-token", "{access_token:1}"),))),
    broken(CERTIFIED, "unproven_server", "other headers were sent",
           Story().fault("certificate_expired")
           .call(**EXPIRED, sent_headers=(("accept", "*/*"),))),
]  # fmt: skip

CASES: list[Case] = [
    *(*STOCK, *SHIPPED, *WRITES, *STRANGE, *REPEATED, *BACK, *CERTIFICATES),
]
