"""Which refusal a call meets, and which of two reasons is told first."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest
from tests.support.twin_pair import TwinPair

from tts_chaos.twin.settings import TwinSettings
from tts_chaos.wire.message import ApiRequest
from tts_chaos.wire.signing import attach_signature, encode_query

SEARCH = "/order/202309/orders/search"
PAGE = (("page_size", "20"),)
MINUTE_MS = 60_000


@pytest.fixture
def pair() -> TwinPair:
    return TwinPair()


def changed(request: ApiRequest, **parameters: str | None) -> ApiRequest:
    """Return `request` with parameters replaced, or left out where None; not signed anew."""
    pairs = [(k, parameters.get(k, v)) for k, v in request.query_pairs]
    pairs += [(k, v) for k, v in parameters.items() if request.parameter(k) is None]
    query = encode_query((k, v) for k, v in pairs if v is not None)
    return msgspec.structs.replace(request, query=query)


def resigned(pair: TwinPair, request: ApiRequest, **parameters: str | None) -> ApiRequest:
    return attach_signature(changed(request, **parameters), pair.credentials.app_secret)


def test_a_correct_call_passes_every_gate(pair: TwinPair) -> None:
    reply = pair.search()

    assert (reply.status, reply.code, reply.handled.committed) == (200, 0, True)


# -- host and path ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host",
    [
        pytest.param("api.tiktokshop.com", id="mistyped-host"),
        pytest.param("open-api-sandbox.tiktokglobalshop.com", id="old-sandbox-host"),
    ],
)
def test_another_host_answers_as_an_edge_and_not_as_the_api(pair: TwinPair, host: str) -> None:
    request = msgspec.structs.replace(pair.signed("POST", SEARCH, PAGE), host=host)

    reply = pair.send(request)

    assert (reply.status, reply.code, reply.handled.operation) == (404, None, "")


def test_plain_http_never_reaches_the_api(pair: TwinPair) -> None:
    request = msgspec.structs.replace(pair.signed("POST", SEARCH, PAGE), scheme="http")

    reply = pair.send(request)

    assert (reply.code, reply.handled.committed) == (None, False)


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        pytest.param("GET", "/order/202309/nothing", 404, 36009009, id="unknown-path"),
        pytest.param("GET", "/order/202309/orders/577", 404, 36009009, id="id-in-the-path"),
        pytest.param("POST", "/order/202201/orders/search", 400, 36009014, id="unknown-version"),
        pytest.param("GET", "/api/orders/search", 400, 36009014, id="api-before-202309"),
        pytest.param("GET", SEARCH, 400, 36009010, id="wrong-verb"),
        pytest.param("GET", "/v1/orders", 404, None, id="unknown-category"),
    ],
)
def test_a_wrong_target_is_told_apart(
    pair: TwinPair, method: str, path: str, status: int, code: int | None
) -> None:
    reply = pair.send(pair.signed(method, path, PAGE))

    assert (reply.status, reply.code) == (status, code)


@pytest.mark.parametrize(
    "pattern",
    [
        pytest.param("order.202309.get_order_list", id="full-id"),
        pytest.param("order.get_order_list", id="every-version"),
        pytest.param("order.*", id="whole-domain"),
    ],
)
def test_a_retired_version_is_refused_until_it_is_reinstated(pair: TwinPair, pattern: str) -> None:
    pair.run("retire_version", operation=pattern)
    refused = pair.search()
    pair.run("reinstate_version", operation=pattern)

    assert (refused.status, refused.code, refused.data) == (400, 36009014, None)
    assert pair.search().code == 0


def test_retiring_one_version_leaves_the_other_alive(pair: TwinPair) -> None:
    pair.run("retire_version", operation="order.202309.get_order_detail")

    assert pair.detail("577").code == 0


# -- app key, signature, time ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "app_key",
    [pytest.param(None, id="missing"), pytest.param("6someoneelse", id="of-another-app")],
)
def test_an_unknown_app_key_is_refused(pair: TwinPair, app_key: str | None) -> None:
    reply = pair.send(resigned(pair, pair.signed("POST", SEARCH, PAGE), app_key=app_key))

    assert (reply.status, reply.code) == (400, 36009004)
    assert "app_key" in reply.message


def test_a_missing_signature_is_told_apart_from_a_wrong_one(pair: TwinPair) -> None:
    reply = pair.send(pair.unsigned("POST", SEARCH, PAGE))

    assert (reply.status, reply.code) == (400, 36009004)
    assert "required signature" in reply.message


@pytest.mark.parametrize(
    ("spoil", "mistake"),
    [
        pytest.param(
            lambda r: changed(r, sign=(r.parameter("sign") or "").upper()),
            "upper_case",
            id="upper-case-hex",
        ),
        pytest.param(
            lambda r: msgspec.structs.replace(r, body=b'{ "order_status": "UNPAID" }'),
            "body_reserialised",
            id="body-changed-after-signing",
        ),
        pytest.param(
            lambda r: changed(r, cache="1"),
            "parameter_not_signed",
            id="parameter-added-after-signing",
        ),
    ],
)
def test_a_wrong_signature_is_refused_and_explained_to_the_record(
    pair: TwinPair, spoil: Callable[[ApiRequest], ApiRequest], mistake: str
) -> None:
    request = pair.signed("POST", SEARCH, PAGE, body=b'{"order_status":"UNPAID"}')

    reply = pair.send(spoil(request))

    assert (reply.status, reply.code) == (401, 106001)
    assert reply.handled.diagnosis.startswith(mistake)
    assert reply.handled.diagnosis not in reply.message


@pytest.mark.parametrize(
    ("offset_s", "code"),
    [
        pytest.param(-301, 36009004, id="five-minutes-and-a-second-late"),
        pytest.param(-300, 0, id="five-minutes-late"),
        pytest.param(30, 0, id="thirty-seconds-early"),
        pytest.param(31, 36009004, id="thirty-one-seconds-early"),
    ],
)
def test_the_timestamp_window_has_exact_edges(pair: TwinPair, offset_s: int, code: int) -> None:
    stamp = str(pair.clock.now_ms() // 1000 + offset_s)

    reply = pair.send(pair.signed("POST", SEARCH, PAGE, timestamp=stamp))

    assert reply.code == code


@pytest.mark.parametrize(
    ("timestamp", "words"),
    [
        pytest.param("1793091600000", "exceed the current time", id="milliseconds"),
        pytest.param("-5", "lesser than 0", id="negative"),
        pytest.param("1793091600.0", "timestamp", id="fraction"),
        pytest.param("today", "timestamp", id="words"),
    ],
)
def test_a_timestamp_of_another_form_is_refused(pair: TwinPair, timestamp: str, words: str) -> None:
    reply = pair.send(pair.signed("POST", SEARCH, PAGE, timestamp=timestamp))

    assert (reply.status, reply.code) == (400, 36009004)
    assert words in reply.message


def test_a_shifted_platform_clock_looks_like_a_wrong_client_clock(pair: TwinPair) -> None:
    pair.run("shift_clock", offset_ms=6 * MINUTE_MS)

    reply = pair.search()

    assert "earlier than 5 minutes" in reply.message
    assert reply.handled.diagnosis == "the timestamp is 360 s behind the platform"


def test_the_date_header_shows_the_platforms_clock(pair: TwinPair) -> None:
    pair.run("shift_clock", offset_ms=6 * MINUTE_MS)

    header = pair.search().handled.response.header("date")

    assert header == "Tue, 27 Oct 2026 09:06:00 GMT"


# -- address, token, scope, shop -------------------------------------------------------------------


def test_an_address_off_the_list_is_refused_on_both_hosts(pair: TwinPair) -> None:
    pair.run("refuse_ip")

    replies = (pair.search(), pair.refresh())

    assert [(reply.status, reply.code) for reply in replies] == [(403, 36009033)] * 2


def test_an_address_is_let_in_again(pair: TwinPair) -> None:
    pair.run("refuse_ip")
    pair.run("allow_ip")

    assert pair.search().code == 0


@pytest.mark.parametrize(
    "token",
    [pytest.param("", id="missing"), pytest.param("GCP_notatoken", id="unknown")],
)
def test_a_token_that_is_none_is_refused(pair: TwinPair, token: str) -> None:
    reply = pair.send(pair.signed("POST", SEARCH, PAGE, token=token))

    assert (reply.status, reply.code) == (401, 36009004)
    assert "x-tts-access-token" in reply.message


def test_a_token_in_the_query_counts_for_nothing(pair: TwinPair) -> None:
    query = (*PAGE, ("access_token", pair.credentials.access_token))

    reply = pair.send(pair.signed("POST", SEARCH, query, token=""))

    assert reply.code == 36009004


@pytest.mark.parametrize(
    "scope", [pytest.param("", id="all"), pytest.param("seller.order.info", id="the-one-needed")]
)
def test_a_missing_scope_is_refused_until_it_is_given_back(pair: TwinPair, scope: str) -> None:
    pair.run("refuse_scope", scope=scope)
    refused = pair.search()
    pair.run("allow_scope", scope=scope)

    assert (refused.status, refused.code) == (403, 105005)
    assert pair.search().code == 0


def test_a_scope_that_is_not_needed_may_be_missing(pair: TwinPair) -> None:
    pair.run("refuse_scope", scope="seller.finance.info")

    assert pair.search().code == 0


def test_a_missing_cipher_is_refused(pair: TwinPair) -> None:
    reply = pair.send(pair.signed("POST", SEARCH, PAGE, shop=None))

    assert (reply.status, reply.code) == (400, 106013)


def test_an_unknown_cipher_is_refused_as_a_mismatch(pair: TwinPair) -> None:
    request = resigned(pair, pair.signed("POST", SEARCH, PAGE), shop_cipher="GCP_other")

    assert pair.send(request).code == 101000


def test_a_cipher_of_another_seller_is_refused_as_a_mismatch(pair: TwinPair) -> None:
    foreign = pair.run("open_account")["shop_cipher"]
    request = resigned(pair, pair.signed("POST", SEARCH, PAGE), shop_cipher=foreign)

    assert pair.send(request).code == 101000


def test_a_cipher_is_refused_where_none_belongs(pair: TwinPair) -> None:
    reply = pair.get("/authorization/202309/shops")

    assert reply.code == 36009004
    assert "shop_cipher" in reply.message


def test_a_category_cipher_is_refused_where_none_belongs(pair: TwinPair) -> None:
    reply = pair.post(SEARCH, (*PAGE, ("category_asset_cipher", "GCP_x")))

    assert reply.code == 36009004
    assert "category_asset_cipher" in reply.message


def test_a_cipher_reaches_its_own_shop_only() -> None:
    pair = TwinPair(shops=2, orders=4)

    first = pair.search()
    second = pair.post(SEARCH, PAGE, shop=1)

    assert first.handled.shop != second.handled.shop
    assert not {o["id"] for o in first.data["orders"]} & {o["id"] for o in second.data["orders"]}


@pytest.mark.parametrize(
    "extra",
    [
        pytest.param(("version", "202309"), id="version"),
        pytest.param(("sign_method", "HmacSHA256"), id="sign-method"),
        pytest.param(("access_token", "GCP_whatever"), id="access-token"),
    ],
)
def test_leftovers_of_the_older_api_are_tolerated(pair: TwinPair, extra: tuple[str, str]) -> None:
    assert pair.post(SEARCH, (*PAGE, extra)).code == 0


def test_a_shop_id_beside_the_cipher_must_be_right(pair: TwinPair) -> None:
    right = pair.post(SEARCH, (*PAGE, ("shop_id", pair.shop_id)))
    wrong = pair.post(SEARCH, (*PAGE, ("shop_id", "7000000000000000000")))

    assert (right.code, wrong.code) == (0, 36009004)
    assert "shop_id" in wrong.message


# -- rate limit ------------------------------------------------------------------------------------


def test_calls_beyond_the_rate_are_refused_with_a_time_to_come_back(pair: TwinPair) -> None:
    pair.run("set_rate_limit", per_s=2)

    replies = [pair.search() for _ in range(3)]

    assert [reply.code for reply in replies] == [0, 0, 36009002]
    assert replies[2].status == 429
    assert replies[2].handled.response.header("retry-after") == "1"


def test_the_rate_is_counted_per_second(pair: TwinPair) -> None:
    pair.run("set_rate_limit", per_s=1)
    pair.search()
    pair.clock.advance(1_000)

    assert pair.search().code == 0


def test_one_shop_at_its_rate_does_not_slow_another() -> None:
    pair = TwinPair(shops=2)
    pair.run("set_rate_limit", per_s=1)
    pair.search()

    assert pair.post(SEARCH, PAGE, shop=1).code == 0


def test_no_rate_limit_is_the_default(pair: TwinPair) -> None:
    assert {pair.search().code for _ in range(60)} == {0}


# -- order of the gates ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "code", "words"),
    [
        pytest.param(("path", "key", "sign"), 36009009, "path", id="path-before-key"),
        pytest.param(("key", "sign", "time"), 36009004, "app_key", id="key-before-signature"),
        pytest.param(("sign", "time", "token"), 106001, "sign", id="signature-before-time"),
        pytest.param(("time", "ip", "token"), 36009004, "timestamp", id="time-before-address"),
        pytest.param(("ip", "token", "scope"), 36009033, "IP", id="address-before-token"),
        pytest.param(("token", "scope", "cipher"), 36009004, "token", id="token-before-scope"),
        pytest.param(("scope", "cipher", "page"), 105005, "scope", id="scope-before-cipher"),
        pytest.param(("cipher", "page"), 106013, "shop_cipher", id="cipher-before-parameters"),
        pytest.param(("page",), 36009004, "page_size", id="parameters-last"),
    ],
)
def test_the_first_wrong_thing_is_the_one_told(
    pair: TwinPair, wrong: tuple[str, ...], code: int, words: str
) -> None:
    if "ip" in wrong:
        pair.run("refuse_ip")
    if "scope" in wrong:
        pair.run("refuse_scope")
    request = pair.unsigned(
        "POST",
        "/order/202309/none" if "path" in wrong else SEARCH,
        () if "page" in wrong else PAGE,
        shop=None if "cipher" in wrong else 0,
        timestamp="1" if "time" in wrong else None,
        token="x" if "token" in wrong else None,
    )
    if "key" in wrong:
        request = changed(request, app_key="nobody")
    secret = "wrong" if "sign" in wrong else pair.credentials.app_secret
    reply = pair.send(attach_signature(request, secret))

    assert reply.code == code
    assert words in reply.message


# -- how refusals are told -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("style", "status"),
    [pytest.param("http", 401, id="with-status"), pytest.param("ok", 200, id="under-200")],
)
def test_an_expired_token_is_told_in_both_ways(pair: TwinPair, style: str, status: int) -> None:
    pair.run("expire_access_tokens")
    pair.run("set_refusal_style", style=style)

    reply = pair.search()

    assert (reply.status, reply.code) == (status, 105002)


def test_a_rate_limit_under_200_carries_no_retry_after(pair: TwinPair) -> None:
    pair.run("set_refusal_style", style="ok")
    pair.run("set_rate_limit", per_s=1)
    pair.search()

    reply = pair.search()

    assert (reply.status, reply.code) == (200, 36009002)
    assert reply.handled.response.header("retry-after") is None


@pytest.mark.parametrize(
    ("command", "arguments", "code", "status"),
    [
        pytest.param("expire_access_tokens", {}, 10002, 401, id="expired"),
        pytest.param("malform_access_tokens", {}, 10001, 401, id="malformed"),
        pytest.param("revoke_access_tokens", {}, 10001, 401, id="revoked"),
        pytest.param("replace_app_key", {}, 10003, 401, id="wrong-client-key"),
        pytest.param("refuse_scope", {}, 403, 403, id="missing-permission"),
        pytest.param("rotate_app_secret", {}, 401, 401, id="wrong-signature"),
    ],
)
def test_the_article_profile_tells_the_simplified_codes(
    pair: TwinPair, command: str, arguments: dict[str, str], code: int, status: int
) -> None:
    pair.run("set_profile", profile="article")
    pair.run(command, **arguments)

    reply = pair.search()

    assert (reply.code, reply.status) == (code, status)


def test_the_article_profile_names_a_missing_token(pair: TwinPair) -> None:
    pair.run("set_profile", profile="article")

    reply = pair.send(pair.signed("POST", SEARCH, PAGE, token=""))

    assert (reply.code, reply.message) == (401, "cannot sign without access token")


def test_a_refusal_keeps_its_documented_code_for_the_record(pair: TwinPair) -> None:
    pair.run("set_profile", profile="article")
    pair.run("expire_access_tokens")

    reply = pair.search()

    assert (reply.code, reply.handled.code) == (10002, 105002)


# -- parameters ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "body", "code"),
    [
        pytest.param((), b"", 36009004, id="page-size-missing"),
        pytest.param((("page_size", "0"),), b"", 36009004, id="page-size-zero"),
        pytest.param((("page_size", "100"),), b"", 0, id="page-size-hundred"),
        pytest.param((("page_size", "101"),), b"", 36009004, id="page-size-over-a-hundred"),
        pytest.param((("page_size", "ten"),), b"", 36009004, id="page-size-in-words"),
        pytest.param((*PAGE, ("sort_order", "desc")), b"", 36009004, id="sort-order-lower-case"),
        pytest.param(PAGE, b'{"page_size":20}', 36009004, id="page-size-in-the-body"),
        pytest.param(PAGE, b'{"order_status":"SHIPPED"}', 36009004, id="unknown-status"),
        pytest.param(PAGE, b'{"create_time_ge":"1"}', 36009004, id="text-for-a-number"),
        pytest.param(PAGE, b"{", 36009022, id="no-json"),
        pytest.param(PAGE, b"[1]", 36009004, id="list-for-an-object"),
        pytest.param(PAGE, b"{}", 0, id="empty-object"),
        pytest.param(PAGE, b"", 0, id="nothing"),
    ],
)
def test_parameters_are_held_against_the_contract(
    pair: TwinPair, query: tuple[tuple[str, str], ...], body: bytes, code: int
) -> None:
    reply = pair.send(pair.signed("POST", SEARCH, query, body=body))

    assert reply.code == code


def test_a_body_of_another_media_type_is_refused(pair: TwinPair) -> None:
    request = pair.signed("POST", SEARCH, PAGE, body=b"{}")
    request = msgspec.structs.replace(
        request, headers=(("content-type", "text/plain"), *request.headers[1:])
    )

    assert pair.send(request).code == 36009022


def test_a_get_needs_no_content_type(pair: TwinPair) -> None:
    request = pair.signed("GET", "/order/202507/orders", [("ids", "577")])
    request = msgspec.structs.replace(request, headers=request.headers[1:])

    assert pair.send(request).code == 0


def test_unknown_fields_are_noted_and_not_refused(pair: TwinPair) -> None:
    reply = pair.post(SEARCH, (*PAGE, ("status", "UNPAID")), {"order_state": "UNPAID"})

    assert reply.code == 0
    assert reply.handled.notes == (
        "param query.status is unknown",
        "param body.order_state is unknown",
    )


# -- strict and lenient ----------------------------------------------------------------------------

LENIENCES = [
    pytest.param(
        lambda p: msgspec.structs.replace(
            p.signed("POST", SEARCH, PAGE, body=b"{}"),
            headers=(("x-tts-access-token", p.credentials.access_token),),
        ),
        id="media-type-left-out",
    ),
    pytest.param(lambda p: p.signed("POST", SEARCH, PAGE, body=b"[]"), id="empty-list-as-body"),
    pytest.param(lambda p: p.signed("POST", SEARCH, ()), id="page-size-left-out"),
    pytest.param(lambda p: p.signed("POST", SEARCH, PAGE, shop=None), id="cipher-left-out"),
    pytest.param(
        lambda p: msgspec.structs.replace(p.signed("POST", SEARCH, PAGE), body=b"{}"),
        id="empty-object-left-out-of-the-signature",
    ),
]


@pytest.mark.parametrize("make", LENIENCES)
def test_what_a_strict_platform_refuses(
    pair: TwinPair, make: Callable[[TwinPair], ApiRequest]
) -> None:
    assert pair.send(make(pair)).code != 0


@pytest.mark.parametrize("make", LENIENCES)
def test_what_a_lenient_platform_tolerates(make: Callable[[TwinPair], ApiRequest]) -> None:
    pair = TwinPair(settings=TwinSettings(strict=False))

    assert pair.send(make(pair)).code == 0


def test_an_empty_list_as_body_lacks_the_fields_that_an_empty_object_lacks() -> None:
    pair = TwinPair(settings=TwinSettings(strict=False))

    replies = [
        pair.send(pair.signed("POST", "/product/202309/products", (), body=body))
        for body in (b"{}", b"[]")
    ]

    assert replies[0].code != 0
    assert replies[0].code == replies[1].code


def test_a_lenient_platform_notes_what_it_tolerates() -> None:
    pair = TwinPair(settings=TwinSettings(strict=False))

    reply = pair.send(pair.signed("POST", SEARCH, (), shop=None))

    assert len(reply.handled.notes) == 2


def test_several_shops_need_a_cipher_even_on_a_lenient_platform() -> None:
    pair = TwinPair(shops=2, settings=TwinSettings(strict=False))

    assert pair.send(pair.signed("POST", SEARCH, PAGE, shop=None)).code == 106013
