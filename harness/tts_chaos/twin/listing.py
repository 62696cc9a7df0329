"""What every search has in common: a page of what was found, in the order asked for.

Source: protocol facts, section 7.1 (documented: `page_size` and `page_token` in the query,
`next_page_token` and `total_count` in the answer). Which code answers an unusable page token is
assumed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypeVar

from tts_chaos.twin.handler import Call, RefusalError
from tts_chaos.wire.paging import Page, PageTokenProblem, PageWindow, digest_of_search, take_page

__all__ = ["Timed", "page_of", "sort_rows", "within_windows"]

INVALID_PARAMETER = 36009004
"""Source: error table of the contracts (documented as the generic code of a bad parameter)."""


class Timed(Protocol):
    """Anything with the two instants that searches filter and sort by."""

    @property
    def created_at_s(self) -> int:
        """Unix seconds."""
        ...

    @property
    def updated_at_s(self) -> int:
        """Unix seconds."""
        ...


T = TypeVar("T")
E = TypeVar("E", bound=Timed)


def within_windows(rows: Sequence[E], filters: Mapping[str, Any]) -> list[E]:
    """Return the rows that lie in both time windows of a search's body."""
    created = PageWindow.of(filters, "create_time")
    updated = PageWindow.of(filters, "update_time")
    return [
        row
        for row in rows
        if created.contains(row.created_at_s) and updated.contains(row.updated_at_s)
    ]


def sort_rows(rows: Sequence[E], query: Mapping[str, Any], *, descending: bool) -> list[E]:
    """Return rows by `sort_field` and `sort_order`; equal instants stay in order of creation.

    Args:
        rows: What was found, in order of creation.
        query: The query; `sort_field` is `create_time` (default) or `update_time`.
        descending: Order where `sort_order` is not given.
    """
    by_update = query.get("sort_field") == "update_time"
    order = query.get("sort_order")
    is_reversed = descending if order is None else order == "DESC"
    ordered = sorted(rows, key=lambda row: row.updated_at_s if by_update else row.created_at_s)
    return ordered[::-1] if is_reversed else ordered


def page_of(call: Call, rows: Sequence[T], *, sizes: tuple[int, int], default_size: int) -> Page[T]:
    """Return the page of `rows` that a call asks for.

    Args:
        call: The search.
        rows: Everything found, in order.
        sizes: Smallest and largest `page_size`.
        default_size: Size where the call gives none.

    Raises:
        RefusalError: 36009004 for a size out of range and for a page token that is malformed, too
            old, or of another search.
    """
    size = int(call.query.get("page_size") or default_size)
    smallest, largest = sizes
    if not smallest <= size <= largest:
        text = f"Invalid page_size. It must be from {smallest} to {largest}."
        raise RefusalError(INVALID_PARAMETER, text)
    page = take_page(
        rows,
        page_size=size,
        page_token=call.query.get("page_token"),
        search=digest_of_search(call.operation.id, call.shop_id, call.query, call.body),
        now_ms=call.env.clock.now_ms(),
    )
    if isinstance(page, PageTokenProblem):
        raise RefusalError(INVALID_PARAMETER, f"Invalid page_token: {page.value}.")
    return page
