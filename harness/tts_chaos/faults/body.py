"""The answer's body is not what it should be: cut off, a page, of another type, garbled, huge.

The platform has done its work each time. What a client makes of a body that is odd but readable
(padding, a wrong content type) is its own affair; what is unreadable must not count as success.
"""

from __future__ import annotations

import json
import zlib
from typing import ClassVar, Literal

import msgspec

from tts_chaos.faults.effect import AlterAnswer, Effect, Moment
from tts_chaos.faults.fault import Fault, Trigger, register_fault
from tts_chaos.wire.message import ApiResponse

__all__ = [
    "BodyCompressionBroken",
    "BodyDuplicateKeys",
    "BodyEmpty",
    "BodyEncodingBroken",
    "BodyHtml",
    "BodyHuge",
    "BodyTruncated",
    "BodyWrongType",
    "ContentTypeWrong",
]


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


@register_fault
class BodyWrongType(_BodyFault, frozen=True, kw_only=True):
    """The body is JSON, and no envelope of the platform.

    Attributes:
        becomes: `array`, `text`, `number` and `null` replace the whole body; `data_array` and
            `data_text` replace the payload only, under code 0.
    """

    name: ClassVar[str] = "body_wrong_type"
    summary: ClassVar[str] = "the JSON of an answer is of another type"

    becomes: Literal["array", "text", "number", "null", "data_array", "data_text"] = "array"

    def alter(self, response: ApiResponse) -> ApiResponse:
        """Replace the body or its payload."""
        body = _WHOLE.get(self.becomes)
        if body is None:
            body = _with_payload(response.body, [] if self.becomes == "data_array" else "ok")
        return msgspec.structs.replace(response, body=body)


_WHOLE = {"array": b"[]", "text": b'"ok"', "number": b"0", "null": b"null"}


def _with_payload(body: bytes, payload: object) -> bytes:
    """Return an envelope with another payload; what is no envelope stays as it is."""
    try:
        envelope = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return body
    if not isinstance(envelope, dict):
        return body
    return msgspec.json.encode({**envelope, "data": payload})


@register_fault
class BodyHuge(_BodyFault, frozen=True, kw_only=True):
    """The body is many times larger than any answer of this API.

    Attributes:
        padding_bytes: How much a member that nobody knows adds.
    """

    name: ClassVar[str] = "body_huge"
    summary: ClassVar[str] = "an answer is huge"

    padding_bytes: int = 4_000_000

    def alter(self, response: ApiResponse) -> ApiResponse:
        """Add the member at the end; a body that is no object stays as it is."""
        return _with_member(response, "padding", json.dumps("x" * self.padding_bytes))


@register_fault
class BodyDuplicateKeys(_BodyFault, frozen=True, kw_only=True):
    """The envelope names a key twice, and readers differ in which of the two they believe.

    Attributes:
        key: `data` comes again as null, `code` again as 36009003.
    """

    name: ClassVar[str] = "body_duplicate_keys"
    summary: ClassVar[str] = "an answer names a key twice"

    key: Literal["data", "code"] = "data"

    def alter(self, response: ApiResponse) -> ApiResponse:
        """Add the second member at the end."""
        return _with_member(response, self.key, "null" if self.key == "data" else "36009003")


def _with_member(response: ApiResponse, key: str, value: str) -> ApiResponse:
    """Return the answer with one more member at the end of its object, even a second one."""
    body = response.body.rstrip()
    if not body.endswith(b"}") or body == b"{}":
        return response
    member = f",{json.dumps(key)}:{value}}}".encode()
    return msgspec.structs.replace(response, body=body[:-1] + member)


@register_fault
class BodyEncodingBroken(_BodyFault, frozen=True, kw_only=True):
    """The bytes of the body are not the UTF-8 that its content type promises.

    Attributes:
        encoded_as: `utf-16`; `utf-8-sig`, UTF-8 behind a byte order mark; or `broken`, a byte that
            no UTF-8 has in the first text.
    """

    name: ClassVar[str] = "body_encoding_broken"
    summary: ClassVar[str] = "the bytes of an answer are in another encoding"

    encoded_as: Literal["utf-16", "utf-8-sig", "broken"] = "utf-16"

    def alter(self, response: ApiResponse) -> ApiResponse:
        """Write the body in the other encoding."""
        if self.encoded_as == "broken":
            body = response.body.replace(b'"', b'"\xff', 1)
        else:
            body = response.body.decode("utf-8", "replace").encode(self.encoded_as)
        return msgspec.structs.replace(response, body=body)


@register_fault
class ContentTypeWrong(_BodyFault, frozen=True, kw_only=True):
    """The body is right, and its content type says that it is something else.

    Attributes:
        content_type: What it says.
    """

    name: ClassVar[str] = "content_type_wrong"
    summary: ClassVar[str] = "the content type of an answer is wrong"

    content_type: str = "text/html; charset=iso-8859-1"

    def alter(self, response: ApiResponse) -> ApiResponse:
        """Replace the header."""
        others = tuple(pair for pair in response.headers if pair[0] != "content-type")
        return msgspec.structs.replace(
            response, headers=(*others, ("content-type", self.content_type))
        )


_GZIP_HEAD = b"\x1f\x8b\x08\0\0\0\0\0\0\xff"


def _pack(body: bytes) -> bytes:
    """Return a gzip stream without its trailer, stored rather than packed: the same everywhere."""
    packer = zlib.compressobj(level=0, wbits=-zlib.MAX_WBITS)
    return _GZIP_HEAD + packer.compress(body) + packer.flush()


@register_fault
class BodyCompressionBroken(_BodyFault, frozen=True, kw_only=True):
    """The body says that it is compressed, and cannot be unpacked.

    Attributes:
        how: `garbage`, which no unpacker takes, or `cut_off`, which begins well.
    """

    name: ClassVar[str] = "body_compression_broken"
    summary: ClassVar[str] = "an answer is said to be compressed and cannot be unpacked"

    how: Literal["garbage", "cut_off"] = "garbage"

    def alter(self, response: ApiResponse) -> ApiResponse:
        """Compress the body, and spoil it."""
        packed = _pack(response.body)
        body = packed[::-1] if self.how == "garbage" else packed[: len(packed) // 2]
        headers = (*response.headers, ("content-encoding", "gzip"))
        return msgspec.structs.replace(response, headers=headers, body=body)
