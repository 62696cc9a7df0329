"""Pages: opaque tokens, and the time windows of searches.

A page token is a position in one particular search: it is bound to the search's filters, and it
expires. Its text always holds `+`, `/` and `=`, which the documented sample holds, too: a client
that does not percent-encode them, or signs them encoded, gets its first page and fails on the
second.

Source: protocol facts, section 7.1 (documented). How the platform makes its tokens, that they are
bound to a search, and when they expire is not documented: assumed.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Generic, TypeVar

import msgspec

__all__ = [
    "PAGE_TOKEN_LIFE_MS",
    "Page",
    "PageCursor",
    "PageTokenProblem",
    "PageWindow",
    "decode_page_token",
    "digest_of_search",
    "encode_page_token",
    "read_page_token",
    "take_page",
]

T = TypeVar("T")

PAGE_TOKEN_LIFE_MS = 24 * 3_600_000
"""A day (assumed; no source says how long a token lives)."""

# Three bytes that Base64 writes as "+/+/"; with a length that is no multiple of three the text
# also ends in "=", so every token holds all three awkward characters.
_MARK = b"\xfb\xff\xbf"
_CHECKSUM_BYTES = 4
_DIGEST_DIGITS = 16


class PageTokenProblem(StrEnum):
    """Why a page token is refused."""

    MALFORMED = "malformed"
    EXPIRED = "expired"
    OTHER_SEARCH = "other_search"


class PageCursor(msgspec.Struct, frozen=True, array_like=True):
    """What a page token says: where the next page starts, in which search, and until when."""

    position: int
    expires_at_ms: int
    # Last, because text never ends in the zero bytes by which tokens are padded.
    search: str


class Page(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """One page. `next_page_token` is "" on the last one, as on the wire (recorded)."""

    items: list[T]
    next_page_token: str
    total_count: int


def digest_of_search(operation: str, shop: str, *filters: Mapping[str, Any]) -> str:
    """Return a digest of everything that makes a search the same search.

    Args:
        operation: Id of the operation.
        shop: Id of the shop searched.
        filters: Query and body. `page_token` and `page_size` are left out: the size may change
            between pages (assumed).
    """
    kept = [
        {key: value for key, value in mapping.items() if key not in ("page_token", "page_size")}
        for mapping in filters
    ]
    text = msgspec.json.encode([operation, shop, kept], order="sorted")
    return hashlib.sha256(text).hexdigest()[:_DIGEST_DIGITS]


def encode_page_token(cursor: PageCursor) -> str:
    """Return the token's text; it holds `+`, `/` and `=`."""
    payload = _MARK + msgspec.msgpack.encode(cursor)
    while (len(payload) + _CHECKSUM_BYTES) % 3 == 0:
        payload += b"\0"
    return base64.b64encode(payload + _checksum(payload)).decode()


def decode_page_token(token: str, *, search: str, now_ms: int) -> PageCursor | PageTokenProblem:
    """Return where the next page starts, or why the token is refused.

    Args:
        token: The parameter `page_token`, percent-decoded.
        search: `digest_of_search` of the request that brings it.
        now_ms: The platform's time.
    """
    cursor = read_page_token(token)
    if cursor is None:
        return PageTokenProblem.MALFORMED
    if cursor.search != search:
        return PageTokenProblem.OTHER_SEARCH
    if now_ms >= cursor.expires_at_ms:
        return PageTokenProblem.EXPIRED
    return cursor


def read_page_token(token: str) -> PageCursor | None:
    """Return what a token says, whatever search it is of and however old; None for no token."""
    try:
        raw = base64.b64decode(token.encode(), validate=True)
    except (binascii.Error, ValueError):
        return None
    payload, checksum = raw[:-_CHECKSUM_BYTES], raw[-_CHECKSUM_BYTES:]
    if not payload.startswith(_MARK) or checksum != _checksum(payload):
        return None
    try:
        return msgspec.msgpack.decode(payload[len(_MARK) :].rstrip(b"\0"), type=PageCursor)
    except msgspec.MsgspecError:
        return None


def _checksum(payload: bytes) -> bytes:
    return hashlib.sha256(payload).digest()[:_CHECKSUM_BYTES]


def take_page(
    items: Sequence[T],
    *,
    page_size: int,
    page_token: str | None,
    search: str,
    now_ms: int,
    life_ms: int = PAGE_TOKEN_LIFE_MS,
) -> Page[T] | PageTokenProblem:
    """Return one page of `items`, or why `page_token` is refused.

    Args:
        items: Everything the search finds now, in order. Pages are cut by position, so items that
            come, go or move between two calls are doubled or missed, as with the platform's own
            lists (assumed).
        page_size: At most so many items.
        page_token: Token of the page before; None or "" for the first page.
        search: `digest_of_search` of the request.
        now_ms: The platform's time.
        life_ms: How long the token of the next page is good for.
    """
    start = 0
    if page_token:
        cursor = decode_page_token(page_token, search=search, now_ms=now_ms)
        if isinstance(cursor, PageTokenProblem):
            return cursor
        start = cursor.position
    end = start + page_size
    following = PageCursor(end, now_ms + life_ms, search)
    return Page(
        items=list(items[start:end]),
        next_page_token=encode_page_token(following) if end < len(items) else "",
        total_count=len(items),
    )


class PageWindow(msgspec.Struct, frozen=True, kw_only=True):
    """Instants a search asks for, in Unix seconds.

    Attributes:
        start_s: First instant inside; None for no limit.
        end_s: End; None for no limit.
        closed: Whether `end_s` itself lies inside.
    """

    start_s: int | None = None
    end_s: int | None = None
    closed: bool = False

    def contains(self, instant_s: int) -> bool:
        """Whether `instant_s` lies inside."""
        if self.start_s is not None and instant_s < self.start_s:
            return False
        if self.end_s is None:
            return True
        return instant_s <= self.end_s if self.closed else instant_s < self.end_s

    @classmethod
    def of(cls, filters: Mapping[str, Any], field: str) -> PageWindow:
        """Return the window that a search's body asks for on `field`.

        Args:
            filters: The body; `<field>_ge` with `<field>_lt` (half open, orders and returns) or
                `<field>_le` (closed, products).
            field: `create_time` or `update_time`.

        A missing end is no limit. The documents say "now", which differs only for instants that
        have not come yet.
        """
        closing = filters.get(f"{field}_le")
        return cls(
            start_s=filters.get(f"{field}_ge"),
            end_s=closing if closing is not None else filters.get(f"{field}_lt"),
            closed=closing is not None,
        )
