"""What the API promises about products and prices."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.support.shop_desk import Answer, Desk

VERSIONS = (
    "product.202309.search_products",
    "product.202312.search_products",
    "product.202502.search_products",
)
GET = "product.202309.get_product"
ACTIVATE = "product.202309.activate_product"
DEACTIVATE = "product.202309.deactivate_products"
PRICE = "product.202309.update_price"


def reprice(desk: Desk, amount: str, currency: str = "GBP", *, index: int = 0) -> Answer:
    product = desk.product(variants=True)
    row = {"id": product.skus[index].id, "price": {"amount": amount, "currency": currency}}
    return desk.call(PRICE, product_id=product.id, body={"skus": [row]})


@pytest.mark.parametrize("version", VERSIONS)
def test_every_version_of_the_search_finds_all_products(desk: Desk, version: str) -> None:
    data = desk.call(version, query={"page_size": 50}).data

    assert data["total_count"] == 6
    assert [row["id"] for row in data["products"]] == [row.id for row in desk.products]
    assert data["next_page_token"] == ""


def test_pages_of_a_search_add_up(desk: Desk) -> None:
    seen: list[str] = []
    token = ""
    for _ in range(3):
        query = {"page_size": 2} | ({"page_token": token} if token else {})
        data = desk.call(VERSIONS[2], query=query).data
        seen += [row["id"] for row in data["products"]]
        token = data["next_page_token"]

    assert seen == [row.id for row in desk.products]
    assert token == ""


def test_a_page_token_of_another_search_is_refused(desk: Desk) -> None:
    token = desk.call(VERSIONS[2], query={"page_size": 2}).data["next_page_token"]

    answer = desk.call(
        VERSIONS[2], query={"page_size": 2, "page_token": token}, body={"status": "ACTIVATE"}
    )

    assert answer.code == 36009004


@pytest.mark.parametrize("size", ["0", "101"])
def test_a_page_holds_1_to_100_products(desk: Desk, size: str) -> None:
    assert desk.call(VERSIONS[2], query={"page_size": size}).code == 36009004


def test_a_search_filters_by_status(desk: Desk) -> None:
    product = desk.product()
    desk.call(DEACTIVATE, body={"product_ids": [product.id]})

    data = desk.call(
        VERSIONS[2], query={"page_size": 50}, body={"status": "SELLER_DEACTIVATED"}
    ).data

    assert [row["id"] for row in data["products"]] == [product.id]


def test_a_search_filters_by_seller_sku(desk: Desk) -> None:
    product = desk.products[3]

    data = desk.call(
        VERSIONS[2],
        query={"page_size": 50},
        body={"seller_skus": [product.skus[0].seller_sku]},
    ).data

    assert [row["id"] for row in data["products"]] == [product.id]


def test_a_time_window_of_products_is_closed_on_both_sides(desk: Desk) -> None:
    product = desk.products[2]
    window = {"create_time_ge": product.created_at_s, "create_time_le": product.created_at_s}

    data = desk.call(VERSIONS[2], query={"page_size": 50}, body=window).data

    assert product.id in [row["id"] for row in data["products"]]


def test_a_product_shows_prices_and_stock_of_each_variant(desk: Desk) -> None:
    product = desk.product(variants=True)

    data = desk.call(GET, product_id=product.id).data

    assert [sku["seller_sku"] for sku in data["skus"]] == [sku.seller_sku for sku in product.skus]
    assert data["skus"][0]["price"]["currency"] == "GBP"
    assert data["skus"][0]["inventory"][0]["quantity"] == desk.stock(product.skus[0]).available


def test_an_unknown_product_is_refused(desk: Desk) -> None:
    assert desk.call(GET, product_id="1730000000000000000").code == 12052032


def test_the_seller_takes_products_down_and_puts_them_back(desk: Desk) -> None:
    body = {"product_ids": [desk.product().id]}

    down = desk.call(DEACTIVATE, body=body)
    status = desk.product().status
    up = desk.call(ACTIVATE, body=body)

    assert (down.data["errors"], status) == ([], "SELLER_DEACTIVATED")
    assert (up.data["errors"], desk.product().status) == ([], "ACTIVATE")


def test_products_that_cannot_move_come_back_inside_code_0(desk: Desk) -> None:
    live, down = desk.products[:2]
    desk.call(DEACTIVATE, body={"product_ids": [down.id]})

    answer = desk.call(ACTIVATE, body={"product_ids": [live.id, down.id, "1"]})

    assert [(row["code"], row["detail"]["product_id"]) for row in answer.data["errors"]] == [
        (12052901, live.id),
        (12052032, "1"),
    ]
    assert desk.products[1].status == "ACTIVATE"


def test_a_product_the_platform_took_down_stays_down(desk: Desk) -> None:
    product = desk.product()
    desk.command("deactivate_product", product_id=product.id)

    answer = desk.call(ACTIVATE, body={"product_ids": [product.id]})

    assert answer.data["errors"][0]["code"] == 12052901
    assert desk.product().status == "PLATFORM_DEACTIVATED"


def test_21_products_at_once_are_too_many(desk: Desk) -> None:
    assert desk.call(DEACTIVATE, body={"product_ids": ["1"] * 21}).code != 0


def test_webhook_5_tells_what_the_platform_did_with_the_id_as_a_number(desk: Desk) -> None:
    desk.listen(5)
    product = desk.product()
    desk.call(DEACTIVATE, body={"product_ids": [product.id]})
    desk.call(ACTIVATE, body={"product_ids": [product.id]})
    desk.command("deactivate_product", product_id=product.id)

    (told,) = desk.heard()

    assert told["data"]["product_id"] == int(product.id)
    assert told["data"]["status"] == "PRODUCT_STATUS_CHANGED"


def test_a_price_is_set_for_one_variant_only(desk: Desk) -> None:
    others = desk.product(variants=True).skus[1:]

    assert reprice(desk, "17.25").code == 0

    skus = desk.product(variants=True).skus
    assert skus[0].price.amount == Decimal("17.25")
    assert skus[1:] == others


def test_an_amount_is_stored_with_the_places_of_its_currency(desk: Desk) -> None:
    reprice(desk, "17")

    data = desk.call(GET, product_id=desk.product(variants=True).id).data

    assert data["skus"][0]["price"]["tax_exclusive_price"] == "17.00"


@pytest.mark.parametrize(
    ("amount", "currency", "code"),
    [
        pytest.param("17.00", "USD", 12052910, id="another-currency"),
        pytest.param("17.001", "GBP", 12052910, id="three-places"),
        pytest.param("0", "GBP", 12052910, id="nothing"),
        pytest.param("-1", "GBP", 12052910, id="negative"),
        pytest.param("1e3", "GBP", 12052910, id="an-exponent"),
        pytest.param("1,000", "GBP", 12052910, id="a-grouped-number"),
        pytest.param("٣", "GBP", 12052910, id="digits-of-another-script"),
        pytest.param("", "GBP", 12052571, id="no-amount"),
    ],
)
def test_a_bad_price_changes_nothing(desk: Desk, amount: str, currency: str, code: int) -> None:
    before = desk.product(variants=True)

    assert reprice(desk, amount, currency).code == code
    assert desk.product(variants=True) == before


@pytest.mark.parametrize(
    ("amount", "code"),
    [
        pytest.param("1980", 0, id="whole-yen"),
        pytest.param("1980.5", 12052910, id="half-a-yen"),
    ],
)
def test_yen_have_no_places(make_desk: Callable[..., Desk], amount: str, code: int) -> None:
    assert reprice(make_desk("JP"), amount, "JPY").code == code


def test_one_unknown_sku_refuses_the_whole_price_update(desk: Desk) -> None:
    product = desk.product(variants=True)
    price = {"amount": "5.00", "currency": "GBP"}
    rows: list[dict[str, Any]] = [
        {"id": product.skus[0].id, "price": price},
        {"id": "1", "price": price},
    ]

    assert desk.call(PRICE, product_id=product.id, body={"skus": rows}).code == 12052557
    assert desk.product(variants=True) == product


def test_a_product_off_sale_cannot_be_priced(desk: Desk) -> None:
    product = desk.product(variants=True)
    desk.command("deactivate_product", product_id=product.id)

    assert reprice(desk, "5.00").code == 12052901
