"""What the API promises about stock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jsonschema_rs
import pytest

if TYPE_CHECKING:
    from tests.support.shop_desk import Answer, Desk

SEARCH = "product.202309.inventory_search"
UPDATE = "product.202309.update_inventory"


def push(desk: Desk, sku_id: str, *entries: dict[str, Any]) -> Answer:
    product = next(row for row in desk.products if row.sku(sku_id))
    rows = [{"id": sku_id, "inventory": list(entries)}]
    return desk.call(UPDATE, product_id=product.id, body={"skus": rows})


def warehouse_of(desk: Desk, sku_id: str) -> str:
    return desk.stock(sku_id).shelves[0].warehouse_id


def test_an_update_sets_the_sellable_quantity(desk: Desk) -> None:
    sku = desk.product().skus[0]

    answer = push(desk, sku.id, {"warehouse_id": warehouse_of(desk, sku.id), "quantity": 77})

    assert (answer.code, answer.data["errors"]) == (0, [])
    assert desk.stock(sku).available == 77


def test_a_single_warehouse_need_not_be_named(desk: Desk) -> None:
    sku = desk.product().skus[0]

    assert push(desk, sku.id, {"quantity": 12}).data["errors"] == []
    assert desk.stock(sku).available == 12


def test_a_written_quantity_does_not_include_units_promised_to_orders(desk: Desk) -> None:
    sku = desk.product().skus[0]
    desk.place(sku=sku.id, units=3)

    push(desk, sku.id, {"quantity": 10})

    assert (desk.stock(sku).available, desk.stock(sku).committed) == (10, 3)


def test_an_update_is_committed_under_its_name(desk: Desk) -> None:
    sku = desk.product().skus[0]
    desk.changes.clear()

    push(desk, sku.id, {"quantity": 12})

    assert [(change.what, change.id) for change in desk.changes] == [("stock.set", sku.id)]


@pytest.mark.parametrize(
    ("entries", "code"),
    [
        pytest.param([{"quantity": 5}], 12019028, id="no-warehouse-named"),
        pytest.param([{"warehouse_id": "first", "quantity": 5}], 12052037, id="one-of-two-named"),
        pytest.param(
            [
                {"warehouse_id": "first", "quantity": 5},
                {"warehouse_id": "first", "quantity": 6},
            ],
            12052037,
            id="one-named-twice",
        ),
        pytest.param(
            [
                {"warehouse_id": "first", "quantity": 5},
                {"warehouse_id": "1234567890", "quantity": 6},
            ],
            12052097,
            id="an-unknown-one-named",
        ),
    ],
)
def test_with_two_warehouses_each_must_be_listed_once(
    desk: Desk, entries: list[dict[str, Any]], code: int
) -> None:
    sku = desk.product().skus[0]
    desk.command("add_warehouse")
    first = warehouse_of(desk, sku.id)
    before = desk.stock(sku)

    answer = push(
        desk,
        sku.id,
        *[
            {**row, "warehouse_id": first} if row.get("warehouse_id") == "first" else row
            for row in entries
        ],
    )

    assert answer.code == 0
    assert [error["code"] for error in answer.data["errors"]] == [code]
    assert answer.data["errors"][0]["detail"]["sku_id"] == sku.id
    assert desk.stock(sku) == before


def test_listing_both_of_two_warehouses_is_accepted(desk: Desk) -> None:
    sku = desk.product().skus[0]
    second = desk.command("add_warehouse")["warehouse_id"]

    answer = push(
        desk,
        sku.id,
        {"warehouse_id": warehouse_of(desk, sku.id), "quantity": 5},
        {"warehouse_id": second, "quantity": 6},
    )

    assert answer.data["errors"] == []
    assert [shelf.available for shelf in desk.stock(sku).shelves] == [5, 6]


def test_a_return_warehouse_sells_nothing(desk: Desk) -> None:
    rows = desk.call("logistics.202309.get_warehouse_list").data["warehouses"]
    returns = next(row["id"] for row in rows if row["type"] == "RETURN_WAREHOUSE")
    sku = desk.product().skus[0]

    answer = push(desk, sku.id, {"warehouse_id": returns, "quantity": 5})

    assert [error["code"] for error in answer.data["errors"]] == [12052097]


def test_good_and_bad_skus_of_one_call_part_ways_inside_code_0(desk: Desk) -> None:
    product = desk.product(variants=True)
    good, bad = product.skus[:2]

    answer = desk.call(
        UPDATE,
        product_id=product.id,
        body={
            "skus": [
                {"id": good.id, "inventory": [{"quantity": 3}]},
                {"id": bad.id, "inventory": [{"warehouse_id": "9", "quantity": 3}]},
                {"id": "1", "inventory": [{"quantity": 3}]},
            ]
        },
    )

    assert answer.code == 0
    assert [error["detail"]["sku_id"] for error in answer.data["errors"]] == [bad.id, "1"]
    assert [error["code"] for error in answer.data["errors"]] == [12052097, 12052556]
    assert desk.stock(good).available == 3


def test_quantity_0_sells_a_sku_out(desk: Desk) -> None:
    sku = desk.product().skus[0]

    assert push(desk, sku.id, {"quantity": 0}).data["errors"] == []
    assert desk.stock(sku).available == 0


def test_a_quantity_over_99999_is_refused(desk: Desk) -> None:
    sku = desk.product().skus[0]
    before = desk.stock(sku)

    answer = push(desk, sku.id, {"quantity": 100_000})

    assert answer.code != 0 or answer.data["errors"]
    assert desk.stock(sku) == before


def test_a_product_off_sale_cannot_be_stocked(desk: Desk) -> None:
    product = desk.product()
    desk.command("deactivate_product", product_id=product.id)

    assert push(desk, product.skus[0].id, {"quantity": 5}).code == 12052901


def test_a_sku_listed_twice_refuses_the_whole_call(desk: Desk) -> None:
    product = desk.product()
    row = {"id": product.skus[0].id, "inventory": [{"quantity": 5}]}
    before = desk.stock(product.skus[0])

    assert desk.call(UPDATE, product_id=product.id, body={"skus": [row, row]}).code == 12052553
    assert desk.stock(product.skus[0]) == before


def test_an_empty_sku_list_is_refused(desk: Desk) -> None:
    answer = desk.call(UPDATE, product_id=desk.product().id, body={"skus": []})

    assert answer.code == 12052902


def test_an_unknown_product_is_refused(desk: Desk) -> None:
    body = {"skus": [{"id": "1", "inventory": [{"quantity": 5}]}]}

    assert desk.call(UPDATE, product_id="1730000000000000000", body=body).code == 12052032


def test_a_search_tells_available_and_committed_apart(desk: Desk) -> None:
    sku = desk.product().skus[0]
    push(desk, sku.id, {"quantity": 20})
    desk.place(sku=sku.id, units=2)

    (found,) = desk.call(SEARCH, body={"sku_ids": [sku.id]}).data["inventory"]

    assert found["skus"][0]["total_available_quantity"] == 18
    assert found["skus"][0]["total_committed_quantity"] == 2
    assert found["skus"][0]["warehouse_inventory"] == [
        {
            "warehouse_id": warehouse_of(desk, sku.id),
            "available_quantity": 18,
            "committed_quantity": 2,
        }
    ]


def test_in_a_search_sku_ids_win_over_product_ids(desk: Desk) -> None:
    one, other = desk.products[:2]
    body = {"product_ids": [one.id], "sku_ids": [other.skus[0].id]}

    (found,) = desk.call(SEARCH, body=body).data["inventory"]

    assert found["product_id"] == other.id
    assert [sku["id"] for sku in found["skus"]] == [other.skus[0].id]


def test_a_search_by_product_returns_all_its_skus(desk: Desk) -> None:
    product = desk.product(variants=True)

    (found,) = desk.call(SEARCH, body={"product_ids": [product.id]}).data["inventory"]

    assert [sku["seller_sku"] for sku in found["skus"]] == [sku.seller_sku for sku in product.skus]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        pytest.param({}, 12052910, id="nothing-asked-for"),
        pytest.param({"product_ids": ["1"] * 101}, 12019120, id="101-product-ids"),
        pytest.param({"sku_ids": ["1"] * 601}, 12019015, id="601-sku-ids"),
    ],
)
def test_a_search_asks_for_some_but_not_too_much(
    desk: Desk, body: dict[str, Any], code: int
) -> None:
    assert desk.call(SEARCH, body=body).code == code


def test_600_sku_ids_are_not_too_many(desk: Desk) -> None:
    assert desk.call(SEARCH, body={"sku_ids": ["1"] * 600}).code == 0


def test_webhook_27_tells_when_stock_runs_low_and_when_it_is_gone(desk: Desk) -> None:
    sku = desk.product().skus[0]
    desk.listen(27)
    desk.command("set_platform_stock", sku_id=sku.id, quantity=5)
    desk.command("set_platform_stock", sku_id=sku.id, quantity=0)
    desk.command("set_platform_stock", sku_id=sku.id, quantity=80)

    told = [row["data"] for row in desk.heard()]

    assert [row["current_inventory_status"] for row in told] == ["LOW_STOCK", "OUT_OF_STOCK"]
    assert told[1]["inventory_distribution"]["available_quantity"] == 0


def test_webhook_71_tells_the_units_after_each_change_and_the_difference(desk: Desk) -> None:
    sku = desk.product().skus[0]
    desk.command("set_platform_stock", sku_id=sku.id, quantity=50)
    desk.listen(71)
    order = desk.place(sku=sku.id, units=2)
    desk.command("move_order", order=order.id, event="cancel")
    schema = desk.twin.contracts.webhooks[71].data_schema

    told = [row["data"] for row in desk.heard()]

    assert all(jsonschema_rs.is_valid(schema, row) for row in told)
    assert [row["change_detail"][0]["available_quantity_delta"] for row in told] == [-2, 1, 1]
    assert told[0]["quantity_snapshot_after_change"]["total_committed_quantity"] == 2
    assert {row["sku_id"] for row in told} == {int(sku.id)}


def test_a_backorder_stays_until_another_is_sent(desk: Desk) -> None:
    product = desk.product()
    sku = product.skus[0].id

    def push(**entry: int) -> dict[str, Any]:
        rows = [{"id": sku, "inventory": [entry]}]
        desk.call(UPDATE, product_id=product.id, body={"skus": rows})
        data = desk.call("product.202309.get_product", product_id=product.id).data
        shelf: dict[str, Any] = data["skus"][0]["inventory"][0]
        return {key: value for key, value in shelf.items() if key != "warehouse_id"}

    sent = push(quantity=5, backorder_quantity=40, handling_time=3)
    silent = push(quantity=6)
    cleared = push(quantity=6, backorder_quantity=0)

    assert sent == {"quantity": 5, "backorder_quantity": 40, "handling_time": 3}
    assert silent == {"quantity": 6, "backorder_quantity": 40, "handling_time": 3}
    assert cleared == {"quantity": 6, "backorder_quantity": 0, "handling_time": 3}
