"""Page tokens, pages and windows."""

from __future__ import annotations

import base64
import hashlib

import pytest

from tts_chaos.wire.paging import (
    Page,
    PageCursor,
    PageTokenProblem,
    PageWindow,
    decode_page_token,
    digest_of_search,
    encode_page_token,
    take_page,
)

NOW_MS = 1_793_091_600_000


def token_of(payload: bytes) -> str:
    checksum = hashlib.sha256(payload).digest()[:4]
    return base64.b64encode(payload + checksum).decode()


CURSOR = PageCursor(20, NOW_MS + 1_000, "0123456789abcdef")
TOKEN = encode_page_token(CURSOR)
SEARCH = CURSOR.search


@pytest.mark.parametrize("position", range(0, 400, 37))
def test_a_token_holds_all_three_awkward_characters(position: int) -> None:
    token = encode_page_token(PageCursor(position, NOW_MS, SEARCH))

    assert {"+", "/", "="} <= set(token)


def test_a_token_is_read_back_in_its_search() -> None:
    assert decode_page_token(TOKEN, search=SEARCH, now_ms=NOW_MS) == CURSOR


def test_a_token_of_another_search_is_refused() -> None:
    other = decode_page_token(TOKEN, search="other", now_ms=NOW_MS)

    assert other is PageTokenProblem.OTHER_SEARCH


def test_a_token_expires_at_its_instant() -> None:
    assert decode_page_token(TOKEN, search=SEARCH, now_ms=NOW_MS + 999) == CURSOR
    expired = decode_page_token(TOKEN, search=SEARCH, now_ms=NOW_MS + 1_000)
    assert expired is PageTokenProblem.EXPIRED


@pytest.mark.parametrize(
    "token",
    [
        pytest.param(TOKEN.replace("+", " "), id="plus-read-as-space"),
        pytest.param(TOKEN.rstrip("="), id="padding-lost"),
        pytest.param(TOKEN[:-8], id="cut"),
        pytest.param("A" + TOKEN[1:], id="first-letter-changed"),
        pytest.param(TOKEN[:12] + "A" + TOKEN[13:], id="middle-changed"),
        pytest.param(base64.b64encode(b"{}").decode(), id="somebody-else's"),
        pytest.param("é", id="not-ascii"),
        pytest.param("null", id="the-word-null"),
        pytest.param(token_of(b"\xfb\xff\xbf" + b"\x01"), id="another-content"),
    ],
)
def test_a_damaged_token_is_refused(token: str) -> None:
    refused = decode_page_token(token, search=SEARCH, now_ms=NOW_MS)

    assert refused is PageTokenProblem.MALFORMED


def test_page_size_and_token_do_not_make_another_search() -> None:
    first = digest_of_search("o", "s", {"page_size": 10, "sort_order": "ASC"})
    second = digest_of_search("o", "s", {"page_token": "t", "sort_order": "ASC"})

    assert first == second


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(digest_of_search("o", "other", {"a": 1}), id="another-shop"),
        pytest.param(digest_of_search("other", "s", {"a": 1}), id="another-operation"),
        pytest.param(digest_of_search("o", "s", {"a": 2}), id="another-filter"),
    ],
)
def test_anything_else_makes_another_search(other: str) -> None:
    assert digest_of_search("o", "s", {"a": 1}) != other


def page_of(page_token: str | None, *, items: int = 5) -> Page[int]:
    page = take_page(
        list(range(items)), page_size=2, page_token=page_token, search=SEARCH, now_ms=NOW_MS
    )
    assert isinstance(page, Page)
    return page


def test_pages_follow_each_other_to_the_end() -> None:
    first = page_of(None)
    second = page_of(first.next_page_token)
    third = page_of(second.next_page_token)

    assert [first.items, second.items, third.items] == [[0, 1], [2, 3], [4]]
    assert third.next_page_token == ""


def test_a_list_that_ends_with_its_page_has_no_next_one() -> None:
    assert page_of(None, items=2).next_page_token == ""


def test_every_page_tells_the_total() -> None:
    assert page_of(page_of("").next_page_token).total_count == 5


def test_a_bad_token_gives_no_page() -> None:
    refused = take_page([1], page_size=1, page_token="x", search=SEARCH, now_ms=NOW_MS)

    assert refused is PageTokenProblem.MALFORMED


@pytest.mark.parametrize(
    ("filters", "inside", "outside"),
    [
        pytest.param(
            {"create_time_ge": 10, "create_time_lt": 20}, [10, 19], [9, 20], id="half-open"
        ),
        pytest.param({"create_time_ge": 10, "create_time_le": 20}, [10, 20], [9, 21], id="closed"),
        pytest.param({"create_time_ge": 10}, [10, 10**10], [9], id="no-end"),
        pytest.param({"create_time_lt": 20}, [0, 19], [20], id="no-start"),
        pytest.param({}, [0, 10**10], [], id="no-window"),
        pytest.param({"update_time_ge": 10}, [0], [], id="a-window-on-another-field"),
        pytest.param({"create_time_ge": 5, "create_time_lt": 5}, [], [4, 5, 6], id="empty"),
    ],
)
def test_a_window_holds_what_its_filters_say(
    filters: dict[str, int], inside: list[int], outside: list[int]
) -> None:
    window = PageWindow.of(filters, "create_time")

    assert [window.contains(instant) for instant in inside] == [True] * len(inside)
    assert [window.contains(instant) for instant in outside] == [False] * len(outside)
