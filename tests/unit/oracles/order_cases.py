"""What the oracles of orders, stock, shipments and conversions must say."""

from __future__ import annotations

from typing import Any

from tests.support.histories import DAY_S, START_S, Story, line, order, told
from tests.support.oracle_cases import broken, fine, unseen

__all__ = ["CASES"]

ONE, TWO, UNPAID = order("1"), order("2"), order("3", "UNPAID")
TWO_UNITS = order("9", lines=[line("9-1"), line("9-2")])


def look(believed: Any, *true: dict[str, Any]) -> Story:
    """Return a story of one observation of orders with the truth beside it."""
    return Story().observe("orders", believed).truth(orders=true)


def tells(true: dict[str, Any], **fields: Any) -> Story:
    """Return a story in which one order is told with some fields changed."""
    without = fields.pop("without", ())
    return look([told(true, without=without, **fields)], true)


def stock(believed: Any, true: dict[str, int], story: Story | None = None) -> Story:
    """Return a story that ends with one observation of stock and the truth beside it."""
    return (story or Story()).observe("stock", believed).truth(stock=true)


RECORD: dict[str, Any] = {
    "order_id": "1",
    "email": "buyer@example.com",
    "transaction_category": "purchase",
    "timestamp": START_S - DAY_S,
    "amount": "12.50",
    "currency": "GBP",
}


def convert(**fields: Any) -> Story:
    """Return a story in which order 1 is converted, with some fields changed."""
    return Story().observe("conversions", [{**RECORD, **fields}]).truth(orders=[ONE])


def push(quantity: int, **fields: Any) -> Story:
    """Return a story in which the integration is asked to set S1 to `quantity` and does."""
    return Story().invoke("push_stock", changes={"S1": quantity}).push(quantity, **fields).ok()


COMPLETE = [
    unseen("orders_complete", "nothing observed says nothing", Story().truth(orders=[ONE])),
    fine("orders_complete", "all orders are known", look([told(ONE), told(TWO)], ONE, TWO)),
    fine("orders_complete", "unpaid orders need not be known", look([told(ONE)], ONE, UNPAID)),
    fine("orders_complete", "unpaid orders may be known", look([told(UNPAID)], UNPAID)),
    fine("orders_complete", "an empty shop is complete", look([])),
    fine(
        "orders_complete",
        "an observation belongs to the truth that follows it",
        Story().truth().step("place_orders").observe("orders", [told(ONE)]).truth(orders=[ONE]),
    ),
    fine(
        "orders_complete",
        "what happened after the last observation is not held against it",
        look([told(ONE)], ONE).invoke("sync_orders").ok().truth(orders=[ONE, TWO]),
    ),
    broken("orders_complete", "order_lost", "a lost order is found", look([told(ONE)], ONE, TWO)),
    broken(
        "orders_complete",
        "order_unexpected",
        "an invented order is found",
        look([told(ONE), told(TWO)], ONE),
    ),
    broken(
        "orders_complete",
        "orders_unreadable",
        "a store that cannot be read is no recovery",
        look([told(ONE)], ONE).observe("orders", error="locked").truth(orders=[ONE]),
    ),
    broken(
        "orders_complete",
        "orders_unreadable",
        "orders that are no list cannot be judged",
        look({"1": told(ONE)}, ONE),
    ),
]

UNIQUE = [
    unseen("orders_unique", "nothing observed says nothing", Story()),
    fine("orders_unique", "different orders are fine", look([told(ONE), told(TWO)], ONE, TWO)),
    fine("orders_unique", "two units of one SKU are two lines", look([told(TWO_UNITS)], TWO_UNITS)),
    fine(
        "orders_unique",
        "the same order in two observations is fine",
        look([told(ONE)], ONE).observe("orders", [told(ONE)]).truth(orders=[ONE]),
    ),
    broken(
        "orders_unique", "order_twice", "an order booked twice", look([told(ONE), told(ONE)], ONE)
    ),
    broken(
        "orders_unique",
        "order_twice",
        "an order that was booked twice for a while",
        look([told(ONE), told(ONE)], ONE).observe("orders", [told(ONE)]).truth(orders=[ONE]),
    ),
    broken(
        "orders_unique",
        "line_twice",
        "a line booked twice",
        tells(TWO_UNITS, lines=[line("9-1"), line("9-1")]),
    ),
    broken(
        "orders_unique",
        "unit_twice",
        "a unit booked twice",
        tells(ONE, lines=[{"sku_id": "S1", "quantity": 2}]),
    ),
]

EXACT = [
    unseen("orders_exact", "nothing observed says nothing", Story().truth(orders=[ONE])),
    unseen("orders_exact", "no order known is for others to judge", look([], ONE)),
    fine("orders_exact", "equal orders", look([told(ONE), told(TWO)], ONE, TWO)),
    fine("orders_exact", "12.5 is 12.50", tells(ONE, total_amount="12.5")),
    fine("orders_exact", "a number that is exact to the cent", tells(ONE, total_amount=12.5)),
    fine(
        "orders_exact",
        "units as a quantity",
        tells(TWO_UNITS, lines=[{"sku_id": "S1", "quantity": 2, "sale_price": "5.00"}]),
    ),
    fine(
        "orders_exact",
        "lines by the seller's SKU",
        tells(ONE, lines=[{"seller_sku": "seller-S1", "sale_price": "5"}]),
    ),
    fine(
        "orders_exact",
        "a cancelled line may be left out",
        look(
            [told(order("9", lines=[line("9-1")]))],
            order("9", lines=[line("9-1"), line("9-2", status="CANCELLED")]),
        ),
    ),
    fine("orders_exact", "prices are optional", tells(ONE, lines=[{"sku_id": "S1"}])),
    fine("orders_exact", "create_time in seconds", tells(ONE, create_time=START_S - DAY_S)),
    fine("orders_exact", "a date as text is not compared", tells(ONE, create_time="2026-10-26")),
    broken("orders_exact", "wrong_status", "an old status", tells(ONE, status="ON_HOLD")),
    broken("orders_exact", "wrong_currency", "another currency", tells(ONE, currency="EUR")),
    broken("orders_exact", "wrong_total", "a cent off", tells(ONE, total_amount="12.51")),
    broken("orders_exact", "wrong_total", "an amount that is none", tells(ONE, total_amount="?")),
    broken(
        "orders_exact",
        "float_money",
        "a sum of floats",
        tells(order("1", total_amount="0.30"), total_amount=0.1 + 0.2),
    ),
    broken(
        "orders_exact",
        "wrong_units",
        "the second unit of a SKU dropped as a duplicate",
        tells(TWO_UNITS, lines=[line("9-1")]),
    ),
    broken("orders_exact", "wrong_units", "another SKU", tells(ONE, lines=[line("1-1", "S2")])),
    broken(
        "orders_exact",
        "wrong_price",
        "another price",
        tells(ONE, lines=[line("1-1", price="6.00")]),
    ),
    broken("orders_exact", "wrong_shop", "another shop", tells(ONE, shop_id="shop-2")),
    broken(
        "orders_exact", "wrong_time", "local time as UTC", tells(ONE, create_time=START_S - 82_800)
    ),
    broken(
        "orders_exact", "field_never_mapped", "a field empty everywhere", tells(ONE, status=None)
    ),
    broken(
        "orders_exact", "field_never_mapped", "lines never mapped", tells(ONE, without=["lines"])
    ),
    broken(
        "orders_exact",
        "field_missing",
        "a field that some orders lack",
        look([told(ONE, without=["currency"]), told(TWO)], ONE, TWO),
    ),
    broken(
        "orders_exact",
        "field_missing",
        "an optional field that some orders lack",
        look([told(ONE, buyer_email="b@example.com"), told(TWO)], ONE, TWO),
    ),
]


def statuses(*steps: tuple[str, str]) -> Story:
    """Return a story of one order: told and true status at each observation."""
    story = Story()
    for believed, true in steps:
        story.observe("orders", [told(order("1", believed))]).truth(orders=[order("1", true)])
    return story


BACKWARDS = [
    unseen("status_never_backwards", "one look compares nothing", statuses(("ON_HOLD", "ON_HOLD"))),
    fine(
        "status_never_backwards",
        "forward by several steps",
        statuses(("ON_HOLD", "ON_HOLD"), ("DELIVERED", "DELIVERED")),
    ),
    fine(
        "status_never_backwards",
        "a wrong belief corrected to the truth",
        statuses(("CANCELLED", "ON_HOLD"), ("ON_HOLD", "ON_HOLD")),
    ),
    fine(
        "status_never_backwards",
        "a status that nobody has documented yet",
        statuses(("ON_HOLD", "ON_HOLD"), ("BRAND_NEW", "ON_HOLD")),
    ),
    broken(
        "status_never_backwards",
        "status_backwards",
        "a late webhook overwrites a newer status",
        statuses(("IN_TRANSIT", "IN_TRANSIT"), ("AWAITING_COLLECTION", "IN_TRANSIT")),
    ),
    broken(
        "status_never_backwards",
        "status_backwards",
        "a cancelled order comes back to life",
        statuses(("CANCELLED", "CANCELLED"), ("AWAITING_SHIPMENT", "CANCELLED")),
    ),
]

STOCK = [
    unseen("stock_converges", "nothing observed says nothing", Story().truth(stock={"S1": 1})),
    fine("stock_converges", "equal stock", stock({"S1": 5}, {"S1": 5, "S2": 7})),
    fine("stock_converges", "a list of rows", stock([{"sku_id": "S1", "quantity": 5}], {"S1": 5})),
    broken("stock_converges", "stock_differs", "another quantity", stock({"S1": 5}, {"S1": 4})),
    broken("stock_converges", "sku_unknown", "an unknown SKU", stock({"X": 5}, {"S1": 5})),
    broken(
        "stock_converges",
        "push_lost",
        "a push that failed and is known no more",
        Story()
        .invoke("push_stock", changes={"S1": 9})
        .fail("no")
        .observe("stock", {})
        .truth(stock={"S1": 4}),
    ),
    fine(
        "stock_converges",
        "a push that failed and is kept in mind until it arrives",
        Story()
        .invoke("push_stock", changes={"S1": 4})
        .fail("no")
        .observe("stock", {"S1": 4})
        .truth(stock={"S1": 4}),
    ),
    broken("stock_converges", "quantity_unreadable", "no number", stock({"S1": "?"}, {"S1": 5})),
    broken("stock_converges", "quantity_unreadable", "no mapping", stock("none", {"S1": 5})),
    unseen("no_oversell", "no write says nothing", Story().invoke("push_stock").ok()),
    unseen("no_oversell", "a write nobody ordered is not judged", Story().push(5)),
    fine("no_oversell", "a push as ordered", push(5)),
    fine(
        "no_oversell",
        "a push of what is believed",
        Story().observe("stock", {"S1": 5}).invoke("flush").push(5).ok(),
    ),
    fine(
        "no_oversell",
        "an order under way when the push ended",
        push(5).invoke("push_stock", changes={"S1": 3}).push(3).ok(),
    ),
    fine(
        "no_oversell",
        "a push that the platform refused",
        push(3).invoke("flush").push(9, code=36009003, status=500).ok(),
    ),
    broken(
        "no_oversell",
        "raised_above_belief",
        "a late retry overwrites a newer quantity",
        push(9, code=36009003, status=500)
        .invoke("push_stock", changes={"S1": 3})
        .push(3)
        .ok()
        .invoke("flush")
        .push(9)
        .ok(),
    ),
    broken(
        "no_oversell",
        "stock_below_zero",
        "less than nothing left",
        Story().committed("stock.committed", "S1", after={"available": -1}),
    ),
]

SHIPMENTS = [
    unseen("no_double_shipment", "no ship call says nothing", Story().call("search")),
    fine("no_double_shipment", "two parcels", Story().call("ship", "P1").call("ship", "P2")),
    fine(
        "no_double_shipment",
        "a refused call sent again",
        Story().call("ship", "P1", status=429, code=36009002).wait(1000).call("ship", "P1"),
    ),
    fine(
        "no_double_shipment",
        "two parts of one order",
        Story()
        .call("mark", "O1", body={"order_line_item_ids": ["1"]})
        .call("mark", "O1", body={"order_line_item_ids": ["2"]}),
    ),
    fine(
        "no_double_shipment",
        "a parcel the batch did not ship",
        Story()
        .call("batch", body={"packages": [{"id": "P1"}]}, data={"errors": [{"id": "P1"}]})
        .call("ship", "P1"),
    ),
    fine(
        "no_double_shipment",
        "two parcels of one order told",
        Story().observe(
            "shipments",
            [{"order_id": "1", "package_id": "A"}, {"order_id": "1", "package_id": "B"}],
        ),
    ),
    broken(
        "no_double_shipment",
        "shipped_twice",
        "shipped again after a lost answer",
        Story().call("ship", "P1", fate="reset").call("ship", "P1"),
    ),
    broken(
        "no_double_shipment",
        "shipped_again",
        "asked for again after a restart",
        Story().call("ship", "P1").invoke("restart").ok().call("ship", "P1", code=21011006),
    ),
    broken(
        "no_double_shipment",
        "shipped_twice shipped_again",
        "marked as shipped twice",
        Story().call("mark", "O1").call("mark", "O1"),
    ),
    broken(
        "no_double_shipment",
        "shipment_told_twice",
        "a shipment booked twice",
        Story().observe("shipments", [{"order_id": "1", "package_id": "A"}] * 2),
    ),
]

CONVERSIONS = [
    unseen("conversions_valid", "none told says nothing", Story().observe("conversions", [])),
    fine("conversions_valid", "a complete record", convert()),
    fine("conversions_valid", "a phone number instead", convert(email="", phone="+44123")),
    fine("conversions_valid", "the article's field name", convert(email="", email_1="b@c.d")),
    fine("conversions_valid", "time as text", convert(timestamp="2026-10-26T10:00:00+00:00")),
    broken("conversions_valid", "contact_missing", "nobody to match", convert(email="")),
    fine("conversions_valid", "a masked phone beside an e-mail", convert(phone="(+44)7*****12")),
    broken(
        "conversions_valid",
        "contact_missing",
        "a masked phone alone",
        convert(email="", phone="(+44)7*****12"),
    ),
    broken(
        "conversions_valid",
        "contact_missing",
        "nobody to match at first, although later there is",
        Story()
        .observe("conversions", [dict(RECORD, email="")])
        .observe("conversions", [RECORD])
        .truth(orders=[ONE]),
    ),
    broken(
        "conversions_valid",
        "field_missing",
        "no transaction category",
        convert(transaction_category=None),
    ),
    broken("conversions_valid", "wrong_amount", "another amount", convert(amount="12.49")),
    broken("conversions_valid", "wrong_amount", "another currency", convert(currency="EUR")),
    broken("conversions_valid", "too_old", "29 days old", convert(timestamp=START_S - 29 * DAY_S)),
    broken("conversions_valid", "order_unknown", "no such order", convert(order_id="7")),
    broken(
        "conversions_valid",
        "converted_twice",
        "one order twice",
        Story()
        .observe("conversions", list(convert().history().records[0].value) * 2)  # type: ignore[union-attr]
        .truth(orders=[ONE]),
    ),
]


def shipped(*rows: dict[str, str], told_as: Any = None, by: Story | None = None) -> Story:
    """Return a story whose platform took `rows`, with what the integration tells of them."""
    story = by or Story()
    if told_as is not None:
        story.observe("shipments", told_as)
    return story.truth(shipments=rows)


def asked_to_ship() -> Story:
    """Return a story in which order 1 is to be shipped, and that succeeds."""
    return Story().invoke("ship", order_id="1").ok()


PARCEL = {"order_id": "1", "package_id": "A"}
TRUE_SHIPMENTS = [
    unseen("shipments_true", "nothing asked or told says nothing", shipped(PARCEL)),
    fine("shipments_true", "shipped as asked", shipped(PARCEL, by=asked_to_ship())),
    fine("shipments_true", "told as it was", shipped(PARCEL, told_as=[PARCEL])),
    fine("shipments_true", "told without a parcel", shipped(PARCEL, told_as=[{"order_id": "1"}])),
    unseen(
        "shipments_true",
        "a refusal that was raised",
        shipped(by=Story().invoke("ship", order_id="1").fail("on hold")),
    ),
    broken("shipments_true", "ship_did_nothing", "passed over", shipped(by=asked_to_ship())),
    broken("shipments_true", "shipment_imagined", "told too early", shipped(told_as=[PARCEL])),
    broken(
        "shipments_true",
        "shipment_imagined",
        "another parcel of the order",
        shipped(PARCEL, told_as=[{**PARCEL, "package_id": "B"}]),
    ),
]

LONG = {"order_id": "576400000000000001", "package_id": "115200000000000001"}
NO_ANSWER: Any = {"fate": "reset", "code": None, "status": 0}


def lost_shipment(after: Story | None = None) -> Story:
    """Return a story in which a ship call loses its answer."""
    return (after or Story()).call("ship", LONG["package_id"], **NO_ANSWER).wait(1_000)


UNKNOWN_SHIPMENTS = [
    unseen(
        "shipments_true", "told after a lost answer", shipped(told_as=[LONG], by=lost_shipment())
    ),
    fine(
        "shipments_true",
        "told after a lost answer, and it had left",
        shipped(LONG, told_as=[LONG], by=lost_shipment()),
    ),
    unseen(
        "shipments_true",
        "another parcel was looked at",
        shipped(told_as=[LONG], by=lost_shipment().call("package", "115200000000000009")),
    ),
    broken(
        "shipments_true",
        "shipment_imagined",
        "told although a look showed that it lies there",
        shipped(told_as=[LONG], by=lost_shipment().call("package", LONG["package_id"])),
    ),
    broken(
        "shipments_true",
        "shipment_imagined",
        "told although the call was refused",
        shipped(told_as=[LONG], by=Story().call("ship", LONG["package_id"], code=21011044)),
    ),
]

CASES = [
    *UNKNOWN_SHIPMENTS,
    *(*COMPLETE, *UNIQUE, *EXACT, *BACKWARDS, *STOCK, *SHIPMENTS, *CONVERSIONS),
    *TRUE_SHIPMENTS,
]
