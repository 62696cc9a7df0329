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


CREATE = "product.202309.create_product"
EDITS = ("product.202309.edit_product", "product.202509.edit_product")
PARTS = ("product.202309.partial_edit_product", "product.202509.partial_edit_product")
DELETE = "product.202309.delete_products"
RECOVER = "product.202309.recover_products"
UPLOAD = "product.202309.upload_product_image"
CATEGORIES = "product.202309.get_categories"
WEIGHT = {"value": "1.2", "unit": "KILOGRAM"}
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x02\0\0\0\x01\x08\x06\0\0\0"


def new_sku(desk: Desk, **changed: Any) -> dict[str, Any]:
    """Return a SKU as it is listed."""
    shelf = {"warehouse_id": warehouse_of(desk), "quantity": 5}
    price = {"amount": "12.50", "currency": "GBP"}
    return {"seller_sku": "NEW-1", "price": price, "inventory": [shelf], **changed}


def warehouse_of(desk: Desk) -> str:
    """Return the id of a sales warehouse."""
    return desk.stock(desk.product().skus[0]).shelves[0].warehouse_id


def new_product(desk: Desk, **changed: Any) -> dict[str, Any]:
    """Return a product as it is listed."""
    return {
        "title": "Walnut Tray",
        "description": "<p>A tray.</p>",
        "category_id": desk.product().category_id,
        "main_images": [{"uri": "tos-twin/1"}],
        "package_weight": WEIGHT,
        "skus": [new_sku(desk)],
        **changed,
    }


def create(desk: Desk, **changed: Any) -> Answer:
    """List a product."""
    return desk.call(CREATE, body=new_product(desk, **changed))


def audited(desk: Desk, product_id: str) -> dict[str, Any]:
    """Let the audit end; return the product."""
    desk.wait(hours=1)
    return desk.call(GET, product_id=product_id).data


@accepted(CREATE)
def lists_a_product_that_is_on_sale_after_its_audit(desk: Desk, _operation: str) -> Answer:
    answer = create(desk)
    before = desk.call(GET, product_id=answer.data["product_id"]).data
    after = audited(desk, answer.data["product_id"])
    assert (before["status"], after["status"]) == ("PENDING", "ACTIVATE")
    assert desk.stock(answer.data["skus"][0]["id"]).available == 5
    return answer


@accepted(CREATE)
def lists_a_product_once_for_one_key(desk: Desk, _operation: str) -> Answer:
    first = create(desk, idempotency_key="k1")
    again = create(desk, idempotency_key="k1")
    assert again.data["product_id"] == first.data["product_id"]
    return again


@accepted(CREATE)
def keeps_a_draft(desk: Desk, _operation: str) -> Answer:
    answer = create(desk, save_mode="AS_DRAFT")
    assert audited(desk, answer.data["product_id"])["status"] == "DRAFT"
    return answer


def edit(desk: Desk, operation: str, **changed: Any) -> Answer:
    """Overwrite the first product, keeping its first SKU."""
    product = desk.product(variants=True)
    row = new_sku(desk, id=product.skus[0].id)
    body = new_product(desk, skus=[row], **changed)
    return desk.call(operation, product_id=product.id, body=body)


@accepted(*EDITS)
def overwrites_a_product_after_its_audit(desk: Desk, operation: str) -> Answer:
    answer = edit(desk, operation)
    product_id = answer.data["product_id"]
    before = desk.call(GET, product_id=product_id).data
    after = audited(desk, product_id)
    assert before["title"] != after["title"] == "Walnut Tray"
    assert len(before["skus"]) > len(after["skus"]) == 1
    return answer


@accepted(*PARTS)
def replaces_only_what_is_sent(desk: Desk, operation: str) -> Answer:
    product = desk.product(variants=True)
    answer = desk.call(operation, product_id=product.id, body={"title": "Oak Tray"})
    after = audited(desk, product.id)
    assert (after["title"], len(after["skus"])) == ("Oak Tray", len(product.skus))
    return answer


@accepted(*PARTS)
def deletes_skus_that_a_sent_list_leaves_out(desk: Desk, operation: str) -> Answer:
    product = desk.product(variants=True)
    row = new_sku(desk, id=product.skus[1].id)
    answer = desk.call(operation, product_id=product.id, body={"skus": [row]})
    after = audited(desk, product.id)
    assert [sku["id"] for sku in after["skus"]] == [product.skus[1].id]
    return answer


@accepted(*PARTS)
def keeps_the_live_version_where_the_audit_fails(desk: Desk, operation: str) -> Answer:
    product = desk.product()
    answer = desk.call(operation, product_id=product.id, body={"title": "Forbidden Tray"})
    desk.command("fail_audit", product_id=product.id)
    after = desk.call(GET, product_id=product.id).data
    assert (after["title"], after["status"]) == (product.title, "ACTIVATE")
    assert after["audit"]["status"] == "FAILED"
    return answer


@refused((*EDITS, *PARTS), 12052901)
def an_edit_of_a_deleted_product(desk: Desk, operation: str) -> Answer:
    product = desk.product()
    desk.call(DELETE, body={"product_ids": [product.id]})
    return desk.call(operation, product_id=product.id, body=new_product(desk))


@accepted(RECOVER)
def recovers_a_deleted_product_off_sale(desk: Desk, operation: str) -> Answer:
    ids = {"product_ids": [desk.product().id]}
    desk.call(DELETE, body=ids)
    answer = desk.call(operation, body=ids)
    recovered = desk.call(GET, product_id=ids["product_ids"][0]).data
    assert recovered["status"] == "SELLER_DEACTIVATED"
    return answer


@accepted(UPLOAD)
def keeps_a_picture_for_products(desk: Desk, operation: str) -> Answer:
    files = {"data": ("tray.png", PNG, "image/png")}
    answer = desk.call(operation, files=files, body={"use_case": "MAIN_IMAGE"})
    made = create(desk, main_images=[{"uri": answer.data["uri"]}])
    shown = desk.call(GET, product_id=made.data["product_id"]).data["main_images"]
    assert [row["uri"] for row in shown] == [answer.data["uri"]]
    return answer


@refused(UPLOAD, 36009004, "parameter_invalid")
def an_upload_for_no_known_use(desk: Desk, operation: str) -> Answer:
    files = {"data": ("tray.png", PNG, "image/png")}
    return desk.call(operation, files=files, body={"use_case": "WALLPAPER"})


@accepted(CATEGORIES)
def tells_the_category_of_a_product(desk: Desk, operation: str) -> Answer:
    answer = desk.call(operation)
    leaves = {row["id"] for row in answer.data["categories"] if row["is_leaf"]}
    assert desk.product().category_id in leaves
    return answer
