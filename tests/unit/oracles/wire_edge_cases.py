"""Cases at the very edge of the rules about calls and retries, on either side of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.support.histories import START_S, Story, order, told
from tests.support.oracle_cases import Case, broken, fine, unseen

from tts_chaos.core.verdict import Phase

__all__ = ["CASES"]

DOWN: dict[str, Any] = {"status": 500, "code": 36009003}
BUSY: dict[str, Any] = {"status": 503, "code": None}
LIMITED: dict[str, Any] = {"status": 429, "code": 36009002}
REFUSED: dict[str, Any] = {"status": 403, "code": 105005}
FOR_GOOD, JITTER, SPACED = "permanent_errors_not_retried", "retries_jittered", "retries_spaced"


def sync(*answers: dict[str, Any], pause_ms: int = 500) -> Story:
    """Return a story in which one sync makes the same call, so often and so answered."""
    story = Story().invoke("sync_orders")
    for answer in answers:
        story.call(**answer).wait(pause_ms)
    return story.fail()


def coded(code: int) -> dict[str, Any]:
    """Return an answer that refuses for good with a code."""
    return {"status": 200, "code": code}


def side_by_side(times: int, **answer: Any) -> Story:
    """Return a story in which two actions make one call so often between them."""
    story = Story().invoke("sync_orders").invoke("sync_orders")
    for _ in range(times):
        story.call(**answer).wait(500)
    return story.ok().ok()


PERMANENT = [
    *(
        broken(FOR_GOOD, "permanent_error_retried", f"{code} is the gateway's",
               sync(coded(code), {}))
        for code in (105005, 106013, 36000000, 36009004, 36009044)
    ),
    *(
        fine(FOR_GOOD, f"{code} is not the gateway's", sync(coded(code), {}))
        for code in (36010000, 35999999, 12052901)
    ),
    fine(FOR_GOOD, "no envelope, once more", sync({"status": 404, "code": None}, {})),
    fine(
        FOR_GOOD,
        "two clients are told of a dead token twice each",
        side_by_side(4, status=401, code=105002),
    ),
    broken(
        FOR_GOOD,
        "dead_token_retried",
        "two clients are told of a dead token three times each",
        side_by_side(6, status=401, code=105002),
    ),
    fine(FOR_GOOD, "two clients, one retry each", side_by_side(4, status=200, code=12052901)),
    broken(
        FOR_GOOD,
        "permanent_error_retried",
        "two clients, two retries each",
        side_by_side(6, status=200, code=12052901),
    ),
]  # fmt: skip

RATE = "rate_falls_under_overload"


def burst(*things: int, gap_ms: int = 0, took_ms: int = 0, **answer: Any) -> Story:
    """Return a story in which one action asks for things that are all refused for overload."""
    story = Story().invoke("sync_orders")
    for thing in things:
        story.call("package", str(thing), **{**BUSY, **answer}, took_ms=took_ms).wait(gap_ms)
    return story.fail()


Ask = tuple[int, dict[str, Any]]


def asking(*asks: Ask, story: Story | None = None) -> Story:
    """Return the story with one more action, which asks for things and is answered so."""
    story = (story or Story()).invoke("sync_orders")
    for thing, answer in asks:
        story.call("package", str(thing), **answer)
    return story


def busy(times: int) -> list[Ask]:
    """Return questions about so many things, each refused for overload."""
    return [(thing, BUSY) for thing in range(times)]


OVERLOADED = [
    broken(RATE, "rate_kept_under_overload", "five things of ten", burst(*range(5), *range(5))),
    fine(RATE, "four things of ten", burst(*range(4), *range(4), 0, 1)),
    broken(RATE, "rate_kept_under_overload", "a moment less than a pause",
           burst(*range(10), gap_ms=49)),
    fine(RATE, "a pause of fifty milliseconds", burst(*range(10), gap_ms=50)),
    unseen(RATE, "503 that never arrived", burst(*range(10), fate="reset")),
    fine(
        RATE,
        "two shops at their limits, nine refusals each",
        asking(*((n, {**BUSY, "shop": shop}) for n in range(9) for shop in ("a", "b"))).fail(),
    ),
    broken(
        RATE,
        "rate_kept_under_overload",
        "a success between two bursts, the second the longer",
        asking(*busy(3), (99, {}), *busy(12)).fail(),
    ),
    broken(RATE, "rate_kept_under_overload", "a burst that ends in a success",
           asking(*busy(12), (99, {})).fail()),
    fine(RATE, "a success between two bursts of six", asking(*busy(6), (99, {}), *busy(6)).fail()),
    broken(
        RATE,
        "rate_kept_under_overload",
        "an action beside others is left out, the next is not",
        asking(*busy(10), story=asking(*busy(12), story=Story().invoke("flush")).ok().fail()).ok(),
    ),
]  # fmt: skip

BOUNDED = [
    fine("retries_bounded", "equal reads of two actions at once", side_by_side(13)),
]

RECOVERED = [
    fine(
        "recovered_in_time",
        "at the last moment of the objective",
        Story().phase(Phase.RECOVERY).waiting("x").wait(60_000).waiting(""),
        rto_ms=60_000,
    ),
]

SIGNED = "retries_freshly_signed"
STAMPED: dict[str, Any] = {"stamped_ms": START_S * 1000}
SIGNATURES = [
    broken(SIGNED, "stale_signature", "two seconds old",
           Story().call(**STAMPED).wait(2_000).call(**STAMPED)),
    fine(SIGNED, "a moment less than two seconds old",
         Story().call(**STAMPED).wait(1_999).call(**STAMPED)),
    broken(SIGNED, "stale_timestamp", "a timestamp of half a minute ago",
           Story().call(**STAMPED).wait(30_000).call("stock", **STAMPED)),
    fine(SIGNED, "a timestamp of a moment less than half a minute ago",
         Story().call(**STAMPED).wait(29_999).call("stock", **STAMPED)),
]  # fmt: skip


def pauses(*lengths_ms: int, answer: dict[str, Any] | None = None) -> Story:
    """Return a story in which so many calls fail once and are sent again after a pause."""
    story = Story().invoke("sync_orders")
    for number, length_ms in enumerate(lengths_ms):
        query = {"ids": str(number)}
        story.call("detail", query=query, **(answer or DOWN)).wait(length_ms)
        story.call("detail", query=query).wait(5)
    return story.ok()


def in_turn(*calls: Sequence[tuple[dict[str, Any], int]]) -> Story:
    """Return a story of different calls, each with its answers and the pauses after them."""
    story = Story().invoke("sync_orders")
    for number, answers in enumerate(calls):
        for answer, pause_ms in answers:
            story.call("detail", query={"ids": str(number)}, **answer).wait(pause_ms)
    return story.ok()


BY_CHANCE = [
    broken(JITTER, "pauses_without_jitter", "three milliseconds apart", pauses(*[100] * 8, 103)),
    fine(JITTER, "four milliseconds apart", pauses(*[100] * 8, 104)),
    broken(JITTER, "pauses_without_jitter", "two per cent apart", pauses(*[980] * 8, 1_000)),
    fine(JITTER, "more than two per cent apart", pauses(*[979] * 8, 1_000)),
    broken(JITTER, "pauses_without_jitter", "as short as is judged", pauses(*[50] * 9)),
    unseen(JITTER, "shorter than is judged", pauses(*[49] * 9)),
    unseen(JITTER, "a pause that the platform asked for, at one try of two", in_turn(
        *[[(LIMITED | {"headers": {"retry-after": "1"}}, 1_000), (DOWN, 500), ({}, 0)]] * 9)),
    broken(
        JITTER,
        "pauses_without_jitter",
        "the longest row of pauses tells it, and three of five turns are spelt",
        in_turn(*(
            [*((DOWN, 100 * 2**turn) for turn in range(tries)), ({}, 0)]
            for tries in (5, 4, 3, 2, 1, 1)
        )),
    ),
]  # fmt: skip


def gaps(*lengths_ms: int) -> Story:
    """Return a story in which one call is tried again after each of these gaps."""
    story = Story().invoke("sync_orders").call(**DOWN)
    for length_ms in lengths_ms:
        story.wait(length_ms).call(**DOWN)
    return story.fail()


BY_CHANCE.append(
    broken(
        JITTER,
        "pauses_without_jitter",
        "turns are spelt in their order, whichever was met first and lasts longest",
        in_turn([(DOWN, 10), (DOWN, 200), ({}, 0)], *[[(DOWN, 300), ({}, 0)]] * 9),
    )
)

GAPS = [
    fine(SPACED, "fifty milliseconds on the average", gaps(0, 50, 50)),
    fine(SPACED, "twenty and eighty milliseconds", gaps(0, 20, 80)),
    broken(SPACED, "retry_storm", "a moment less than fifty", gaps(0, 50, 49)),
    fine(SPACED, "one gap of a millisecond, and a long one", gaps(0, 1, 200)),
    fine(SPACED, "one gap of two milliseconds", gaps(0, 2)),
    broken(SPACED, "retry_without_pause", "one gap of a millisecond", gaps(0, 1)),
    broken(SPACED, "retry_storm", "no gap and a short one", gaps(0, 0, 10)),
]

WAITS = "retry_after_honoured"


def asked(after_ms: int, *, wait: str = "30", **later: Any) -> Story:
    """Return a story in which the platform asks to wait, and a call comes so much later."""
    story = Story().invoke("sync_orders").call(**LIMITED, headers={"retry-after": wait})
    return story.wait(after_ms).call(**later).ok()


def beside(first: str, after_ms: int, *later: str) -> Story:
    """Return a story in which two actions are under way when the platform asks to wait."""
    story = Story().invoke("sync_orders").invoke("sync_orders")
    story.call("detail", query={"ids": first}, **LIMITED, headers={"retry-after": "30"})
    story.wait(after_ms)
    for ids in later:
        story.call("detail", query={"ids": ids})
    return story.ok().ok()


WAITED = [
    fine(WAITS, "fifty milliseconds early", asked(29_950)),
    broken(WAITS, "retry_after_ignored", "a moment earlier", asked(29_949)),
    broken(WAITS, "retry_after_ignored", "a wait of one second", asked(900, wait="1")),
    unseen(WAITS, "a wait of no time", asked(0, wait="0")),
    unseen(WAITS, "an answer that was lost",
           Story().call(fate="reset", status=429, headers={"retry-after": "30"}).call()),
    unseen(WAITS, "words", asked(0, wait="soon")),
    unseen(WAITS, "a date that is past", asked(
        0, wait="Thu, 01 Jan 2015 00:00:00 GMT")),
    fine(WAITS, "one of two clients had not heard yet", beside("1", 1_000, "1")),
    fine(WAITS, "another call a second later, of those who had not heard yet",
         beside("1", 1_000, "2", "3")),
    broken(WAITS, "retry_after_ignored", "two of two clients", beside("1", 1_000, "1", "1")),
    broken(WAITS, "retry_after_ignored", "a moment more than a second later",
           beside("1", 1_001, "2")),
    fine(
        WAITS,
        "a call that was under way when the answer came",
        Story().call(**LIMITED, headers={"retry-after": "30"}, took_ms=100)
        .call(started_ms=START_S * 1000 + 50),
    ),
    broken(
        WAITS,
        "retry_after_ignored",
        "the longest wait that was cut tells it",
        Story().call(**LIMITED, headers={"retry-after": "10"}).wait(5_000)
        .call(**LIMITED, headers={"retry-after": "60"}).wait(5_000).call(),
    ),
]  # fmt: skip

THREE = (
    Story().invoke("sync_orders").invoke("sync_orders").invoke("sync_orders")
    .call("detail", query={"ids": "1"}, **LIMITED, headers={"retry-after": "30"})
    .call("detail", query={"ids": "1"}).call("detail", query={"ids": "1"}).ok().ok().ok()
)  # fmt: skip
WAITED += [
    fine(WAITS, "two of three clients had not heard yet", THREE),
    broken(
        WAITS,
        "retry_after_ignored",
        "the wait of which most was cut tells it",
        asked(29_000).invoke("flush").call("stock", **LIMITED, headers={"retry-after": "10"})
        .wait(1_000).call("stock").ok(),
    ),
]  # fmt: skip

TRUE, ASIDE = "shipments_true", "shops_apart"


def shipped(*parcels: tuple[str, str]) -> list[dict[str, str]]:
    """Return shipments by order and parcel."""
    return [{"order_id": one, "package_id": parcel} for one, parcel in parcels]


SHIPMENTS = [
    fine(
        TRUE,
        "the ledger after the action counts",
        Story().truth().invoke("ship", order_id="1").ok().truth(shipments=shipped(("1", "P1")))
        .truth(),
    ),
    unseen(TRUE, "the ledger was never read after it",
           Story().truth().invoke("ship", order_id="1").ok()),
    unseen(TRUE, "a ship() that failed", Story().invoke("ship", order_id="1").fail().truth()),
    broken(
        TRUE,
        "shipment_imagined",
        "a parcel of another order's",
        Story().observe("shipments", shipped(("1", "P9"))).truth(shipments=shipped(("1", "P1"))),
    ),
    fine(
        TRUE,
        "a shipment told without its parcel",
        Story().observe("shipments", [{"order_id": 1}]).truth(shipments=shipped(("1", "P1"))),
    ),
    broken(
        TRUE,
        "shipment_imagined",
        "one of two",
        Story().observe("shipments", [*shipped(("1", "P1"), ("2", "P2")), "x", {"package_id": "Q"}])
        .truth(shipments=shipped(("1", "P1"))),
    ),
    unseen(TRUE, "shipments() tells no list", Story().observe("shipments", "1").truth()),
    unseen(TRUE, "no ledger beside it", Story().observe("shipments", shipped(("1", "P1")))),
]  # fmt: skip


def two_shops(*, again: bool, **trouble: Any) -> Story:
    """Return a story of two shops, of which the first meets trouble in the second sync."""
    story = Story().invoke("sync_orders").call().call(shop="shop-2", query={"c": "2"}).ok()
    story.invoke("sync_orders").call(**trouble)
    if again:
        story.call("detail", shop="shop-2", query={"ids": "2"})
    return story.fail()


SHOPS = [
    broken(ASIDE, "shop_starved", "asked for something else only",
           two_shops(again=True, **LIMITED)),
    unseen(ASIDE, "both at their limit",
           Story().invoke("sync_orders").call().call(shop="shop-2", query={"c": "2"}).ok()
           .invoke("sync_orders").call(**LIMITED).call(**LIMITED, shop="shop-2", query={"c": "2"})
           .fail()),
    unseen(ASIDE, "a shop that was only asked for something else",
           Story().invoke("sync_orders").call().call("detail", shop="shop-2").ok()
           .invoke("sync_orders").call(**LIMITED).fail()),
    unseen(ASIDE, "a shop whose search never worked",
           Story().invoke("sync_orders").call().call(**DOWN, shop="shop-2", query={"c": "2"}).ok()
           .invoke("sync_orders").call(**LIMITED).fail()),
    unseen(ASIDE, "trouble of no shop",
           Story().invoke("sync_orders").call().ok().invoke("sync_orders").call(**LIMITED, shop="")
           .fail()),
]  # fmt: skip

HELD, NEW = told(order("1", "ON_HOLD")), order("1", "AWAITING_SHIPMENT")
TELLS = {"orders": [{"id": "1", "status": "AWAITING_SHIPMENT"}]}


def stale(story: Story) -> Story:
    """Return the story with a look at last: order 1 is told with an old status."""
    return story.observe("orders", [HELD]).truth(orders=[NEW])


def because(claim: str, story: Story) -> Case:
    return broken("orders_exact", "wrong_status", claim, stale(story))


STALE = [
    because("a read told the new status", Story().committed("order.moved", "1").call(data=TELLS)),
    because("a read told it before the order changed",
            Story().call(data=TELLS).committed("order.moved", "1")),
    because("the order changed again after the read", Story().committed("order.moved", "1")
            .call(data=TELLS).committed("order.moved", "1")),
    because("another order changed after the read",
            Story().call(data=TELLS).committed("order.moved", "2")),
    because("something else of it changed after the read",
            Story().call(data=TELLS).committed("stock.moved", "1")),
    because("a read that failed told it", Story().call(data=TELLS, status=500)),
    because("a read of something else told it", Story().call("stock", data=TELLS)),
    because("a read told of another order",
            Story().call(data={"orders": [{"id": "11", "status": "AWAITING_SHIPMENT"}]})),
    because("a read told the status of the order before",
            Story().call(data={"orders": [{"status": "AWAITING_SHIPMENT"}, {"id": "1"}]})),
    because("a webhook told it and was taken", Story().webhook(status=204)),
    because("a webhook told it and was refused", Story().webhook(status=300)),
    because("a forged webhook told it", Story().webhook(genuine=False)),
    because("a webhook told another status", Story().webhook(claims="CANCELLED")),
    because("a webhook told it and the order was read again",
            Story().webhook().call("detail", query={"ids": "1"})),
    because("a webhook told it and another order was read",
            Story().webhook().call("detail", query={"ids": "2"})),
    because("a webhook told it after the order was read",
            Story().call("detail", query={"ids": "1"}).webhook()),
    because("a webhook told it and something was read without ids",
            Story().webhook().call("detail")),
]  # fmt: skip

CASES: list[Case] = [
    *(*PERMANENT, *OVERLOADED, *BOUNDED, *RECOVERED, *SIGNATURES, *BY_CHANCE, *GAPS, *WAITED),
    *(*SHIPMENTS, *SHOPS, *STALE),
]
