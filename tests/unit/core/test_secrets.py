"""Secrets are labelled in every spelling and found where they must not be."""

from __future__ import annotations

import base64
from urllib.parse import quote

import pytest

from tts_chaos.core.secrets import FEW_FORMS, SecretBook

TOKEN = "TTP_pwSm2AAAA+BB/cc=="


@pytest.fixture
def book() -> SecretBook:
    book = SecretBook()
    book.add(TOKEN, "access_token:1")
    book.add("app-secret-value", "app_secret")
    return book


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(TOKEN, id="as-it-is"),
        pytest.param(quote(TOKEN, safe=""), id="percent-encoded"),
        pytest.param(base64.b64encode(TOKEN.encode()).decode(), id="base64"),
    ],
)
def test_a_secret_is_labelled_in_any_spelling(book: SecretBook, text: str) -> None:
    assert "{access_token:1}" in book.redact(f"before {text} after")


def test_text_without_secrets_stays_as_it_is(book: SecretBook) -> None:
    assert book.redact("order 1 of 2") == "order 1 of 2"


def test_a_leak_is_found_once_with_the_secret_replaced_in_its_excerpt(book: SecretBook) -> None:
    leaks = book.find(f"GET /x?access_token={TOKEN}&again={TOKEN}")

    assert [leak.secret for leak in leaks] == ["{access_token:1}"]
    assert TOKEN not in leaks[0].excerpt
    assert "access_token={access_token:1}" in leaks[0].excerpt


def test_values_and_keys_of_json_are_redacted(book: SecretBook) -> None:
    value = {TOKEN: [1, None, {"k": "app-secret-value"}], "n": 1.5}

    assert book.redact_json(value) == {
        "{access_token:1}": [1, None, {"k": "{app_secret}"}],
        "n": 1.5,
    }


def test_the_longer_of_two_overlapping_secrets_wins() -> None:
    book = SecretBook()
    book.add("abcdefgh", "short")
    book.add("abcdefghijkl", "long")

    assert book.redact("abcdefghijkl") == "{long}"


def test_short_values_are_not_secrets() -> None:
    book = SecretBook()
    book.add("abc", "tiny")

    assert book.redact("abc") == "abc"


def test_secrets_declared_later_are_found_too(book: SecretBook) -> None:
    assert book.find("second-secret") == ()

    book.add("second-secret", "refresh_token:2")

    assert book.find("second-secret")[0].secret == "{refresh_token:2}"


@pytest.mark.parametrize("count", [1, FEW_FORMS + 1])
def test_few_secrets_and_many_are_redacted_alike(count: int) -> None:
    book = SecretBook()
    for number in range(count):
        book.add(f"secret-value-{number:03}", f"s:{number}")

    assert book.redact("a secret-value-000 b") == "a {s:0} b"
    assert book.redact("no such thing here") == "no such thing here"
