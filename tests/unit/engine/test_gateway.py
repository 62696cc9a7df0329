"""The front door: faults around the platform's answer, and a record of every request."""

from __future__ import annotations

import msgspec
import pytest
from tests.support.engine_parts import Bench, Dropping, Scripted, webhook

from tts_chaos.core.history import Committed, FaultEvent, StepTaken
from tts_chaos.engine.exchange_draft import BODY_END, BODY_LIMIT
from tts_chaos.errors import LimitExceededError, UsageError
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
from tts_chaos.faults.fault import Trigger
from tts_chaos.twin.handled import Basis
from tts_chaos.twin.store import Change
from tts_chaos.wire.delivery import Connection, Fate
from tts_chaos.wire.message import ApiRequest, ApiResponse, make_json_response

ASK = ApiRequest(method="GET", path="/order/202309/orders")
TEAPOT = ApiResponse(status=418, body=b"{}")


def _append(letter: bytes) -> AlterAnswer:
    return AlterAnswer(change=lambda r: msgspec.structs.replace(r, body=r.body + letter))


def _to_host(host: str) -> RewriteRequest:
    return RewriteRequest(change=lambda request: msgspec.structs.replace(request, host=host))


@pytest.fixture
def bench() -> Bench:
    return Bench()


# -- effects ------------------------------------------------------------------------------------


def test_without_faults_the_platform_answers(bench: Bench) -> None:
    delivery = bench.gateway.open(ASK).delivery

    assert delivery.response is not None
    assert (delivery.response.status, delivery.connection) == (200, Connection.OPEN)


def test_alterations_of_several_faults_act_in_order_of_arming(bench: Bench) -> None:
    bench.arm("first", AnswerInstead(response=ApiResponse(status=200)), _append(b"a"))
    bench.arm("second", _append(b"b"))

    response = bench.gateway.open(ASK).delivery.response

    assert response is not None
    assert response.body == b"ab"


def test_an_alteration_that_finds_nothing_to_change_has_not_fired(bench: Bench) -> None:
    bench.arm("drift", AlterAnswer(change=lambda response: response))

    bench.gateway.open(ASK).conclude(Fate.ANSWERED)

    (receipt,) = bench.gateway.receipts()
    assert (receipt.matched, receipt.fired, receipt.calls) == (1, 0, ())
    assert bench.history.exchanges()[0].faults == ()
    assert [e.moment for e in bench.history.of(FaultEvent)] == ["armed"]


def test_an_alteration_of_an_answer_that_never_came_has_not_fired(bench: Bench) -> None:
    bench.arm("cut", BreakConnection(connection=Connection.REFUSED))
    bench.arm("drift", _append(b"a"))

    bench.gateway.open(ASK)

    assert [receipt.fired for receipt in bench.gateway.receipts()] == [1, 0]


def test_an_alteration_of_an_answer_that_is_lost_has_not_fired(bench: Bench) -> None:
    lost = BreakConnection(connection=Connection.RESET_BEFORE_ANSWER, after_commit=True)
    bench.arm("drift", _append(b"a"))
    bench.arm("cut", lost)

    bench.gateway.open(ASK).conclude(Fate.ANSWERED)

    assert [receipt.fired for receipt in bench.gateway.receipts()] == [0, 1]


def test_what_was_not_used_up_by_an_idle_hit_is_there_for_the_next(bench: Bench) -> None:
    shop = iter([False, True, True])
    alter = _append(b"a").change
    drift = AlterAnswer(change=lambda r: alter(r) if next(shop) else r)
    bench.arm("drift", drift, trigger=Trigger(times=1))

    for _ in range(3):
        bench.gateway.open(ASK).conclude(Fate.ANSWERED)

    assert [x.faults for x in bench.history.exchanges()] == [(), ("drift",), ()]
    assert bench.gateway.receipts()[0].calls == (2,)


def test_a_rewriting_that_rewrites_nothing_has_not_fired(bench: Bench) -> None:
    bench.arm("same", _to_host(ASK.host))

    bench.gateway.open(ASK)

    assert bench.gateway.receipts()[0].fired == 0


def test_an_answer_instead_asks_the_platform_nothing(bench: Bench) -> None:
    bench.arm("teapot", AnswerInstead(response=TEAPOT))

    opened = bench.gateway.open(ASK)
    opened.conclude(Fate.ANSWERED)

    assert opened.delivery.response == TEAPOT
    assert bench.platform.log == []
    assert bench.history.exchanges()[0].committed is False


def test_the_first_of_two_answers_instead_counts(bench: Bench) -> None:
    bench.arm("teapot", AnswerInstead(response=TEAPOT))
    bench.arm("down", AnswerInstead(response=ApiResponse(status=503)))

    assert bench.gateway.open(ASK).delivery.response == TEAPOT


def test_a_rewritten_request_is_what_the_platform_sees_and_the_record_says(bench: Bench) -> None:
    bench.arm("typo", _to_host("api.tiktokshop.com"))

    bench.gateway.open(ASK).conclude(Fate.ANSWERED)

    assert bench.platform.log == ["handle GET api.tiktokshop.com/order/202309/orders"]
    assert bench.history.exchanges()[0].host == "api.tiktokshop.com"


def test_a_connection_broken_before_the_request_leaves_the_platform_alone(bench: Bench) -> None:
    bench.arm("refused", BreakConnection(connection=Connection.REFUSED))

    opened = bench.gateway.open(ASK)
    opened.conclude(Fate.REFUSED)

    (exchange,) = bench.history.exchanges()
    assert (opened.delivery.response, opened.delivery.connection) == (None, Connection.REFUSED)
    assert (exchange.committed, exchange.status, exchange.fate) == (False, 0, "refused")
    assert bench.platform.log == []


def test_a_connection_broken_after_the_commit_loses_only_the_answer(bench: Bench) -> None:
    bench.arm(
        "lost", BreakConnection(connection=Connection.CLOSED_BEFORE_ANSWER, after_commit=True)
    )

    opened = bench.gateway.open(ASK)
    opened.conclude(Fate.CLOSED)

    (exchange,) = bench.history.exchanges()
    assert opened.delivery.connection is Connection.CLOSED_BEFORE_ANSWER
    assert (exchange.committed, exchange.fate) == (True, "closed")
    assert bench.platform.log == ["handle GET open-api.tiktokglobalshop.com/order/202309/orders"]


def test_waits_add_up_and_the_last_word_on_the_rest_counts(bench: Bench) -> None:
    bench.arm("a", SlowAnswer(delay_ms=100, drip_bytes=10, drip_interval_ms=5, cut_after_bytes=9))
    bench.arm("b", SlowAnswer(delay_ms=50, stall_after_bytes=0, cut_after_bytes=3))

    delivery = bench.gateway.open(ASK).delivery

    assert (delivery.delay_ms, delivery.drip_bytes, delivery.drip_interval_ms) == (150, 10, 5)
    assert (delivery.stall_after_bytes, delivery.cut_after_bytes) == (0, 3)


def test_a_command_of_a_fault_runs_before_the_request_is_handled(bench: Bench) -> None:
    bench.arm("expire", PlatformCommand(name="expire_access_tokens"))

    bench.gateway.open(ASK)

    assert bench.platform.log == [
        "expire_access_tokens",
        "handle GET open-api.tiktokglobalshop.com/order/202309/orders",
    ]


def test_what_a_fault_did_to_the_platform_is_undone_when_it_is_lifted(bench: Bench) -> None:
    fault = Scripted(
        first=(PlatformCommand(name="refuse_ip"),), last=(PlatformCommand(name="allow_ip"),)
    )

    bench.gateway.arm("ip", fault, Trigger())
    bench.gateway.lift("ip")

    assert bench.platform.log == ["refuse_ip", "allow_ip"]


def test_a_fault_that_never_set_in_has_nothing_to_undo(bench: Bench) -> None:
    fault = Scripted(first=(PlatformCommand(name="refuse_ip"),), last=(PlatformCommand(name="x"),))

    bench.gateway.arm("ip", fault, Trigger(call=5))
    bench.gateway.lift("ip")

    assert bench.platform.log == []


# -- the life of a fault --------------------------------------------------------------------------


def _moments(bench: Bench) -> list[str]:
    return [f"{event.fault} {event.moment.value}" for event in bench.history.of(FaultEvent)]


def test_a_fault_is_recorded_when_it_is_armed_fires_and_is_lifted(bench: Bench) -> None:
    bench.arm("a", AnswerInstead(response=TEAPOT))

    bench.gateway.open(ASK)
    bench.gateway.lift("a")

    assert _moments(bench) == ["a armed", "a fired", "a lifted"]


def test_lifting_twice_does_nothing(bench: Bench) -> None:
    bench.arm("a")

    bench.gateway.lift("a")
    bench.gateway.lift("a")

    assert _moments(bench) == ["a armed", "a lifted"]


def test_lifting_what_was_never_armed_is_refused(bench: Bench) -> None:
    with pytest.raises(UsageError, match="no fault with id 'b' is armed"):
        bench.gateway.lift("b")


@pytest.mark.parametrize(
    "touch",
    [
        lambda bench: bench.gateway.open(ASK),
        lambda bench: bench.gateway.command("place_orders", {}),
        lambda bench: bench.gateway.due_webhooks(),
    ],
    ids=["a-request", "a-command", "a-look-at-the-webhooks"],
)
def test_a_fault_whose_time_is_over_is_lifted_by(bench: Bench, touch: object) -> None:
    bench.arm("a", AnswerInstead(response=TEAPOT), trigger=Trigger(for_ms=1000))
    bench.clock.advance(1000)

    assert callable(touch)
    touch(bench)

    assert _moments(bench) == ["a armed", "a lifted"]


def test_the_time_of_a_fault_is_true_time_whatever_the_platform_believes(bench: Bench) -> None:
    bench.arm("a", AnswerInstead(response=TEAPOT), trigger=Trigger(for_ms=1000))
    bench.platform_clock.offset_ms = 3_600_000

    assert bench.gateway.open(ASK).delivery.response == TEAPOT


def test_a_firing_that_was_concluded_is_recorded_as_such(bench: Bench) -> None:
    bench.arm("a")

    bench.gateway.infer_firing("a", "silence")

    (_, fired) = bench.history.of(FaultEvent)
    assert (fired.inferred, fired.detail) == (True, "silence")
    assert bench.gateway.receipts()[0].fired == 1


# -- the record -----------------------------------------------------------------------------------


def test_an_exchange_is_recorded_once_however_often_it_is_concluded(bench: Bench) -> None:
    opened = bench.gateway.open(ASK)

    opened.conclude(Fate.ANSWERED)
    opened.conclude(Fate.CLOSED)

    assert [exchange.fate for exchange in bench.history.exchanges()] == ["answered"]


def test_an_exchange_that_never_ended_is_recorded_at_the_end_without_an_answer(
    bench: Bench,
) -> None:
    bench.gateway.open(ASK)

    bench.gateway.finish()

    (exchange,) = bench.history.exchanges()
    assert (exchange.fate, exchange.status, exchange.code) == ("unfinished", 0, None)


def test_the_answer_and_the_faults_that_acted_are_part_of_the_record(bench: Bench) -> None:
    refusal = make_json_response({"code": 105002, "message": "Expired"}, status=401)
    bench.arm("a", AnswerInstead(response=refusal))
    bench.arm("b", SlowAnswer(delay_ms=1))

    bench.gateway.open(ASK).conclude(Fate.ANSWERED)

    (exchange,) = bench.history.exchanges()
    assert (exchange.status, exchange.code, exchange.message) == (401, 105002, "Expired")
    assert exchange.faults == ("a", "b")


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"[1]", b'{"code": "x", "message": 3}', b"\xff\xfe"],
    ids=["empty", "html", "a-list", "of-wrong-types", "not-text"],
)
def test_a_body_that_is_no_envelope_has_neither_code_nor_message(bench: Bench, body: bytes) -> None:
    bench.arm("a", AnswerInstead(response=ApiResponse(status=200, body=body)))

    bench.gateway.open(ASK).conclude(Fate.ANSWERED)

    (exchange,) = bench.history.exchanges()
    assert (exchange.code, exchange.message) == (None, "")


def test_what_an_answer_rests_on_is_part_of_the_record(bench: Bench) -> None:
    bench.gateway.open(ASK).conclude(Fate.ANSWERED)
    bench.platform.basis = Basis.CONTRACT
    bench.gateway.open(ASK).conclude(Fate.ANSWERED)

    bases = [exchange.basis for exchange in bench.history.exchanges()]
    assert bases == ["", "generated-from-contract"]


def test_an_exchange_is_recorded_as_it_was_when_it_happened(bench: Bench) -> None:
    bench.gateway.open(ASK).conclude(Fate.ANSWERED)
    bench.clock.advance(60_000)
    bench.arm("a", AnswerInstead(response=ApiResponse(status=503)))

    (exchange,) = bench.history.exchanges()
    assert (exchange.at_ms, exchange.status) == (bench.clock.now_ms() - 60_000, 200)


def test_secrets_are_labels_wherever_they_stand(bench: Bench) -> None:
    bench.secrets.add("SECRET-TOKEN-1", "access_token:1")
    request = ApiRequest(
        method="POST",
        path="/x",
        query="app_key=k&access_token=SECRET-TOKEN-1&sign=0123abcd",
        headers=(("x-tts-access-token", "SECRET-TOKEN-1"),),
        body=b'{"token": "SECRET-TOKEN-1"}',
    )
    echo = ApiResponse(
        status=200,
        headers=(("x-echo", "SECRET-TOKEN-1"),),
        body=b'{"code": 0, "message": "SECRET-TOKEN-1"}',
    )
    bench.arm("a", AnswerInstead(response=echo))

    bench.gateway.open(request).conclude(Fate.ANSWERED)

    (exchange,) = bench.history.exchanges()
    assert exchange.token == "{access_token:1}"
    assert b"SECRET-TOKEN-1" not in bench.history.to_json_lines()


def test_a_signature_is_kept_as_a_label_that_tells_two_apart(bench: Bench) -> None:
    for sign in ("aaaa", "bbbb", "aaaa"):
        request = ApiRequest(method="GET", path="/x", query=f"sign={sign}")
        bench.gateway.open(request).conclude(Fate.ANSWERED)

    first, second, third = (exchange.parameter("sign") for exchange in bench.history.exchanges())
    assert first == third != second
    assert "aaaa" not in str(first)


def test_a_long_body_is_cut_and_says_by_how_much(bench: Bench) -> None:
    request = ApiRequest(method="POST", path="/x", body=b"a" * (BODY_LIMIT + 5))

    bench.gateway.open(request).conclude(Fate.ANSWERED)

    (exchange,) = bench.history.exchanges()
    head, end = "a" * (BODY_LIMIT - BODY_END), "a" * BODY_END
    assert exchange.body == f"{head}… (5 characters left out) …{end}"


def test_a_change_before_the_run_begins_is_no_record() -> None:
    bench = Bench(begin=False)

    bench.gateway.on_change(Change(what="order.placed", id="1", shop_id="s", before=None, after={}))
    bench.gateway.on_change(Change(what="token.issued", id="t", shop_id="", before=None, after={}))

    assert [record.change for record in bench.history.of(Committed)] == ["token.issued"]


# -- bounds and defects ---------------------------------------------------------------------------


def test_more_requests_than_the_limit_are_refused() -> None:
    bench = Bench(call_limit=2)
    bench.gateway.open(ASK)
    bench.gateway.open(ASK)

    with pytest.raises(LimitExceededError, match=r"more than 2 requests.*raise limits\.calls"):
        bench.gateway.open(ASK)


def test_a_run_that_became_endless_stays_refused() -> None:
    bench = Bench(call_limit=0)
    with pytest.raises(LimitExceededError):
        bench.gateway.open(ASK)

    with pytest.raises(LimitExceededError):
        bench.gateway.refuse_endless()


def test_a_defect_of_the_platform_is_remembered_whoever_catches_it(bench: Bench) -> None:
    bench.platform.failure = ZeroDivisionError("a bug")
    with pytest.raises(ZeroDivisionError):
        bench.gateway.open(ASK)

    with pytest.raises(ZeroDivisionError, match="a bug"):
        bench.gateway.raise_failure()


def test_without_a_defect_nothing_is_raised(bench: Bench) -> None:
    bench.gateway.open(ASK)

    bench.gateway.raise_failure()


# -- webhooks -------------------------------------------------------------------------------------


def test_due_webhooks_come_as_the_platform_gives_them(bench: Bench) -> None:
    bench.platform.due = [webhook("n1"), webhook("n2")]

    assert [each.notification for each in bench.gateway.due_webhooks()] == ["n1", "n2"]


def test_a_webhook_that_a_fault_dropped_was_never_answered(bench: Bench) -> None:
    bench.gateway.arm("drop", Dropping(), Trigger())
    bench.platform.due = [webhook("n1", attempt=2)]

    assert bench.gateway.due_webhooks() == ()
    assert bench.platform.log == ["acknowledge n1 #2 0"]


def test_a_fault_of_webhooks_fires_only_where_there_are_some(bench: Bench) -> None:
    bench.gateway.arm("drop", Dropping(), Trigger())

    bench.gateway.due_webhooks()

    assert bench.gateway.receipts()[0].fired == 0


EFFECTS: list[Effect] = [AnswerInstead(response=TEAPOT)]


def test_a_fault_that_a_proxy_realises_is_counted_but_does_nothing_here(bench: Bench) -> None:
    bench.gateway.arm("a", Scripted(wanted=tuple(EFFECTS)), Trigger(), via_proxy=True)

    delivery = bench.gateway.open(ASK).delivery

    assert delivery.response is not None
    assert delivery.response.status == 200
    assert bench.gateway.receipts()[0].fired == 1


# -- ambiguous outcomes ---------------------------------------------------------------------------


def _handled(bench: Bench) -> int:
    return sum(line.startswith("handle") for line in bench.platform.log)


def test_a_repeated_request_is_handled_twice_and_recorded_once(bench: Bench) -> None:
    bench.arm("twice", RepeatRequest(times=2))

    bench.gateway.open(ASK).conclude(Fate.ANSWERED)

    assert _handled(bench) == 2
    assert [x.committed for x in bench.history.exchanges()] == [True]


def test_a_postponed_request_is_handled_when_it_is_due(bench: Bench) -> None:
    bench.arm("late", ApplyLater(delay_ms=50), AnswerInstead(response=TEAPOT))

    bench.gateway.open(ASK).conclude(Fate.ANSWERED)
    before = _handled(bench)
    due_ms = bench.gateway.next_due_ms()
    bench.clock.advance(50)
    bench.gateway.due_webhooks()

    assert due_ms == bench.clock.now_ms()
    assert (before, _handled(bench)) == (0, 1)
    assert bench.gateway.next_due_ms() is None
    (step,) = bench.history.of(StepTaken)
    assert (step.kind, step.value) == ("applied late", {"call": 1, "code": 0, "done": True})


def test_what_still_waits_is_handled_when_the_fault_is_lifted(bench: Bench) -> None:
    bench.arm("late", ApplyLater(delay_ms=50), AnswerInstead(response=TEAPOT))
    bench.arm("other", ApplyLater(delay_ms=70), trigger=Trigger(times=1))
    bench.gateway.open(ASK).conclude(Fate.ANSWERED)

    bench.gateway.lift("other")
    others = _handled(bench)
    bench.gateway.lift("late", by="heal")

    assert (others, _handled(bench)) == (0, 1)
    assert [r.lifted_by for r in bench.gateway.receipts()] == ["heal", "step"]


def test_a_request_that_was_handled_at_once_is_not_handled_again(bench: Bench) -> None:
    bench.arm("late", ApplyLater(delay_ms=50))

    bench.gateway.open(ASK).conclude(Fate.ANSWERED)

    assert _handled(bench) == 1
    assert bench.gateway.next_due_ms() is None


def test_a_fault_ends_when_its_time_is_over_whoever_looks(bench: Bench) -> None:
    bench.arm("short", AnswerInstead(response=TEAPOT), trigger=Trigger(for_ms=50))
    due_ms = bench.gateway.next_due_ms()

    bench.clock.advance(50)
    bench.gateway.ledger()

    assert due_ms == bench.clock.now_ms()
    (receipt,) = bench.gateway.receipts()
    assert (receipt.lifted_by, receipt.lifted_ms) == ("time", bench.clock.now_ms())


def test_a_delivered_webhook_lets_a_fault_set_in(bench: Bench) -> None:
    trigger = Trigger(on_webhook=1)
    bench.arm("teapot", AnswerInstead(response=TEAPOT), trigger=trigger)
    before = bench.gateway.open(ASK).delivery.response
    bench.platform.due = [webhook()]

    bench.gateway.due_webhooks()

    assert before != TEAPOT
    assert bench.gateway.open(ASK).delivery.response == TEAPOT
