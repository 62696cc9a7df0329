"""Cases at the very edge of the rules about tokens, on either side of it."""

from __future__ import annotations

from typing import Any

from tests.support.histories import DAY_S, START_S, Story, pair
from tests.support.oracle_cases import Case, broken, fine, unseen
from tests.unit.oracles.token_cases import NEW, RATE, begin, renewed

__all__ = ["CASES"]

DAY_MS = DAY_S * 1000
WEEK_MS = 7 * DAY_MS
HALF_DAY_MS = DAY_MS // 2
DOWN: dict[str, Any] = {"status": 503, "code": None}
NAME, KEPT = "token_refreshed_once", "token_pair_kept"


def at(after_ms: int, *, life_s: int = 7 * DAY_S) -> Story:
    """Return a story in which a pair is refreshed so long after it was issued."""
    return Story().issued(life_s=life_s).wait(after_ms).refresh()


def unrotated(first_ms: int, second_ms: int, *, life_s: int = 7 * DAY_S) -> Story:
    """Return a story in which two refreshes present one token, with a pause between them."""
    story = begin().invoke("sync_orders").expired().wait(first_ms)
    story.refresh(data=pair(2, refresh=1, life_s=life_s)).wait(second_ms)
    return story.refresh(data=pair(3, refresh=1, life_s=life_s)).ok()


def refused(times: int, *, between_ms: int = 1, took_ms: int = 0) -> Story:
    """Return a story in which one action meets so many refusals, one after the other."""
    story = begin().invoke("sync_orders")
    for number in range(times):
        story.expired("detail", query={"ids": str(number)}, took_ms=took_ms).wait(between_ms)
    return story.fail()


NEED = [
    fine(NAME, "a day before the end is in time", at(WEEK_MS - DAY_MS)),
    fine(NAME, "a pair of unknown life", Story().issued(life_s=-START_S).refresh()),
    fine(NAME, "half a day old is not young", at(HALF_DAY_MS)),
    broken(NAME, "refresh_without_need", "a moment less than half a day", at(HALF_DAY_MS - 1)),
    broken(
        NAME,
        "refresh_without_need",
        "a moment more than a day before the end, and young",
        at(1_000, life_s=DAY_S + 2),
    ),
    fine(NAME, "a day before the end, and young", at(1_000, life_s=DAY_S + 1)),
    fine(
        NAME,
        "the platform announced the end of the authorisation",
        Story().issued().webhook(type=6).refresh().wait(60_001).webhook("N2", type=7).refresh(2, 3),
    ),
    broken(
        NAME,
        "refresh_without_need",
        "another webhook is no sign",
        Story().issued().webhook(type=5).refresh(),
    ),
    broken(
        NAME,
        "refresh_without_need",
        "a sign of before the pair was made is none",
        Story().issued().webhook(type=6).refresh().wait(60_001).refresh(2, 3),
    ),
    broken(
        NAME,
        "refresh_without_need",
        "a sign that comes later is none",
        Story().issued().refresh().webhook(type=6),
    ),
    fine(NAME, "what was never held is not judged", Story().issued().refresh(9, 10)),
    broken(
        NAME,
        "refresh_without_need",
        "a refused token of another pair is no reason",
        Story().issued().expired(token="{access_token:9}").refresh(),
    ),
    broken(
        NAME,
        "refresh_for_other_error",
        "an error a minute ago",
        begin().call(**RATE).wait(60_000).refresh(),
    ),
    broken(
        NAME,
        "refresh_without_need",
        "an error more than a minute ago is no reason",
        begin().call(**RATE).wait(60_001).refresh(),
    ),
    broken(
        NAME,
        "refresh_for_other_error",
        "a failure of the platform",
        begin().call(**DOWN).refresh(),
    ),
    broken(
        NAME,
        "refresh_without_need",
        "a lost answer is no refusal",
        begin().call(fate="reset", status=0, code=None).refresh(),
    ),
    broken(
        NAME,
        "refresh_without_need",
        "what the token host answered is no refusal of a call",
        begin().call("refresh", **RATE).refresh(),
    ),
    fine(
        NAME,
        "an error after a refusal of the token",
        begin().invoke("sync_orders").expired().call(**RATE).refresh().ok(),
    ),
]

STORM = [
    broken(NAME, "refresh_storm", "a minute later", unrotated(0, 60_000)),
    broken(
        NAME,
        "refresh_without_need",
        "more than a minute later it is no storm",
        unrotated(0, 60_001),
    ),
    broken(
        NAME,
        "refresh_storm",
        "tokens that live a moment more than an hour",
        unrotated(0, 999, life_s=3_601),
    ),
    fine(NAME, "tokens that live an hour", unrotated(0, 1_000, life_s=3_601)),
    broken(
        NAME,
        "refresh_storm",
        "tokens that live more than an hour",
        unrotated(0, 1_000, life_s=3_602),
    ),
    fine(
        NAME,
        "refreshed again at once because the new token was refused",
        begin().invoke("sync_orders").expired().refresh(data=pair(2, refresh=1)).expired(**NEW)
        .refresh(data=pair(3, refresh=1)).ok(),
    ),
    fine(
        NAME,
        "the spent token is presented long after",
        begin().invoke("sync_orders").expired().refresh().wait(60_001).refresh(1, None).ok(),
    ),
    broken(
        NAME,
        "refresh_storm",
        "the spent token is presented a minute after, although it was refused",
        begin().invoke("sync_orders").expired().refresh().wait(60_000).refresh(1, None).ok(),
    ),
]  # fmt: skip

VAIN = [
    fine(
        NAME,
        "refused for good as often as there may be tries",
        begin().invoke("sync_orders").expired().refresh(1, None).refresh(1, None).fail(),
        retry_limit=2,
    ),
    broken(
        NAME,
        "refresh_repeated_in_vain",
        "refused for good once more, and once more again",
        begin().invoke("sync_orders").expired().refresh(1, None).refresh(1, None)
        .refresh(1, None).fail(),
        retry_limit=1,
    ),
    fine(
        NAME,
        "two refresh tokens are refused once each",
        begin().refresh(8, None).refresh(9, None),
        retry_limit=1,
    ),
    fine(
        NAME,
        "failures that pass are no refusals",
        begin().invoke("sync_orders").expired().call("refresh", **DOWN).call("refresh", **DOWN)
        .fail(),
        retry_limit=1,
    ),
]  # fmt: skip

DEAD = [
    fine(NAME, "three refusals in one action", refused(3)),
    broken(NAME, "call_with_dead_token", "four refusals in one action", refused(4)),
    fine(
        NAME,
        "refusals that were still under way tell nobody anything",
        refused(4, between_ms=0, took_ms=0),
    ),
    fine(
        NAME,
        "two actions side by side may be refused twice as often",
        Story().issued().invoke("sync_orders").invoke("flush")
        .expired("detail", query={"ids": "1"}).wait(1).expired("detail", query={"ids": "2"}).wait(1)
        .expired("detail", query={"ids": "3"}).wait(1).expired("detail", query={"ids": "4"}).wait(1)
        .fail().fail(),
    ),
    fine(
        NAME,
        "two tokens are refused, each less than too often",
        Story().issued().invoke("sync_orders")
        .expired("detail", query={"ids": "1"}).wait(1).expired("detail", query={"ids": "2"}).wait(1)
        .expired("detail", query={"ids": "3"}, token="{access_token:9}").wait(1)
        .expired("detail", query={"ids": "4"}, token="{access_token:9}").fail(),
    ),
    unseen(
        NAME,
        "what needs no token is not refused for it",
        Story().issued().invoke("sync_orders")
        .expired(token="").wait(1).expired(token="").wait(1).expired(token="").wait(1)
        .expired(token="").fail(),
    ),
    fine(
        NAME,
        "a refresh that may work next time is asked for again",
        begin().invoke("sync_orders").expired().refresh(1, None).call("refresh", **DOWN)
        .expired("detail").fail(),
    ),
]  # fmt: skip

OLD = [
    fine(
        NAME,
        "the old token in the action that replaced it",
        begin().invoke("sync_orders").expired().refresh().call("stock").ok(),
    ),
    fine(
        NAME,
        "the old token after a restart is another rule's",
        renewed().invoke("restart").ok().invoke("sync_orders").call().ok(),
    ),
    fine(
        NAME,
        "the old token after new settings",
        renewed().invoke("reconfigure").ok().invoke("sync_orders").call().ok(),
    ),
    broken(
        NAME,
        "old_token_used",
        "a restart of before the refresh excuses nothing",
        begin().invoke("restart").ok().invoke("sync_orders").expired().refresh().call(**NEW).ok()
        .invoke("sync_orders").call().ok(),
    ),
    broken(
        NAME,
        "old_token_used",
        "a restart that comes later excuses nothing",
        renewed().invoke("sync_orders").call().ok().invoke("restart").ok(),
    ),
]  # fmt: skip


def restarted() -> Story:
    """Return a story in which a pair was refreshed, and the integration restarted at once."""
    return renewed().invoke("restart").ok()


def tells(number: int, **fields: Any) -> Story:
    """Return a story in which tokens() tells a pair after a refresh."""
    value = {"access_token": f"{{access_token:{number}}}", **fields}
    return renewed().observe("tokens", value)


PAIRS = [
    unseen(
        KEPT,
        "calls without a restart are another rule's",
        renewed().invoke("sync_orders").call().ok(),
    ),
    unseen(
        KEPT,
        "a restart of before the refresh says nothing",
        begin().invoke("restart").ok().invoke("sync_orders").expired().refresh().call(**NEW).ok(),
    ),
    fine(
        KEPT,
        "the old token is presented within a minute",
        renewed().wait(60_000).refresh(1, None),
    ),
    broken(
        KEPT,
        "old_refresh_token_presented",
        "the old token is presented after a minute",
        renewed().wait(60_001).refresh(1, None),
    ),
    fine(
        KEPT,
        "the old token is presented within a minute, and a restart of before does not count",
        begin().invoke("restart").ok().invoke("sync_orders").expired().refresh().refresh(1, None)
        .ok(),
    ),
    fine(
        KEPT,
        "the old token is presented within a minute, and a restart that comes later",
        renewed().refresh(1, None).invoke("restart").ok(),
    ),
    broken(
        KEPT,
        "old_access_token_after_restart",
        "one of two calls",
        restarted().invoke("sync_orders").call(**NEW).call("stock").ok(),
    ),
    fine(
        KEPT,
        "presented once and told once",
        restarted().wait(60_001).refresh(2, 3)
        .observe("tokens", {"access_token": "{access_token:3}"}),
    ),
    unseen(KEPT, "tokens() tells nothing", renewed().observe("tokens", ["{access_token:1}"])),
    fine(KEPT, "tokens() tells the access token alone", tells(2)),
    broken(KEPT, "old_pair_held", "tokens() tells the old access token alone", tells(1)),
    fine(
        KEPT,
        "tokens() told the old pair before it was replaced",
        begin().observe("tokens", {"access_token": "{access_token:1}"}).invoke("sync_orders")
        .expired().refresh().call(**NEW).ok(),
    ),
    fine(
        KEPT,
        "an expiry a day off",
        tells(2, access_token_expires_at=START_S + 8 * DAY_S),
    ),
    broken(
        KEPT,
        "wrong_expiry",
        "an expiry more than a day off",
        tells(2, access_token_expires_at=START_S + 8 * DAY_S + 1),
    ),
    broken(
        KEPT,
        "wrong_expiry",
        "an expiry more than a day too early",
        tells(2, access_token_expires_at=str(START_S + 6 * DAY_S - 1)),
    ),
    fine(KEPT, "an expiry that is none", tells(2, access_token_expires_at="soon")),
    fine(KEPT, "the expiry of an unknown token", tells(9, access_token_expires_at=1)),
    fine(
        KEPT,
        "an expiry that the platform did not tell",
        begin().refresh(data={**pair(2), "access_token_expire_in": None})
        .observe("tokens", {"access_token": "{access_token:2}", "access_token_expires_at": 1}),
    ),
]  # fmt: skip

CASES: list[Case] = [*NEED, *STORM, *VAIN, *DEAD, *OLD, *PAIRS]
