"""Writes whose outcome the client cannot know: done or not, and the answer does not say which.

The platform has idempotency keys for a handful of calls and for no shipment, cancellation or stock
update; so after any of these only a read tells what became of a write. Source: protocol facts,
section 7.2 (documented), and the error table on 36009007 (documented: the operation may or may not
have happened; that it comes with 504 is assumed).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

from tts_chaos.faults.effect import (
    AlterAnswer,
    AnswerInstead,
    ApplyLater,
    BreakConnection,
    Effect,
    Moment,
    RepeatRequest,
)
from tts_chaos.faults.fault import Fault, Trigger, register_fault
from tts_chaos.wire.delivery import Connection
from tts_chaos.wire.message import ApiResponse, make_json_response

__all__ = [
    "AppliedAnswerLost",
    "AppliedLate",
    "AppliedTwice",
    "NotAppliedAnswerLost",
    "gateway_timeout",
]

_TIMED_OUT = "Request timeout. The request to the endpoint timed out."
"""Documented text of 36009007. Source: error table."""

_LOST_AS = {
    "reset": Connection.RESET_BEFORE_ANSWER,
    "closed": Connection.CLOSED_BEFORE_ANSWER,
    "silence": Connection.SILENT,
}

LONGEST_DELAY_MS = 280_000
"""A timestamp may be five minutes old when a request is handled (documented); less is safe."""

LostAs = Literal["reset", "closed", "silence", "timeout_code"]
"""What the client meets instead: RST, FIN, nothing until its own time-out, or code 36009007."""


def gateway_timeout(moment: Moment) -> ApiResponse:
    """Return the gateway's word that it gave up waiting, which leaves the outcome open."""
    body = {
        "code": 36009007,
        "message": _TIMED_OUT,
        "request_id": moment.entropy.hexadecimal(34),
        "data": None,
    }
    return make_json_response(body, status=504)


class _Outcome(Fault, frozen=True, kw_only=True):
    family: ClassVar[str] = "ambiguous outcomes"
    cause: ClassVar[str] = "network"
    default_trigger: ClassVar[Trigger] = Trigger(only="writes", times=1)


class _Lost(_Outcome, frozen=True, kw_only=True):
    """The answer is lost.

    Attributes:
        lost_as: What the client meets instead: `reset`, `closed`, `silence`, or `timeout_code`.
    """

    lost_as: LostAs = "reset"


@register_fault
class AppliedAnswerLost(_Lost, frozen=True, kw_only=True):
    """The platform does what was asked, and its answer never arrives."""

    name: ClassVar[str] = "applied_answer_lost"
    summary: ClassVar[str] = "a write was done and its answer was lost"

    def effects(self, moment: Moment) -> tuple[Effect, ...]:
        """Lose the answer after the commit."""
        if self.lost_as == "timeout_code":
            told = gateway_timeout(moment)
            return (AlterAnswer(change=lambda _response: told),)
        return (BreakConnection(connection=_LOST_AS[self.lost_as], after_commit=True),)


@register_fault
class NotAppliedAnswerLost(_Lost, frozen=True, kw_only=True):
    """The request never gets as far as the platform, and the client cannot tell."""

    name: ClassVar[str] = "not_applied_answer_lost"
    summary: ClassVar[str] = "a write was not done and nobody says so"

    def effects(self, moment: Moment) -> tuple[Effect, ...]:
        """Lose the request."""
        return (_lose_request(self.lost_as, moment),)


@register_fault
class AppliedTwice(_Outcome, frozen=True, kw_only=True):
    """Something on the way, a proxy or a load balancer, sends the request again by itself.

    Attributes:
        answer: Which of the platform's two answers arrives. The last says of a write that cannot be
            done twice that it was done before.
    """

    name: ClassVar[str] = "applied_twice"
    cause: ClassVar[str] = "network"
    summary: ClassVar[str] = "something on the way sends a write twice"

    answer: Literal["first", "last"] = "last"

    def effects(self, moment: Moment) -> tuple[Effect, ...]:
        """Let the platform handle the request twice."""
        return (RepeatRequest(times=2, answer=self.answer),)


@register_fault
class AppliedLate(_Lost, frozen=True, kw_only=True):
    """The platform does what was asked when the client has long given up.

    Whoever looks at once finds nothing done, sends it again, and has it done twice. What still
    waits when the fault is lifted is done then.

    Attributes:
        delay_ms: How much later. The platform refuses a timestamp older than five minutes, so at
            most that long.
    """

    name: ClassVar[str] = "applied_late"
    cause: ClassVar[str] = "slowness"
    summary: ClassVar[str] = "a write is done long after its answer was given up"

    lost_as: LostAs = "timeout_code"
    delay_ms: int = 20_000

    def mistakes(self) -> Iterator[tuple[str, str]]:
        """Refuse a delay after which the platform would refuse the timestamp."""
        if not 1 <= self.delay_ms <= LONGEST_DELAY_MS:
            yield (
                "delay_ms",
                f"expected 1 to {LONGEST_DELAY_MS} milliseconds, got {self.delay_ms}; after five "
                "minutes the platform refuses the request for its timestamp",
            )

    def effects(self, moment: Moment) -> tuple[Effect, ...]:
        """Lose the request for now."""
        return (ApplyLater(delay_ms=self.delay_ms), _lose_request(self.lost_as, moment))


def _lose_request(lost_as: LostAs, moment: Moment) -> Effect:
    if lost_as == "timeout_code":
        return AnswerInstead(response=gateway_timeout(moment))
    return BreakConnection(connection=_LOST_AS[lost_as])
