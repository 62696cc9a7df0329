"""What the oracles of calls, retries, addresses and results must say."""

from __future__ import annotations

from collections.abc import Sequence
from email.utils import formatdate
from typing import Any

from tests.support.histories import START_S, Story
from tests.support.oracle_cases import broken, fine, unseen

from tts_chaos.wire.message import API_HOST

__all__ = ["CASES"]

DOWN: dict[str, Any] = {"status": 500, "code": 36009003}
LIMITED: dict[str, Any] = {"status": 429, "code": 36009002}
HOURS = {"retry-after": "7200"}


def retried(pauses_ms: Sequence[int], name: str = "search", **fields: Any) -> Story:
    """Return a story in which a call fails, and again after each pause, in one action."""
    failing = {**DOWN, **fields}
    story = Story().invoke("sync_orders").call(name, **failing)
    for pause_ms in pauses_ms:
        story.wait(pause_ms).call(name, **failing)
    return story.fail()


def fails_then_works(times: int) -> Story:
    """Return a story in which one action fails a few times with a call, and then makes it twice."""
    story = Story().invoke("sync_orders")
    for _ in range(times):
        story.call(**DOWN).wait(500)
    return story.call().wait(500).call().ok()


def pointed_away() -> Story:
    """Return a story in which a search is answered with another address."""
    away = {"location": "https://elsewhere.example/order/202309/orders/search"}
    return Story().call(status=307, code=None, headers=away)


def polled(times: int, pause_ms: int, **fields: Any) -> Story:
    """Return a story in which each of many actions makes the same call."""
    story = Story()
    for _ in range(times):
        story.invoke("sync_orders").call(**fields).ok().wait(pause_ms)
    return story


def looped(times: int, pause_ms: int) -> Story:
    """Return a story of one action that makes the same successful call many times."""
    story = Story().invoke("sync_orders")
    for _ in range(times):
        story.call().wait(pause_ms)
    return story.ok()


def worker(times: int, pause_ms: int) -> Story:
    """Return a story of a worker that polls while no action is under way, and fails."""
    story = Story()
    for _ in range(times):
        story.call(**DOWN).wait(pause_ms)
    return story


def together(clients: int, rounds: int, pause_ms: int = 500) -> Story:
    """Return a story in which clients fail side by side, each a few times."""
    story = Story()
    for _ in range(clients):
        story.invoke("sync_orders")
    for _ in range(rounds):
        for _ in range(clients):
            story.call(**DOWN)
        story.wait(pause_ms)
    for _ in range(clients):
        story.fail()
    return story


def read_pages(pages: int) -> Story:
    """Return a story in which one action reads many pages."""
    story = Story().invoke("sync_orders")
    for page in range(pages):
        story.call(query={"page_token": f"p{page}"})
    return story.ok()


BACK_OFF = [500 * 2**turn for turn in range(6)]

BOUNDED = [
    fine("retries_bounded", "a few attempts", retried(BACK_OFF)),
    fine("retries_bounded", "a failing poll every minute is no retry", polled(100, 60_000, **DOWN)),
    fine("retries_bounded", "polls in quick succession that succeed", polled(30, 10)),
    fine("retries_bounded", "one long action that polls each minute", retried([60_000] * 100)),
    fine("retries_bounded", "a worker that polls every ten seconds", worker(100, 10_000)),
    fine("retries_bounded", "a wait for a label every five seconds", looped(40, 5_000)),
    fine("retries_bounded", "twenty clients side by side", together(20, 3)),
    fine("retries_bounded", "many pages", read_pages(50)),
    fine("retries_bounded", "as many attempts as there may be", retried([500] * 11)),
    fine("retries_bounded", "as many equal reads as there may be", looped(12, 0)),
    fine("retries_bounded", "a pause of a second is no loop", looped(40, 1_000)),
    fine("retries_bounded", "failures before a success are no loop", fails_then_works(11)),
    broken("retries_bounded", "endless_loop", "one equal read too many", looped(13, 0)),
    broken("retries_bounded", "too_many_attempts", "no count", retried([500] * 12)),
    broken("retries_bounded", "too_many_attempts", "a worker without a count", worker(20, 500)),
    broken(
        "retries_bounded",
        "too_many_attempts",
        "a lower limit of the scenario",
        retried([500] * 3),
        retry_limit=3,
    ),
    broken("retries_bounded", "endless_loop", "page one for ever", looped(20, 0)),
]

SPACED = [
    unseen("retries_spaced", "nothing retried says nothing", polled(3, 60_000)),
    fine("retries_spaced", "growing gaps", retried(BACK_OFF)),
    fine("retries_spaced", "a constant pause", retried([200] * 5)),
    fine("retries_spaced", "a first retry at once", retried([0, 500, 1000])),
    fine("retries_spaced", "jitter that is short once", retried([300, 3, 900])),
    fine("retries_spaced", "clients side by side", together(8, 4)),
    fine("retries_spaced", "a retry at once, then given up", retried([0])),
    fine(
        "retries_spaced",
        "retries at once after time-outs of five seconds",
        retried([0] * 5, fate="connect_timed_out", took_ms=5_000),
    ),
    broken("retries_spaced", "retry_storm", "no pause at all", retried([0] * 8)),
    broken("retries_spaced", "retry_storm", "twenty-five a second", retried([40] * 6, **LIMITED)),
    broken("retries_spaced", "retry_storm", "clients that storm", together(4, 6, pause_ms=0)),
    broken("retries_spaced", "retry_without_pause", "two retries at once", retried([0, 0])),
]

SIGNED = [
    unseen("retries_freshly_signed", "an unsigned call says nothing", Story().refresh()),
    fine("retries_freshly_signed", "a new signature for each attempt", retried(BACK_OFF)),
    fine("retries_freshly_signed", "equal calls within one second", looped(3, 300)),
    broken(
        "retries_freshly_signed",
        "stale_signature",
        "a stamped address sent again",
        Story().call(**DOWN).wait(5_000).call(**DOWN, stamped_ms=START_S * 1000),
    ),
]

SCOPE: dict[str, Any] = {"status": 403, "code": 105005}
PERMANENT = [
    unseen("permanent_errors_not_retried", "nothing refused says nothing", retried([500])),
    fine("permanent_errors_not_retried", "given up at once", retried([], **SCOPE)),
    fine("permanent_errors_not_retried", "asked again by the next run", polled(5, 60_000, **SCOPE)),
    fine(
        "permanent_errors_not_retried",
        "sent again with a new token",
        Story().invoke("sync_orders").expired().refresh().call(token="{access_token:2}").ok(),
    ),
    unseen(
        "permanent_errors_not_retried",
        "a label that is not ready is asked for again",
        retried([5_000] * 5, status=200, code=11034037),
    ),
    unseen(
        "permanent_errors_not_retried",
        "a business code that says later",
        retried([500] * 3, status=200, code=12345678, message="Please try again later"),
    ),
    fine(
        "permanent_errors_not_retried",
        "one retry of a business code is let pass",
        retried([500], status=200, code=12052901),
    ),
    fine(
        "permanent_errors_not_retried",
        "another version after a retired one",
        Story()
        .invoke("sync_orders")
        .call(status=400, code=36009014)
        .call(path="/order/202409/orders/search")
        .ok(),
    ),
    *(
        broken(
            "permanent_errors_not_retried",
            "permanent_error_retried",
            f"code {code} retried",
            retried([500], status=status, code=code),
        )
        for status, code in (
            (404, 36009009),
            (400, 36009014),
            (403, 105005),
            (401, 106001),
            (400, 36009004),
        )
    ),
    broken(
        "permanent_errors_not_retried",
        "permanent_error_retried",
        "a page that is not there, again and again",
        retried([500] * 3, status=404, code=None),
    ),
    broken(
        "permanent_errors_not_retried",
        "permanent_error_retried",
        "a business code, again and again",
        retried([500] * 3, status=200, code=12052901),
    ),
    broken(
        "permanent_errors_not_retried",
        "dead_token_retried",
        "the same dead token three times",
        retried([500] * 2, status=401, code=105002),
    ),
    broken(
        "permanent_errors_not_retried",
        "dead_token_retried",
        "a dead token told in the words of 36009004",
        retried([500] * 2, status=401, code=36009004, message="access token is invalid"),
    ),
]

LOST: dict[str, Any] = {"fate": "read_timed_out"}
UNSAFE = [
    unseen("unsafe_writes_not_retried", "reads say nothing", retried([500])),
    fine("unsafe_writes_not_retried", "one shipment", Story().call("ship", "P1")),
    fine(
        "unsafe_writes_not_retried",
        "read, then sent again",
        Story().call("ship", "P1", **LOST).call("package", "P1").call("ship", "P1"),
    ),
    fine(
        "unsafe_writes_not_retried",
        "found in a search, then sent again",
        Story()
        .call("ship", "P1", **LOST)
        .call("search", data={"orders": [{"packages": [{"id": "P1"}]}]})
        .call("ship", "P1"),
    ),
    fine(
        "unsafe_writes_not_retried",
        "sent again after 429",
        Story().call("ship", "P1", **LIMITED).wait(1000).call("ship", "P1"),
    ),
    fine(
        "unsafe_writes_not_retried",
        "sent again after a refused connection",
        Story().call("ship", "P1", fate="refused").wait(1000).call("ship", "P1"),
    ),
    fine(
        "unsafe_writes_not_retried",
        "another parcel",
        Story().call("ship", "P1", **LOST).call("ship", "P2"),
    ),
    fine(
        "unsafe_writes_not_retried",
        "an idempotency key makes it safe",
        Story()
        .call("cancel", body={"order_id": "1"}, query={"idempotency_key": "k"}, **LOST)
        .call("cancel", body={"order_id": "1"}, query={"idempotency_key": "k"}),
    ),
    broken(
        "unsafe_writes_not_retried",
        "unsafe_write_retried",
        "shipped blindly again after a lost answer",
        Story().call("ship", "P1", **LOST).wait(1000).call("ship", "P1"),
    ),
    broken(
        "unsafe_writes_not_retried",
        "unsafe_write_retried",
        "a read about something else is no read",
        Story().call("ship", "P1", **LOST).call("package", "P2").call("ship", "P1"),
    ),
    broken(
        "unsafe_writes_not_retried",
        "unsafe_write_retried",
        "a failed read is no read",
        Story().call("ship", "P1", **LOST).call("package", "P1", **DOWN).call("ship", "P1"),
    ),
    broken(
        "unsafe_writes_not_retried",
        "unsafe_write_retried",
        "cancelled blindly again in another action",
        Story()
        .invoke("sync_orders")
        .call("cancel", body={"order_id": "1"}, status=502, code=None)
        .fail()
        .wait(60_000)
        .invoke("sync_orders")
        .call("cancel", body={"order_id": "1"})
        .ok(),
    ),
]


def told_to_wait(headers: dict[str, str], pause_ms: int, **later: Any) -> Story:
    """Return a story in which a call is told to wait, and the next comes after `pause_ms`."""
    story = Story().invoke("sync_orders").call(**LIMITED, headers=headers)
    return story.wait(pause_ms).call(**later).ok()


def date(offset_s: int) -> str:
    """Return the HTTP date of an instant after the start."""
    return formatdate(START_S + offset_s, usegmt=True)


SECONDS = {"retry-after": "30"}
WAIT = [
    unseen("retry_after_honoured", "never asked says nothing", retried([500])),
    fine("retry_after_honoured", "seconds kept", told_to_wait(SECONDS, 30_000)),
    fine("retry_after_honoured", "a date kept", told_to_wait({"retry-after": date(30)}, 30_000)),
    fine(
        "retry_after_honoured",
        "a date by the platform's own skewed clock",
        told_to_wait({"retry-after": date(330), "date": date(300)}, 30_000),
    ),
    fine("retry_after_honoured", "another operation", told_to_wait(SECONDS, 0, name="detail")),
    fine("retry_after_honoured", "another shop", told_to_wait(SECONDS, 0, shop="shop-2")),
    unseen(
        "retry_after_honoured",
        "a wait that says nothing is none",
        told_to_wait({"retry-after": "soon"}, 0),
    ),
    fine(
        "retry_after_honoured",
        "calls under way at the same moment",
        Story()
        .invoke("sync_orders")
        .invoke("sync_orders")
        .call(**LIMITED, headers=SECONDS)
        .call(**LIMITED, headers=SECONDS)
        .fail()
        .fail(),
    ),
    fine(
        "retry_after_honoured",
        "a restart forgets",
        Story().call(**LIMITED, headers=SECONDS).invoke("restart").ok().call(),
    ),
    broken("retry_after_honoured", "retry_after_ignored", "seconds", told_to_wait(SECONDS, 1_000)),
    broken("retry_after_honoured", "retry_after_ignored", "at once", told_to_wait(SECONDS, 0)),
    broken(
        "retry_after_honoured",
        "retry_after_ignored",
        "a date",
        told_to_wait({"retry-after": date(30)}, 1_000),
    ),
    broken(
        "retry_after_honoured",
        "retry_after_ignored",
        "a date by a skewed clock",
        told_to_wait({"retry-after": date(330), "date": date(300)}, 1_000),
    ),
    broken(
        "retry_after_honoured",
        "retry_after_ignored",
        "another page of the same list",
        told_to_wait(SECONDS, 5_000, query={"page_token": "b"}),
    ),
    broken(
        "retry_after_honoured",
        "retry_after_ignored",
        "the next run comes too early",
        Story()
        .invoke("sync_orders")
        .call(**LIMITED, headers=SECONDS)
        .fail()
        .wait(10_000)
        .invoke("sync_orders")
        .call()
        .ok(),
    ),
]


def run(*calls: dict[str, Any], action: str = "sync_orders", value: Any = None) -> Story:
    """Return a story of one action that makes calls and reports success."""
    story = Story().invoke(action)
    for call in calls:
        story.call(**call)
    return story.ok(value)


PAGE_2: dict[str, Any] = {"query": {"page_token": "p2"}}
HONEST = [
    unseen("errors_not_success", "no action says nothing", Story().call(**DOWN)),
    unseen("errors_not_success", "an action that failed says so", retried([500])),
    fine("errors_not_success", "all went well", run({}, PAGE_2)),
    fine("errors_not_success", "failed, then mended", run(DOWN, {})),
    fine(
        "errors_not_success",
        "expired, refreshed, mended",
        Story().invoke("sync_orders").expired().refresh().call(token="{access_token:2}").ok(),
    ),
    fine(
        "errors_not_success",
        "an older version after the newer was retired",
        run(
            {
                "name": "detail",
                "query": {"ids": "1"},
                "status": 400,
                "code": 36009014,
                "path": "/order/202507/orders",
                "operation": "order.202507.get_order_detail",
            },
            {"name": "detail", "query": {"ids": "1"}},
        ),
    ),
    fine("errors_not_success", "read anew from the start", run({**PAGE_2, **DOWN}, {}, PAGE_2)),
    fine(
        "errors_not_success",
        "a portion of details asked for one by one",
        run(
            {"name": "detail", "query": {"ids": "1,2"}, **DOWN},
            {"name": "detail", "query": {"ids": "1"}},
            {"name": "detail", "query": {"ids": "2"}},
        ),
    ),
    unseen(
        "errors_not_success",
        "an action that tells what is missing is honest",
        run(DOWN, value={"synced": 3, "failed": 1}),
    ),
    fine(
        "errors_not_success",
        "a push accepted into an outbox and done later",
        Story().invoke("push_stock").push(5, **DOWN).ok().wait(60_000).invoke("flush").push(5).ok(),
    ),
    fine(
        "errors_not_success",
        "a push replaced by a newer one",
        Story().invoke("push_stock").push(5, **DOWN).ok().invoke("push_stock").push(4).ok(),
    ),
    fine(
        "errors_not_success",
        "a shipment whose answer was lost and that a read found done",
        run(
            {"name": "ship", "entity": "P1", "fate": "reset"},
            {"name": "package", "entity": "P1"},
            action="ship",
        ),
    ),
    broken(
        "errors_not_success",
        "error_swallowed",
        "a shipment whose answer was lost and that nobody looked up",
        run({"name": "ship", "entity": "P1", "fate": "reset"}, action="ship"),
    ),
    fine(
        "errors_not_success",
        "a push done long after two answers were given up, and that a read found done",
        Story()
        .invoke("push_stock")
        .push(5, fate="read_timed_out", committed=False)
        .push(5, fate="read_timed_out", committed=False)
        .done_late(1)
        .call("stock", body={"sku_ids": ["S1"]})
        .ok(),
    ),
    broken(
        "errors_not_success",
        "error_swallowed",
        "a push done long after its answer was given up, and looked for before that only",
        Story()
        .invoke("push_stock")
        .push(5, fate="read_timed_out", committed=False)
        .call("stock", body={"sku_ids": ["S1"]})
        .done_late(1)
        .ok(),
    ),
    broken(
        "errors_not_success",
        "error_swallowed",
        "a shipment that was not made and is reported after a look",
        run(
            {"name": "ship", "entity": "P1", "fate": "reset", "committed": False},
            {"name": "package", "entity": "P1"},
            action="ship",
        ),
    ),
    broken(
        "errors_not_success", "error_swallowed", "a page that failed", run({}, {**PAGE_2, **DOWN})
    ),
    broken("errors_not_success", "error_swallowed", "a lost answer", run({"fate": "reset"})),
    broken(
        "errors_not_success",
        "error_swallowed",
        "a detail that failed",
        run({}, {"name": "detail", "query": {"ids": "1"}, **DOWN}),
    ),
    broken(
        "errors_not_success",
        "error_swallowed",
        "a push marked done although it failed",
        Story().invoke("push_stock").push(5, **DOWN).ok(),
    ),
    broken(
        "errors_not_success",
        "code_ignored",
        "a code in an HTTP 200",
        run({"status": 200, "code": 36009003}),
    ),
    broken(
        "errors_not_success",
        "broken_body_ignored",
        "half a body",
        run({"status": 200, "code": None, "response_body": '{"code":0,"da'}),
    ),
    broken(
        "errors_not_success",
        "partial_failure_ignored",
        "an error inside code 0",
        Story().invoke("push_stock").push(5, errors=[{"code": 1, "detail": {"sku_id": "S1"}}]).ok(),
    ),
    broken(
        "errors_not_success",
        "partial_failure_ignored",
        "an error inside code 0, and the SKU read later",
        Story()
        .invoke("push_stock")
        .push(5, errors=[{"code": 1, "detail": {"sku_id": "S1"}}])
        .call(data={"skus": [{"id": "S1"}]})
        .ok(),
    ),
    broken(
        "errors_not_success",
        "nothing_reached",
        "nobody was reached",
        Story().invoke("sync_orders").ok().fault("port_refused", inferred=True),
    ),
]

ADDRESSES = [
    unseen("https_only", "no request says nothing", Story()),
    fine("https_only", "https and the token in its header", run({})),
    fine("https_only", "the token host takes secrets in its query", Story().refresh()),
    fine("https_only", "a run without TLS at all", Story().call(scheme="http")),
    broken(
        "https_only",
        "plain_http",
        "one request over http",
        Story().call().call(scheme="http", status=0, code=None, fate="closed"),
    ),
    broken(
        "https_only",
        "secret_in_url",
        "the token in the query",
        Story().call(query={"access_token": "{access_token:1}"}),
    ),
    fine("https_only", "a redirect that nobody follows", pointed_away().call()),
    broken(
        "https_only",
        "redirect_followed",
        "the same call where the answer pointed",
        pointed_away().call(host="elsewhere.example", status=404, code=None),
    ),
]

MAIN_IS_LIMITED = {**LIMITED, "shop": "shop-1"}


def two_shops(*asked: str, limited: str = "shop-1", **fields: Any) -> Story:
    """Return a story: both shops are read, then one is limited and some are asked."""
    story = Story().invoke("sync_orders").call(shop="shop-1").call(shop="shop-2").ok()
    story.invoke("sync_orders").call(shop=limited, **{**LIMITED, **fields})
    for shop in asked:
        story.call(shop=shop)
    return story.fail()


APART = [
    unseen("shops_apart", "one shop says nothing", Story().invoke("sync_orders").call().ok()),
    unseen(
        "shops_apart",
        "a shop that nobody serves",
        Story().invoke("sync_orders").call(**MAIN_IS_LIMITED).fail(),
    ),
    unseen("shops_apart", "a quota for all shops", two_shops(code=36009037)),
    unseen("shops_apart", "trouble that is no limit", two_shops(status=503, code=None)),
    fine("shops_apart", "the other shop is asked all the same", two_shops("shop-2")),
    broken("shops_apart", "shop_starved", "the first shop ends the run", two_shops()),
]

EXPIRED = "certificate_expired"
ELSEWHERE = "name_elsewhere"
IDENTITY = [
    unseen("server_identity_checked", "a run without faults of TLS", run({})),
    fine(
        "server_identity_checked",
        "nothing is sent while the certificate is expired",
        Story().fault(EXPIRED).invoke("sync_orders").fail(),
    ),
    fine(
        "server_identity_checked",
        "a handshake that failed",
        Story().fault(EXPIRED).call(faults=(EXPIRED,), fate="tls_failed"),
    ),
    broken(
        "server_identity_checked",
        "unproven_server",
        "a request is sent in spite of an expired certificate",
        Story().fault(EXPIRED).call(faults=(EXPIRED,)),
    ),
    fine(
        "server_identity_checked",
        "a client that remembers the platform's address reaches the platform",
        Story().fault(ELSEWHERE).call(faults=(ELSEWHERE,), host=API_HOST),
    ),
    broken(
        "server_identity_checked",
        "unproven_server",
        "a request goes to a stranger's server",
        Story().fault(ELSEWHERE).call(faults=(ELSEWHERE,), host="shop.example.org"),
    ),
]


def met(*answers: dict[str, Any], ends: bool = True, took_ms: int = 100) -> Story:
    """Return a story of one sync that meets `answers` one after the other, and fails."""
    story = Story().invoke("sync_orders")
    for answer in answers:
        story.call(took_ms=took_ms, **answer).wait(2_000)
    return story.fail() if ends else story.ok()


BLIPS = [
    unseen("blips_ridden_out", "no trouble says nothing", met({}, ends=False)),
    unseen("blips_ridden_out", "a longer wait than it has", met({**LIMITED, "headers": HOURS})),
    unseen("blips_ridden_out", "an answer it waited long for", met(DOWN, took_ms=31_000)),
    unseen("blips_ridden_out", "a quota of the hour", met({**LIMITED, "code": 36009037})),
    unseen("blips_ridden_out", "a write", met({**DOWN, "name": "push"})),
    unseen("blips_ridden_out", "a refusal for good", met({"status": 403, "code": 105005})),
    fine("blips_ridden_out", "a second try works", met(DOWN, {}, ends=False)),
    fine("blips_ridden_out", "several tries in vain", met(DOWN, DOWN, DOWN)),
    fine(
        "blips_ridden_out",
        "less is tried once it is known to be down",
        Story()
        .invoke("sync_orders").call(**DOWN).wait(1_000).call(**DOWN).fail()
        .wait(60_000).invoke("sync_orders").call(**DOWN).fail(),
    ),
    broken("blips_ridden_out", "gave_up_at_once", "one 500 ends the run", met(DOWN)),
    broken("blips_ridden_out", "gave_up_at_once", "one 429 ends the run", met(LIMITED)),
    broken(
        "blips_ridden_out",
        "gave_up_at_once",
        "one reset ends the run",
        met({"status": 0, "code": None, "fate": "reset"}),
    ),
]  # fmt: skip

CASES = [
    *(*BOUNDED, *SPACED, *SIGNED, *PERMANENT, *UNSAFE, *WAIT, *HONEST, *ADDRESSES),
    *(*IDENTITY, *APART, *BLIPS),
]
