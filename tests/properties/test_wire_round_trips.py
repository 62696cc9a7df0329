"""What one side of the wire writes, the other reads, whatever it holds."""

from __future__ import annotations

import string

from hypothesis import given
from hypothesis import strategies as st

from tts_chaos.core.history import Json
from tts_chaos.wire.envelope import Envelope, encode, parse_envelope
from tts_chaos.wire.message import ApiRequest
from tts_chaos.wire.paging import (
    PageCursor,
    decode_page_token,
    encode_page_token,
)
from tts_chaos.wire.signature_diagnosis import explain_mismatch
from tts_chaos.wire.signing import attach_signature, encode_query, verify_request
from tts_chaos.wire.webhook import (
    WebhookBody,
    encode_webhook,
    parse_webhook,
    sign_webhook,
    verify_webhook,
)

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
names = st.text(string.ascii_letters + string.digits + "_-", min_size=1, max_size=12)
values: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
    max_leaves=8,
)
requests = st.builds(
    lambda path, pairs, body: ApiRequest(
        method="POST",
        path="/" + path,
        query=encode_query(pairs),
        headers=(("content-type", "application/json"),),
        body=body,
    ),
    path=st.text(string.ascii_lowercase + string.digits + "/_", max_size=30),
    pairs=st.lists(st.tuples(names, text), max_size=6),
    body=st.binary(max_size=60),
)


@given(request=requests, secret=st.text(string.ascii_letters, min_size=1, max_size=40))
def test_every_signed_request_verifies(request: ApiRequest, secret: str) -> None:
    assert verify_request(secret, attach_signature(request, secret))


@given(request=requests)
def test_every_request_signed_with_another_secret_is_refused(request: ApiRequest) -> None:
    assert not verify_request("secret", attach_signature(request, "other"))


@given(request=requests)
def test_a_wrong_signature_always_has_an_explanation(request: ApiRequest) -> None:
    diagnosis = explain_mismatch("secret", attach_signature(request, "other"))

    assert diagnosis is not None
    assert diagnosis.text


@given(
    position=st.integers(0, 10**9),
    expires_at_ms=st.integers(1, 2**52),
    search=st.text("0123456789abcdef", min_size=16, max_size=16),
)
def test_every_page_token_survives_its_way(position: int, expires_at_ms: int, search: str) -> None:
    cursor = PageCursor(position, expires_at_ms, search)
    token = encode_page_token(cursor)

    request = ApiRequest(method="POST", path="/p", query=encode_query([("page_token", token)]))
    arrived = request.parameter("page_token") or ""

    assert {"+", "/", "="} <= set(token)
    assert decode_page_token(arrived, search=search, now_ms=expires_at_ms - 1) == cursor


@given(code=st.integers(0, 10**9), message=text, data=values)
def test_every_envelope_is_read_back(code: int, message: str, data: Json) -> None:
    envelope = Envelope(code=code, message=message, request_id="r", data=data)

    assert parse_envelope(encode(envelope)) == envelope


@given(body=st.binary(max_size=200))
def test_no_body_breaks_the_readers(body: bytes) -> None:
    parse_envelope(body)
    parse_webhook(body)


@given(
    type=st.integers(1, 80),
    shop_id=names,
    data=st.dictionaries(names, values, max_size=4),
    key=names,
    secret=names,
)
def test_every_webhook_is_verified_and_read_back(
    type: int, shop_id: str, data: dict[str, Json], key: str, secret: str
) -> None:
    body = WebhookBody(type=type, shop_id=shop_id, timestamp=1, data=data)
    sent = encode_webhook(body)

    assert verify_webhook(key, secret, sent, sign_webhook(key, secret, sent))
    assert parse_webhook(sent) == body
