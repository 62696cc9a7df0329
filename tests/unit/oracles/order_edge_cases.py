"""Cases at the very edge of the rules about orders, stock and parcels, on either side of it."""

from __future__ import annotations

from typing import Any

from tests.support.histories import START_S, Story, line, order, told
from tests.support.oracle_cases import Case, broken, fine, unseen

__all__ = ["CASES"]

ONE, TWO = order("1"), order("2")
DOWN: dict[str, Any] = {"status": 500, "code": 36009003}
HTTPS, EXACT, PARCELS = "https_only", "orders_exact", "no_double_shipment"


def look(believed: Any, *true: dict[str, Any]) -> Story:
    """Return a story of one observation of orders with the truth beside it."""
    return Story().observe("orders", believed).truth(orders=true)


def tells(true: dict[str, Any], **fields: Any) -> Story:
    """Return a story in which one order is told with some fields changed."""
    return look([told(true, **fields)], true)


def pointing(status: int, **fields: Any) -> Story:
    """Return a story in which an answer points to another host, and a call goes there."""
    away = {"location": "https://else.example/order/202309/orders/search"}
    story = Story().call(status=status, code=None, headers=away)
    return story.call(**{"host": "else.example", "status": 404, "code": None, **fields})


ADDRESSES = [
    broken(HTTPS, "redirect_followed", "300 points elsewhere", pointing(300)),
    broken(HTTPS, "redirect_followed", "399 points elsewhere", pointing(399)),
    broken(HTTPS, "redirect_followed", "without the token", pointing(302, token="")),
    fine(HTTPS, "299 points nowhere", pointing(299)),
    fine(HTTPS, "400 points nowhere", pointing(400)),
    fine(HTTPS, "another path of the other host", pointing(302, path="/elsewhere")),
    fine(HTTPS, "an answer that points nowhere", Story().call(status=304, code=None).call()),
    broken(
        HTTPS,
        "plain_http",
        "http that succeeds beside https",
        Story().call(scheme="http").call(),
    ),
    broken(
        HTTPS,
        "plain_http",
        "http that fails in a run without TLS",
        Story().call(scheme="http").call(scheme="http", **DOWN),
    ),
    broken(
        HTTPS,
        "secret_in_url",
        "a token as the whole path",
        Story().call(path="{access_token:1}/orders"),
    ),
]

MOVED = "newest_status_kept"
ALL = ("AWAITING_SHIPMENT", "AWAITING_COLLECTION", "IN_TRANSIT")


def held(*statuses: str) -> Story:
    """Return a story in which order 1 is told on hold, and moves on the platform."""
    story = Story().observe("orders", [told(order("1", "ON_HOLD"))])
    for status in statuses:
        story.committed("order.moved", "1", after={"status": status})
    return story


def brought(story: Story, claim: str, *, ending: str, **fields: Any) -> Story:
    """Return the story with one delivery and a last look."""
    story.invoke("deliver_webhook").ok(200).webhook("N1", claims=claim, **fields)
    return story.observe("orders", [told(order("1", ending))])


WEBHOOKS = [
    fine(
        MOVED,
        "a status that no webhook claimed",
        brought(held(*ALL), ALL[1], ending=ALL[0]),
    ),
    unseen(
        MOVED,
        "a webhook that is not genuine",
        brought(held(*ALL), ALL[0], ending=ALL[0], genuine=False),
    ),
    fine(
        MOVED,
        "an order whose life nobody knows",
        brought(held(), ALL[0], ending=ALL[0]),
    ),
    fine(
        MOVED,
        "what the order became while it was delivered",
        Story().observe("orders", [told(order("1", "ON_HOLD"))])
        .committed("order.moved", "1", after={"status": ALL[1]})
        .invoke("deliver_webhook").committed("order.moved", "1", after={"status": ALL[2]}).ok(200)
        .webhook("N1", claims=ALL[2]).observe("orders", [told(order("1", ALL[2]))]),
    ),
    broken(
        MOVED,
        "older_status_believed",
        "what the order was before the last change of before",
        brought(held(ALL[0], ALL[1]), ALL[0], ending=ALL[0]),
    ),
    fine(
        MOVED,
        "what changes in stock is no status",
        brought(
            held(ALL[0]).committed("stock.moved", "1", after={"status": ALL[1]}),
            ALL[0], ending=ALL[0],
        ),
    ),
    fine(
        MOVED,
        "a change without a status is none",
        brought(
            held(ALL[0]).committed("order.noted", "1", after={"note": "x"})
            .committed("order.noted", "1", after="x"),
            ALL[0], ending=ALL[0],
        ),
    ),
    fine(
        MOVED,
        "an order that was not told before is another rule's",
        Story().observe("orders", [])
        .committed("order.moved", "1", after={"status": ALL[1]})
        .invoke("deliver_webhook").ok(200).webhook("N1", claims=ALL[0])
        .observe("orders", [told(order("1", ALL[0]))]),
    ),
    unseen(
        MOVED,
        "another action is no delivery",
        held(*ALL).invoke("flush").ok().webhook("N1", claims=ALL[0])
        .observe("orders", [told(order("1", ALL[0]))]),
    ),
    broken(
        MOVED,
        "older_status_believed",
        "what was read after the delivery is newer",
        held(*ALL).invoke("deliver_webhook").wait(5).call("stock").ok(200)
        .webhook("N1", claims=ALL[0]).observe("orders", [told(order("1", ALL[0]))]),
    ),
    broken(
        MOVED,
        "older_status_believed",
        "what was asked at the moment of the delivery is newer",
        held(*ALL).invoke("deliver_webhook").call("stock").ok(200)
        .webhook("N1", claims=ALL[0]).observe("orders", [told(order("1", ALL[0]))]),
    ),
    unseen(
        MOVED,
        "what was asked before the delivery and answered after it may be older",
        held(*ALL).wait(10).invoke("deliver_webhook").wait(5)
        .call("stock", started_ms=START_S * 1000).ok(200)
        .webhook("N1", claims=ALL[0]).observe("orders", [told(order("1", ALL[0]))]),
    ),
    broken(
        MOVED,
        "older_status_believed",
        "what was read long before",
        Story().call().observe("orders", [told(order("1", "ON_HOLD"))])
        .committed("order.moved", "1", after={"status": ALL[1]})
        .invoke("deliver_webhook").ok(200).webhook("N1", claims=ALL[0])
        .observe("orders", [told(order("1", ALL[0]))]),
    ),
    fine(
        MOVED,
        "a webhook of before the first look is not counted",
        Story().webhook("N0", claims=ALL[0]).observe("orders", [told(order("1", "ON_HOLD"))])
        .committed("order.moved", "1", after={"status": ALL[1]})
        .invoke("deliver_webhook").ok(200).webhook("N1", claims=ALL[1])
        .observe("orders", [told(order("1", ALL[0]))]),
    ),
    unseen(
        MOVED,
        "a webhook of after the last look is not counted",
        held(*ALL).invoke("deliver_webhook").ok(200)
        .observe("orders", [told(order("1", ALL[0]))]).webhook("N1", claims=ALL[0]),
    ),
]  # fmt: skip

SHIPPED = [
    fine(
        PARCELS,
        "asked for again before the first answer came",
        Story().call("ship", "P1", took_ms=10, committed=False)
        .call("ship", "P1", committed=False, started_ms=START_S * 1000 + 9),
    ),
    broken(
        PARCELS,
        "shipped_again",
        "asked for again at the moment the first answer came",
        Story().call("ship", "P1", took_ms=10, committed=False)
        .call("ship", "P1", committed=False, started_ms=START_S * 1000 + 10),
    ),
    unseen(PARCELS, "shipments() tells no list", Story().observe("shipments", {"order_id": "1"})),
    fine(
        PARCELS,
        "what is no mapping is no shipment",
        Story().observe("shipments", ["a", "a", {"order_id": "1", "package_id": "A"}]),
    ),
    fine(
        PARCELS,
        "parcels of two orders under one number",
        Story().observe("shipments", [
            {"order_id": "1", "tracking_number": "T"}, {"order_id": "2", "tracking_number": "T"},
        ]),
    ),
    broken(
        PARCELS,
        "shipment_told_twice",
        "told twice in an earlier look",
        Story().observe("shipments", [{"order_id": "1", "tracking_number": "T"}] * 3)
        .observe("shipments", []),
    ),
]  # fmt: skip

OVERSELL = "no_oversell"


def wanted(quantity: int, sku: str = "S1") -> dict[str, Any]:
    """Return the arguments of an instruction to set a SKU."""
    return {"changes": {sku: quantity}}


SOLD = [
    fine(OVERSELL, "nothing left", Story().committed("stock.moved", "S1", after={"available": 0})),
    fine(OVERSELL, "a change without a number", Story().committed("stock.moved", after="x")),
    unseen(OVERSELL, "a change of something else",
           Story().committed("order.moved", after={"available": -1})),
    broken(
        OVERSELL,
        "raised_above_belief",
        "one unit more than was asked for",
        Story().invoke("push_stock", **wanted(5)).push(6).ok(),
    ),
    fine(
        OVERSELL,
        "what an action still under way was asked for",
        Story().invoke("push_stock", **wanted(9)).invoke("push_stock", **wanted(3)).push(9)
        .ok().ok(),
    ),
    broken(
        OVERSELL,
        "raised_above_belief",
        "what an action that has ended was asked for",
        Story().invoke("push_stock", **wanted(9)).ok().invoke("push_stock", **wanted(3)).push(9)
        .ok(),
    ),
    broken(
        OVERSELL,
        "raised_above_belief",
        "what a later action is asked for",
        Story().invoke("push_stock", **wanted(3)).push(9).ok().invoke("push_stock", **wanted(9))
        .ok(),
    ),
    fine(
        OVERSELL,
        "what is believed just after it",
        Story().observe("stock", {"S1": 1}).push(9).observe("stock", {"S1": 9})
        .observe("stock", {"S1": 1}),
    ),
    fine(
        OVERSELL,
        "what is believed just before it",
        Story().observe("stock", {"S1": 1}).observe("stock", {"S1": 9}).push(9)
        .observe("stock", {"S1": 1}),
    ),
    broken(
        OVERSELL,
        "raised_above_belief",
        "what was believed long before it, and what is believed long after it",
        Story().observe("stock", {"S1": 9}).observe("stock", {"S1": 1}).push(9)
        .observe("stock", {"S1": 1}).observe("stock", {"S1": 9}),
    ),
    broken(
        OVERSELL,
        "raised_above_belief",
        "the first belief there is",
        Story().push(9).observe("stock", {"S1": 1}),
    ),
    unseen(
        OVERSELL,
        "a belief that is no number",
        Story().observe("stock", {"S1": "?"}).push(9).observe("stock", "?"),
    ),
    broken(
        OVERSELL,
        "raised_above_belief",
        "the quantity of another SKU",
        Story().invoke("push_stock", changes={"S1": 3, "S2": 9}).push(9).ok(),
    ),
    broken(
        OVERSELL,
        "raised_above_belief",
        "another quantity than that of another SKU",
        Story().invoke("push_stock", changes={"S1": 3, "S2": 8}).push(9).ok(),
    ),
    broken(
        OVERSELL,
        "raised_above_belief",
        "the quantity that another SKU was set to by an action of before",
        Story().invoke("push_stock", changes={"S1": 3, "S2": 9}).ok()
        .invoke("push_stock", **wanted(3)).push(9).ok(),
    ),
    broken(
        OVERSELL,
        "raised_above_belief",
        "the quantity that an action beside it set another SKU to",
        Story().invoke("push_stock", **wanted(9, "S2")).invoke("push_stock", **wanted(3)).push(9)
        .ok().ok(),
    ),
]  # fmt: skip

WORST = Story().invoke("push_stock", changes={"S1": 8, "S2": 1}).push(9).push(5, "S2").ok()
SOLD.append(broken(OVERSELL, "raised_above_belief", "the SKU that is raised most tells it", WORST))

COMPLETE = [
    fine(
        "orders_complete",
        "orders that were missed once and are known now",
        look([], ONE).observe("orders", [told(ONE)]).truth(orders=[ONE, order("3", "UNPAID")]),
    ),
    fine(
        "orders_complete",
        "an unpaid order that was not known before is not recovered",
        look([], order("3", "UNPAID")).observe("orders", [told(order("3"))])
        .truth(orders=[order("3", "UNPAID")]),
    ),
    unseen("orders_complete", "the ledger was never read", Story().observe("orders", [])),
    fine(
        "orders_complete",
        "what could not be read before is not missed",
        Story().observe("orders", "?").truth(orders=[ONE]).observe("orders", [told(ONE)])
        .truth(orders=[ONE]),
    ),
]  # fmt: skip

HALVES = order("5", lines=[line("5-1"), line("5-2", status="CANCELLED"), line("5-3", "S2", "7.00")])


def lines(*rows: dict[str, Any]) -> Story:
    """Return a story in which the order of three lines is told with others."""
    return tells(HALVES, lines=list(rows))


S1, S2 = {"sku_id": "S1", "sale_price": "5.00"}, {"sku_id": "S2", "sale_price": "7.00"}
FIELDS = [
    broken(EXACT, "wrong_status", "a word of its own", tells(ONE, status="shipped")),
    broken(EXACT, "wrong_total", "a cent less", tells(ONE, total_amount="12.49")),
    broken(EXACT, "float_money", "a hair more", tells(ONE, total_amount=12.5049)),
    broken(EXACT, "float_money", "a hair less", tells(ONE, total_amount=12.4951)),
    fine(EXACT, "the platform tells no total",
         look([told(ONE)], {**ONE, "total_amount": None})),
    fine(EXACT, "all lines, the cancelled one too", lines(S1, S1, S2)),
    fine(EXACT, "all lines but the cancelled one", lines(S1, S2)),
    fine(EXACT, "by the seller's SKU, all lines but the cancelled one",
         lines({"seller_sku": "seller-S1"}, {"seller_sku": "seller-S2"})),
    fine(EXACT, "two prices of one SKU in another order", tells(
        order("8", lines=[line("8-1", price="5.00"), line("8-2", price="7.00")]),
        lines=[{"sku_id": "S1", "sale_price": "7"}, {"sku_id": "S1", "sale_price": "5"}])),
    fine(EXACT, "units without a SKU", lines({"quantity": 3})),
    fine(EXACT, "units without a SKU, but the cancelled one", lines({"quantity": 2})),
    broken(EXACT, "wrong_units", "one unit without a SKU", lines({"quantity": 1})),
    broken(EXACT, "wrong_units", "a line of another SKU is left out", lines(S1, S1)),
    broken(EXACT, "wrong_units", "one of two SKUs is counted double", lines(S1, S2, S2)),
    broken(EXACT, "wrong_units", "by the seller's SKU, one too many",
           lines({"seller_sku": "seller-S1", "quantity": 3}, {"seller_sku": "seller-S2"})),
    fine(EXACT, "prices in another order", lines(
        S2, {"sku_id": "S1", "sale_price": "5"}, {"sku_id": "S1", "sale_price": 5})),
    fine(EXACT, "a price that is none", lines(S1, {"sku_id": "S1"}, S2)),
    broken(EXACT, "wrong_price", "one price of two", lines(
        S1, {"sku_id": "S1", "sale_price": "5.01"}, S2)),
    broken(EXACT, "wrong_price", "the price of another SKU", lines(
        S1, S1, {"sku_id": "S2", "sale_price": "5.00"})),
    broken(EXACT, "wrong_price", "no price where others have one", tells(
        ONE, lines=[{"sku_id": "S1", "sale_price": "0"}])),
    fine(EXACT, "the platform tells no shop",
         look([told(ONE, shop_id="x")], {**ONE, "shop_id": ""})),
    broken(EXACT, "wrong_total", "half a cent more", tells(ONE, total_amount="12.505")),
    fine(EXACT, "the platform tells no time",
         look([told(ONE, create_time=1)], {**ONE, "created_at_s": None})),
    broken(EXACT, "wrong_time", "half an hour off", tells(
        ONE, create_time=ONE["created_at_s"] + 1_800)),
    broken(EXACT, "wrong_time", "two hours early", tells(
        ONE, create_time=ONE["created_at_s"] - 7_200)),
    broken(EXACT, "field_missing", "an optional field that most orders lack",
           look([told(ONE, buyer_email="x"), told(TWO), told(order("3"))],
                ONE, TWO, order("3"))),
    fine(EXACT, "an order that the platform does not have is another rule's",
         look([told(ONE), told(TWO, status="ON_HOLD")], ONE)),
]  # fmt: skip

UNIQUE, PAGES = "orders_unique", "pages_read_to_end"
MANY = order("6", lines=[line("6-1"), *(line(f"6-{n}", "S2") for n in range(2, 7))])
DOUBLES = [
    fine(UNIQUE, "a SKU that was not sold", tells(ONE, lines=[{"sku_id": "S9"}])),
    fine(UNIQUE, "one SKU as sold, and another left out", tells(MANY, lines=[{"sku_id": "S1"}])),
    broken(UNIQUE, "unit_twice", "by the seller's SKU", tells(
        ONE, lines=[{"seller_sku": "seller-S1", "quantity": 2}])),
    broken(UNIQUE, "unit_twice", "the SKU that is farthest off tells it", tells(
        MANY, lines=[{"sku_id": "S1", "quantity": 4}, {"sku_id": "S2", "quantity": 7}])),
    broken(UNIQUE, "line_twice", "one of two lines", tells(
        order("9", lines=[line("9-1"), line("9-2"), line("9-3")]),
        lines=[line("9-1"), line("9-1"), line("9-2")])),
    broken(UNIQUE, "order_twice line_twice", "an order told twice, and a line in it",
           look([told(TWO), told(TWO, lines=[line("2-1"), line("2-1", "S7")])], TWO)),
]  # fmt: skip

PAGED = [
    broken(
        PAGES,
        "page_size_in_body",
        "a page that was read all the same",
        Story().invoke("sync_orders").call(body={"page_size": 10}).ok(),
    ),
    fine(
        PAGES,
        "read anew from the start in larger pages",
        Story()
        .invoke("sync_orders")
        .call(query={"page_size": "10"}, data={"next_page_token": "p2"})
        .call(query={"page_size": "20"})
        .ok(),
    ),
    fine(
        PAGES,
        "the size in the body and in the query",
        Story().invoke("sync_orders").call(body={"page_size": 1}, query={"page_size": "10"}).ok(),
    ),
]

CASES: list[Case] = [*ADDRESSES, *WEBHOOKS, *SHIPPED, *SOLD, *COMPLETE, *FIELDS, *DOUBLES, *PAGED]
