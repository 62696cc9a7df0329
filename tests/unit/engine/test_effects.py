"""What becomes of one request when faults act on it: order, answer, and which fault was idle."""

from __future__ import annotations

import msgspec
import pytest
from tests.support.engine_parts import ScriptedPlatform

from tts_chaos.engine.effects import Answered, apply_faults
from tts_chaos.faults.effect import (
    AlterAnswer,
    AnswerInstead,
    ApplyLater,
    BreakConnection,
    Effect,
    PlatformCommand,
    RepeatRequest,
    RewriteRequest,
    SlowAnswer,
)
from tts_chaos.faults.plane import Hit
from tts_chaos.twin.handled import Handled
from tts_chaos.wire.delivery import Connection
from tts_chaos.wire.message import ApiRequest, ApiResponse, make_json_response

REQUEST = ApiRequest(method="POST", host="api", path="/a")


class Counting(ScriptedPlatform):
    """A platform that numbers its answers, signs visibly and commits the first request only."""

    def handle(self, request: ApiRequest) -> Handled:
        handled = super().handle(request)
        count = sum(line.startswith("handle") for line in self.log)
        response = make_json_response({"code": 0, "message": str(count)})
        return msgspec.structs.replace(handled, response=response, committed=count == 1)

    def sign_anew(self, request: ApiRequest) -> ApiRequest:
        return msgspec.structs.replace(request, query="signed=anew")


def act(*effects: Effect, platform: ScriptedPlatform | None = None) -> Answered:
    """Return what became of a request that one fault acted on."""
    hit = Hit(fault="f", commands=(), effects=effects)
    return apply_faults((hit,), REQUEST, platform or Counting())


def said(answered: Answered) -> str:
    """Return the message of the answer, "" where none travels."""
    response = answered.delivery.response
    return "" if response is None else str(msgspec.json.decode(response.body)["message"])


def to_path(path: str) -> RewriteRequest:
    return RewriteRequest(change=lambda request: msgspec.structs.replace(request, path=path))


def same(answer: ApiResponse) -> ApiResponse:
    return answer


def other(_answer: ApiResponse) -> ApiResponse:
    return make_json_response({"code": 0, "message": "altered"})


def test_without_faults_the_platform_answers() -> None:
    answered = apply_faults((), REQUEST, Counting())

    assert (said(answered), answered.is_asked, answered.committed) == ("1", True, True)
    assert (answered.idle, answered.later_ms, answered.later_for) == ((), None, "")


@pytest.mark.parametrize(
    ("answer", "message"),
    [pytest.param("first", "1", id="first"), pytest.param("last", "3", id="last")],
)
def test_a_repeated_request_is_answered_once_and_committed_if_any_was(
    answer: str, message: str
) -> None:
    platform = Counting()

    answered = act(RepeatRequest(times=3, answer=answer), platform=platform)  # type: ignore[arg-type]

    assert (said(answered), answered.committed) == (message, True)
    assert platform.log == ["handle POST api/a"] * 3


def test_an_answer_instead_asks_nobody() -> None:
    platform = Counting()

    answered = act(AnswerInstead(response=other(make_json_response({}))), platform=platform)

    assert (said(answered), answered.is_asked, answered.committed) == ("altered", False, False)
    assert platform.log == []


def test_a_connection_that_breaks_before_the_request_asks_nobody() -> None:
    platform = Counting()

    answered = act(BreakConnection(connection=Connection.RESET_BEFORE_ANSWER), platform=platform)

    assert (answered.delivery.response, answered.delivery.connection) == (
        None,
        Connection.RESET_BEFORE_ANSWER,
    )
    assert (answered.is_asked, answered.committed, platform.log) == (False, False, [])


def test_a_connection_that_breaks_after_the_commit_loses_the_answer_alone() -> None:
    answered = act(BreakConnection(connection=Connection.RESET_BEFORE_ANSWER, after_commit=True))

    assert answered.delivery.connection is Connection.RESET_BEFORE_ANSWER
    assert (answered.is_asked, answered.committed) == (True, True)


def test_a_command_of_a_fault_comes_before_the_request() -> None:
    platform = Counting()

    act(PlatformCommand(name="expire"), platform=platform)

    assert platform.log == ["expire", "handle POST api/a"]


def test_a_rewritten_request_is_what_the_platform_sees_and_keeps_its_signature() -> None:
    platform = Counting()

    answered = act(to_path("/b"), platform=platform)

    assert platform.log == ["handle POST api/b"]
    assert (answered.request.path, answered.request.query, answered.idle) == ("/b", "", ())


def test_what_the_platform_itself_rewrites_is_signed_anew() -> None:
    rewrite = msgspec.structs.replace(to_path("/b"), signed_anew=True)

    assert act(rewrite).request.query == "signed=anew"


@pytest.mark.parametrize(
    ("effects", "idle"),
    [
        pytest.param((to_path("/a"),), ("f",), id="a-request-rewritten-into-itself"),
        pytest.param((to_path("/b"),), (), id="a-request-rewritten"),
        pytest.param((AlterAnswer(change=same),), ("f",), id="an-answer-left-as-it-is"),
        pytest.param((AlterAnswer(change=other),), (), id="an-answer-altered"),
        pytest.param(
            (AlterAnswer(change=other), AlterAnswer(change=same)), (), id="altered-by-one-of-two"
        ),
        pytest.param((SlowAnswer(delay_ms=0),), (), id="slowness-always-acts"),
    ],
)
def test_a_fault_is_idle_where_it_found_nothing_to_change(
    effects: tuple[Effect, ...], idle: tuple[str, ...]
) -> None:
    assert act(*effects).idle == idle


def test_what_was_altered_in_an_answer_that_is_lost_was_not_altered() -> None:
    alters = Hit(fault="alters", commands=(), effects=(AlterAnswer(change=other),))
    lost = BreakConnection(connection=Connection.RESET_BEFORE_ANSWER, after_commit=True)
    loses = Hit(fault="loses", commands=(), effects=(lost,))

    assert apply_faults((alters, loses), REQUEST, Counting()).idle == ("alters",)


def test_a_request_put_off_is_handled_later() -> None:
    answered = act(ApplyLater(delay_ms=9), AnswerInstead(response=make_json_response({})))

    assert (answered.later_ms, answered.later_for) == (9, "f")


def test_a_request_the_platform_handled_at_once_is_not_handled_again() -> None:
    answered = act(ApplyLater(delay_ms=9))

    assert (answered.later_ms, answered.later_for) == (None, "")


def test_waits_add_up_and_the_last_word_counts_in_all_else() -> None:
    first = SlowAnswer(
        delay_ms=5, drip_bytes=1, drip_interval_ms=2, stall_after_bytes=3, cut_after_bytes=4,
        cut_head_after_bytes=5, cut_by="reset",
    )  # fmt: skip
    second = SlowAnswer(
        delay_ms=7, drip_bytes=10, drip_interval_ms=20, stall_after_bytes=0, cut_after_bytes=0,
        cut_head_after_bytes=0,
    )  # fmt: skip

    both, silent = act(first, second).delivery, act(first, SlowAnswer(delay_ms=7)).delivery

    assert (both.delay_ms, silent.delay_ms) == (12, 12)
    assert (both.drip_bytes, both.drip_interval_ms, both.stall_after_bytes) == (10, 20, 0)
    assert (both.cut_after_bytes, both.cut_head_after_bytes, both.cut_by) == (0, 0, "reset")
    assert (silent.drip_bytes, silent.drip_interval_ms, silent.stall_after_bytes) == (1, 2, 3)
    assert (silent.cut_after_bytes, silent.cut_head_after_bytes, silent.cut_by) == (4, 5, "reset")
