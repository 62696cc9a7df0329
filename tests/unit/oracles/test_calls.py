"""Which requests are attempts of one logical call, and which only look like it."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.histories import Story

from tts_chaos.oracles.calls import logical_calls

DOWN: dict[str, Any] = {"status": 500, "code": 36009003}


def attempts(story: Story) -> list[list[int]]:
    """Return the ordinals of the requests of each logical call."""
    return [[x.call for x in call.attempts] for call in logical_calls(story.history())]


def test_a_failed_request_and_its_repetition_are_one_call() -> None:
    story = Story().invoke("sync_orders").call(**DOWN).wait(500).call().ok()

    assert attempts(story) == [[1, 2]]


def test_a_success_ends_the_call() -> None:
    story = Story().invoke("sync_orders").call().call(**DOWN).call().ok()

    assert attempts(story) == [[1], [2, 3]]


def test_a_new_timestamp_signature_and_token_do_not_make_another_call() -> None:
    story = Story().invoke("sync_orders").expired().wait(5_000).call(token="{access_token:2}").ok()

    assert attempts(story) == [[1, 2]]


def test_the_order_of_keys_in_query_and_body_does_not_matter() -> None:
    story = (
        Story()
        .invoke("sync_orders")
        .call(**DOWN, query={"a": "1", "b": "2"}, body={"x": 1, "y": 2})
        .call(query={"b": "2", "a": "1"}, body={"y": 2, "x": 1})
        .ok()
    )

    assert attempts(story) == [[1, 2]]


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"query": {"page_token": "b"}}, id="another-page"),
        pytest.param({"query": {"shop_cipher": "b"}}, id="another-shop"),
        pytest.param({"body": {"update_time_ge": 2}}, id="another-window"),
        pytest.param({"name": "detail"}, id="another-operation"),
        pytest.param({"path": "/order/202409/orders/search"}, id="another-version"),
    ],
)
def test_a_request_for_something_else_is_another_call(other: dict[str, object]) -> None:
    story = Story().invoke("sync_orders").call(**DOWN).call(**other).ok()  # type: ignore[arg-type]

    assert attempts(story) == [[1], [2]]


def test_each_action_makes_its_own_calls() -> None:
    story = Story().invoke("sync_orders").call(**DOWN).fail().invoke("sync_orders").call().ok()

    assert attempts(story) == [[1], [2]]


def test_a_long_pause_within_an_action_is_a_schedule() -> None:
    story = Story().invoke("sync_orders").call(**DOWN).wait(60_000).call().ok()

    assert attempts(story) == [[1], [2]]


def test_a_worker_outside_actions_that_pauses_polls() -> None:
    story = Story().call(**DOWN).wait(10_000).call(**DOWN).wait(500).call()

    assert attempts(story) == [[1], [2, 3]]


def test_requests_under_way_together_are_calls_of_their_own() -> None:
    start_ms = Story().now_ms
    story = (
        Story()
        .invoke("sync_orders")
        .wait(1_000)
        .call(**DOWN, started_ms=start_ms)
        .call(**DOWN, started_ms=start_ms + 10)
        .wait(500)
        .call()
        .ok()
    )

    assert attempts(story) == [[1, 3], [2]]


def test_clients_side_by_side_share_the_count() -> None:
    story = Story().invoke("sync_orders").invoke("sync_orders")
    for _ in range(4):
        story.call(**DOWN)

    (call,) = logical_calls(story.history())

    assert (len(call.attempts), call.parallel, call.rounds) == (4, 2, 2)


def test_gaps_leave_out_the_wait_for_a_new_token() -> None:
    story = Story().invoke("sync_orders").expired().call(**DOWN).wait(700).call().ok()

    (call,) = logical_calls(story.history())

    assert call.gaps_ms == [700]
