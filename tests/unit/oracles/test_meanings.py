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
