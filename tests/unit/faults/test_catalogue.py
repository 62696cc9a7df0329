"""Every fault of the catalogue is described, distinct, and does what its name says."""

from __future__ import annotations

import email.utils
from typing import Any

import msgspec
import pytest

from tts_chaos.core.entropy import Entropy
from tts_chaos.faults.body import BodyHtml, BodyTruncated
from tts_chaos.faults.catalogue import FAULTS
from tts_chaos.faults.clock import ClockAhead, ClockBehind
from tts_chaos.faults.drift import FieldRemoved
from tts_chaos.faults.effect import (
    AlterAnswer,
    AnswerInstead,
    Moment,
    RewriteRequest,
)
from tts_chaos.faults.endpoint import HostWrong, PathWrong
from tts_chaos.faults.fault import Fault, Trigger, register_fault
from tts_chaos.faults.overload import RateLimited
from tts_chaos.faults.redirect import Redirected
from tts_chaos.faults.slowness import AnswerSlow
from tts_chaos.wire.message import ApiRequest, ApiResponse

NOW_MS = 1_793_091_600_123


def _moment() -> Moment:
    return Moment(
        request=ApiRequest(method="POST", path="/order/202309/orders/search"),
        operation="order.202309.get_order_list",
        shop="",
        now_ms=NOW_MS,
        hits=0,
        entropy=Entropy(3),
    )


def _answer(fault: Fault) -> ApiResponse:
    (effect,) = fault.effects(_moment())
    assert isinstance(effect, AnswerInstead)
    return effect.response


@pytest.mark.parametrize("name", list(FAULTS))
def test_every_fault_says_what_the_client_experiences(name: str) -> None:
    kind = FAULTS[name]

    assert kind.summary
    assert kind.summary[0].islower()
    assert kind.family
    assert kind.__doc__


@pytest.mark.parametrize("name", list(FAULTS))
def test_numbers_of_a_fault_carry_their_unit_or_are_plain_counts(name: str) -> None:
    units = ("_ms", "_s", "_bytes", "_ratio")
    plain = {
        "copies",
        "status",
        "told_as",
        "factor",
        "event",
        "rows",
        "count",
        "code",
        "permutation",
    }
    units_of_rates = ("_per_hour",)

    numbers = [
        field.encode_name
        for field in msgspec.structs.fields(FAULTS[name])
        if field.type in (int, float, int | None)
    ]

    assert [
        n for n in numbers if not n.endswith((*units, *units_of_rates)) and n not in plain
    ] == []


def _plain(name: str) -> Fault:
    """Return the fault with its defaults, and with something for what has none."""
    given = {
        field.encode_name: {int: 1, float: 1.0}.get(field.type, "$.data.x")
        for field in msgspec.structs.fields(FAULTS[name])
        if field.required and field.encode_name not in ("type", "change")
    }
    words = {"field_retyped": {"type": "string"}, "webhook_field_drifted": {"change": "null"}}
    return FAULTS[name](**given, **words.get(name, {}))


@pytest.mark.parametrize("name", list(FAULTS))
def test_every_fault_can_be_asked_what_it_does_to_any_request(name: str) -> None:
    moment = msgspec.structs.replace(_moment(), request=ApiRequest(method="GET", path="/"))

    assert isinstance(_plain(name).effects(moment), tuple)
    assert list(_plain(name).mistakes()) == []


def test_a_redirect_names_the_same_call_at_another_host() -> None:
    request = ApiRequest(method="GET", path="/order/202309/orders", query="ids=1&sign=s")
    moment = msgspec.structs.replace(_moment(), request=request)

    (effect,) = Redirected(to_host="elsewhere.example").effects(moment)

    assert isinstance(effect, AnswerInstead)
    assert (effect.response.status, effect.response.body) == (307, b"")
    assert effect.response.header("location") == (
        "https://elsewhere.example/order/202309/orders?ids=1&sign=s"
    )


def test_a_fault_with_an_unknown_cause_is_refused() -> None:
    class Odd(Fault, frozen=True, kw_only=True):
        name = "odd"
        family = "odd"
        cause = "bad luck"
        summary = "odd"

    with pytest.raises(ValueError, match="'odd' has cause 'bad luck'; expected one of"):
        register_fault(Odd)


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        pytest.param(RateLimited(told_as="http"), 429, 36009002, id="told-by-status"),
        pytest.param(RateLimited(told_as="ok"), 200, 36009002, id="told-inside-a-200"),
    ],
)
def test_a_rate_limit_is_told_both_ways(fault: RateLimited, status: int, code: int) -> None:
    answer = _answer(fault)

    assert answer.status == status
    assert msgspec.json.decode(answer.body)["code"] == code
    assert answer.header("retry-after") == "2"


def test_retry_after_as_a_date_never_asks_for_less_than_meant() -> None:
    answer = _answer(RateLimited(retry_after_s=3, retry_after_as="date"))

    at = email.utils.parsedate_to_datetime(answer.header("retry-after") or "")

    assert at.timestamp() * 1000 - NOW_MS >= 3_000
    assert at.timestamp() * 1000 - NOW_MS < 4_000


def test_without_a_wait_there_is_no_retry_after() -> None:
    assert _answer(RateLimited(retry_after_s=None)).header("retry-after") is None


@pytest.mark.parametrize(
    ("fault", "host", "path"),
    [
        pytest.param(HostWrong(), "api.tiktokshop.com", "/order/202309/orders/search", id="host"),
        pytest.param(PathWrong(), "open-api.tiktokglobalshop.com", "/v1/orders", id="path"),
    ],
)
def test_a_mistyped_address_misdirects_the_request(fault: Fault, host: str, path: str) -> None:
    rewrite = next(e for e in fault.effects(_moment()) if isinstance(e, RewriteRequest))

    sent = rewrite.change(_moment().request)

    assert (sent.host, sent.path) == (host, path)


@pytest.mark.parametrize(
    ("fault", "offset_ms"),
    [
        pytest.param(ClockAhead(by_ms=31_000), -31_000, id="integration-ahead-platform-behind"),
        pytest.param(ClockBehind(by_ms=360_000), 360_000, id="integration-behind-platform-ahead"),
    ],
)
def test_skew_moves_the_platform_the_other_way_and_back(fault: Fault, offset_ms: int) -> None:
    assert fault.begin()[0].arguments == {"offset_ms": offset_ms}
    assert fault.end()[0].arguments == {"offset_ms": 0}


def _altered(fault: Fault, body: Any) -> ApiResponse:
    (effect,) = fault.effects(_moment())
    assert isinstance(effect, AlterAnswer)
    return effect.change(ApiResponse(status=200, body=msgspec.json.encode(body)))


def test_a_truncated_body_is_no_longer_json() -> None:
    answer = _altered(BodyTruncated(), {"code": 0, "data": {"orders": []}})

    assert answer.status == 200
    with pytest.raises(msgspec.DecodeError):
        msgspec.json.decode(answer.body)


def test_an_html_page_replaces_status_and_type() -> None:
    answer = _altered(BodyHtml(status=502), {"code": 0})

    assert answer.status == 502
    assert answer.header("content-type") == "text/html; charset=utf-8"


def test_a_removed_field_is_gone_from_every_element_and_nothing_else() -> None:
    fault = FieldRemoved(path="data.orders[].buyer_email")
    body = {"code": 0, "data": {"orders": [{"id": "1", "buyer_email": "a"}, {"id": "2"}]}}

    answer = _altered(fault, body)

    assert msgspec.json.decode(answer.body)["data"]["orders"] == [{"id": "1"}, {"id": "2"}]


def test_an_answer_that_is_not_json_keeps_its_body() -> None:
    (effect,) = FieldRemoved(path="data.x").effects(_moment())
    assert isinstance(effect, AlterAnswer)
    page = ApiResponse(status=502, body=b"<html>")

    assert effect.change(page) == page


def test_jitter_is_seeded_and_stays_within_its_bound() -> None:
    fault = AnswerSlow(delay_ms=100, jitter_ms=50)

    draws = [fault.effects(_moment())[0] for _ in range(3)]

    assert draws[0] == draws[1] == draws[2]
    assert 100 <= draws[0].delay_ms <= 150  # type: ignore[union-attr]


def test_a_default_trigger_fits_the_fault() -> None:
    assert FAULTS["token_expired"].default_trigger == Trigger(times=1)
    assert FAULTS["refresh_answer_lost"].default_trigger.operation == "token.refresh"
