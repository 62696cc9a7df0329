"""What the API promises about replicas: whose units they sell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.surface.cases_replica import open_german_shop, replica, replicate, units

if TYPE_CHECKING:
    from tests.support.shop_desk import Answer, Desk

SET_STOCK = "product.202309.update_inventory"
GET = "product.202309.get_product"


def set_units(desk: Desk, product_id: str, sku_id: str, quantity: int, cipher: str) -> Answer:
    rows = [{"id": sku_id, "inventory": [{"quantity": quantity}]}]
    query = {"shop_cipher": cipher}
    return desk.call(SET_STOCK, product_id=product_id, query=query, body={"skus": rows})


def set_replica(desk: Desk, cipher: str) -> Answer:
    row = replica(desk)
    return set_units(desk, row.id, next(iter(row.skus)), 2, cipher)


def test_a_replica_of_its_own_units_is_set_in_its_shop(desk: Desk) -> None:
    shop = open_german_shop(desk)
    replicate(desk, "DE", inventory=[{"quantity": 8}])
    desk.wait(hours=1)

    answer = set_replica(desk, shop.cipher)

    assert (answer.data["errors"], units(desk)) == ([], 2)


def test_shared_units_are_set_at_the_source_alone(desk: Desk) -> None:
    shop = open_german_shop(desk)
    replicate(desk, "DE", mode="SHARED")
    desk.wait(hours=1)
    source = desk.product()

    refused = set_replica(desk, shop.cipher)
    set_units(desk, source.id, source.skus[0].id, 21, desk.shop.cipher)

    assert [row["code"] for row in refused.data["errors"]] == [12052921]
    assert units(desk) == 21


def test_a_sale_in_one_shop_takes_a_shared_unit_from_both(desk: Desk) -> None:
    shop = open_german_shop(desk)
    replicate(desk, "DE", mode="SHARED")
    desk.wait(hours=1)
    source = desk.product().skus[0]
    before = desk.stock(source).available

    desk.place(sku=source.id)
    after_home = (desk.stock(source).available, units(desk))
    desk.command("place_orders", shop=shop.id, units=1, sku_id=next(iter(replica(desk).skus)))

    assert after_home == (before - 1, before - 1)
    assert (desk.stock(source).available, units(desk)) == (before - 2, before - 2)


def test_a_replica_says_what_it_was_made_of(desk: Desk) -> None:
    shop = open_german_shop(desk)
    replicate(desk, "DE", price={"sale_price": "14.00", "currency": "EUR"})
    source = desk.product()
    query = {"shop_cipher": shop.cipher}

    data: dict[str, Any] = desk.call(GET, product_id=replica(desk).id, query=query).data

    assert (data["is_replicated"], data["product_types"]) == (True, ["GPR_TARGET_PRODUCT"])
    sku = data["skus"][0]
    assert (sku["price"]["sale_price"], sku["price"]["currency"]) == ("14.00", "EUR")
    assert sku["global_listing_policy"]["replicate_source"] == {
        "product_id": source.id,
        "shop_id": desk.shop.id,
        "sku_id": source.skus[0].id,
    }


def test_a_variant_deleted_from_a_replica_leaves_the_source_its_units(desk: Desk) -> None:
    shop = open_german_shop(desk)
    replicate(desk, "DE", mode="SHARED")
    desk.wait(hours=1)
    first, *others = replica(desk).skus
    source = desk.product()
    before = [desk.stock(sku).available for sku in source.skus]

    desk.call(
        "product.202509.partial_edit_product",
        product_id=replica(desk).id,
        query={"shop_cipher": shop.cipher},
        body={"skus": [{"id": first}]},
    )
    desk.wait(hours=1)

    assert others
    assert [desk.stock(sku).available for sku in source.skus] == before


def test_a_market_gets_a_replica_once(desk: Desk) -> None:
    open_german_shop(desk)
    replicate(desk, "DE")

    again = replicate(desk, "DE")

    assert [row["code"] for row in again.data["errors"]] == [12052910]
