"""Global products: creating, editing, publishing, deleting."""

from __future__ import annotations

from typing import Any

from tests.support.shop_desk import Answer, Desk
from tests.surface.cases import accepted, refused
from tests.surface.cases_listing import MUGS

CREATE = "product.202309.create_global_product"
GET = "product.202309.get_global_product"
SEARCHES = ("product.202309.search_global_products", "product.202312.search_global_products")
EDIT = "product.202309.edit_global_product"
PARTIAL_EDIT = "product.202509.partial_edit_global_product"
EDITS = (EDIT, PARTIAL_EDIT)
SET_STOCK = "product.202309.update_global_inventory"
PUBLISH = "product.202309.publish_global_product"
DELETE = "product.202309.delete_global_products"


def variant(**changes: Any) -> dict[str, Any]:
    """Return a variant that is fit to be kept."""
    return {
        "seller_sku": "G-MUG-SAND",
        "price": {"amount": "15.00", "currency": "USD"},
        "inventory": [{"global_warehouse_id": "881", "quantity": 12}],
        "sales_attributes": [{"name": "Colour", "value_name": "Sand"}],
    } | changes


def listing(**changes: Any) -> dict[str, Any]:
    """Return a whole listing that is fit to be kept."""
    return {
        "title": "Brightwell Stoneware Mug, 350 ml",
        "description": "<p>A mug of stoneware for tea and coffee, safe in the dishwasher.</p>",
        "category_id": MUGS,
        "main_images": [{"uri": "tos-twin/mug"}],
        "package_weight": {"value": "0.4", "unit": "KILOGRAM"},
        "skus": [variant()],
    } | changes


def create(desk: Desk, **changes: Any) -> Answer:
    """Create a global product."""
    return desk.call(CREATE, body=listing(**changes))


def created(desk: Desk, **changes: Any) -> tuple[str, str]:
    """Create a global product; return its id and that of its variant."""
    made = create(desk, **changes).data
    return made["global_product_id"], made["global_skus"][0]["id"]


def publish(desk: Desk, product_id: str, sku_id: str, *, region: str = "GB") -> Answer:
    """Publish one variant to one market."""
    target = {"region": region, "skus": [{"related_global_sku_id": sku_id}]}
    body = {"publish_target": [target]}
    return desk.call(PUBLISH, global_product_id=product_id, body=body)


def deleted(desk: Desk) -> str:
    """Return the id of a global product that was deleted."""
    id, _ = created(desk)
    desk.call(DELETE, body={"global_product_ids": [id]})
    return id


@accepted(CREATE)
def keeps_a_global_product(desk: Desk, _operation: str) -> Answer:
    return create(desk)


@refused((CREATE, *EDITS), 12052023)
def a_global_product_in_a_category_of_nowhere(desk: Desk, operation: str) -> Answer:
    return put(desk, operation, category_id="1729")


@refused((CREATE, *EDITS), 12052024)
def a_global_product_in_a_department(desk: Desk, operation: str) -> Answer:
    return put(desk, operation, category_id="600001")


@refused((CREATE, *EDITS), 12052902)
def a_global_product_without_variants(desk: Desk, operation: str) -> Answer:
    return put(desk, operation, skus=[])


@refused((CREATE, *EDITS), 12052050)
def a_global_product_of_too_many_variants(desk: Desk, operation: str) -> Answer:
    return put(desk, operation, skus=[variant()] * 101)


@refused((CREATE, *EDITS), 12052910)
def a_global_product_at_no_price(desk: Desk, operation: str) -> Answer:
    return put(desk, operation, skus=[variant(price={"amount": "dear", "currency": "USD"})])


@refused(EDITS, 12052556)
def a_global_product_with_a_foreign_variant(desk: Desk, operation: str) -> Answer:
    return put(desk, operation, skus=[variant(id="1729")])


@refused(EDITS, 12052553)
def a_global_product_with_a_variant_twice(desk: Desk, operation: str) -> Answer:
    id, sku = created(desk)
    body = listing(skus=[variant(id=sku)] * 2)
    return desk.call(operation, global_product_id=id, body=body)


def put(desk: Desk, operation: str, **changes: Any) -> Answer:
    """Create a global product, or edit one that was created."""
    if operation == CREATE:
        return create(desk, **changes)
    id, _ = created(desk)
    return desk.call(operation, global_product_id=id, body=listing(**changes))


@accepted(*EDITS)
def passes_an_edit_on_to_the_shops(desk: Desk, operation: str) -> Answer:
    id, sku = created(desk)
    local = publish(desk, id, sku).data["products"][0]["id"]
    desk.wait(hours=1)
    body = listing(title="A mug by another name", skus=[variant(id=sku)])
    answer = desk.call(operation, global_product_id=id, body=body)
    desk.wait(hours=1)
    assert {row.id: row.title for row in desk.products}[local] == "A mug by another name"
    return answer


@refused((GET, *EDITS, SET_STOCK, PUBLISH), 12052260)
def a_global_product_of_nobody(desk: Desk, operation: str) -> Answer:
    return desk.call(operation, global_product_id="1729", body=body_for(operation))


@refused((*EDITS, SET_STOCK, PUBLISH), 12052901)
def a_global_product_that_was_deleted(desk: Desk, operation: str) -> Answer:
    return desk.call(operation, global_product_id=deleted(desk), body=body_for(operation))


def body_for(operation: str) -> dict[str, Any] | None:
    """Return a body that the operation takes."""
    bodies: dict[str, dict[str, Any] | None] = {
        GET: None,
        SET_STOCK: {"global_skus": []},
        PUBLISH: {"publish_target": []},
    }
    return bodies.get(operation, listing())


@accepted(*SEARCHES)
def finds_a_global_product_by_its_seller_code(desk: Desk, operation: str) -> Answer:
    created(desk)
    id, _ = created(desk, skus=[variant(seller_sku="G-OTHER")])
    answer = desk.call(operation, query={"page_size": 10}, body={"seller_skus": ["G-OTHER"]})
    assert [row["id"] for row in answer.data["global_products"]] == [id]
    return answer


@accepted(GET)
def tells_where_a_global_product_is_sold(desk: Desk, operation: str) -> Answer:
    id, sku = created(desk)
    local = publish(desk, id, sku).data["products"][0]["id"]
    answer = desk.call(operation, global_product_id=id)
    assert [row["id"] for row in answer.data["products"]] == [local]
    return answer


@accepted(SET_STOCK)
def sets_the_units_of_a_global_product(desk: Desk, operation: str) -> Answer:
    id, sku = created(desk)
    rows = [{"id": sku, "inventory": [{"global_warehouse_id": "881", "quantity": 3}]}]
    answer = desk.call(operation, global_product_id=id, body={"global_skus": rows})
    told = desk.call(GET, global_product_id=id).data["skus"][0]
    assert told["inventory"] == rows[0]["inventory"]
    return answer


@refused(SET_STOCK, 12052902)
def global_units_of_nothing(desk: Desk, operation: str) -> Answer:
    id, _ = created(desk)
    return desk.call(operation, global_product_id=id, body={"global_skus": []})


@refused(SET_STOCK, 12052556)
def global_units_of_a_foreign_variant(desk: Desk, operation: str) -> Answer:
    id, _ = created(desk)
    rows = [{"id": "1729", "inventory": [{"global_warehouse_id": "881", "quantity": 3}]}]
    return desk.call(operation, global_product_id=id, body={"global_skus": rows})


@refused(SET_STOCK, 12052533)
def global_units_in_another_warehouse(desk: Desk, operation: str) -> Answer:
    id, sku = created(desk)
    rows = [{"id": sku, "inventory": [{"global_warehouse_id": "882", "quantity": 3}]}]
    return desk.call(operation, global_product_id=id, body={"global_skus": rows})


@accepted(PUBLISH)
def publishes_to_a_shop_of_the_account_and_to_no_other(desk: Desk, operation: str) -> Answer:
    id, sku = created(desk)
    rows = [{"related_global_sku_id": sku}]
    targets = [{"region": region, "skus": rows} for region in ("GB", "JP")]
    answer = desk.call(operation, global_product_id=id, body={"publish_target": targets})
    results = {row["region"]: row["status"] for row in answer.data["publish_result"]}
    assert results == {"GB": "SUCCESS", "JP": "FAILED"}
    local_sku = answer.data["products"][0]["skus"][0]["id"]
    assert desk.stock(local_sku).available == 12
    return answer


@accepted(DELETE)
def deletes_global_products_that_no_shop_sells(desk: Desk, operation: str) -> Answer:
    idle, _ = created(desk)
    sold, sku = created(desk)
    publish(desk, sold, sku)
    answer = desk.call(operation, body={"global_product_ids": [idle, sold, "1729"]})
    assert [row["code"] for row in answer.data["errors"]] == [12052901, 12052260]
    return answer
