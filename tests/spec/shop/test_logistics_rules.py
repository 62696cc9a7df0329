"""What the API promises about warehouses and carriers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.support.shop_desk import Desk

WAREHOUSES = "logistics.202309.get_warehouse_list"
OPTIONS = "logistics.202309.get_warehouse_delivery_options"
PROVIDERS = "logistics.202309.get_shipping_providers"


def test_sales_and_return_warehouse_differ_even_at_one_address(desk: Desk) -> None:
    rows = desk.call(WAREHOUSES).data["warehouses"]

    assert [row["type"] for row in rows] == ["SALES_WAREHOUSE", "RETURN_WAREHOUSE"]
    assert rows[0]["address"]["full_address"] == rows[1]["address"]["full_address"]
    assert rows[0]["id"] != rows[1]["id"]


def test_stock_lies_in_the_sales_warehouse(desk: Desk) -> None:
    sales = desk.call(WAREHOUSES).data["warehouses"][0]["id"]

    shelves = desk.stock(desk.product().skus[0]).shelves

    assert [shelf.warehouse_id for shelf in shelves] == [sales]


@pytest.mark.parametrize(("region", "carrier"), [("GB", "Royal Mail"), ("US", "USPS")])
def test_carriers_are_those_of_the_market(
    make_desk: Callable[..., Desk], region: str, carrier: str
) -> None:
    desk = make_desk(region)
    warehouse = desk.call(WAREHOUSES).data["warehouses"][0]["id"]
    option = desk.call(OPTIONS, warehouse_id=warehouse).data["delivery_options"][0]["id"]

    rows = desk.call(PROVIDERS, delivery_option_id=option).data["shipping_providers"]

    assert rows[0]["name"] == carrier


def test_a_return_warehouse_delivers_nothing(desk: Desk) -> None:
    warehouse = desk.call(WAREHOUSES).data["warehouses"][1]["id"]

    assert desk.call(OPTIONS, warehouse_id=warehouse).data["delivery_options"] == []


def test_an_unknown_warehouse_is_refused(desk: Desk) -> None:
    assert desk.call(OPTIONS, warehouse_id="1").code == 11005004


def test_an_unknown_delivery_option_is_refused(desk: Desk) -> None:
    assert desk.call(PROVIDERS, delivery_option_id="1").code == 11050001
