"""The platform is overloaded or limits us: limits in all forms, quotas, outages, brown-outs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import ClassVar, Literal

from tts_chaos.faults.effect import AnswerInstead, Effect, Moment, PlatformCommand
from tts_chaos.faults.fault import Fault, Trigger, register_fault
from tts_chaos.wire.message import ApiResponse, Headers, make_json_response

__all__ = ["BrownOut", "PlatformDown", "QuotaExhausted", "RateLimited"]

_TOO_MANY = "Too many requests. You've made too many requests in a short period of time."
"""Documented text of 36009002; clients match on its words. Source: protocol facts, section 4."""


@register_fault
class RateLimited(Fault, frozen=True, kw_only=True):
    """Too many requests. Source: protocol facts, section 5.

    Attributes:
        told_as: `http` answers 429 with code 36009002, `ok` answers 200 with that code, `page`
            answers 429 with a page of the edge that is no envelope.
        retry_after_s: Value of Retry-After; None sends no such header.
        retry_after_as: `seconds` or `date`, as the facts allow both, or `none` for no header.
    """

    name: ClassVar[str] = "rate_limited"
    family: ClassVar[str] = "overload"
    cause: ClassVar[str] = "rate_limit"
    summary: ClassVar[str] = "the platform refuses requests as too many"
    default_trigger: ClassVar[Trigger] = Trigger(host="api", times=2)

    told_as: Literal["http", "ok", "page"] = "http"
    retry_after_s: int | None = 2
    retry_after_as: Literal["seconds", "date", "none"] = "seconds"

    def effects(self, moment: Moment) -> tuple[Effect, ...]:
        """Answer instead of the platform."""
        body = {
            "code": 36009002,
            "message": _TOO_MANY,
            "request_id": moment.entropy.hexadecimal(34),
            "data": None,
        }
        is_silent = self.retry_after_s is None or self.retry_after_as == "none"
        headers = () if is_silent else (("retry-after", self._wait(moment)),)
        if self.told_as == "page":
            return (AnswerInstead(response=_edge_page(429, headers)),)
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
        asked = self.retry_after_s
        headers = () if asked is None else (("retry-after", str(asked)),)
        return (AnswerInstead(response=_edge_page(self.status, headers)),)


@register_fault
class BrownOut(Fault, frozen=True, kw_only=True):
    """The platform is half down: a share of the requests fails, drawn by the seed.

    Attributes:
        fail_ratio: Share of the requests that fail, 0 to 1.
        status: 500, 502, 503 or 504.
    """

    name: ClassVar[str] = "brown_out"
    family: ClassVar[str] = "overload"
    cause: ClassVar[str] = "outage"
    summary: ClassVar[str] = "a share of the requests fails"
    default_trigger: ClassVar[Trigger] = Trigger(host="api")

    fail_ratio: float = 0.3
    status: Literal[500, 502, 503, 504] = 503

    def effects(self, moment: Moment) -> tuple[Effect, ...]:
        """Fail, or spare the request."""
        if moment.entropy.ratio() >= self.fail_ratio:
            return ()
        return (AnswerInstead(response=_edge_page(self.status)),)


@register_fault
class QuotaExhausted(Fault, frozen=True, kw_only=True):
    """The quota of calls for the hour is used up; no back-off helps before the next full hour.

    Source: protocol facts, section 5 (documented for test shops: 1000 calls an hour, code 36009037;
    that the hour is one of the clock is assumed), pitfall G4.

    Attributes:
        calls_per_hour: Calls that still pass in each hour.
    """

    name: ClassVar[str] = "quota_exhausted"
    family: ClassVar[str] = "overload"
    cause: ClassVar[str] = "rate_limit"
    summary: ClassVar[str] = "the hour's quota of calls is used up"

    calls_per_hour: int = 1

    def mistakes(self) -> Iterator[tuple[str, str]]:
        """Refuse a quota of nothing."""
        if self.calls_per_hour < 1:
            yield "calls_per_hour", "expected 1 or more; nothing at all is the fault platform_down"

    def begin(self) -> tuple[PlatformCommand, ...]:
        """Set the quota."""
        arguments = {"per_hour": self.calls_per_hour}
        return (PlatformCommand(name="set_sandbox_quota", arguments=arguments),)

    def end(self) -> tuple[PlatformCommand, ...]:
        """Lift the quota."""
        return (PlatformCommand(name="set_sandbox_quota", arguments={"per_hour": 0}),)


def _edge_page(status: int, headers: Headers = ()) -> ApiResponse:
    """Return the page of the edge in front of the platform, which is no envelope."""
    page = f"<html><body><h1>{status}</h1></body></html>".encode()
    return ApiResponse(status=status, headers=(("content-type", "text/html"), *headers), body=page)
