"""Products: search, reading, life, stock, prices."""

from __future__ import annotations

from typing import Any

from tests.support.shop_desk import Answer, Desk
from tests.surface.cases import accepted, refused

SEARCHES = (
    "product.202309.search_products",
    "product.202312.search_products",
    "product.202502.search_products",
)
GET = "product.202309.get_product"
ACTIVATE = "product.202309.activate_product"
DEACTIVATE = "product.202309.deactivate_products"
STOCK = "product.202309.inventory_search"
SET_STOCK = "product.202309.update_inventory"
SET_PRICE = "product.202309.update_price"


def push(desk: Desk, **entry: Any) -> Answer:
    """Set the units of the first product's first SKU."""
    product = desk.product()
    rows = [{"id": product.skus[0].id, "inventory": [entry]}]
    return desk.call(SET_STOCK, product_id=product.id, body={"skus": rows})


@accepted(*SEARCHES)
def finds_every_product(desk: Desk, operation: str) -> Answer:
    answer = desk.call(operation, query={"page_size": 50})
    assert [row["id"] for row in answer.data["products"]] == [row.id for row in desk.products]
    return answer


@accepted(GET)
def tells_a_product(desk: Desk, operation: str) -> Answer:
    return desk.call(operation, product_id=desk.product().id)


@accepted(DEACTIVATE)
def takes_products_off_sale(desk: Desk, operation: str) -> Answer:
    return desk.call(operation, body={"product_ids": [desk.product().id]})


@accepted(ACTIVATE)
def puts_products_on_sale(desk: Desk, operation: str) -> Answer:
    ids = {"product_ids": [desk.product().id]}
    desk.call(DEACTIVATE, body=ids)
    return desk.call(operation, body=ids)


@accepted(STOCK)
def tells_the_units_of_a_sku(desk: Desk, operation: str) -> Answer:
    sku = desk.product().skus[0]
    answer = desk.call(operation, body={"sku_ids": [sku.id]})
    assert answer.data["inventory"][0]["skus"][0]["id"] == sku.id
    return answer


@accepted(SET_STOCK)
def sets_the_units_of_a_sku(desk: Desk, _operation: str) -> Answer:
    answer = push(desk, quantity=7)
    assert desk.stock(desk.product().skus[0]).available == 7
    return answer


@accepted(SET_PRICE)
def sets_the_price_of_a_sku(desk: Desk, operation: str) -> Answer:
    product = desk.product()
    row = {"id": product.skus[0].id, "price": {"amount": "9.99", "currency": "GBP"}}
    return desk.call(operation, product_id=product.id, body={"skus": [row]})


def reprice(desk: Desk, *rows: dict[str, Any]) -> Answer:
    """Set prices of the first product."""
    return desk.call(SET_PRICE, product_id=desk.product().id, body={"skus": list(rows)})


def price_row(desk: Desk, amount: str = "9.99", currency: str = "GBP") -> dict[str, Any]:
    """Return the price of the first product's first SKU."""
    sku = desk.product().skus[0]
    return {"id": sku.id, "price": {"amount": amount, "currency": currency}}


@refused(GET, 12052032)
def a_product_of_nobody(desk: Desk, operation: str) -> Answer:
    return desk.call(operation, product_id="1729")


@refused(STOCK, 12052910)
def stock_of_nothing(desk: Desk, operation: str) -> Answer:
    return desk.call(operation, body={})


@refused(STOCK, 12019120)
def stock_of_too_many_products(desk: Desk, operation: str) -> Answer:
    return desk.call(operation, body={"product_ids": [str(n) for n in range(101)]})


@refused(STOCK, 12019015)
def stock_of_too_many_skus(desk: Desk, operation: str) -> Answer:
    return desk.call(operation, body={"sku_ids": [str(n) for n in range(601)]})


@refused(SET_STOCK, 12052901)
def stock_of_a_product_off_sale(desk: Desk, _operation: str) -> Answer:
    desk.call(DEACTIVATE, body={"product_ids": [desk.product().id]})
    return push(desk, quantity=1)


@refused(SET_STOCK, 12052902)
def stock_without_a_sku(desk: Desk, operation: str) -> Answer:
    return desk.call(operation, product_id=desk.product().id, body={"skus": []})


@refused(SET_STOCK, 12052553)
def stock_of_one_sku_twice(desk: Desk, operation: str) -> Answer:
    row = {"id": desk.product().skus[0].id, "inventory": [{"quantity": 1}]}
    return desk.call(operation, product_id=desk.product().id, body={"skus": [row, row]})


@refused(SET_PRICE, 12052901)
def price_of_a_product_off_sale(desk: Desk, _operation: str) -> Answer:
    desk.call(DEACTIVATE, body={"product_ids": [desk.product().id]})
    return reprice(desk, price_row(desk))


@refused(SET_PRICE, 12052902)
def price_without_a_sku(desk: Desk, _operation: str) -> Answer:
    return reprice(desk)


@refused(SET_PRICE, 12052557)
def price_of_a_foreign_sku(desk: Desk, _operation: str) -> Answer:
    return reprice(desk, {**price_row(desk), "id": "1729"})


@refused(SET_PRICE, 12052553)
def price_of_one_sku_twice(desk: Desk, _operation: str) -> Answer:
    return reprice(desk, price_row(desk), price_row(desk))


@refused(SET_PRICE, 12052571)
def a_price_without_amount(desk: Desk, _operation: str) -> Answer:
    return reprice(desk, price_row(desk, amount=""))


@refused(SET_PRICE, 12052910)
def a_price_in_foreign_money(desk: Desk, _operation: str) -> Answer:
    return reprice(desk, price_row(desk, currency="USD"))
