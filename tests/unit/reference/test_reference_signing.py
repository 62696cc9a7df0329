"""The second implementation of the signatures, against vectors nobody here computed."""

from __future__ import annotations

from tts_chaos.reference.signing import (
    encode_query,
    is_genuine_webhook,
    sign_request,
    sign_webhook,
)

PUBLISHED = "b596b73e0cc6de07ac26f036364178ab16b0a907af13d43f0a0cd2345f582dc8"
PATH = "/authorization/202309/shops"


def test_the_published_example_recomputes() -> None:
    query = [("app_key", "29a39d"), ("timestamp", "1623812664")]

    assert sign_request("e59af819cc", PATH, query) == PUBLISHED


def test_the_order_of_parameters_the_token_and_an_old_sign_do_not_matter() -> None:
    query = [
        ("timestamp", "1623812664"),
        ("sign", "junk"),
        ("access_token", "ROW_junk"),
        ("app_key", "29a39d"),
    ]

    assert sign_request("e59af819cc", PATH, query) == PUBLISHED


def test_every_byte_of_the_body_counts() -> None:
    tight = sign_request("s", "/p", [], b'{"a":1}')
    loose = sign_request("s", "/p", [], b'{"a": 1}')

    assert tight != loose


def test_a_query_never_holds_a_plus_or_a_bare_separator() -> None:
    text = encode_query([("page_token", "a+b/c=="), ("keyword", "tea towel")])

    assert text == "page_token=a%2Bb%2Fc%3D%3D&keyword=tea%20towel"


def test_a_webhook_is_genuine_under_its_own_key_and_secret() -> None:
    signature = sign_webhook("29a39d", "e59af819cc", b'{"type":1}')

    assert is_genuine_webhook("29a39d", "e59af819cc", b'{"type":1}', signature)


def test_a_webhook_with_one_changed_byte_is_not_genuine() -> None:
    signature = sign_webhook("29a39d", "e59af819cc", b'{"type":1}')

    assert not is_genuine_webhook("29a39d", "e59af819cc", b'{"type":2}', signature)


def test_a_webhook_without_signature_is_not_genuine() -> None:
    assert not is_genuine_webhook("29a39d", "e59af819cc", b'{"type":1}', "")
