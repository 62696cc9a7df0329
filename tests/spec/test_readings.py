"""How odd but common requests are read: one row each, for a strict and for a lenient platform.

Where the protocol facts leave a reading open, the row says `assumed`: the strict platform refuses,
so that nobody relies on it, and the lenient one lets it pass.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import msgspec
import pytest
from tests.support.twin_pair import Reply, TwinPair
from urllib3.filepost import encode_multipart_formdata

from tts_chaos.twin.domains.product.entities import Product
from tts_chaos.twin.settings import TwinSettings
from tts_chaos.wire.message import AUTH_HOST, ApiRequest
from tts_chaos.wire.signing import attach_signature, encode_query

SEARCH = "/order/202309/orders/search"
DETAIL = "/order/202507/orders"
PAGE = (("page_size", "20"),)
PNG = b"\x89PNG\r\n\x1a\n" + bytes(16)
OK = 0
BAD_REQUEST = 36009004
UNSIGNED = 106001
RETIRED = 36009014
NO_ENVELOPE = None


@dataclass(frozen=True)
class Reading:
    """One row.

    Attributes:
        make: Makes the request.
        strict: Code that a strict platform answers, None for text that is no envelope.
        lenient: The same for a lenient platform.
        source: Where the reading comes from.
    """

    make: Callable[[TwinPair], ApiRequest]
    strict: int | None
    lenient: int | None
    source: Literal["documented", "recorded", "inferred", "assumed"]


def _refresh(pair: TwinPair, **changes: str) -> ApiRequest:
    fields = {"refresh_token": pair.credentials.refresh_token, **changes}
    return pair.token_request("refresh", **fields)


def _posted(request: ApiRequest) -> ApiRequest:
    return msgspec.structs.replace(request, method="POST")


def _order_ids(pair: TwinPair) -> list[str]:
    shop = pair.twin.ledger()["shops"][pair.shop_id]
    return [str(order["id"]) for order in shop["orders"]][:2]


def _detail(pair: TwinPair, *pairs: tuple[str, str]) -> ApiRequest:
    return pair.signed("GET", DETAIL, pairs)


def _legacy_token_call(pair: TwinPair) -> ApiRequest:
    body = {"app_key": pair.credentials.app_key, "grant_type": "authorized_code"}
    return ApiRequest(
        method="POST",
        host=AUTH_HOST,
        path="/api/token/getAccessToken",
        headers=(("content-type", "application/json"),),
        body=msgspec.json.encode(body),
    )


def _legacy_search(pair: TwinPair) -> ApiRequest:
    query = (("access_token", pair.credentials.access_token), ("shop_id", pair.shop_id))
    request = pair.unsigned("POST", "/api/orders/search", query, body=b"{}", shop=None)
    return attach_signature(request, pair.credentials.app_secret)


def _upload(pair: TwinPair) -> ApiRequest:
    parts: dict[str, Any] = {"use_case": "MAIN_IMAGE", "data": ("a.png", PNG, "image/png")}
    body, content_type = encode_multipart_formdata(parts, boundary="f1e2d3c4")
    request = pair.unsigned("POST", "/product/202309/images/upload", body=body, shop=None)
    headers = tuple(
        (name, content_type if name == "content-type" else value) for name, value in request.headers
    )
    request = msgspec.structs.replace(request, headers=headers)
    return attach_signature(request, pair.credentials.app_secret)


def _signed_without_body(pair: TwinPair) -> ApiRequest:
    return msgspec.structs.replace(pair.signed("POST", SEARCH, PAGE), body=b"{}")


def _delete_with_body(pair: TwinPair) -> ApiRequest:
    product = pair.twin.env.store.list(Product, pair.shop_id)[0]
    body = msgspec.json.encode({"product_ids": [product.id]})
    return pair.signed("DELETE", "/product/202309/products", (), body=body)


READINGS: dict[str, Reading] = {
    "refresh with grant_type authorized_code": Reading(
        lambda p: _refresh(p, grant_type="authorized_code"), OK, OK, "assumed"
    ),
    "refresh with signature and timestamp": Reading(
        lambda p: _refresh(p, sign="0" * 64, timestamp="1"), OK, OK, "inferred"
    ),
    "refresh by POST": Reading(
        lambda p: _posted(_refresh(p)), NO_ENVELOPE, NO_ENVELOPE, "recorded"
    ),
    "token call of v1": Reading(_legacy_token_call, NO_ENVELOPE, NO_ENVELOPE, "inferred"),
    "call of v1, token and shop in the query": Reading(
        _legacy_search, RETIRED, RETIRED, "documented"
    ),
    "no body where all is optional": Reading(
        lambda p: p.signed("POST", SEARCH, PAGE), OK, OK, "documented"
    ),
    "an empty object as body": Reading(
        lambda p: p.signed("POST", SEARCH, PAGE, body=b"{}"), OK, OK, "documented"
    ),
    "an empty object left out of the signature": Reading(
        _signed_without_body, UNSIGNED, OK, "assumed"
    ),
    "an empty list as body": Reading(
        lambda p: p.signed("POST", SEARCH, PAGE, body=b"[]"), BAD_REQUEST, OK, "assumed"
    ),
    "ids with commas": Reading(
        lambda p: _detail(p, ("ids", ",".join(_order_ids(p)))), OK, OK, "documented"
    ),
    "ids as repeated keys": Reading(
        lambda p: _detail(p, *(("ids", id) for id in _order_ids(p))), BAD_REQUEST, OK, "assumed"
    ),
    "parameters that nobody asked for": Reading(
        lambda p: p.signed(
            "POST", SEARCH, (*PAGE, ("version", "202309"), ("sign_method", "sha256"))
        ),
        OK,
        OK,
        "inferred",
    ),
    "the token in the query, too": Reading(
        lambda p: p.signed("POST", SEARCH, (*PAGE, ("access_token", p.credentials.access_token))),
        OK,
        OK,
        "documented",
    ),
    "the shop's own id beside its cipher": Reading(
        lambda p: p.signed("POST", SEARCH, (*PAGE, ("shop_id", p.shop_id))), OK, OK, "inferred"
    ),
    "an upload in parts, signed without its body": Reading(_upload, OK, OK, "documented"),
    "DELETE with a body": Reading(_delete_with_body, OK, OK, "documented"),
}


def _ask(reading: Reading, *, strict: bool) -> Reply:
    pair = TwinPair(orders=2, settings=TwinSettings(strict=strict))
    return pair.send(reading.make(pair))


@pytest.mark.parametrize("name", READINGS)
def test_a_strict_platform_reads_it_so(name: str) -> None:
    assert _ask(READINGS[name], strict=True).code == READINGS[name].strict


@pytest.mark.parametrize("name", READINGS)
def test_a_lenient_platform_reads_it_so(name: str) -> None:
    assert _ask(READINGS[name], strict=False).code == READINGS[name].lenient


def test_repeated_keys_name_every_order_and_not_the_last_alone() -> None:
    pair = TwinPair(orders=2, settings=TwinSettings(strict=False))
    ids = _order_ids(pair)

    reply = pair.send(_detail(pair, *(("ids", id) for id in ids)))

    assert [order["id"] for order in reply.data["orders"]] == ids


def test_a_body_is_part_of_the_signature_of_a_delete() -> None:
    pair = TwinPair()
    request = msgspec.structs.replace(_delete_with_body(pair), body=b'{"product_ids":["1"]}')

    assert pair.send(request).code == UNSIGNED


def test_every_reading_that_only_the_lenient_take_is_assumed() -> None:
    differing = [row for row in READINGS.values() if row.strict != row.lenient]

    assert {row.source for row in differing} == {"assumed"}


def test_a_query_is_signed_as_decoded() -> None:
    pair = TwinPair()
    request = pair.signed("POST", SEARCH, PAGE)
    pairs = sorted(request.query_pairs, reverse=True)

    assert pair.send(msgspec.structs.replace(request, query=encode_query(pairs))).code == OK
