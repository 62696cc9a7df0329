"""The platform is overloaded or limits us: rate limits in both forms, and outages."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime
from typing import ClassVar, Literal

from tts_chaos.faults.effect import AnswerInstead, Effect, Moment
from tts_chaos.faults.fault import Fault, Trigger, register_fault
from tts_chaos.wire.message import ApiResponse, make_json_response

__all__ = ["PlatformDown", "RateLimited"]

_TOO_MANY = "Too many requests. You've made too many requests in a short period of time."
"""Documented text of 36009002; clients match on its words. Source: protocol facts, section 4."""


@register_fault
class RateLimited(Fault, frozen=True, kw_only=True):
    """Too many requests. Source: protocol facts, section 5.

    Attributes:
        told_as: `http` answers 429, `ok` answers 200 with code 36009002 in the envelope.
        retry_after_s: Value of Retry-After; None sends no such header.
        retry_after_as: `seconds` or `date`; the facts allow both.
    """

    name: ClassVar[str] = "rate_limited"
    family: ClassVar[str] = "overload"
    cause: ClassVar[str] = "rate_limit"
    summary: ClassVar[str] = "the platform refuses requests as too many"
    default_trigger: ClassVar[Trigger] = Trigger(host="api", times=2)

    told_as: Literal["http", "ok"] = "http"
    retry_after_s: int | None = 2
    retry_after_as: Literal["seconds", "date"] = "seconds"

    def effects(self, moment: Moment) -> tuple[Effect, ...]:
        """Answer instead of the platform."""
        body = {
            "code": 36009002,
            "message": _TOO_MANY,
            "request_id": moment.entropy.hexadecimal(34),
            "data": None,
        }
        headers = () if self.retry_after_s is None else (("retry-after", self._wait(moment)),)
        status = 429 if self.told_as == "http" else 200
        return (AnswerInstead(response=make_json_response(body, status=status, headers=headers)),)

    def _wait(self, moment: Moment) -> str:
        assert self.retry_after_s is not None
        if self.retry_after_as == "seconds":
            return str(self.retry_after_s)
        # An HTTP date has whole seconds: rounding up never asks for less than was meant.
        at_s = -(-moment.now_ms // 1000) + self.retry_after_s
        return format_datetime(datetime.fromtimestamp(at_s, UTC), usegmt=True)


@register_fault
class PlatformDown(Fault, frozen=True, kw_only=True):
    """The edge answers that the service is unavailable; the platform sees nothing.

    Attributes:
        status: 500, 502, 503 or 504.
        retry_after_s: Value of Retry-After; None sends no such header.
    """

    name: ClassVar[str] = "platform_down"
    family: ClassVar[str] = "overload"
    cause: ClassVar[str] = "outage"
    summary: ClassVar[str] = "the platform is down and its edge says so"

    status: Literal[500, 502, 503, 504] = 503
    retry_after_s: int | None = None

    def effects(self, moment: Moment) -> tuple[Effect, ...]:
        """Answer with the edge's own page, which is not JSON."""
        headers = [("content-type", "text/html")]
        if self.retry_after_s is not None:
            headers.append(("retry-after", str(self.retry_after_s)))
        page = f"<html><body><h1>{self.status}</h1></body></html>".encode()
        response = ApiResponse(status=self.status, headers=tuple(headers), body=page)
        return (AnswerInstead(response=response),)
