"""What the oracles of alerts, recovery, secrets, webhooks and degraded reads must say."""

from __future__ import annotations

from typing import Any

from tests.support.histories import START_S, Story, line, order, told
from tests.support.oracle_cases import broken, fine, unseen

from tts_chaos.core.verdict import Phase

__all__ = ["CASES"]

ONE = order("1")
TOKENS = {"cause": "credentials", "message": "the access token was refused"}
NETWORK = {"cause": "network", "message": "cannot connect"}
WANTED: dict[str, Any] = {"alert_cause": "credentials", "alert_within_ms": 60_000}


def alerted(*alerts: Any, after_ms: int = 30_000, before: tuple[Any, ...] = ()) -> Story:
    """Return a story in which a fault fires and alerts are seen afterwards."""
    story = Story().observe("alerts", list(before)).fault("token_expired").wait(after_ms)
    return story.observe("alerts", [*before, *alerts])


def late(*alerts: Any) -> Story:
    """Return a story in which alerts are first seen long after an observation without any."""
    return alerted(after_ms=120_000).wait(10_000).observe("alerts", list(alerts))


ALERTS = [
    unseen("alert_raised", "no alert asked for says nothing", alerted(TOKENS)),
    unseen("alert_raised", "no fault says nothing", Story().observe("alerts", []), **WANTED),
    unseen("alert_raised", "no capability says nothing", Story().fault("token_expired"), **WANTED),
    fine("alert_raised", "the cause by its word", alerted(NETWORK, TOKENS), **WANTED),
    fine(
        "alert_raised",
        "the cause by a synonym",
        alerted({"message": "OAuth token expired, please re-authorise"}),
        **WANTED,
    ),
    fine("alert_raised", "a plain text", alerted("Token refused (105002)"), **WANTED),
    fine(
        "alert_raised",
        "seen late, but dated in time",
        alerted({**TOKENS, "at": START_S + 20}, after_ms=600_000),
        **WANTED,
    ),
    fine(
        "alert_raised",
        "seen late because nobody looked",
        alerted(TOKENS, after_ms=600_000),
        **WANTED,
    ),
    broken("alert_raised", "no_alert", "nobody is told", alerted(), **WANTED),
    broken("alert_raised", "no_alert", "an alert of before", alerted(before=(TOKENS,)), **WANTED),
    broken("alert_raised", "wrong_cause", "another cause", alerted(NETWORK), **WANTED),
    broken(
        "alert_raised",
        "wrong_cause",
        "a word inside another word",
        alerted({"message": "unauthored problem"}),
        **WANTED,
    ),
    broken("alert_raised", "alert_late", "too late", late(TOKENS), **WANTED),
]


def recovered(*reasons: str, tick_ms: int = 60_000) -> Story:
    """Return a story of recovery rounds, one a minute, with why each was not yet the end."""
    story = Story().phase(Phase.RECOVERY)
    for reason in reasons:
        story.wait(tick_ms).waiting(reason)
    return story


RECOVERY = [
    unseen("recovered_in_time", "no recovery phase says nothing", Story().waiting("")),
    fine("recovered_in_time", "whole in the third round", recovered("a", "b", "")),
    broken("recovered_in_time", "not_recovered", "never whole", recovered("a", "b")),
    broken(
        "recovered_in_time", "recovered_late", "too late", recovered("a", "b", ""), rto_ms=120_000
    ),
]

SECRETS = [
    unseen("no_secret_leaks", "nothing searched says nothing", Story()),
    fine("no_secret_leaks", "nothing found", Story().searched("log").searched("file")),
    broken(
        "no_secret_leaks",
        "secret_in_output",
        "a token in a log",
        Story().searched("log", "{access_token:1}"),
    ),
    broken(
        "no_secret_leaks",
        "secret_in_exception",
        "a URL in an exception",
        Story().searched("exception", "{app_secret}"),
    ),
    broken(
        "no_secret_leaks",
        "secret_in_file",
        "tokens in a plain file",
        Story().searched("file", "{access_token:1}", "{refresh_token:1}"),
    ),
]


def forged(status: int = 401, fault: str = "webhooks_forged", **fields: Any) -> Story:
    """Return a story in which a forged webhook claims that order 1 was cancelled."""
    return (
        Story()
        .fault(fault)
        .webhook("N1")
        .webhook("F1", claims="CANCELLED", genuine=False, status=status, fault=fault, **fields)
    )


def believing(story: Story, status: str) -> Story:
    """Return the story with one more look: order 1 is told with `status`."""
    return story.observe("orders", [told(order("1", status))]).truth(orders=[ONE])


FORGED = [
    unseen("forged_webhooks_ignored", "genuine ones say nothing", Story().webhook()),
    fine(
        "forged_webhooks_ignored", "refused and without effect", believing(forged(), ONE["status"])
    ),
    fine("forged_webhooks_ignored", "refused by any word", forged(403)),
    unseen(
        "forged_webhooks_ignored",
        "a replay cannot be told by its signature",
        Story()
        .fault("webhooks_replayed")
        .webhook("N1")
        .webhook("N1", genuine=False, fault="webhooks_replayed"),
    ),
    fine(
        "forged_webhooks_ignored",
        "an order that was cancelled indeed",
        forged()
        .observe("orders", [told(order("1", "CANCELLED"))])
        .truth(orders=[order("1", "CANCELLED")]),
    ),
    broken("forged_webhooks_ignored", "forgery_accepted", "answered 200", forged(200)),
    broken(
        "forged_webhooks_ignored",
        "forgery_accepted",
        "another body without a named fault",
        Story().webhook("N1").webhook("F1", claims="CANCELLED", genuine=False),
    ),
    broken(
        "forged_webhooks_ignored",
        "forgery_believed forgery_accepted",
        "accepted and believed",
        believing(forged(200), "CANCELLED"),
    ),
]


def delivered(*statuses: int) -> Story:
    """Return a story in which one genuine webhook is delivered and answered attempt by attempt."""
    story = Story()
    for attempt, status in enumerate(statuses, 1):
        story.webhook(status=status, attempt=attempt).wait(120_000)
    return story


GENUINE = [
    unseen("genuine_webhooks_accepted", "none sent says nothing", Story()),
    fine("genuine_webhooks_accepted", "accepted at once", delivered(200)),
    fine("genuine_webhooks_accepted", "not able just now, accepted later", delivered(503, 0, 200)),
    fine("genuine_webhooks_accepted", "still waiting for the next attempt", delivered(500, 500)),
    fine(
        "genuine_webhooks_accepted",
        "signed with a secret nobody told the integration",
        Story().committed("app.secret_rotated", "app").webhook(status=401),
    ),
    broken("genuine_webhooks_accepted", "genuine_refused", "taken for forged", delivered(401)),
    broken(
        "genuine_webhooks_accepted",
        "genuine_refused",
        "the new secret was told and is not used",
        Story()
        .committed("app.secret_rotated", "app")
        .invoke("reconfigure")
        .ok()
        .webhook(status=401),
    ),
    fine("genuine_webhooks_accepted", "taken under 204 and not sent again", delivered(204)),
    broken(
        "genuine_webhooks_accepted",
        "sent_again_needlessly",
        "taken under 204, and taken again",
        delivered(204, 200),
    ),
    broken(
        "genuine_webhooks_accepted",
        "genuine_dropped",
        "five attempts in vain",
        delivered(500, 500, 0, 500, 500),
    ),
]

SOLD_TWO = order("1", lines=[line("1-1"), line("1-2")])


def twice(story: Story | None = None) -> Story:
    """Return a story in which the webhook about order 1 is accepted twice."""
    return (story or Story()).webhook().webhook()


ONCE = [
    unseen("webhooks_once", "none accepted says nothing", Story().webhook(status=500)),
    fine(
        "webhooks_once",
        "booked once after two deliveries",
        twice()
        .observe("orders", [told(ONE)])
        .observe("stock", {"S1": 5})
        .truth(orders=[ONE], stock={"S1": 5}),
    ),
    fine(
        "webhooks_once",
        "a double without repeated deliveries is for others to judge",
        Story().webhook().observe("orders", [told(ONE)] * 2).truth(orders=[ONE]),
    ),
    broken(
        "webhooks_once",
        "booked_twice",
        "two orders",
        twice().observe("orders", [told(ONE)] * 2).truth(orders=[ONE]),
    ),
    broken(
        "webhooks_once",
        "units_booked_twice",
        "twice the units",
        twice()
        .observe("orders", [told(ONE, lines=[{"sku_id": "S1", "quantity": 2}])])
        .truth(orders=[ONE]),
    ),
    broken(
        "webhooks_once",
        "stock_lowered_twice",
        "twice from stock",
        twice().observe("stock", {"S1": 3}).truth(orders=[SOLD_TWO], stock={"S1": 5}),
    ),
    broken(
        "webhooks_once",
        "conversion_told_twice",
        "two conversions",
        twice().observe("conversions", [{"order_id": "1"}] * 2),
    ),
]


def outage(minutes: int = 20) -> Story:
    """Return a story in which the platform fails for some minutes."""
    story = Story().call().fault("platform_down")
    for _ in range(minutes):
        story.call(status=503, code=None).wait(60_000)
    return story


DEGRADED = [
    unseen("degraded_reads", "reads in fair weather say nothing", Story().observe("orders", [])),
    unseen(
        "degraded_reads",
        "a fault that was lifted is over",
        outage().fault("platform_down", "lifted").observe("orders", error="down"),
    ),
    fine(
        "degraded_reads",
        "reads are answered and health tells",
        outage().observe("orders", []).observe("health", {"status": "degraded"}),
    ),
    fine(
        "degraded_reads",
        "health may be ok for a while",
        outage(3).observe("health", {"status": "ok"}),
    ),
    fine(
        "degraded_reads",
        "health is ok while calls succeed",
        outage().call().observe("health", {"status": "ok"}),
    ),
    broken(
        "degraded_reads",
        "read_failed",
        "no read without the platform",
        outage().observe("orders", error="503"),
    ),
    broken(
        "degraded_reads",
        "health_says_ok",
        "health that does not know",
        outage().observe("health", {"status": "ok"}),
    ),
]

ENDINGS = [
    fine("actions_end", "an action that succeeds", Story().invoke("sync_orders").ok()),
    fine("actions_end", "an action that raises", Story().invoke("sync_orders").fail("boom")),
    broken(
        "actions_end",
        "action_never_ends",
        "a request without a time-out",
        Story().invoke("sync_orders").info("HangError: GET / is never answered"),
    ),
    broken(
        "actions_end",
        "action_never_ends",
        "one hung call among many",
        Story().invoke("sync_orders").ok().invoke("flush").info("still running after 30000 ms"),
    ),
    broken(
        "actions_end",
        "process_ended",
        "a program that gives up",
        Story().invoke("sync_orders").info("tried to end the interpreter: SystemExit(3)"),
    ),
]

SEARCH = "/order/202309/orders/search"


def _refused() -> Story:
    """Two calls of one kind, the second refused for good."""
    story = Story().invoke("sync_orders").call("search").ok().invoke("sync_orders")
    return story.call("search", status=403, code=105005, data={}).fail("105005")


LOGGED = [
    fine(
        "calls_logged",
        "a line with the path for each call, and the code for what failed",
        _refused().observe("logs", [f"POST {SEARCH} ok", f"POST {SEARCH} code 105005"]),
    ),
    fine(
        "calls_logged",
        "lines in JSON that name the operation",
        _refused().observe(
            "logs",
            [{"call": "get_order_list"}, {"call": "get_order_list", "error": "no permission"}],
        ),
    ),
    fine(
        "calls_logged",
        "tries of one call share a line",
        Story()
        .invoke("sync_orders")
        .call("search", status=503, code=36009003)
        .call("search")
        .ok()
        .observe("logs", [f"{SEARCH} in 2 tries"]),
    ),
    fine(
        "calls_logged",
        "a call after the last look",
        Story().call("search").observe("logs", [f"POST {SEARCH} ok"]).call("search"),
    ),
    fine(
        "calls_logged",
        "lines that come late, with the next look",
        Story()
        .call("search")
        .observe("logs", [])
        .call("stock")
        .observe("logs", [f"POST {SEARCH} ok", "POST /product/202309/inventory/search ok"]),
    ),
    broken(
        "calls_logged",
        "call_unlogged",
        "an empty log",
        _refused().observe("logs", []),
    ),
    broken(
        "calls_logged",
        "call_unlogged",
        "a line less than calls",
        _refused().observe("logs", [f"POST {SEARCH} failed"]),
    ),
    broken(
        "calls_logged",
        "call_unlogged",
        "lines of another path that begins alike",
        Story().call("detail").observe("logs", ["GET /order/202309/orders/search ok"]),
    ),
    broken(
        "calls_logged",
        "failure_unlogged",
        "a refusal that looks like a success",
        _refused().observe("logs", [f"POST {SEARCH}", f"POST {SEARCH}"]),
    ),
    unseen("calls_logged", "no log told", Story().call("search")),
    unseen("calls_logged", "a log that cannot be read", Story().call().observe("logs", error="x")),
    unseen("calls_logged", "no call made", Story().observe("logs", ["started"])),
]

CASES = [*LOGGED, *ENDINGS, *ALERTS, *RECOVERY, *SECRETS, *FORGED, *GENUINE, *ONCE, *DEGRADED]
