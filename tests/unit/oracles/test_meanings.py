"""What the client knows after an answer."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.histories import Story

from tts_chaos.core.history import Exchange
from tts_chaos.oracles.codes import Meaning, describe, is_outcome_unknown, meaning_of

ANSWERS: list[tuple[str, dict[str, Any], Meaning, bool]] = [
    ("code 0 in a 200", {}, Meaning.SUCCESS, False),
    ("code 0 in a 500", {"status": 500, "code": 0}, Meaning.TRANSIENT, True),
    ("an expired token", {"status": 401, "code": 105002}, Meaning.TOKEN, False),
    ("an expired token in a 200", {"code": 105002}, Meaning.TOKEN, False),
    ("an expired token by the article", {"status": 401, "code": 10002}, Meaning.TOKEN, False),
    ("a bare 401", {"status": 401, "code": None}, Meaning.TOKEN, False),
    ("a wrong signature in a 401", {"status": 401, "code": 106001}, Meaning.PERMANENT, False),
    ("a missing scope", {"status": 403, "code": 105005}, Meaning.PERMANENT, False),
    (
        "36009004 about the token",
        {"status": 401, "code": 36009004, "message": "Invalid access_token"},
        Meaning.TOKEN,
        False,
    ),
    (
        "36009004 about a page token",
        {"status": 400, "code": 36009004, "message": "param body.page_token is not allowed"},
        Meaning.PERMANENT,
        False,
    ),
    (
        "36009004 about the timestamp",
        {"status": 400, "code": 36009004, "message": "timestamp expired"},
        Meaning.PERMANENT,
        False,
    ),
    ("too many requests", {"status": 429, "code": None}, Meaning.RATE, False),
    ("too many requests in a 200", {"code": 36009002}, Meaning.RATE, False),
    ("a failure inside", {"status": 500, "code": 36009003}, Meaning.TRANSIENT, True),
    ("a time-out inside", {"code": 36009007}, Meaning.TRANSIENT, True),
    ("a page from the edge", {"status": 502, "code": None}, Meaning.TRANSIENT, True),
    ("overload protection", {"status": 503, "code": None}, Meaning.TRANSIENT, False),
    ("half a body", {"code": None}, Meaning.TRANSIENT, True),
    ("a page not found", {"status": 404, "code": None}, Meaning.PERMANENT, False),
    ("a lost answer", {"fate": "reset"}, Meaning.LOST, True),
    ("a refused connection", {"fate": "refused"}, Meaning.LOST, False),
]


def exchange(fields: dict[str, Any]) -> Exchange:
    return Story().call(**fields).history().of(Exchange)[0]


@pytest.mark.parametrize(
    ("fields", "meaning"), [pytest.param(a[1], a[2], id=a[0].replace(" ", "-")) for a in ANSWERS]
)
def test_an_answer_means(fields: dict[str, Any], meaning: Meaning) -> None:
    assert meaning_of(exchange(fields)) is meaning


@pytest.mark.parametrize(
    ("fields", "unknown"), [pytest.param(a[1], a[3], id=a[0].replace(" ", "-")) for a in ANSWERS]
)
def test_whether_a_write_may_have_been_done(fields: dict[str, Any], unknown: bool) -> None:
    assert is_outcome_unknown(exchange(fields)) is unknown


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        pytest.param({"status": 401, "code": 105002}, "HTTP 401 with code 105002", id="a-code"),
        pytest.param(
            {"status": 502, "code": None}, "HTTP 502 without a readable envelope", id="no-envelope"
        ),
        pytest.param({"fate": "read_timed_out"}, "no answer (read timed out)", id="no-answer"),
    ],
)
def test_an_answer_in_few_words(fields: dict[str, Any], words: str) -> None:
    assert describe(exchange(fields)) == words


CODES: dict[Meaning, tuple[int, ...]] = {
    Meaning.TOKEN: (401, 10001, 10002, 105001, 105002),
    Meaning.PERMANENT: (
        403, 10003, 101000, 105005, 106001, 106013, 36004001, 36004004, 36004005, 36009004,
        36009009, 36009010, 36009014, 36009021, 36009022, 36009023, 36009033, 36009043, 36009044,
    ),
    Meaning.RATE: (36009002, 36009037),
    Meaning.TRANSIENT: (36009003, 36009007, 11034037, 21023035, 21042104, 25001028),
}  # fmt: skip
"""The codes whose meaning no word of a message decides."""


@pytest.mark.parametrize(
    ("code", "meaning"), [(code, meaning) for meaning, codes in CODES.items() for code in codes]
)
def test_a_code_means_the_same_whatever_its_status(code: int, meaning: Meaning) -> None:
    assert meaning_of(exchange({"status": 200, "code": code})) is meaning
    assert meaning_of(exchange({"status": 503, "code": code})) is meaning


@pytest.mark.parametrize(
    ("fields", "meaning"),
    [
        pytest.param({"code": 999_999}, Meaning.TRANSIENT, id="below-the-codes-of-business"),
        pytest.param({"code": 1_000_000}, Meaning.PERMANENT, id="the-first-code-of-business"),
        pytest.param({"code": 12052901, "message": "Please Try Again"}, Meaning.TRANSIENT,
                     id="business-that-may-pass"),
        pytest.param({"code": 12052901, "status": 408}, Meaning.TRANSIENT, id="business-in-408"),
        pytest.param({"code": 12052901, "status": 425}, Meaning.TRANSIENT, id="business-in-425"),
        pytest.param({"code": 12052901, "status": 500}, Meaning.TRANSIENT, id="business-in-500"),
        pytest.param({"code": 12052901, "status": 502}, Meaning.TRANSIENT, id="business-in-502"),
        pytest.param({"code": 12052901, "status": 503}, Meaning.TRANSIENT, id="business-in-503"),
        pytest.param({"code": 12052901, "status": 504}, Meaning.TRANSIENT, id="business-in-504"),
        pytest.param({"code": 12052901, "status": 400}, Meaning.PERMANENT, id="business-in-400"),
        pytest.param({"code": 12052901, "status": 429}, Meaning.RATE, id="business-in-429"),
        pytest.param({"code": 1, "status": 401}, Meaning.TRANSIENT, id="a-code-before-a-status"),
        pytest.param({"code": 0, "status": 401}, Meaning.TOKEN, id="code-0-says-nothing"),
        pytest.param({"code": None, "status": 299}, Meaning.TRANSIENT, id="bare-299"),
        pytest.param({"code": None, "status": 300}, Meaning.PERMANENT, id="bare-300"),
        pytest.param({"code": None, "status": 499}, Meaning.PERMANENT, id="bare-499"),
        pytest.param({"code": None, "status": 408}, Meaning.TRANSIENT, id="bare-408"),
        pytest.param({"code": None, "status": 425}, Meaning.TRANSIENT, id="bare-425"),
        pytest.param({"code": None, "status": 599}, Meaning.TRANSIENT, id="bare-599"),
    ],
)  # fmt: skip
def test_what_decides_where_no_code_is_known(fields: dict[str, Any], meaning: Meaning) -> None:
    assert meaning_of(exchange(fields)) is meaning
