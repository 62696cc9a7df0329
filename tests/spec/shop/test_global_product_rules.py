"""What the API promises about global products and the shops that sell them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.surface.cases_global_product import (
    DELETE,
    GET,
    PARTIAL_EDIT,
    PUBLISH,
    SET_STOCK,
    created,
    publish,
    variant,
)
from tests.surface.cases_listing import warehouse

if TYPE_CHECKING:
    from tests.support.shop_desk import Answer, Desk

SET_LOCAL_STOCK = "product.202309.update_inventory"


def published(desk: Desk, **row: Any) -> tuple[str, str, str, str]:
    """Publish a global product; return the ids of both products and both variants."""
    id, sku = created(desk)
    target = {"region": "GB", "skus": [{"related_global_sku_id": sku, **row}]}
    answer = desk.call(PUBLISH, global_product_id=id, body={"publish_target": [target]})
    (local,) = answer.data["products"]
    desk.wait(hours=1)
    return id, sku, local["id"], local["skus"][0]["id"]


def set_local(desk: Desk, product_id: str, sku_id: str) -> Answer:
    rows = [{"id": sku_id, "inventory": [{"quantity": 1}]}]
    return desk.call(SET_LOCAL_STOCK, product_id=product_id, body={"skus": rows})


def test_a_published_product_is_audited_like_any_other(desk: Desk) -> None:
    id, sku = created(desk)
    local = publish(desk, id, sku).data["products"][0]["id"]
    before = {row.id: row.status for row in desk.products}[local]

    desk.wait(hours=1)

    after = {row.id: row.status for row in desk.products}[local]
    assert (before, after) == ("PENDING", "ACTIVATE")


def test_units_without_a_number_of_their_own_are_those_of_the_global_product(desk: Desk) -> None:
    id, sku, _, local_sku = published(desk)
    rows = [{"id": sku, "inventory": [{"global_warehouse_id": "881", "quantity": 3}]}]

    desk.call(SET_STOCK, global_product_id=id, body={"global_skus": rows})

    assert desk.stock(local_sku).available == 3


def test_units_that_follow_a_global_product_cannot_be_set_in_the_shop(desk: Desk) -> None:
    _, _, local, local_sku = published(desk)

    answer = set_local(desk, local, local_sku)

    assert [row["code"] for row in answer.data["errors"]] == [12052141]
    assert desk.stock(local_sku).available == 12


def test_units_of_a_shops_own_stay_its_own(desk: Desk) -> None:
    own = {"warehouse_id": warehouse(desk), "quantity": 9}
    id, sku, local, local_sku = published(desk, inventory=own)
    rows = [{"id": sku, "inventory": [{"global_warehouse_id": "881", "quantity": 3}]}]
    desk.call(SET_STOCK, global_product_id=id, body={"global_skus": rows})
    before = desk.stock(local_sku).available

    answer = set_local(desk, local, local_sku)

    assert (before, answer.data["errors"], desk.stock(local_sku).available) == (9, [], 1)


def test_a_market_gets_a_product_once(desk: Desk) -> None:
    id, sku = created(desk)
    publish(desk, id, sku)

    again = publish(desk, id, sku).data

    assert (again["products"], again["publish_result"][0]["status"]) == ([], "FAILED")


def test_a_market_that_fails_lists_nothing(desk: Desk) -> None:
    id, sku = created(desk)
    before = desk.products

    answer = publish(desk, id, sku, region="JP")

    assert answer.data["publish_result"][0]["status"] == "FAILED"
    assert desk.products == before
    assert desk.call(GET, global_product_id=id).data["products"] == []


def test_variants_left_out_of_a_partial_edit_are_deleted(desk: Desk) -> None:
    id, kept = created(desk, skus=[variant(), variant(seller_sku="G-OTHER")])

    desk.call(PARTIAL_EDIT, global_product_id=id, body={"skus": [{"id": kept}]})

    assert [row["id"] for row in desk.call(GET, global_product_id=id).data["skus"]] == [kept]


def test_a_product_that_is_sold_cannot_be_deleted(desk: Desk) -> None:
    id, sku = created(desk)
    publish(desk, id, sku)

    answer = desk.call(DELETE, body={"global_product_ids": [id]})

    assert [row["code"] for row in answer.data["errors"]] == [12052901]
    assert desk.call(GET, global_product_id=id).code == 0


def test_a_published_product_says_what_it_was_made_of(desk: Desk) -> None:
    id, sku, local, local_sku = published(desk)

    data = desk.call("product.202309.get_product", product_id=local).data

    assert data["global_product_association"] == {
        "global_product_id": id,
        "sku_mappings": [{"global_sku_id": sku, "local_sku_id": local_sku}],
    }
