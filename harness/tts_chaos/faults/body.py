"""The answer's body is not what it should be: cut off, a page of HTML, or empty."""

from __future__ import annotations

from typing import ClassVar, Literal

import msgspec

from tts_chaos.faults.effect import AlterAnswer, Effect, Moment
from tts_chaos.faults.fault import Fault, Trigger, register_fault
from tts_chaos.wire.message import ApiResponse

__all__ = ["BodyEmpty", "BodyHtml", "BodyTruncated"]


class _BodyFault(Fault, frozen=True, kw_only=True):
    family: ClassVar[str] = "body"
    cause: ClassVar[str] = "contract"
    default_trigger: ClassVar[Trigger] = Trigger(host="api", times=1)

    def effects(self, moment: Moment) -> tuple[Effect, ...]:
        """Change the body after the platform has done its work."""
        return (AlterAnswer(change=self.alter),)

    def alter(self, response: ApiResponse) -> ApiResponse:
        """Return the answer as it arrives."""
        raise AssertionError("a subclass says how")


@register_fault
class BodyTruncated(_BodyFault, frozen=True, kw_only=True):
    """The JSON ends in the middle under status 200, with a content length that agrees.

    Attributes:
        keep_ratio: Share of the body that is kept, 0 to 1.
    """

    name: ClassVar[str] = "body_truncated"
    summary: ClassVar[str] = "the JSON of an answer is cut off"

    keep_ratio: float = 0.5

    def alter(self, response: ApiResponse) -> ApiResponse:
        """Keep the first part of the body."""
        kept = response.body[: int(len(response.body) * self.keep_ratio)]
        return msgspec.structs.replace(response, body=kept)


@register_fault
class BodyHtml(_BodyFault, frozen=True, kw_only=True):
    """A page of HTML arrives in place of the JSON, from an edge or a company's proxy.

    Attributes:
        status: Status of the page.
    """

    name: ClassVar[str] = "body_html"
    summary: ClassVar[str] = "an HTML page arrives instead of JSON"

    status: Literal[200, 403, 502, 503] = 502

    def alter(self, response: ApiResponse) -> ApiResponse:
        """Replace answer and status."""
        page = b"<!doctype html><html><head><title>Error</title></head><body>Sorry</body></html>"
        headers = (("content-type", "text/html; charset=utf-8"),)
        return ApiResponse(status=self.status, headers=headers, body=page)


@register_fault
class BodyEmpty(_BodyFault, frozen=True, kw_only=True):
    """The answer has its status and no body."""

    name: ClassVar[str] = "body_empty"
    summary: ClassVar[str] = "the answer has no body"

    def alter(self, response: ApiResponse) -> ApiResponse:
        """Drop the body."""
        return msgspec.structs.replace(response, body=b"")
