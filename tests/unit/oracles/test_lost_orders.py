"""Why an order was lost: what the wire shows, the likeliest reason first."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.histories import START_S, Story, order

from tts_chaos.core.verdict import Phase
from tts_chaos.oracles.lost_orders import explain_loss

DOWN: dict[str, Any] = {"status": 500, "code": 36009003}
REFUSED: dict[str, Any] = {"status": 403, "code": 105005}
LONG = "577010000000000001"
ROUNDED = str(int(float(LONG)))


def page(*ids: str, **fields: Any) -> dict[str, Any]:
    """Return the data of a page of a search."""
    return {"orders": [{"id": id} for id in ids], **fields}


def walk(*, total: int, read: str, more: bool = False) -> Story:
    """Return a story in which a page is read that counts `total` orders, and then some of them."""
    token = {"next_page_token": "p2"} if more else {}
    story = Story().call(data={"total_count": total, **token})
    return story.call("detail", query={"ids": read})


ANNOUNCED = "a webhook about the order was acknowledged before its look-up succeeded"
NOT_MADE_UP = "an error while reading orders is not made up for by a later run"
FAILED = "a failed order detail call drops its orders"
DELIVERED = "the order was delivered in a search result and then dropped"
READ = "the order was read (call 2) and then dropped: the mapping discards what it cannot read"
ONE_PAGE = "next_page_token is not followed: only the first page is ever read"
STOPPED = "nothing was asked of the platform once it was well again"
LEFT_OUT = "a search has a total_count of 3 (call 1), and only 2 orders were looked up"
MOVED = "the search asks only for changes after the orders' last one"
NEVER_SINCE = "no order search was sent after these orders were placed"
OTHER_SHOP = "no search of shop shop-1 ever succeeded"

REASONS: list[tuple[str, Story, str]] = [
    ("only another call, refused for good", Story().call("stock", **REFUSED, message="no scope"),
     "POST /product/202309/inventory/search as it is sent is refused for good: HTTP 403 with code"
     " 105005 (no scope)"),
    ("only another call, which failed", Story().call("stock", **DOWN),
     "no order search reached the platform"),
    ("only a refresh, refused for good", Story().refresh(1, None),
     "no order search reached the platform"),
    ("webhooks alone", Story().webhook(about="2").call("stock", **REFUSED), ANNOUNCED),
    ("a webhook that was refused", Story().webhook(about="2", status=503),
     "no order search reached the platform"),
    ("a webhook about another order", Story().webhook(about="7"),
     "no order search reached the platform"),
    ("a token refused in the end", Story().call().invoke("sync_orders").expired().fail(),
     "the access token was refused (HTTP 401 with code 105002) and nothing ever refreshed it"),
    ("a token refused for a while",
     Story().call().invoke("sync_orders").expired().fail().call(**DOWN), NOT_MADE_UP),
    ("a token refused, and a refresh that failed",
     Story().call().invoke("sync_orders").expired().call("refresh", **DOWN).expired().fail(),
     NOT_MADE_UP),
    ("a refresh refused for good",
     Story().call().refresh(1, None, message="spent", diagnosis="used twice"),
     "the access token could not be refreshed: GET auth.tiktok-shops.com/api/v2/token/refresh was"
     " refused for good, HTTP 200 with code 36004005 (spent; used twice)"),
    ("a refresh refused for good and a success after it",
     Story().call().refresh(1, None).call(**DOWN).call(), NOT_MADE_UP),
    ("a refresh refused for good and a failure after it",
     Story().call().refresh(1, None).call(**DOWN), "the access token could not be refreshed"),
    ("a refresh refused first, granted later",
     Story().refresh(1, None).refresh(1, 2).call(**DOWN).call(), NOT_MADE_UP),
    ("a search refused for good", Story().call().call(**REFUSED),
     "the order search as it is sent is refused for good: HTTP 403 with code 105005 (no message)"),
    ("a search sent nobody knows where",
     Story().call().call(status=404, code=36009009, operation="", host="x.example",
                         path="/order/202309/orders/search"),
     "POST /order/202309/orders/search as it is sent is refused for good: HTTP 404 with code"
     " 36009009 (no message), sent to x.example"),
    ("a search with a list for its body", Story().call(status=400, code=36009004, body=[1]),
     "the order search as it is sent is refused for good: HTTP 400 with code 36009004 (no message),"
     " with a list for its body"),
    ("a search refused for a while", Story().call(**REFUSED).call().call("stock"), NOT_MADE_UP),
    ("no search ever worked", Story().call(**DOWN).call(**DOWN), "no order search ever succeeded"),
    ("another shop's searches alone", Story().call(shop="shop-2"), OTHER_SHOP),
    ("searches of both shops", Story().call(shop="shop-2").call(), NOT_MADE_UP),
    ("a search of nobody knows which shop", Story().call(shop=""), NOT_MADE_UP),
    ("details refused for good in the end",
     Story().call().call("detail", query={"ids": "2"}, **REFUSED),
     "GET /order/202309/orders as it is sent is refused for good"),
    ("details refused for good, then a refresh that fails",
     Story().call().call("detail", query={"ids": "2"}, **REFUSED).call("refresh", **DOWN),
     "GET /order/202309/orders as it is sent is refused for good"),
    ("announced and never shown", Story().call(data=page("1")).webhook(about="2"), ANNOUNCED),
    ("announced, and shown as well", Story().call(data=page("2")).webhook(about="2"), DELIVERED),
    ("details that failed", Story().call().call("detail", query={"ids": "1,2"}, **DOWN), FAILED),
    ("details that failed once",
     Story().call().call("detail", query={"ids": "2"}, **DOWN).call("detail", query={"ids": "2"}),
     "the order was read (call 3) and then dropped"),
    ("details of another order failed",
     Story().call().call("detail", query={"ids": "7"}, **DOWN), NOT_MADE_UP),
    ("details asked for as JSON", Story().call().call("detail", query={"ids": '["2"]'}),
     'a detail call that finds no order is taken for an order that is gone: ids are sent as ["2"]'),
    ("details asked for as JSON, and as a comma list",
     Story().call().call("detail", query={"ids": '["2"]'}).call("detail", query={"ids": "2,1"}),
     READ),
    ("details without ids", Story().call().call("detail"), NOT_MADE_UP),
    ("one page only", Story().call(data=page("1", next_page_token="p2")), ONE_PAGE),
    ("an empty token is no page", Story().call(data=page("1", next_page_token="")), NOT_MADE_UP),
    ("both pages", Story().call(data=page("1", next_page_token="p2"))
     .call(query={"page_token": "p2"}), NOT_MADE_UP),
    ("a page that failed", Story().call(data=page("1", next_page_token="p2"))
     .call(query={"page_token": "p2"}, **DOWN),
     "an error on a later page is taken for the end of the list"),
    ("the second page of three alone", Story().call(data=page("1", next_page_token="p2"))
     .call(query={"page_token": "p2"}, data=page(next_page_token="p3")), ONE_PAGE),
    ("pages that leave orders out", walk(total=3, read="1,7"), LEFT_OUT),
    ("pages that leave nothing out", walk(total=2, read="1,7"), NOT_MADE_UP),
    ("pages that are not at their end", walk(total=3, read="1,7", more=True), ONE_PAGE),
    ("pages of which the lost order was looked up", walk(total=3, read="1,2"), READ),
    ("pages of which nothing was looked up", Story().call(data={"total_count": 3}), NOT_MADE_UP),
    ("a second walk leaves orders out",
     Story().call(data={"total_count": 1}).call("detail", query={"ids": "1"})
     .call(data={"total_count": 3}).call("detail", query={"ids": "1,7"}),
     "a search has a total_count of 3 (call 3), and only 2 orders were looked up"),
    ("read, and what was said then",
     Story().call().invoke("sync_orders").call("detail", query={"ids": "2"}).fail("KeyError: x"),
     f"{READ}, or a whole page for one order; sync_orders() then said: KeyError: x"),
    ("read, and what was said before",
     Story().invoke("flush").fail("no").call().call("detail", query={"ids": "2"})
     .invoke("flush").ok(), READ),
    ("shown and dropped", Story().call(data=page("2")), DELIVERED),
    ("shown in a page that failed", Story().call(data=page("2"), status=500).call(), NOT_MADE_UP),
    ("nothing more after the trouble",
     Story().call().call(**DOWN).wait(1).phase(Phase.RECOVERY).wait(1), STOPPED),
    ("a refresh given up after the trouble",
     Story().call().call("refresh", **DOWN).wait(1).phase(Phase.RECOVERY),
     "the refresh of the access token failed for a passing reason (HTTP 500 with code 36009003)"),
    ("all well before recovery",
     Story().call(**DOWN).call().wait(1).phase(Phase.RECOVERY), NOT_MADE_UP),
    ("trouble at the first moment of recovery",
     Story().call().phase(Phase.RECOVERY).call(**DOWN), NOT_MADE_UP),
    ("placed after the last search", Story().call().committed("order.placed", "2"), NEVER_SINCE),
    ("placed before the last search",
     Story().committed("order.placed", "2").call(), NOT_MADE_UP),
    ("another order placed after the last search",
     Story().call().committed("order.placed", "7"), NOT_MADE_UP),
    ("moved after the last search", Story().call().committed("order.moved", "2"), NOT_MADE_UP),
    ("the window moved on", Story().call(body={"update_time_ge": START_S}), MOVED),
    ("the window begins where the order changed",
     Story().call(body={"update_time_ge": START_S - 86_400}), NOT_MADE_UP),
    ("the window of the last search counts",
     Story().call(body={"update_time_ge": START_S}).call(body={"update_time_ge": 1}), NOT_MADE_UP),
    ("details asked for in part as a comma list",
     Story().call().call("detail", query={"ids": "2,x"}),
     "a detail call that finds no order is taken for an order that is gone: ids are sent as 2,x"),
    ("shown in one page of two", Story().call(data=page("2")).call(data=page("1")), DELIVERED),
    ("announced, and shown in one page of two",
     Story().call(data=page("2")).call(data=page("1")).webhook(about="2"), DELIVERED),
    ("placed between two searches",
     Story().call().committed("order.placed", "2").call(), NOT_MADE_UP),
    ("a count of something else beside that of the orders",
     Story().call(data={"skus": {"total_count": 9}, "total_count": 2})
     .call("detail", query={"ids": "1,7"}), NOT_MADE_UP),
    ("pages that are not at their end, in a body that is kept in part",
     Story().call(response_body='"total_count":3,"next_page_token":"p2" (9 characters more)')
     .call("detail", query={"ids": "1,7"}), NOT_MADE_UP),
    ("the largest count of a walk counts",
     Story().call(data={"total_count": 3, "next_page_token": "p2"})
     .call(query={"page_token": "p2"}, data={"total_count": 2})
     .call("detail", query={"ids": "1,7"}), LEFT_OUT),
    ("trouble after the first moment of recovery",
     Story().call().wait(1).phase(Phase.RECOVERY).call(**DOWN), NOT_MADE_UP),
    ("one search of a larger page",
     Story().call(query={"page_size": "1"}).call(query={"page_size": "2"}), NOT_MADE_UP),
    ("a page shorter than all orders", Story().call(query={"page_size": "1"}), ONE_PAGE),
    ("a page as long as all orders", Story().call(query={"page_size": "2"}), NOT_MADE_UP),
    ("a page of nobody knows what size", Story().call(query={"page_size": "all"}), NOT_MADE_UP),
    ("a later page, too", Story().call(query={"page_size": "1"})
     .call(query={"page_size": "1", "page_token": "p2"}), NOT_MADE_UP),
]  # fmt: skip


@pytest.mark.parametrize(
    ("story", "reason"), [pytest.param(s, r, id=n.replace(" ", "-")) for n, s, r in REASONS]
)
def test_the_likeliest_reason_of_a_loss(story: Story, reason: str) -> None:
    story.truth(orders=[order("1"), order("2")])

    assert explain_loss(story.history(), ["2"]).startswith(reason)


def test_an_id_that_lost_its_last_digits_is_named() -> None:
    story = Story().call().call("detail", query={"ids": f"7,{ROUNDED}"})
    story.truth(orders=[order("1"), order(LONG)])

    assert explain_loss(story.history(), ["x", LONG]).startswith(
        f"{ROUNDED} was asked for instead of {LONG}"
    )


@pytest.mark.parametrize(
    "asked", [pytest.param(LONG, id="as-it-is"), pytest.param("577", id="another")]
)
def test_an_id_that_kept_its_digits_is_not(asked: str) -> None:
    story = Story().call().call("detail", query={"ids": asked})
    story.truth(orders=[order("1"), order(LONG)])

    assert "was asked for instead of" not in explain_loss(story.history(), [LONG])


def test_more_orders_than_the_largest_page_holds_need_a_second_one() -> None:
    full = Story().call().truth(orders=[order(str(number)) for number in range(100)])
    more = Story().call().truth(orders=[order(str(number)) for number in range(101)])

    assert explain_loss(full.history(), ["5"]).startswith(NOT_MADE_UP)
    assert explain_loss(more.history(), ["5"]) == ONE_PAGE


def test_one_of_several_lost_orders_gives_the_reason() -> None:
    story = Story().call().call("detail", query={"ids": "3"}, **DOWN)
    story.truth(orders=[order("1"), order("2"), order("3")])

    assert explain_loss(story.history(), ["2", "3"]).startswith(FAILED)


def test_a_window_explains_only_orders_that_all_changed_before_it() -> None:
    story = Story().call(body={"update_time_ge": START_S})
    story.truth(orders=[order("1"), order("2", updated_at_s=START_S), order("3")])

    assert explain_loss(story.history(), ["2", "3"]).startswith(NOT_MADE_UP)
    assert explain_loss(story.history(), ["3", "unheard of"]).startswith(MOVED)


def test_without_any_ledger_only_the_wire_is_asked() -> None:
    assert explain_loss(Story().call().history(), ["2"]).startswith(NOT_MADE_UP)


def test_orders_placed_before_and_after_the_last_search_have_another_reason() -> None:
    story = Story().committed("order.placed", "2").call().committed("order.placed", "3")
    story.truth(orders=[order("1"), order("2"), order("3")])

    assert explain_loss(story.history(), ["2", "3"]).startswith(NOT_MADE_UP)


def test_a_webhook_about_one_of_several_lost_orders_gives_the_reason() -> None:
    story = Story().call().webhook(about="3").truth(orders=[order("2"), order("3")])

    assert explain_loss(story.history(), ["2", "3"]).startswith(ANNOUNCED)


def test_only_what_was_said_after_the_order_was_read_is_quoted() -> None:
    story = Story().invoke("flush").fail("no").call().call("detail", query={"ids": "2"})
    story.invoke("flush").ok().truth(orders=[order("1"), order("2")])

    assert explain_loss(story.history(), ["2"]) == f"{READ}, or a whole page for one order"
