"""Bodies of webhooks, and signatures that do not fit."""

from __future__ import annotations

import pytest

from tts_chaos.wire.webhook import (
    RETRY_DELAYS_MS,
    WebhookBody,
    encode_webhook,
    parse_webhook,
    sign_webhook,
    verify_webhook,
)

BODY = WebhookBody(
    type=1,
    tts_notification_id="7380066284010030890",
    shop_id="7495540735365777507",
    timestamp=1718305585,
    data={"order_id": "576653688135258178"},
)


def test_a_body_has_the_fields_of_the_documented_example() -> None:
    assert encode_webhook(BODY) == (
        b'{"type":1,"tts_notification_id":"7380066284010030890",'
        b'"shop_id":"7495540735365777507","timestamp":1718305585,'
        b'"data":{"order_id":"576653688135258178"}}'
    )


def test_data_is_sent_even_if_it_is_empty() -> None:
    assert encode_webhook(WebhookBody(type=6, shop_id="1")) == (
        b'{"type":6,"shop_id":"1","data":{}}'
    )


def test_a_body_is_read_back() -> None:
    assert parse_webhook(encode_webhook(BODY)) == BODY


def test_an_event_of_an_account_is_owned_by_it() -> None:
    body = parse_webhook(b'{"type":19,"seller_open_id":"s","data":{}}')

    assert body is not None
    assert body.owner == "s"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b'{"type":1,"data":{"a":' + b"[" * 100_000, id="nested-without-end"),
        pytest.param(b"type=1", id="a-form"),
        pytest.param(b'{"shop_id":"1"}', id="no-type"),
        pytest.param(b'{"type":1,"data":[]}', id="data-as-a-list"),
    ],
)
def test_what_is_no_webhook_is_none(body: bytes) -> None:
    assert parse_webhook(body) is None


def test_one_changed_byte_breaks_the_signature() -> None:
    body = encode_webhook(BODY)
    signature = sign_webhook("key", "secret", body)

    assert verify_webhook("key", "secret", body, signature)
    assert not verify_webhook("key", "secret", body + b" ", signature)


@pytest.mark.parametrize(
    ("key", "secret"),
    [
        pytest.param("", "secret", id="app-key-left-out"),
        pytest.param("key", "x", id="wrong-secret"),
    ],
)
def test_a_signature_needs_key_and_secret(key: str, secret: str) -> None:
    assert not verify_webhook("key", "secret", b"{}", sign_webhook(key, secret, b"{}"))


def test_a_scheme_word_before_the_signature_is_refused() -> None:
    signature = sign_webhook("key", "secret", b"{}")

    assert not verify_webhook("key", "secret", b"{}", f"Bearer {signature}")


def test_an_authorization_beyond_ascii_is_refused() -> None:
    assert not verify_webhook("key", "secret", b"{}", "é")


def test_retries_end_after_fifteen_and_a_half_hours() -> None:
    assert sum(RETRY_DELAYS_MS) == 55_920_000
