"""How orders are searched, paged and read, and what their amounts add up to."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from tests.support.twin_pair import TwinPair

from tts_chaos.core.clock import SIMULATED_EPOCH_MS

NOW_S = SIMULATED_EPOCH_MS // 1000
ALL_REGIONS = ("GB", "US", "DE", "JP", "VN", "ID", "TH", "BR", "MX")
WHOLE = {"JPY", "VND", "IDR"}


@pytest.fixture(scope="module")
def shop() -> TwinPair:
    """A shop that is only read."""
    return TwinPair(orders=44, products=6)


def orders_of(pair: TwinPair, body: Any = None, **query: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pair.search(body, **query).data["orders"]
    return found


# -- search ----------------------------------------------------------------------------------------


def test_a_search_without_filters_finds_every_order(shop: TwinPair) -> None:
    reply = shop.search()

    assert len({order["id"] for order in reply.data["orders"]}) == 44
    assert reply.data["total_count"] == 44
    assert reply.data["next_page_token"] == ""


@pytest.mark.parametrize(
    "status", ["UNPAID", "ON_HOLD", "AWAITING_SHIPMENT", "IN_TRANSIT", "CANCELLED", "COMPLETED"]
)
def test_a_status_filter_finds_its_orders_and_no_others(shop: TwinPair, status: str) -> None:
    expected = {order["id"] for order in orders_of(shop) if order["status"] == status}

    assert expected
    assert {order["id"] for order in orders_of(shop, {"order_status": status})} == expected


@pytest.mark.parametrize("field", ["create_time", "update_time"])
def test_windows_hold_their_start_and_not_their_end(shop: TwinPair, field: str) -> None:
    edge = sorted(order[field] for order in orders_of(shop))[20]

    before = orders_of(shop, {f"{field}_lt": edge})
    after = orders_of(shop, {f"{field}_ge": edge})

    assert max(order[field] for order in before) < edge
    assert min(order[field] for order in after) == edge
    assert len(before) + len(after) == 44


@pytest.mark.parametrize(
    ("filters", "key"),
    [
        pytest.param(lambda o: {"buyer_user_id": o["user_id"]}, "user_id", id="buyer"),
        pytest.param(lambda o: {"shipping_type": "SELLER"}, "shipping_type", id="shipping-type"),
        pytest.param(
            lambda o: {"warehouse_ids": [o["warehouse_id"]]}, "warehouse_id", id="warehouse"
        ),
    ],
)
def test_further_filters(shop: TwinPair, filters: Any, key: str) -> None:
    sample = next(order for order in orders_of(shop) if order["shipping_type"] == "SELLER")
    expected = {order["id"] for order in orders_of(shop) if order[key] == sample[key]}

    assert {order["id"] for order in orders_of(shop, filters(sample))} == expected


def test_the_newest_order_comes_first_unless_asked_otherwise(shop: TwinPair) -> None:
    times = [order["create_time"] for order in orders_of(shop)]

    assert times == sorted(times, reverse=True)


@pytest.mark.parametrize("field", ["create_time", "update_time"])
@pytest.mark.parametrize("direction", ["ASC", "DESC"])
def test_orders_are_sorted_as_asked(shop: TwinPair, field: str, direction: str) -> None:
    times = [order[field] for order in orders_of(shop, sort_field=field, sort_order=direction)]

    assert times == sorted(times, reverse=direction == "DESC")


# -- pages -----------------------------------------------------------------------------------------


def test_pages_make_up_the_whole_without_gap_or_double(shop: TwinPair) -> None:
    token, seen = "", []
    while True:
        query = {"page_size": "10", **({"page_token": token} if token else {})}
        data = shop.search(**query).data
        seen += [order["id"] for order in data["orders"]]
        token = data["next_page_token"]
        if not token:
            break

    assert seen == [order["id"] for order in orders_of(shop)]


def test_a_page_token_needs_care_in_a_query(shop: TwinPair) -> None:
    token = shop.search(page_size="10").data["next_page_token"]

    assert {"+", "/", "="} <= set(token)


@pytest.mark.parametrize(
    ("body", "query"),
    [
        pytest.param({"order_status": "UNPAID"}, {}, id="other-filters"),
        pytest.param(None, {"sort_order": "ASC"}, id="other-order"),
    ],
)
def test_a_page_token_belongs_to_its_search(
    shop: TwinPair, body: Any, query: dict[str, str]
) -> None:
    token = shop.search(page_size="10").data["next_page_token"]

    reply = shop.search(body, **{"page_size": "10", "page_token": token, **query})

    assert (reply.code, "page_token" in reply.message) == (36009004, True)


def test_a_page_token_that_is_none_is_refused(shop: TwinPair) -> None:
    assert shop.search(page_token="garbage").code == 36009004


# -- detail ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["202309", "202507"])
def test_a_detail_comes_in_the_order_asked_for(shop: TwinPair, version: str) -> None:
    ids = [order["id"] for order in orders_of(shop)][:3][::-1]

    found = shop.detail(*ids, version=version).data["orders"]

    assert [order["id"] for order in found] == ids


def test_ids_the_shop_does_not_have_are_missing(shop: TwinPair) -> None:
    known = orders_of(shop)[0]["id"]

    found = shop.detail("577000000000000000", known).data["orders"]

    assert [order["id"] for order in found] == [known]


@pytest.mark.parametrize(
    ("count", "code"),
    [pytest.param(50, 0, id="fifty"), pytest.param(51, 36009004, id="fifty-one")],
)
def test_a_detail_takes_fifty_ids(shop: TwinPair, count: int, code: int) -> None:
    assert shop.detail(*(str(577_000 + n) for n in range(count))).code == code


def test_a_detail_without_ids_is_refused(shop: TwinPair) -> None:
    reply = shop.get("/order/202507/orders")

    assert (reply.code, reply.message) == (36009004, "param query.ids is missing")


def test_search_and_detail_agree(shop: TwinPair) -> None:
    first = orders_of(shop)[0]

    assert shop.detail(first["id"], version="202309").data["orders"] == [first]


def test_orders_of_another_shop_are_out_of_reach() -> None:
    pair = TwinPair(shops=2, orders=3)
    foreign = pair.post("/order/202309/orders/search", [("page_size", "1")], shop=1)

    assert pair.detail(foreign.data["orders"][0]["id"]).data["orders"] == []


# -- shape -----------------------------------------------------------------------------------------


def test_a_line_is_one_unit_and_has_no_quantity(shop: TwinPair) -> None:
    lines = [line for order in orders_of(shop) for line in order["line_items"]]

    assert all("quantity" not in line for line in lines)
    assert len({line["id"] for line in lines}) == len(lines)


def test_two_units_of_one_sku_are_two_lines(shop: TwinPair) -> None:
    pairs = [[line["sku_id"] for line in order["line_items"]] for order in orders_of(shop)]

    assert any(len(skus) == 2 and len(set(skus)) == 1 for skus in pairs)


def test_an_order_on_hold_hides_where_it_goes(shop: TwinPair) -> None:
    [*on_hold] = orders_of(shop, {"order_status": "ON_HOLD"})

    hidden = {
        (o["recipient_address"]["name"], o["recipient_address"]["phone_number"]) for o in on_hold
    }

    assert hidden == {("", "")}
    assert all(order["is_on_hold_order"] for order in on_hold)


def test_what_the_platform_ships_shows_a_masked_name_and_phone(shop: TwinPair) -> None:
    order = next(
        o for o in orders_of(shop, {"order_status": "COMPLETED"}) if o["shipping_type"] == "TIKTOK"
    )

    assert "***" in order["recipient_address"]["name"]
    assert "***" in order["recipient_address"]["phone_number"]


def test_what_the_seller_ships_shows_name_and_phone_in_clear(shop: TwinPair) -> None:
    clear = [o for o in orders_of(shop, {"shipping_type": "SELLER"}) if o["status"] != "ON_HOLD"]

    assert clear
    assert not any("***" in str(order["recipient_address"]) for order in clear)


def test_instants_that_have_not_come_are_left_out(shop: TwinPair) -> None:
    [unpaid, *_] = orders_of(shop, {"order_status": "UNPAID"})

    assert not {"paid_time", "rts_time", "delivery_time", "cancel_time"} & set(unpaid)


# -- money -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=ALL_REGIONS)
def market(request: pytest.FixtureRequest) -> TwinPair:
    return TwinPair(seed=7, orders=22, regions=(request.param,))


def test_the_payment_block_adds_up(market: TwinPair) -> None:
    for order in orders_of(market):
        paid = {k: Decimal(v) for k, v in order["payment"].items() if k != "currency"}
        lines = order["line_items"]

        assert paid["sub_total"] == sum(Decimal(line["sale_price"]) for line in lines)
        assert paid["original_total_product_price"] == sum(
            Decimal(line["original_price"]) for line in lines
        )
        assert paid["sub_total"] == (
            paid["original_total_product_price"]
            - paid["seller_discount"]
            - paid["platform_discount"]
        )
        assert paid["tax"] == paid["product_tax"] + paid["shipping_fee_tax"]
        assert paid["total_amount"] == paid["sub_total"] + paid["shipping_fee"] + paid["tax"]


def test_the_price_detail_agrees_with_the_order(market: TwinPair) -> None:
    for order in orders_of(market):
        detail = market.get(f"/order/202407/orders/{order['id']}/price_detail").data
        lines = detail["line_items"]

        assert detail["total"] == order["payment"]["total_amount"]
        assert Decimal(detail["total"]) == sum(Decimal(line["total"]) for line in lines)
        assert Decimal(detail["tax_amount"]) == sum(Decimal(line["tax_amount"]) for line in lines)
        assert [line["id"] for line in lines] == [line["id"] for line in order["line_items"]]


def test_amounts_have_the_digits_of_their_currency(market: TwinPair) -> None:
    for order in orders_of(market):
        payment = order["payment"]
        digits = 0 if payment["currency"] in WHOLE else 2

        for name, text in payment.items():
            assert name == "currency" or len(text.partition(".")[2]) == digits


def test_no_amount_is_negative(market: TwinPair) -> None:
    for order in orders_of(market):
        detail = market.get(f"/order/202407/orders/{order['id']}/price_detail").data
        for line in detail["line_items"]:
            assert not [name for name, text in line.items() if str(text).startswith("-")]


def test_the_price_of_an_unknown_order_is_refused(shop: TwinPair) -> None:
    assert shop.get("/order/202407/orders/577/price_detail").code == 36009004
