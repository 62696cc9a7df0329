"""What the platform makes of a request that means no operation."""

from __future__ import annotations

import pytest

from tts_chaos.contracts.loader import load_contracts
from tts_chaos.contracts.routing import TargetKind
from tts_chaos.wire.message import API_HOST, AUTH_HOST

CONTRACTS = load_contracts()


@pytest.mark.parametrize(
    ("host", "method", "path", "kind"),
    [
        pytest.param(API_HOST, "POST", "/order/202309/orders/search", TargetKind.MATCH, id="right"),
        pytest.param(
            API_HOST, "GET", "/order/202309/orders/search", TargetKind.WRONG_VERB, id="wrong-verb"
        ),
        pytest.param(
            API_HOST,
            "POST",
            "/order/202201/orders/search",
            TargetKind.UNKNOWN_VERSION,
            id="version-that-never-was",
        ),
        pytest.param(
            API_HOST,
            "GET",
            "/order/202309/orders/576653688135258178",
            TargetKind.UNKNOWN_PATH,
            id="id-in-the-path-that-belongs-in-the-query",
        ),
        pytest.param(
            API_HOST,
            "POST",
            "/order/202309/orders/search/",
            TargetKind.UNKNOWN_PATH,
            id="slash-at-the-end",
        ),
        pytest.param(
            API_HOST,
            "POST",
            "//order/202309/orders/search",
            TargetKind.UNKNOWN_CATEGORY,
            id="double-slash",
        ),
        pytest.param(
            API_HOST, "GET", "/order/orders/search", TargetKind.UNKNOWN_PATH, id="no-version"
        ),
        pytest.param(
            API_HOST, "GET", "/v1/orders", TargetKind.UNKNOWN_CATEGORY, id="path-of-the-article"
        ),
        pytest.param(API_HOST, "GET", "/", TargetKind.UNKNOWN_CATEGORY, id="root"),
        pytest.param(
            API_HOST,
            "POST",
            "/api/orders/search",
            TargetKind.UNKNOWN_VERSION,
            id="path-of-the-older-api",
        ),
        pytest.param(
            API_HOST,
            "GET",
            "/finance/202309/nothing",
            TargetKind.UNKNOWN_PATH,
            id="category-that-exists-and-is-not-described-here",
        ),
        pytest.param(
            AUTH_HOST, "POST", "/api/v2/token/get", TargetKind.WRONG_VERB, id="post-for-a-token"
        ),
        pytest.param(
            AUTH_HOST,
            "POST",
            "/order/202309/orders/search",
            TargetKind.UNKNOWN_PATH,
            id="orders-at-the-token-host",
        ),
        pytest.param(
            API_HOST,
            "GET",
            "/api/v2/token/get",
            TargetKind.UNKNOWN_VERSION,
            id="tokens-at-the-api-host",
        ),
        pytest.param(
            "api.tiktokshop.com",
            "POST",
            "/order/202309/orders/search",
            TargetKind.UNKNOWN_HOST,
            id="host-of-the-article",
        ),
    ],
)
def test_a_target_is_told_apart(host: str, method: str, path: str, kind: TargetKind) -> None:
    target = CONTRACTS.resolve(host, method, path)

    assert target.kind is kind
    assert (target.match is not None) == (kind is TargetKind.MATCH)


def test_a_wrong_verb_is_told_with_the_right_ones() -> None:
    target = CONTRACTS.resolve(API_HOST, "POST", "/event/202309/webhooks")

    assert target.verbs == ("DELETE", "GET", "PUT")


def test_an_unknown_version_is_told_with_the_known_ones() -> None:
    target = CONTRACTS.resolve(API_HOST, "POST", "/product/202401/products/search")

    assert target.versions == ("202309", "202312", "202502")


def test_values_in_the_path_are_decoded() -> None:
    match = CONTRACTS.match(API_HOST, "GET", "/product/202309/products/17%2F29")

    assert match is not None
    assert match.values == {"product_id": "17/29"}


def test_an_empty_value_in_the_path_is_no_value() -> None:
    target = CONTRACTS.resolve(API_HOST, "POST", "/product/202309/products//prices/update")

    assert target.kind is TargetKind.UNKNOWN_PATH


def test_a_literal_path_wins_over_a_placeholder() -> None:
    match = CONTRACTS.match(API_HOST, "POST", "/product/202309/products/search")

    assert match is not None
    assert match.operation.id == "product.202309.search_products"


def test_each_version_of_a_path_is_its_own_operation() -> None:
    ids = [
        match.operation.id
        for version in ("202309", "202507")
        if (match := CONTRACTS.match(API_HOST, "GET", f"/order/{version}/orders"))
    ]

    assert ids == ["order.202309.get_order_detail", "order.202507.get_order_detail"]
