"""Each known mistake is named from the wrong signature alone.

The wrong signatures are made here by hand, the way a mistaken client makes them, with nothing but
hmac.
"""

from __future__ import annotations

import hashlib
import hmac
from urllib.parse import quote

import msgspec
import pytest

from tts_chaos.wire.message import ApiRequest
from tts_chaos.wire.signature_diagnosis import explain_mismatch
from tts_chaos.wire.signing import attach_signature

SECRET = "app-secret"
PATH = "/order/202309/orders/search"
QUERY = "app_key=k&page_token=a%2Bb%2F%3D&timestamp=1"
SIGNED = "app_keykpage_tokena+b/=timestamp1"
BODY = b'{"b":1,"a":"x"}'


def digest(message: str, secret: str = SECRET) -> str:
    wrapped = secret + message + secret
    return hmac.new(secret.encode(), wrapped.encode(), hashlib.sha256).hexdigest()


def make_request(
    signature: str,
    *,
    query: str = QUERY,
    body: bytes = BODY,
    content_type: str = "application/json",
) -> ApiRequest:
    return ApiRequest(
        method="POST",
        path=PATH,
        query=f"{query}&sign={signature}",
        headers=(("content-type", content_type), ("x-tts-access-token", "TOKEN")),
        body=body,
    )


TEXT = BODY.decode()
RIGHT = PATH + SIGNED + TEXT


@pytest.mark.parametrize(
    ("mistake", "signature"),
    [
        pytest.param("upper_case", digest(RIGHT).upper(), id="upper-case-hexadecimal"),
        pytest.param(
            "secret_white_space", digest(RIGHT, f"{SECRET}\n"), id="secret-ends-in-newline"
        ),
        pytest.param(
            "secret_not_wrapped",
            hmac.new(SECRET.encode(), RIGHT.encode(), hashlib.sha256).hexdigest(),
            id="secret-not-around-the-message",
        ),
        pytest.param(
            "plain_hash",
            hashlib.sha256((SECRET + RIGHT + SECRET).encode()).hexdigest(),
            id="hash-without-a-key",
        ),
        pytest.param("v1_recipe", digest(PATH + SIGNED), id="body-not-signed"),
        pytest.param(
            "body_reserialised",
            digest(PATH + SIGNED + '{"b": 1, "a": "x"}'),
            id="body-signed-with-spaces",
        ),
        pytest.param(
            "body_reserialised",
            digest(PATH + SIGNED + '{"a":"x","b":1}'),
            id="body-signed-with-sorted-keys",
        ),
        pytest.param(
            "token_signed",
            digest(PATH + SIGNED + "x-tts-access-tokenTOKEN" + TEXT),
            id="header-token",
        ),
        pytest.param(
            "token_signed",
            digest(PATH + "access_tokenTOKEN" + SIGNED + TEXT),
            id="token-signed-as-parameter",
        ),
        pytest.param(
            "encoded_values_signed",
            digest(PATH + f"app_keykpage_token{quote('a+b/=', safe='')}timestamp1" + TEXT),
            id="percent-encoded-values",
        ),
        pytest.param(
            "parameter_not_signed",
            digest(PATH + "app_keyktimestamp1" + TEXT),
            id="parameter-added-after-signing",
        ),
        pytest.param("path_changed", digest(PATH + "/" + SIGNED + TEXT), id="slash-after-the-path"),
    ],
)
def test_a_single_mistake_is_named(mistake: str, signature: str) -> None:
    diagnosis = explain_mismatch(SECRET, make_request(signature))

    assert diagnosis is not None
    assert diagnosis.mistake == mistake


def test_an_empty_object_left_unsigned_is_named() -> None:
    request = make_request(digest(PATH + SIGNED), body=b"{}")

    diagnosis = explain_mismatch(SECRET, request)

    assert diagnosis is not None
    assert diagnosis.mistake == "empty_object_not_signed"


def test_a_signed_multipart_body_is_named() -> None:
    content_type = "multipart/form-data; boundary=b"
    request = make_request(digest(RIGHT), content_type=content_type)

    diagnosis = explain_mismatch(SECRET, request)

    assert diagnosis is not None
    assert diagnosis.mistake == "multipart_signed"


def test_an_upload_with_another_mistake_is_named() -> None:
    content_type = "multipart/form-data; boundary=b"
    request = make_request(digest(PATH + "/" + SIGNED), content_type=content_type)

    diagnosis = explain_mismatch(SECRET, request)

    assert diagnosis is not None
    assert diagnosis.mistake == "path_changed"


def test_a_bare_plus_sign_in_the_url_is_named() -> None:
    request = make_request(
        digest(PATH + "app_keykpage_tokena+btimestamp1"),
        query="app_key=k&page_token=a+b&timestamp=1",
        body=b"",
    )

    diagnosis = explain_mismatch(SECRET, request)

    assert diagnosis is not None
    assert diagnosis.mistake == "plus_sent_bare"


def test_parameters_in_sending_order_are_named() -> None:
    request = make_request(
        digest(PATH + "timestamp1app_keyk"), query="timestamp=1&app_key=k", body=b""
    )

    diagnosis = explain_mismatch(SECRET, request)

    assert diagnosis is not None
    assert diagnosis.mistake == "not_sorted"


def test_the_first_of_repeated_values_is_named() -> None:
    request = make_request(digest(PATH + "ids1"), query="ids=1&ids=2", body=b"")

    diagnosis = explain_mismatch(SECRET, request)

    assert diagnosis is not None
    assert diagnosis.mistake == "repeated_key"


def test_a_repeated_key_signed_pair_by_pair_is_named_before_what_signs_alike() -> None:
    request = make_request(digest(PATH + "ids1ids2"), query="ids=1&ids=2", body=b"")

    diagnosis = explain_mismatch(SECRET, request)

    assert diagnosis is not None
    assert diagnosis.mistake == "repeated_key"


def test_a_right_signature_needs_no_explanation() -> None:
    assert explain_mismatch(SECRET, attach_signature(make_request("0"), SECRET)) is None


def test_a_missing_signature_is_named() -> None:
    request = msgspec.structs.replace(make_request("0"), query=QUERY)

    diagnosis = explain_mismatch(SECRET, request)

    assert diagnosis is not None
    assert diagnosis.mistake == "missing"


def test_what_no_mistake_explains_is_not_guessed() -> None:
    diagnosis = explain_mismatch(SECRET, make_request("0" * 64))

    assert diagnosis is not None
    assert diagnosis.mistake == "unexplained"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"\xff{", id="not-utf-8"),
        pytest.param(b"[" * 100_000, id="nested-without-end"),
    ],
)
def test_a_body_that_is_no_json_is_no_obstacle(body: bytes) -> None:
    diagnosis = explain_mismatch(SECRET, make_request("0" * 64, body=body))

    assert diagnosis is not None
    assert diagnosis.mistake == "unexplained"
