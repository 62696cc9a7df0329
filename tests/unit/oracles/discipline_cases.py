"""What the oracles of jitter, rate, idempotency keys, pages and timestamps must say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.support.histories import START_S, Story
from tests.support.oracle_cases import broken, fine, unseen

__all__ = ["CASES"]

DOWN: dict[str, Any] = {"status": 500, "code": 36009003}
BUSY: dict[str, Any] = {"status": 503, "code": None}
LIMITED: dict[str, Any] = {"status": 429, "code": 36009002}


def backed_off(turns: Sequence[Sequence[int]], **fields: Any) -> Story:
    """Return a story of one action per call; each call fails, and again after each pause."""
    story = Story()
    for pauses_ms in turns:
        story.invoke("sync_orders").call(**{**DOWN, **fields})
        for pause_ms in pauses_ms:
            story.wait(pause_ms).call(**{**DOWN, **fields})
        story.fail().wait(60_000)
    return story


def side_by_side(rounds: int) -> Story:
    """Return a story of two clients that fail together, with equal pauses."""
    story = Story().invoke("sync_orders").invoke("sync_orders")
    for _ in range(rounds):
        story.call(**DOWN).call(**DOWN).wait(500)
    return story.fail().fail()


JITTERED = [
    unseen("retries_jittered", "nothing retried", backed_off([[]] * 20)),
    unseen("retries_jittered", "eight equal pauses are too few", backed_off([[500]] * 8)),
    unseen("retries_jittered", "a schedule of the platform's", backed_off(
        [[2_000]] * 12, **LIMITED, headers={"retry-after": "2"}
    )),
    unseen("retries_jittered", "retries at once are a storm", backed_off([[0, 0]] * 12)),
    unseen("retries_jittered", "clients mixed tell nothing", side_by_side(20)),
    fine("retries_jittered", "pauses that differ", backed_off(
        [[500 + 20 * n, 1_000 - 30 * n] for n in range(6)]
    )),
    fine("retries_jittered", "one turn that differs clears the other", backed_off(
        [[500, 1_000 + 50 * n] for n in range(8)]
    )),
    broken("retries_jittered", "pauses_without_jitter", "nine pauses of half a second", backed_off(
        [[500]] * 9
    )),
    broken("retries_jittered", "pauses_without_jitter", "doubling, and alike each time", backed_off(
        [[500, 1_000, 2_000, 4_000]] * 3
    )),
    broken("retries_jittered", "pauses_without_jitter", "a scheduler's imprecision", backed_off(
        [[500 + n % 3, 1_000 + n % 5] for n in range(6)]
    )),
]  # fmt: skip


def loop(items: int, pause_ms: int = 0, *, calls: int = 0, **answer: Any) -> Story:
    """Return a story in which one action asks for many packages, each answered alike."""
    story = Story().invoke("sync_orders")
    for item in range(items):
        entity = f"P{item % calls if calls else item}"
        story.call("package", entity, **(answer or BUSY)).wait(pause_ms)
    return story.fail()


def crowd(clients: int) -> Story:
    """Return a story in which many actions run at once, and each is refused once."""
    story = Story()
    for _ in range(clients):
        story.invoke("sync_orders")
    for client in range(clients):
        story.call("package", f"P{client}", **BUSY)
    for _ in range(clients):
        story.fail()
    return story


def alternating(items: int) -> Story:
    """Return a story in which every second call is refused for overload."""
    story = Story().invoke("sync_orders")
    for item in range(items):
        story.call("package", f"P{item}", **(BUSY if item % 2 else {}))
    return story.fail()


NAME = "rate_falls_under_overload"
RATE = [
    unseen(NAME, "no overload", loop(20, status=200, code=0)),
    unseen(NAME, "errors of another kind", loop(20, **DOWN)),
    fine(NAME, "nine refusals in a row", loop(9)),
    fine(NAME, "a pause after each refusal", loop(20, 50)),
    fine(NAME, "one call again and again is another rule's", loop(20, calls=2)),
    fine(NAME, "many clients at once", crowd(20)),
    fine(NAME, "every second call goes through", alternating(40)),
    broken(NAME, "rate_kept_under_overload", "ten items at full speed", loop(10)),
    broken(NAME, "rate_kept_under_overload", "limits, not outages", loop(12, 40, **LIMITED)),
    broken(NAME, "rate_kept_under_overload", "five things, twice each", loop(10, calls=5)),
]


def keyed(*keys: str, about: str = "C1", place: str = "query", **fields: Any) -> Story:
    """Return a story in which a cancellation is approved with one key after the other."""
    story = Story().invoke("sync_orders")
    path = f"/return_refund/202309/cancellations/{about}/approve"
    for key in keys:
        sent: dict[str, Any] = {place: {"idempotency_key": key}}
        story.call("cancel", path=path, **sent, **{**DOWN, **fields}).wait(500)
    return story.fail()


NAME = "idempotency_key_stable"
KEYS = [
    unseen(NAME, "no key", Story().call("cancel")),
    fine(NAME, "the same key in each try", keyed("k", "k", "k")),
    fine(NAME, "a new key after a success", keyed("k1", "k2", status=200, code=0)),
    fine(NAME, "a new key after a refusal", keyed("k1", "k2", status=200, code=25001011)),
    fine(NAME, "a new key where nothing was reached", keyed("k1", "k2", fate="refused")),
    broken(NAME, "idempotency_key_renewed", "a new key in the query", keyed("k1", "k2")),
    broken(NAME, "idempotency_key_renewed", "a new key in the body", keyed(
        "k1", "k2", place="body"
    )),
    broken(NAME, "idempotency_key_renewed", "a new key after a lost answer", keyed(
        "k1", "k2", fate="reset", status=0, code=None
    )),
    broken(NAME, "idempotency_key_shared", "one key for two products", Story()
        .call("cancel", body={"title": "A", "idempotency_key": "k"})
        .call("cancel", body={"title": "B", "idempotency_key": "k"})
    ),
    broken(NAME, "idempotency_key_shared", "one key for two things", Story()
        .call("cancel", path="/a/202309/b/1", query={"idempotency_key": "k"})
        .call("cancel", path="/a/202309/b/2", query={"idempotency_key": "k"})
    ),
]  # fmt: skip


def page(story: Story, token: str = "", following: str = "", **fields: Any) -> Story:
    """Let a client read a page of orders."""
    query = {"page_size": "50", **({"page_token": token} if token else {}), **fields.pop("q", {})}
    data = {"orders": [], "next_page_token": following}
    return story.call(query=query, data=data, **fields)


def reading() -> Story:
    """Return a story in which a sync begins."""
    return Story().invoke("sync_orders")


CUT = '{"code":0,"data":{"orders":[… (99 characters left out) …],"next_page_token":"a\\/b="}}'
NAME = "pages_read_to_end"
PAGES = [
    unseen(NAME, "no list was read", Story().invoke("ship").call("package").ok()),
    fine(NAME, "two pages of two", page(page(reading(), "", "t"), "t").ok()),
    fine(NAME, "the run says that it failed", page(reading(), "", "t").fail()),
    fine(NAME, "the next page was asked for and refused", page(
        page(reading(), "", "t"), "t", **DOWN
    ).ok()),
    fine(NAME, "one page a run", page(
        page(reading(), "", "t").ok().invoke("sync_orders"), "t"
    ).ok()),
    fine(NAME, "read anew from the start", page(page(reading(), "", "t"), "").ok()),
    unseen(NAME, "the newest first, until a known one", page(
        reading(), "", "t", q={"sort_order": "DESC"}
    ).ok()),
    unseen(NAME, "a question whether the API answers", page(
        reading(), "", "t", q={"page_size": "1"}
    ).ok()),
    unseen(NAME, "a list that takes its size in the body", Story().call(
        path="/promotion/202309/activities/search", operation="promotion.202309.search_activities",
        body={"page_size": 50},
    )),
    broken(NAME, "page_not_followed", "one page of two", page(reading(), "", "t").ok()),
    broken(NAME, "page_not_followed", "two pages of three", page(
        page(reading(), "", "t"), "t", "u"
    ).ok()),
    broken(NAME, "page_not_followed", "a body that is kept in part", page(
        reading(), response_body=CUT
    ).ok()),
    broken(NAME, "page_not_followed", "another list begun anew", page(
        page(reading(), "", "t", body={"order_status": "UNPAID"}), ""
    ).ok()),
    broken(NAME, "page_size_in_body", "the size in the body", Story().call(body={"page_size": 5})),
    broken(NAME, "page_token_in_body", "the token in the body", Story().call(
        body={"page_token": "t"}, query={"page_size": "50"}
    )),
]  # fmt: skip


def stamped_once(*pauses_ms: int) -> Story:
    """Return a story in which different calls carry the timestamp of the first."""
    story = Story().call(stamped_ms=START_S * 1000)
    for number, pause_ms in enumerate(pauses_ms):
        query = {"page_token": f"t{number}"}
        story.wait(pause_ms).call(query=query, stamped_ms=START_S * 1000)
    return story


STAMPED = [
    fine("retries_freshly_signed", "requests that waited in a queue", stamped_once(9_000, 20_000)),
    broken("retries_freshly_signed", "stale_timestamp", "a timestamp for a whole run", stamped_once(
        10_000, 20_000
    )),
]  # fmt: skip

CASES = [*JITTERED, *RATE, *KEYS, *PAGES, *STAMPED]
