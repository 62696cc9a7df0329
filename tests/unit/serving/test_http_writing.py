"""Deliveries as acts and endings."""

from __future__ import annotations

import pytest

from tts_chaos.errors import InjectionError
from tts_chaos.serving.http_writing import Ending, Send, Wait, encode_head, plan_answer
from tts_chaos.wire.delivery import Connection, Delivery, Fate
from tts_chaos.wire.message import ApiResponse

OK = ApiResponse(status=200, body=b"0123456789")
HEAD = b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n"


@pytest.mark.parametrize(
    ("delivery", "acts", "ending", "fate"),
    [
        pytest.param(
            Delivery(response=OK),
            [Send(HEAD + b"0123456789")],
            Ending.STAY,
            Fate.ANSWERED,
            id="whole",
        ),
        pytest.param(
            Delivery(response=OK, delay_ms=7, cut_after_bytes=2),
            [Wait(7), Send(HEAD + b"01")],
            Ending.CLOSE,
            Fate.CUT_SHORT,
            id="late-and-cut",
        ),
        pytest.param(
            Delivery(response=OK, drip_bytes=2, drip_interval_ms=5, stall_after_bytes=3),
            [Send(HEAD), Wait(5), Send(b"01"), Wait(5), Send(b"2")],
            Ending.HANG,
            Fate.READ_TIMED_OUT,
            id="dripping-then-stalled",
        ),
        pytest.param(
            Delivery(response=OK, delay_ms=4, connection=Connection.RESET_BEFORE_ANSWER),
            [Wait(4)],
            Ending.RESET,
            Fate.RESET,
            id="late-reset",
        ),
        pytest.param(
            Delivery(response=OK, connection=Connection.CLOSED_BEFORE_ANSWER),
            [Wait(0)],
            Ending.CLOSE,
            Fate.CLOSED,
            id="closed",
        ),
        pytest.param(
            Delivery(response=None), [], Ending.HANG, Fate.READ_TIMED_OUT, id="no-answer-at-all"
        ),
    ],
)
def test_a_delivery_is_planned(
    delivery: Delivery, acts: list[object], ending: Ending, fate: Fate
) -> None:
    answer = plan_answer(delivery, method="GET", keep_alive=True)

    assert (list(answer.acts), answer.ending, answer.fate) == (acts, ending, fate)


def test_an_answer_to_head_cannot_be_cut() -> None:
    answer = plan_answer(Delivery(response=OK, cut_after_bytes=2), method="HEAD", keep_alive=True)

    assert (list(answer.acts), answer.fate) == ([Send(HEAD)], Fate.ANSWERED)


def test_a_status_without_body_has_no_length() -> None:
    head = encode_head(ApiResponse(status=204, body=b"ignored"), keep_alive=True)

    assert head == b"HTTP/1.1 204 No Content\r\n\r\n"


def test_framing_headers_are_the_carriers_affair() -> None:
    sly = ApiResponse(status=200, headers=(("content-length", "99"), ("x", "y")), body=b"ab")

    assert encode_head(sly, keep_alive=True) == (
        b"HTTP/1.1 200 OK\r\nx: y\r\ncontent-length: 2\r\n\r\n"
    )


@pytest.mark.parametrize(
    "connection",
    [
        Connection.REFUSED,
        Connection.BLACK_HOLED,
        Connection.DNS_FAILED,
        Connection.TLS_FAILED,
    ],
)
def test_what_comes_before_a_request_cannot_follow_one(connection: Connection) -> None:
    with pytest.raises(InjectionError, match="request that has arrived"):
        plan_answer(Delivery(response=None, connection=connection), method="GET", keep_alive=True)
