"""Replicas: products of a shop, listed in the account's shops of other markets."""

from __future__ import annotations

from typing import Any

from tests.support.shop_desk import Answer, Desk
from tests.surface.cases import accepted, refused

from tts_chaos.core.entropy import Entropy
from tts_chaos.twin.domains.authorization.entities import Account, Shop
from tts_chaos.twin.domains.authorization.minting import open_shop
from tts_chaos.twin.domains.logistics.population import populate_warehouses
from tts_chaos.twin.domains.product.entities import StockLevel
from tts_chaos.twin.domains.product.replica_entities import Replica

REPLICATE = "product.202507.replicate_product"
REPLICAS = "product.202507.get_global_replicated_products"
RULES = "product.202507.get_global_listing_rules"


def open_german_shop(desk: Desk) -> Shop:
    """Let the account have a second shop."""
    env = desk.twin.env
    shop = open_shop(env, env.store.list(Account)[0], "DE")
    populate_warehouses(env, shop, entropy=Entropy(3))
    return shop


def replicate(desk: Desk, *regions: str, mode: str = "EXCLUSIVE", **row: Any) -> Answer:
    """Replicate the first product."""
    product = desk.product()
    skus = [{"source_sku_id": product.skus[0].id, **row}]
    targets = [{"region": region, "inventory_mode": mode, "skus": skus} for region in regions]
    return desk.call(REPLICATE, product_id=product.id, body={"replicate_target": targets})


def replica(desk: Desk) -> Replica:
    """Return the one replica."""
    (row,) = desk.twin.env.store.list(Replica)
    return row


def units(desk: Desk) -> int:
    """Return how many units of the first variant's replica are for sale."""
    row = replica(desk)
    level = desk.twin.env.store.get(StockLevel, row.shop_id, next(iter(row.skus)))
    assert level is not None
    return level.available


@accepted(REPLICATE)
def replicates_where_the_account_has_a_shop(desk: Desk, _operation: str) -> Answer:
    open_german_shop(desk)
    answer = replicate(desk, "DE", "FR", inventory=[{"quantity": 8}])
    assert [row["detail"]["region"] for row in answer.data["errors"]] == ["FR"]
    assert units(desk) == 8
    return answer


@refused((REPLICATE, REPLICAS), 12052032)
def a_replica_of_nobodys_product(desk: Desk, operation: str) -> Answer:
    return desk.call(operation, product_id="1729", body={} if operation == REPLICATE else None)


@refused(REPLICATE, 12052901)
def a_replica_of_a_product_off_sale(desk: Desk, _operation: str) -> Answer:
    body = {"product_ids": [desk.product().id]}
    desk.call("product.202309.deactivate_products", body=body)
    return replicate(desk, "DE")


@accepted(REPLICAS)
def tells_replicas_with_their_states(desk: Desk, operation: str) -> Answer:
    shop = open_german_shop(desk)
    replicate(desk, "DE")
    desk.wait(hours=1)
    answer = desk.call(operation, product_id=desk.product().id)
    (row,) = answer.data["replicated_products"]
    assert (row["shop_id"], row["region"], row["product_status"]) == (shop.id, "DE", "ACTIVATE")
    return answer


@accepted(RULES)
def tells_how_an_account_of_two_shops_may_list(desk: Desk, operation: str) -> Answer:
    before = desk.call(operation).data["listing_methods"]
    open_german_shop(desk)
    answer = desk.call(operation)
    assert (before, "LOCAL_REPLICATION" in answer.data["listing_methods"]) == ([], True)
    return answer
