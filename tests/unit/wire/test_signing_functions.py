"""Signing on request values: attaching, verifying, and the lenient cases."""

from __future__ import annotations

import msgspec
import pytest

from tts_chaos.wire.message import ApiRequest
from tts_chaos.wire.signing import (
    attach_signature,
    canonical_string,
    digest_string,
    is_multipart,
    scheme_of,
    sign_request,
    sign_v1,
    sign_v2,
    verify,
    verify_request,
)

SECRET = "e59af819cc"


def make_request(**changes: object) -> ApiRequest:
    request = ApiRequest(
        method="POST",
        path="/order/202309/orders/search",
        query="app_key=29a39d&timestamp=1623812664&page_size=20",
        headers=(("content-type", "application/json"),),
        body=b'{"order_status":"UNPAID"}',
    )
    return msgspec.structs.replace(request, **changes)


def test_an_attached_signature_verifies() -> None:
    assert verify_request(SECRET, attach_signature(make_request(), SECRET))


def test_attaching_replaces_a_signature_that_is_there() -> None:
    signed = attach_signature(make_request(query="app_key=k&timestamp=1&sign=old"), SECRET)

    assert [key for key, _ in signed.query_pairs] == ["app_key", "timestamp", "sign"]
    assert verify_request(SECRET, signed)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"body": b'{"order_status":"ON_HOLD"}'}, id="another-body"),
        pytest.param({"body": b'{"order_status": "UNPAID"}'}, id="one-more-space-in-the-body"),
        pytest.param({"path": "/order/202309/orders/search/"}, id="a-slash-at-the-end"),
        pytest.param({"body": b""}, id="no-body"),
    ],
)
def test_a_request_changed_after_signing_does_not_verify(changes: dict[str, object]) -> None:
    signed = attach_signature(make_request(), SECRET)

    assert not verify_request(SECRET, msgspec.structs.replace(signed, **changes))


def test_a_request_without_a_signature_does_not_verify() -> None:
    assert not verify_request(SECRET, make_request())


def test_a_signature_by_another_secret_does_not_verify() -> None:
    assert not verify_request("other", attach_signature(make_request(), SECRET))


def test_a_signature_in_upper_case_does_not_verify() -> None:
    signature = sign_request(SECRET, make_request()).upper()
    request = make_request(query=f"{make_request().query}&sign={signature}")

    assert not verify_request(SECRET, request)


def test_a_signature_beyond_ascii_does_not_verify() -> None:
    assert not verify("é", secret=SECRET, path="/order/202309/orders", query_pairs=[])


def test_the_verb_and_the_host_are_not_signed() -> None:
    signed = attach_signature(make_request(), SECRET)

    assert verify_request(SECRET, msgspec.structs.replace(signed, method="PUT", host="127.0.0.1"))


def test_an_unsigned_empty_object_is_refused_by_default() -> None:
    bare = attach_signature(make_request(body=b""), SECRET)

    assert not verify_request(SECRET, msgspec.structs.replace(bare, body=b"{}"))


def test_an_unsigned_empty_object_passes_leniently() -> None:
    bare = attach_signature(make_request(body=b""), SECRET)

    assert verify_request(SECRET, msgspec.structs.replace(bare, body=b"{}"), lenient=True)


def test_leniency_covers_no_other_body() -> None:
    bare = attach_signature(make_request(body=b""), SECRET)

    assert not verify_request(SECRET, msgspec.structs.replace(bare, body=b"{ }"), lenient=True)


def test_values_of_a_repeated_key_are_joined_by_commas() -> None:
    assert canonical_string("/p", [("ids", "2"), ("ids", "1")]) == b"/pids2,1"


@pytest.mark.parametrize(("lenient", "passes"), [(True, True), (False, False)])
def test_a_repeated_key_signed_once_for_each_value_passes_leniently(
    lenient: bool, passes: bool
) -> None:
    sign = digest_string(SECRET, b"/pids2ids1")
    request = ApiRequest(method="GET", path="/p", query=f"ids=2&ids=1&sign={sign}")

    assert verify_request(SECRET, request, lenient=lenient) is passes


def test_a_repeated_key_does_not_pass_with_another_value() -> None:
    sign = digest_string(SECRET, b"/pids2ids1")
    request = ApiRequest(method="GET", path="/p", query=f"ids=2&ids=3&sign={sign}")

    assert not verify_request(SECRET, request, lenient=True)


def test_a_path_below_api_is_signed_without_its_body() -> None:
    pairs = [("app_key", "k"), ("timestamp", "1")]

    assert sign_v1(SECRET, "/api/orders", pairs) == sign_v2(SECRET, "/api/orders", pairs)
    assert scheme_of("/api/orders/search") == "v1"
    assert sign_request(SECRET, make_request(path="/api/orders")) == sign_v1(
        SECRET, "/api/orders", make_request().query_pairs
    )
    assert verify(
        sign_v1(SECRET, "/api/orders", pairs),
        secret=SECRET,
        path="/api/orders",
        query_pairs=pairs,
        body=b"{}",
    )


@pytest.mark.parametrize(
    ("content_type", "expected"),
    [
        pytest.param("multipart/form-data; boundary=x", True, id="with-a-boundary"),
        pytest.param("Multipart/Form-Data", True, id="in-other-case"),
        pytest.param("application/json", False, id="json"),
        pytest.param("multipart/form-database", False, id="a-longer-type"),
        pytest.param("", False, id="none"),
    ],
)
def test_multipart_is_told_by_media_type_alone(content_type: str, expected: bool) -> None:
    assert is_multipart(content_type) is expected
