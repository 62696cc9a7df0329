"""Secrets are labelled in every spelling and found where they must not be."""

from __future__ import annotations

import base64
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tts_chaos.core.secrets import FEW_FORMS, SecretBook

TOKEN = "TTP_pwSm2AAAA+BB/cc=="
QUOTED = 'a"quoted\\secret\n'


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


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from([TOKEN, f'"{QUOTED}', base64.b64encode(QUOTED.encode()).decode()]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(value=JSON)
def test_a_value_looked_through_as_one_text_is_as_if_each_part_had_been(value: object) -> None:
    book = SecretBook()
    book.add(TOKEN, "access_token:1")
    book.add(QUOTED, "quoted")

    whole, parts = book.redact_json(value), book._redact_each(value)

    assert repr(whole) == repr(parts)
    assert whole is not value or not isinstance(value, dict | list)


@pytest.mark.parametrize("odd", [b"app-secret-value", (1, "app-secret-value")])
def test_what_json_would_spell_in_another_way_is_looked_at_by_itself(
    book: SecretBook, odd: object
) -> None:
    assert "{app_secret}" in repr(book.redact_json({"odd": odd}))


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


def test_one_secret_or_several_in_a_text_are_all_labelled_wherever_they_stand() -> None:
    book = SecretBook()
    secrets = [f"secret-value-{n}" for n in range(3)]
    for secret in secrets:
        book.add(secret, secret[-1])

    assert book.redact(f"{secrets[0]} and {secrets[0]}") == "{0} and {0}"
    assert book.redact(" ".join(secrets)) == "{0} {1} {2}"


def test_of_two_spellings_that_begin_alike_the_longer_is_labelled() -> None:
    book = SecretBook()
    book.add("beginning", "short")
    book.add("beginning-and-end", "long")

    assert book.redact("beginning-and-end") == "{long}"
