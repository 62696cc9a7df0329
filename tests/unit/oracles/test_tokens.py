"""Which pair of tokens the client had when, as the wire and the platform's books show it."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.histories import DAY_S, START_S, Story, pair

from tts_chaos.core.history import Exchange
from tts_chaos.oracles.tokens import (
    Lineage,
    first_pairs,
    is_refresh,
    is_token_call,
    refreshes,
    unanswered_refusals,
)

TRUE_PAIR = {
    "access_token": "{access_token:1}",
    "refresh_token": "{refresh_token:1}",
    "access_token_expires_at": START_S + 9,
}


def exchange(**fields: Any) -> Exchange:
    return Story().call(**fields).history().of(Exchange)[0]


@pytest.mark.parametrize(
    ("fields", "is_one"),
    [
        pytest.param({"host": "auth.tiktok-shops.com", "path": "/else"}, True, id="its-host"),
        pytest.param({"path": "/api/v2/token/get"}, True, id="its-path-at-another-host"),
        pytest.param({"path": "/api/token/refreshToken"}, True, id="its-older-path"),
        pytest.param({}, False, id="another-call"),
    ],
)
def test_a_token_call_is_known_by_host_or_path(fields: dict[str, Any], is_one: bool) -> None:
    assert is_token_call(exchange(**fields)) is is_one


@pytest.mark.parametrize(
    ("fields", "is_one"),
    [
        pytest.param({"name": "refresh"}, True, id="by-operation"),
        pytest.param({"operation": "", "path": "/api/v2/token/refresh/"}, True, id="by-path"),
        pytest.param({"operation": "", "path": "/api/v2/token/get"}, False, id="another-one"),
    ],
)
def test_a_refresh_is_known_by_operation_or_path(fields: dict[str, Any], is_one: bool) -> None:
    assert is_refresh(exchange(**fields)) is is_one


def test_a_refresh_token_is_found_in_query_or_body() -> None:
    story = Story().refresh(3).call("refresh", body={"refresh_token": "b"}).call("refresh")

    presented = [refresh.presented for refresh in refreshes(story.history())]
    assert presented == ["{refresh_token:3}", "b", ""]


@pytest.mark.parametrize(
    ("data", "received"),
    [
        pytest.param(pair(2), ("{access_token:2}", "{refresh_token:2}", START_S + 7 * DAY_S),
                     id="whole"),
        pytest.param({"access_token": "a", "access_token_expire_in": "soon"}, ("a", "", 0),
                     id="no-more-than-an-access-token"),
        pytest.param({"refresh_token": "r"}, None, id="no-access-token"),
        pytest.param(["a"], None, id="no-mapping"),
        pytest.param("a", None, id="text"),
    ],
)  # fmt: skip
def test_the_pair_that_an_answer_gives(data: Any, received: tuple[str, str, int] | None) -> None:
    (refresh,) = refreshes(Story().wait(5).call("refresh", data=data).history())

    got = refresh.received
    assert (None if got is None else (got.access, got.refresh, got.expires_at_s)) == received
    assert got is None or (got.since, got.since_ms) == (0, START_S * 1000 + 5)


def test_an_answer_that_was_lost_gives_nothing() -> None:
    (refresh,) = refreshes(Story().refresh(fate="reset").history())

    assert refresh.received is None


@pytest.mark.parametrize(
    ("story", "access"),
    [
        pytest.param(Story().issued(1).issued(2), ["1", "2"], id="all-that-were-issued"),
        pytest.param(Story().issued(1).refresh(1, 2).issued(3), ["1"], id="before-a-refresh"),
        pytest.param(
            Story().issued(1).refresh(1, None, committed=False).issued(3), ["1", "3"],
            id="a-refresh-that-was-refused-is-none",
        ),
        pytest.param(Story().truth(tokens=TRUE_PAIR), ["1"], id="by-the-first-ledger"),
        pytest.param(
            Story().truth().truth(tokens=TRUE_PAIR), [], id="by-no-ledger-but-the-first"
        ),
        pytest.param(
            Story().truth(tokens=TRUE_PAIR).issued(7), ["7"], id="what-was-issued-wins"
        ),
        pytest.param(Story().refresh(1, 2).truth(tokens=TRUE_PAIR), [], id="too-late-a-ledger"),
        pytest.param(Story().truth(tokens={"access_token": ""}), [], id="an-empty-ledger"),
        pytest.param(Story().committed("token.revoked", after=TRUE_PAIR), [], id="not-issued"),
        pytest.param(Story().committed("token.issued", after="x"), [], id="unreadable"),
        pytest.param(Story(), [], id="nothing"),
    ],
)  # fmt: skip
def test_the_pairs_a_run_starts_with(story: Story, access: list[str]) -> None:
    assert [p.access for p in first_pairs(story.history())] == [
        f"{{access_token:{number}}}" for number in access
    ]


def test_the_first_pair_is_held_from_the_first_record_on() -> None:
    (first,) = first_pairs(Story().step("x").wait(5).truth(tokens=TRUE_PAIR).history())

    assert (first.since, first.since_ms, first.expires_at_s) == (-1, START_S * 1000, START_S + 9)


def test_an_expiry_that_nobody_told_is_unknown() -> None:
    tokens = {**TRUE_PAIR, "access_token_expires_at": None}

    assert [p.expires_at_s for p in first_pairs(Story().truth(tokens=tokens).history())] == [0]


def test_a_pair_takes_the_place_of_the_one_it_was_made_from() -> None:
    lineage = Lineage(Story().issued().refresh(1, 2).refresh(2, 3).history())

    assert {old: new.access for old, new in lineage.access_replaced.items()} == {
        "{access_token:1}": "{access_token:2}",
        "{access_token:2}": "{access_token:3}",
    }
    assert sorted(lineage.refresh_replaced) == ["{refresh_token:1}", "{refresh_token:2}"]
    assert lineage.pair_of("{access_token:3}") == lineage.received[-1]


def test_tokens_that_are_given_back_are_not_replaced() -> None:
    story = Story().issued().refresh(1, 2).refresh(2, data=pair(1))

    lineage = Lineage(story.history())

    assert sorted(lineage.access_replaced) == ["{access_token:2}"]
    assert sorted(lineage.refresh_replaced) == ["{refresh_token:2}"]


def test_the_first_to_take_its_place_counts() -> None:
    lineage = Lineage(Story().issued().refresh(1, 2).refresh(1, 3).history())

    assert lineage.access_replaced["{access_token:1}"].access == "{access_token:2}"
    assert lineage.refresh_replaced["{refresh_token:1}"].access == "{access_token:2}"


def test_a_refresh_that_presents_nothing_replaces_nothing() -> None:
    lineage = Lineage(Story().issued().call("refresh", data=pair(2)).history())

    assert (lineage.access_replaced, lineage.refresh_replaced) == ({}, {})


def calls_of(story: Story) -> dict[str, list[int]]:
    """Return the calls of each token that was refused and never refreshed."""
    found = unanswered_refusals(story.history())
    return {token: [x.call for x in calls] for token, calls in found.items()}


FIRST = "{access_token:1}"


@pytest.mark.parametrize(
    ("story", "calls"),
    [
        pytest.param(Story().invoke("sync_orders").call().ok(), {}, id="not-refused"),
        pytest.param(
            Story().invoke("sync_orders").expired().expired("stock").fail()
            .invoke("flush").expired().fail(),
            {FIRST: [1, 3]}, id="the-first-of-each-action",
        ),
        pytest.param(
            Story().invoke("sync_orders").expired().call("refresh", status=500).fail(), {},
            id="a-refresh-was-tried",
        ),
        pytest.param(
            Story().invoke("sync_orders").expired().fail().refresh(), {FIRST: [1]},
            id="a-refresh-after-its-end",
        ),
        pytest.param(
            Story().refresh(9, None).invoke("sync_orders").expired().fail(), {FIRST: [2]},
            id="a-refresh-before",
        ),
        pytest.param(
            Story().issued().invoke("sync_orders").refresh(1, 2).expired().fail(), {},
            id="a-token-that-was-replaced",
        ),
        pytest.param(Story().invoke("sync_orders").expired(token="").fail(), {}, id="no-token"),
        pytest.param(Story().expired(), {}, id="no-action"),
    ],
)  # fmt: skip
def test_refusals_that_nobody_answered(story: Story, calls: dict[str, list[int]]) -> None:
    assert calls_of(story) == calls
