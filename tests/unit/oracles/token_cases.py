"""What the oracles of tokens must say."""

from __future__ import annotations

from typing import Any

from tests.support.histories import DAY_S, START_S, Story, pair
from tests.support.oracle_cases import broken, fine, unseen

__all__ = ["CASES"]

NEW: dict[str, Any] = {"token": "{access_token:2}"}
RATE: dict[str, Any] = {"status": 429, "code": 36009002}
DAY_MS = DAY_S * 1000


def begin(life_s: int = 7 * DAY_S) -> Story:
    """Return the beginning of a story: a pair is issued, and a sync runs."""
    return Story().issued(life_s=life_s).invoke("sync_orders").call().ok()


def renewed() -> Story:
    """Return a story in which the first pair expired and was refreshed."""
    return begin().invoke("sync_orders").expired().refresh().call(**NEW).ok()


def refused() -> Story:
    """Return a story in which two runs are refused and nobody refreshes."""
    story = begin().invoke("sync_orders").expired().fail().wait(60_000)
    return story.invoke("sync_orders").expired().fail()


REFRESHED = [
    unseen("token_refreshed_once", "a run without token trouble says nothing", begin()),
    fine("token_refreshed_once", "refreshed once when refused", renewed()),
    fine(
        "token_refreshed_once",
        "refreshed an hour ahead",
        begin().wait(7 * DAY_MS - 3_600_000).invoke("sync_orders").refresh().call(**NEW).ok(),
    ),
    fine(
        "token_refreshed_once",
        "refreshed every day",
        begin().wait(DAY_MS).refresh().wait(DAY_MS).refresh(2, 3).wait(DAY_MS).refresh(3, 4),
    ),
    fine(
        "token_refreshed_once",
        "threads notice the expiry together, one refreshes",
        begin()
        .invoke("sync_orders")
        .invoke("sync_orders")
        .invoke("sync_orders")
        .expired()
        .expired()
        .expired()
        .refresh()
        .call(**NEW)
        .call(**NEW)
        .call(**NEW)
        .ok()
        .ok()
        .ok(),
    ),
    fine(
        "token_refreshed_once",
        "refreshed again after the answer was lost",
        begin().invoke("sync_orders").expired().refresh(fate="reset").wait(500).refresh().ok(),
    ),
    fine(
        "token_refreshed_once",
        "refreshed after an operator changed the settings",
        begin().invoke("reconfigure").ok().refresh(),
    ),
    fine(
        "token_refreshed_once",
        "refreshed again when the new token was refused as well",
        renewed().invoke("sync_orders").expired(**NEW).refresh(2, 3).ok(),
    ),
    fine(
        "token_refreshed_once",
        "tokens that live ten minutes are refreshed ahead at each run",
        begin(life_s=600)
        .refresh(data=pair(2, life_s=600))
        .wait(30_000)
        .refresh(2, data=pair(3, life_s=600)),
    ),
    fine(
        "token_refreshed_once",
        "one call per run with a dead token while the token host is down",
        begin()
        .invoke("sync_orders")
        .expired()
        .refresh(status=503, code=None)
        .fail()
        .wait(60_000)
        .invoke("sync_orders")
        .expired()
        .refresh(status=503, code=None)
        .fail(),
    ),
    broken(
        "token_refreshed_once",
        "refresh_storm",
        "each thread refreshes by itself",
        begin()
        .invoke("sync_orders")
        .invoke("sync_orders")
        .expired()
        .expired()
        .refresh()
        .refresh(1, None)
        .ok()
        .fail(),
    ),
    broken(
        "token_refreshed_once",
        "refresh_storm",
        "each thread refreshes, without rotation",
        begin()
        .invoke("sync_orders")
        .expired()
        .refresh(data=pair(2, refresh=1))
        .refresh(data=pair(3, refresh=1))
        .ok(),
    ),
    broken(
        "token_refreshed_once",
        "refresh_for_other_error",
        "a rate limit taken for a dead token",
        begin().invoke("sync_orders").call(**RATE).refresh().call(**NEW).ok(),
    ),
    broken(
        "token_refreshed_once",
        "refresh_for_other_error",
        "a missing scope taken for a dead token",
        begin().invoke("sync_orders").call(status=403, code=105005).refresh().call(**NEW).ok(),
    ),
    broken(
        "token_refreshed_once",
        "refresh_for_other_error",
        "a wrong clock taken for a dead token",
        begin()
        .invoke("sync_orders")
        .call(status=400, code=36009004, message="Invalid timestamp")
        .refresh()
        .ok(),
    ),
    broken(
        "token_refreshed_once",
        "refresh_without_need",
        "each start refreshes",
        begin().invoke("restart").refresh().ok(),
    ),
    broken(
        "token_refreshed_once",
        "refresh_repeated_in_vain",
        "a spent refresh token presented for ever",
        begin().invoke("sync_orders").expired().refresh(1, None).fail(),
        retry_limit=0,
    ),
    fine(
        "token_refreshed_once",
        "asked again by the retry after a refresh whose answer was lost",
        begin()
        .invoke("sync_orders")
        .expired()
        .refresh(fate="reset")
        .expired()
        .refresh()
        .call(**NEW)
        .ok(),
    ),
    broken(
        "token_refreshed_once",
        "call_with_dead_token",
        "on with the old token after a failed refresh",
        begin().invoke("sync_orders").expired().refresh(1, None).expired("detail").ok(),
    ),
    broken(
        "token_refreshed_once",
        "call_with_dead_token",
        "on with the old token and no refresh at all",
        begin()
        .invoke("sync_orders")
        .expired(entity="1", took_ms=20)
        .wait(1)
        .expired("detail", query={"ids": "1"}, took_ms=20)
        .wait(1)
        .expired("detail", query={"ids": "2"}, took_ms=20)
        .wait(1)
        .expired("detail", query={"ids": "3"})
        .fail(),
    ),
    fine(
        "token_refreshed_once",
        "calls side by side learn of the expiry together",
        begin()
        .invoke("sync_orders")
        .expired("detail", query={"ids": "1"})
        .expired("detail", query={"ids": "2"})
        .expired("detail", query={"ids": "3"})
        .expired("detail", query={"ids": "4"})
        .expired("detail", query={"ids": "5"})
        .refresh()
        .call(**NEW)
        .ok(),
    ),
    broken(
        "token_refreshed_once",
        "old_token_used",
        "a client that keeps the old token in memory",
        renewed().invoke("sync_orders").call().ok(),
    ),
    broken(
        "token_refreshed_once",
        "never_refreshed",
        "three runs are refused and nobody refreshes",
        refused().wait(60_000).invoke("sync_orders").expired().fail(),
    ),
    fine("token_refreshed_once", "two refused runs are no proof yet", refused()),
    fine(
        "token_refreshed_once",
        "refreshed in the third refused run",
        refused().invoke("sync_orders").expired().refresh().call(**NEW).ok(),
    ),
    fine(
        "token_refreshed_once",
        "a refresh that fails is a try, whatever follows",
        begin()
        .invoke("sync_orders")
        .expired()
        .refresh(granted=None)
        .fail()
        .invoke("sync_orders")
        .expired()
        .fail()
        .invoke("sync_orders")
        .expired()
        .fail()
        .invoke("sync_orders")
        .expired()
        .fail(),
    ),
]


def restarted() -> Story:
    """Return a story in which a pair was refreshed and the integration restarted."""
    return renewed().invoke("restart").ok().wait(120_000)


KEPT = [
    unseen("token_pair_kept", "no new pair says nothing", begin()),
    unseen("token_pair_kept", "a new pair that is never needed again", renewed()),
    fine(
        "token_pair_kept",
        "the new pair survives a restart",
        restarted().invoke("sync_orders").call(**NEW).ok(),
    ),
    fine("token_pair_kept", "the new refresh token is presented", restarted().refresh(2, 3)),
    fine(
        "token_pair_kept",
        "a refresh token given back unchanged",
        begin().refresh(data=pair(2, refresh=1)).wait(DAY_MS).refresh(data=pair(3, refresh=1)),
    ),
    fine(
        "token_pair_kept",
        "a pair whose answer was lost cannot be kept",
        begin().refresh(fate="reset").wait(120_000).refresh(1, 3).wait(DAY_MS).refresh(3, 4),
    ),
    fine(
        "token_pair_kept",
        "tokens() tells the new pair",
        renewed().observe(
            "tokens",
            {
                "access_token": "{access_token:2}",
                "refresh_token": "{refresh_token:2}",
                "access_token_expires_at": START_S + 7 * DAY_S - 60,
            },
        ),
    ),
    broken(
        "token_pair_kept",
        "old_access_token_after_restart",
        "the new pair lived in memory only",
        restarted().invoke("sync_orders").call().ok(),
    ),
    broken(
        "token_pair_kept",
        "old_refresh_token_presented",
        "only the access token was stored",
        renewed().wait(7 * DAY_MS).refresh(1, None),
    ),
    broken(
        "token_pair_kept",
        "old_refresh_token_presented",
        "the first refresh token is presented after a restart at once",
        renewed().invoke("restart").ok().refresh(1, None),
    ),
    broken(
        "token_pair_kept",
        "old_pair_held",
        "the last writer stored the older pair",
        renewed().observe(
            "tokens", {"access_token": "{access_token:1}", "refresh_token": "{refresh_token:1}"}
        ),
    ),
    broken(
        "token_pair_kept",
        "old_pair_held",
        "half a pair is stored",
        renewed().observe(
            "tokens", {"access_token": "{access_token:2}", "refresh_token": "{refresh_token:1}"}
        ),
    ),
    broken(
        "token_pair_kept",
        "wrong_expiry",
        "the absolute expiry added to now",
        renewed().observe(
            "tokens",
            {
                "access_token": "{access_token:2}",
                "refresh_token": "{refresh_token:2}",
                "access_token_expires_at": 2 * START_S + 7 * DAY_S,
            },
        ),
    ),
]

CASES = [*REFRESHED, *KEPT]
