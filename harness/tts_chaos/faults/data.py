"""Answers that are well-formed and wrong as a whole: lists that shift, batches done in part.

Nothing in an answer of this family is malformed; only the count, the next read, or a second look
shows what is wrong. Source: protocol facts, section 7.1 (documented: opaque page tokens and
`total_count`); that the platform's own lists shift between pages is inferred (pitfall I14).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Literal

import msgspec

from tts_chaos.contracts.json_edits import replace_at
from tts_chaos.contracts.loader import load_contracts
from tts_chaos.faults.effect import (
    AlterAnswer,
    AnswerInstead,
    Effect,
    Moment,
    PlatformCommand,
    RewriteRequest,
)
from tts_chaos.faults.fault import Fault, Trigger, register_fault
from tts_chaos.wire.message import ApiRequest, ApiResponse, make_json_response
from tts_chaos.wire.paging import PageCursor, encode_page_token, read_page_token

__all__ = ["BatchPartlyRefused", "ListChanged", "PageTokenExpired", "PagesGap", "PagesOverlap"]

_STEPS = ("data", "next_page_token")
_SEARCH = "order.get_order_list"
_UPDATE = "product.update_inventory"
_UPDATE_ID = "product.202309.update_inventory"


class _DataFault(Fault, frozen=True, kw_only=True):
    family: ClassVar[str] = "data"
    cause: ClassVar[str] = "contract"


def _at_least_one(key: str, value: int) -> Iterator[tuple[str, str]]:
    if value < 1:
        yield key, f"expected 1 or more, got {value}; with none the fault changes nothing"


class _NextPage(_DataFault, frozen=True, kw_only=True):
    """What follows a page is not what should: its token leads elsewhere."""

    default_trigger: ClassVar[Trigger] = Trigger(operation=_SEARCH)

    def effects(self, moment: Moment) -> tuple[Effect, ...]:
        """Turn the token of the next page; a last page has none and stays as it is."""
        return (AlterAnswer(change=self.alter),)

    def alter(self, response: ApiResponse) -> ApiResponse:
        """Return the answer with another token."""
        try:
            text = response.body.decode("utf-8")
        except UnicodeDecodeError:
            return response
        body = replace_at(text, _STEPS, self._turn).encode("utf-8")
        return msgspec.structs.replace(response, body=body)

    def _turn(self, raw: str) -> str:
        token = json.loads(raw)
        cursor = read_page_token(token) if isinstance(token, str) and token else None
        return raw if cursor is None else json.dumps(encode_page_token(self.turn(cursor)))

    def turn(self, cursor: PageCursor) -> PageCursor:
        """Return where the token leads instead."""
        raise AssertionError("a subclass says where to")


@register_fault
class PagesOverlap(_NextPage, frozen=True, kw_only=True):
    """Each page begins with the last rows of the one before, as when new orders push a list down.

    Attributes:
        rows: How many rows come twice. A page keeps at least one row that is new.
    """

    name: ClassVar[str] = "pages_overlap"
    summary: ClassVar[str] = "the same orders stand on two pages"

    rows: int = 1

    def mistakes(self) -> Iterator[tuple[str, str]]:
        """Refuse an overlap of nothing."""
        yield from _at_least_one("rows", self.rows)

    def turn(self, cursor: PageCursor) -> PageCursor:
        """Lead back."""
        back = min(self.rows, cursor.position - 1)
        return msgspec.structs.replace(cursor, position=cursor.position - back)


@register_fault
class PagesGap(_NextPage, frozen=True, kw_only=True):
    """Orders fall between two pages, as when a list shrinks while it is read.

    `total_count` still counts them: it is the only sign.

    Attributes:
        rows: How many rows stand on neither page.
    """

    name: ClassVar[str] = "pages_gap"
    summary: ClassVar[str] = "orders fall between two pages"

    rows: int = 1

    def mistakes(self) -> Iterator[tuple[str, str]]:
        """Refuse a gap of nothing."""
        yield from _at_least_one("rows", self.rows)

    def turn(self, cursor: PageCursor) -> PageCursor:
        """Lead too far."""
        return msgspec.structs.replace(cursor, position=cursor.position + self.rows)


@register_fault
class PageTokenExpired(_NextPage, frozen=True, kw_only=True):
    """The token of the next page is no longer good when it is used.

    That tokens expire, and the code that says so, are assumed.
    """

    name: ClassVar[str] = "page_token_expired"
    summary: ClassVar[str] = "the token of the next page has expired when it is used"
    default_trigger: ClassVar[Trigger] = Trigger(operation=_SEARCH, times=1)

    def turn(self, cursor: PageCursor) -> PageCursor:
        """Let it have ended long ago."""
        return msgspec.structs.replace(cursor, expires_at_ms=0)


@register_fault
class ListChanged(_DataFault, frozen=True, kw_only=True):
    """The list changes while it is read: before each page but the first.

    Attributes:
        change: `placed`: buyers place orders, so that lists with the newest first move down;
            `updated`: the oldest order is changed, so that it moves within lists by time of update.
        count: How many orders are placed.
    """

    name: ClassVar[str] = "list_changed"
    summary: ClassVar[str] = "orders come or move while the list is read page by page"
    default_trigger: ClassVar[Trigger] = Trigger(operation=_SEARCH, times=1)

    change: Literal["placed", "updated"] = "placed"
    count: int = 1

    def mistakes(self) -> Iterator[tuple[str, str]]:
        """Refuse a change of nothing."""
        yield from _at_least_one("count", self.count)

    def matches(self, request: ApiRequest) -> bool:
        """Whether a page but the first is asked for."""
        return bool(request.parameter("page_token"))

    def effects(self, moment: Moment) -> tuple[Effect, ...]:
        """Let buyers act before the platform looks."""
        shop = {"shop": moment.shop} if moment.shop else {}
        if self.change == "placed":
            arguments: dict[str, Any] = {"count": self.count, **shop}
            return (PlatformCommand(name="place_orders", arguments=arguments),)
        return (PlatformCommand(name="change_address", arguments={"order": "oldest", **shop}),)


@register_fault
class BatchPartlyRefused(_DataFault, frozen=True, kw_only=True):
    """A batch is done in part, and code 0 hides it: one SKU is refused in `$.data.errors[]`.

    Which SKU is drawn by the seed; the others are written.

    Attributes:
        code: What the platform says of it, a code documented for the call.
    """

    name: ClassVar[str] = "batch_partly_refused"
    summary: ClassVar[str] = "one SKU of a stock update is refused inside code 0"
    default_trigger: ClassVar[Trigger] = Trigger(operation=_UPDATE, times=1)

    code: int = 12052364

    def mistakes(self) -> Iterator[tuple[str, str]]:
        """Refuse a code that no contract lists for the call."""
        documented = load_contracts().operations[_UPDATE_ID].errors.all
        if self.code not in documented:
            known = ", ".join(map(str, documented))
            yield (
                "code",
                f"code {self.code} is not documented for the call; expected one of {known}",
            )

    def matches(self, request: ApiRequest) -> bool:
        """Whether the request names SKUs at all."""
        return bool(_skus_of(request))

    def effects(self, moment: Moment) -> tuple[Effect, ...]:
        """Leave one SKU out before the platform looks, and tell of it afterwards."""
        rows = _skus_of(moment.request)
        if not rows:
            return ()
        refused = moment.entropy.choice(rows)
        failure = {
            "code": self.code,
            "message": "The state of the SKU does not allow the change.",
            "detail": {"sku_id": refused["id"], "extra_errors": []},
        }
        if len(rows) == 1:
            return (AnswerInstead(response=_only_failure(failure, moment)),)
        return (
            RewriteRequest(change=lambda sent: _without(sent, refused), signed_anew=True),
            AlterAnswer(change=lambda answer: _with_failure(answer, failure)),
        )


def _skus_of(request: ApiRequest) -> list[dict[str, Any]]:
    body = _decoded(request.body)
    rows = body.get("skus") if isinstance(body, Mapping) else None
    return [row for row in rows if isinstance(row, dict) and "id" in row] if rows else []


def _decoded(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except msgspec.DecodeError:
        return None


def _without(request: ApiRequest, refused: Mapping[str, Any]) -> ApiRequest:
    body = _decoded(request.body)
    kept = [row for row in body["skus"] if row != refused]
    return msgspec.structs.replace(request, body=msgspec.json.encode({**body, "skus": kept}))


def _with_failure(response: ApiResponse, failure: Mapping[str, Any]) -> ApiResponse:
    envelope = _decoded(response.body)
    if not isinstance(envelope, dict) or envelope.get("code") != 0:
        return response
    data = envelope.get("data") or {}
    errors = [*(data.get("errors") or []), failure]
    body = msgspec.json.encode({**envelope, "data": {**data, "errors": errors}})
    return msgspec.structs.replace(response, body=body)


def _only_failure(failure: Mapping[str, Any], moment: Moment) -> ApiResponse:
    return make_json_response(
        {
            "code": 0,
            "message": "Success",
            "request_id": moment.entropy.hexadecimal(34),
            "data": {"errors": [failure]},
        }
    )
