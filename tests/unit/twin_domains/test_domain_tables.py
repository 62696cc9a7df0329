"""The state machines of products, packages, cancellations and returns; prices; populations."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tts_chaos.contracts.loader import load_contracts
from tts_chaos.core.clock import ManualClock, SkewedClock
from tts_chaos.core.entropy import Entropy
from tts_chaos.twin.domains.fulfillment.lifecycle import PACKAGE, SUB_STATUS
from tts_chaos.twin.domains.logistics.markets import MARKETS
from tts_chaos.twin.domains.product.catalogue import KINDS, MARKET_FACTOR
from tts_chaos.twin.domains.product.entities import Product, StockLevel
from tts_chaos.twin.domains.product.lifecycle import AUDIT, PRODUCT
from tts_chaos.twin.domains.product.money import CURRENCY_BY_REGION, parse_amount
from tts_chaos.twin.domains.return_refund.lifecycle import CANCELLATION, RETURN
from tts_chaos.twin.lifecycle import IllegalMoveError, Lifecycle
from tts_chaos.twin.money import fraction_digits
from tts_chaos.twin.regions import REGIONS
from tts_chaos.twin.twin import Twin

LIVES = (PRODUCT, AUDIT, PACKAGE, CANCELLATION, RETURN)
STARTS = {
    "product": {"DRAFT"},
    "audit": {"NONE"},
    "package": {"PROCESSING"},
    "cancellation": {"CANCELLATION_REQUEST_PENDING"},
    "return": {"RETURN_OR_REFUND_REQUEST_PENDING", "REPLACEMENT_REQUEST_PENDING"},
}


def make_twin(seed: int, *regions: str) -> Twin:
    twin = Twin(clock=SkewedClock(ManualClock()), entropy=Entropy(seed), contracts=load_contracts())
    twin.populate(orders=0, products=24, shops=len(regions), regions=regions)
    return twin


@pytest.mark.parametrize("life", LIVES, ids=lambda life: life.name)
def test_every_state_is_reachable_from_where_an_entity_begins(life: Lifecycle) -> None:
    reached = set(STARTS[life.name])
    for _ in life.states():
        reached |= {goal for (state, _), goal in life.moves.items() if state in reached}

    assert reached == set(life.states())


@pytest.mark.parametrize(
    ("life", "state", "event"),
    [
        (life, state, event)
        for life in LIVES
        for state in life.states()
        for event in sorted({event for _, event in life.moves})
        if (state, event) not in life.moves
    ],
    ids=lambda value: value.name if isinstance(value, Lifecycle) else str(value),
)
def test_a_move_that_the_table_lacks_is_refused_with_both_words(
    life: Lifecycle, state: str, event: str
) -> None:
    with pytest.raises(IllegalMoveError, match=f"{state} cannot {event}"):
        life.next(state, event)


def test_each_event_of_a_package_has_a_finer_state() -> None:
    assert set(SUB_STATUS) == {event for _, event in PACKAGE.moves}


@pytest.mark.parametrize(
    ("text", "currency", "amount"),
    [
        pytest.param("18", "GBP", Decimal("18.00"), id="whole-pounds"),
        pytest.param("18.5", "GBP", Decimal("18.50"), id="one-place"),
        pytest.param("0.01", "GBP", Decimal("0.01"), id="the-least"),
        pytest.param("1980", "JPY", Decimal(1980), id="yen"),
        pytest.param("1980.00", "JPY", None, id="yen-with-places"),
        pytest.param("18.005", "GBP", None, id="half-a-penny"),
        pytest.param(".5", "GBP", None, id="no-whole-part"),
        pytest.param("5.", "GBP", None, id="a-point-and-nothing-after-it"),
        pytest.param("+5", "GBP", None, id="a-sign"),
        pytest.param(" 5", "GBP", None, id="a-blank"),
        pytest.param("NaN", "GBP", None, id="no-number"),
        pytest.param("9" * 21, "GBP", None, id="absurdly-long"),
    ],
)
def test_an_amount_is_plain_and_fits_its_currency(
    text: str, currency: str, amount: Decimal | None
) -> None:
    assert parse_amount(text, currency) == amount


@pytest.mark.parametrize("region", sorted(REGIONS))
def test_every_market_of_the_twin_has_warehouses_carriers_and_a_currency(region: str) -> None:
    assert region in MARKETS
    assert CURRENCY_BY_REGION[region] in MARKET_FACTOR


def test_equal_seeds_give_equal_products() -> None:
    one, other = (make_twin(3, "GB").env.store.list(Product) for _ in range(2))

    assert one == other


def test_different_seeds_give_different_products() -> None:
    one, other = (make_twin(seed, "GB").env.store.list(Product) for seed in (3, 4))

    assert one != other


@pytest.mark.parametrize("region", ["GB", "JP", "VN"])
def test_prices_are_exact_in_the_currency_of_the_shop(region: str) -> None:
    skus = [sku for row in make_twin(3, region).env.store.list(Product) for sku in row.skus]

    assert {sku.price.currency for sku in skus} == {CURRENCY_BY_REGION[region]}
    assert {-int(sku.price.amount.as_tuple().exponent) for sku in skus} == {
        fraction_digits(CURRENCY_BY_REGION[region])
    }


def test_seller_skus_are_unique_in_a_shop_and_some_products_have_several() -> None:
    products = make_twin(3, "GB").env.store.list(Product)
    codes = [sku.seller_sku for row in products for sku in row.skus]

    assert len(set(codes)) == len(codes)
    assert any(len(row.skus) > 1 for row in products)
    assert len(products) > len(KINDS)


def test_two_shops_share_no_id() -> None:
    store = make_twin(3, "GB", "US").env.store
    ids = [row.id for row in store.list(StockLevel)] + [row.id for row in store.list(Product)]

    assert len(set(ids)) == len(ids)


def test_every_sku_is_in_stock() -> None:
    store = make_twin(3, "GB").env.store
    skus = {sku.id for row in store.list(Product) for sku in row.skus}

    assert skus == {row.id for row in store.list(StockLevel) if row.available > 0}
