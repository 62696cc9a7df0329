"""Cases at the very edge of a rule: the last that passes, the first that does not."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from tests.support.histories import START_S, Story, order, told
from tests.support.oracle_cases import Case, broken, fine, unseen

__all__ = ["CASES"]

ONE, TWO = order("1"), order("2")
DOWN: dict[str, Any] = {"status": 500, "code": 36009003}
LIMITED: dict[str, Any] = {"status": 429, "code": 36009002}
TOKENS = {"cause": "credentials", "message": "the access token was refused"}
WANTED: dict[str, Any] = {"alert_cause": "credentials", "alert_within_ms": 60_000}


def alerted(*alerts: Any, after_ms: int) -> Story:
    """Return a story in which a fault fires, and alerts are seen so much later."""
    story = Story().observe("alerts", []).fault("token_expired").wait(after_ms)
    return story.observe("alerts", list(alerts))


ALERTS = [
    fine(
        "alert_raised",
        "told at the last moment there is",
        Story().observe("alerts", []).fault("token_expired").wait(60_000).observe("alerts", [])
        .observe("alerts", [TOKENS]),
        **WANTED,
    ),
    fine(
        "alert_raised",
        "dated at the moment it was seen",
        alerted({**TOKENS, "at": START_S + 60}, after_ms=60_000),
        **WANTED,
    ),
    fine(
        "alert_raised",
        "dated in milliseconds",
        alerted({**TOKENS, "at": START_S * 1000 + 59_000}, after_ms=90_000),
        **WANTED,
    ),
    fine(
        "alert_raised",
        "the first of several counts, in whatever order they are told",
        alerted(
            {**TOKENS, "at": START_S + 80},
            {**TOKENS, "at": START_S + 20},
            after_ms=90_000,
        ),
        **WANTED,
    ),
    broken(
        "alert_raised",
        "no_alert",
        "orders that speak of a token are no alerts",
        alerted(after_ms=10).observe("orders", ["the access token was refused"]),
        **WANTED,
    ),
    broken(
        "alert_raised",
        "wrong_cause",
        "a cause that is named wins over words",
        alerted({**TOKENS, "cause": "network"}, after_ms=10),
        **WANTED,
    ),
]  # fmt: skip


def given_up(**trouble: Any) -> Story:
    """Return a story in which one trouble ends a sync."""
    return Story().invoke("sync_orders").call(**{**DOWN, **trouble}).fail()


BLIPS = [
    broken(
        "blips_ridden_out",
        "gave_up_at_once",
        "an answer that took as long as patience lasts",
        given_up(took_ms=30_000),
    ),
    unseen(
        "blips_ridden_out",
        "an answer that took a moment longer than patience lasts",
        given_up(took_ms=30_001),
    ),
    broken(
        "blips_ridden_out",
        "gave_up_at_once",
        "a wait as long as patience lasts",
        given_up(**LIMITED, headers={"retry-after": "30"}),
    ),
    broken(
        "blips_ridden_out",
        "gave_up_at_once",
        "only another shop is asked after it",
        Story()
        .invoke("sync_orders")
        .call(**DOWN)
        .call(shop="shop-2", query={"shop_cipher": "b"})
        .fail(),
    ),
    broken(
        "blips_ridden_out",
        "gave_up_at_once",
        "what was asked before it is no second try",
        Story().invoke("sync_orders").call("detail").call(**DOWN).fail(),
    ),
    fine(
        "blips_ridden_out",
        "the same shop is asked for something else after it",
        Story().invoke("sync_orders").call("stock").call(**DOWN).call("detail").fail(),
    ),
]


def failing(times: int, *, lasting_ms: int, before: Story | None = None) -> Story:
    """Return a story in which calls fail, the first of them so long ago."""
    story = (before or Story()).fault("platform_down")
    for _ in range(times):
        story.call(status=503, code=None)
    return story.wait(lasting_ms)


OK = {"status": "ok"}
DEGRADED = [
    broken(
        "degraded_reads",
        "health_says_ok",
        "three failures and ten minutes are a long outage",
        failing(3, lasting_ms=600_000).observe("health", OK),
    ),
    broken(
        "degraded_reads",
        "health_says_ok",
        "health as a plain word",
        failing(3, lasting_ms=600_000).observe("health", "ok"),
    ),
    fine(
        "degraded_reads",
        "a moment less than ten minutes is no long outage",
        failing(3, lasting_ms=599_999).observe("health", OK),
    ),
    fine(
        "degraded_reads",
        "two failures are no long outage",
        failing(2, lasting_ms=900_000).observe("health", OK),
    ),
    fine(
        "degraded_reads",
        "an outage begins after the last success",
        failing(1, lasting_ms=0, before=failing(3, lasting_ms=900_000).call())
        .call(status=503, code=None).call(status=503, code=None).wait(599_999)
        .observe("health", OK),
    ),
    fine(
        "degraded_reads",
        "a read that is no health says nothing of it",
        failing(3, lasting_ms=600_000).observe("orders", OK),
    ),
    fine(
        "degraded_reads",
        "one of two faults is still at work",
        Story().fault("a").fault("b").fault("a", "lifted").observe("stock", {})
        .observe("shipments", []),
    ),
    fine(
        "degraded_reads",
        "a fault that is armed anew is still at work",
        Story().fault("a").fault("a", "armed").observe("stock", {}),
    ),
    unseen(
        "degraded_reads",
        "a fault that was only armed is not at work",
        Story().fault("a", "armed").observe("stock", {}),
    ),
    unseen(
        "degraded_reads",
        "what is not read from the integration's own books",
        Story().fault("a").observe("alerts", error="down"),
    ),
]  # fmt: skip

WRONG_SHOP: dict[str, Any] = {"genuine": False, "fault": "webhooks_wrong_shop"}
FOREIGN = [
    fine(
        "foreign_webhooks_ignored",
        "an order that was booked before the webhook came",
        Story().fault("webhooks_wrong_shop").observe("orders", [told(order("9"))])
        .truth(orders=[ONE]).webhook("X1", about="9", **WRONG_SHOP),
    ),
    fine(
        "foreign_webhooks_ignored",
        "an order that no webhook of another shop named",
        Story().fault("webhooks_wrong_shop").webhook("X1", about="9", **WRONG_SHOP)
        .observe("orders", [told(order("8"))]).truth(orders=[ONE]),
    ),
    fine(
        "foreign_webhooks_ignored",
        "a status that was told before the webhook claimed it",
        Story().fault("webhooks_wrong_shop")
        .webhook("X1", claims="ON_HOLD", **WRONG_SHOP)
        .observe("orders", [told(order("1", "CANCELLED"))]).truth(orders=[ONE])
        .webhook("X2", claims="CANCELLED", **WRONG_SHOP),
    ),
    fine(
        "foreign_webhooks_ignored",
        "a wrong status that no webhook claimed",
        Story().fault("webhooks_wrong_shop").webhook("X1", claims="CANCELLED", **WRONG_SHOP)
        .observe("orders", [told(order("1", "ON_HOLD"))]).truth(orders=[ONE]),
    ),
    fine(
        "foreign_webhooks_ignored",
        "nothing can be said without the platform's ledger",
        Story().fault("webhooks_wrong_shop").webhook("X1", about="9", **WRONG_SHOP)
        .observe("orders", [told(order("9"))]),
    ),
    fine(
        "foreign_webhooks_ignored",
        "a webhook that names no order, and an order without id",
        Story().fault("webhooks_wrong_shop").webhook("X1", about="", **WRONG_SHOP)
        .observe("orders", [told(order(""))]).truth(orders=[ONE]),
    ),
]  # fmt: skip

FORGERY: dict[str, Any] = {"genuine": False, "fault": "webhooks_forged", "claims": "CANCELLED"}


def forgery(status: int) -> Story:
    """Return a story in which one forgery is answered."""
    return Story().fault("webhooks_forged").webhook("F1", status=status, **FORGERY)


CANCELLED = told(order("1", "CANCELLED"))
FORGED = [
    fine("forged_webhooks_ignored", "a redirect is no acceptance", forgery(300)),
    fine("forged_webhooks_ignored", "no answer is no acceptance", forgery(0)),
    fine("forged_webhooks_ignored", "the first status of a refusal", forgery(400)),
    broken("forged_webhooks_ignored", "forgery_accepted", "accepted as 204", forgery(204)),
    broken(
        "forged_webhooks_ignored",
        "forgery_believed",
        "refused and believed all the same",
        forgery(401).observe("orders", [CANCELLED]).truth(orders=[ONE]),
    ),
    broken(
        "forged_webhooks_ignored",
        "forgery_believed",
        "an order that was never there",
        forgery(401).observe("orders", [CANCELLED]).truth(orders=[TWO]),
    ),
    fine(
        "forged_webhooks_ignored",
        "a status that was told before the forgery claimed it",
        Story().fault("webhooks_forged").observe("orders", [CANCELLED]).truth(orders=[ONE])
        .webhook("F1", status=401, **FORGERY),
    ),
    fine(
        "forged_webhooks_ignored",
        "a wrong status that no forgery claimed",
        forgery(401).observe("orders", [told(order("1", "ON_HOLD"))]).truth(orders=[ONE]),
    ),
    fine(
        "forged_webhooks_ignored",
        "nothing can be said without the platform's ledger",
        forgery(401).observe("orders", [CANCELLED]),
    ),
    fine(
        "forged_webhooks_ignored",
        "a forgery that names no order, and an order without id",
        Story().fault("webhooks_forged")
        .webhook("F1", status=401, genuine=False, fault="webhooks_forged", about="")
        .observe("orders", [told(order(""))]).truth(orders=[ONE]),
    ),
    fine(
        "forged_webhooks_ignored",
        "a forgery that claims no status, and an order without one",
        Story().fault("webhooks_forged")
        .webhook("F1", status=401, genuine=False, fault="webhooks_forged", claims="")
        .observe("orders", [told(ONE, status="")]).truth(orders=[ONE]),
    ),
    broken(
        "forged_webhooks_ignored",
        "forgery_believed",
        "what one forgery told in truth excuses no other",
        Story().fault("webhooks_forged").observe("orders", [told(ONE)]).truth(orders=[ONE])
        .webhook("F1", status=401, genuine=False, fault="webhooks_forged")
        .webhook("F2", status=401, **FORGERY)
        .observe("orders", [CANCELLED]).truth(orders=[ONE]),
    ),
]  # fmt: skip


def attempts(*statuses: int) -> Story:
    """Return a story in which one genuine webhook is answered attempt by attempt."""
    story = Story()
    for number, status in enumerate(statuses, 1):
        story.webhook(status=status, attempt=number)
    return story


ACCEPTED = "genuine_webhooks_accepted"
GENUINE = [
    *(fine(ACCEPTED, f"{code} asks for another attempt", attempts(code)) for code in (408, 425)),
    fine(ACCEPTED, "429 asks for another attempt", attempts(429)),
    fine(ACCEPTED, "399 is an odd way to take it", attempts(399)),
    fine(ACCEPTED, "500 asks for another attempt", attempts(500)),
    fine(ACCEPTED, "taken at the fifth attempt", attempts(500, 500, 500, 500, 200)),
    fine(ACCEPTED, "four attempts in vain are not the end", attempts(500, 500, 500, 500)),
    fine(ACCEPTED, "an informal answer takes nothing", attempts(199, 200)),
    fine(
        ACCEPTED,
        "each webhook is sent once, whatever the other was answered",
        Story().webhook("N1", status=204).webhook("N2", attempt=2),
    ),
    fine(
        ACCEPTED,
        "what is no change of the app's keys does not come into it",
        Story().committed("order.placed").webhook(),
    ),
    broken(
        ACCEPTED,
        "genuine_dropped sent_again_needlessly",
        "a redirect takes nothing",
        attempts(300, 500, 500, 500, 500),
    ),
    broken(
        ACCEPTED,
        "genuine_refused",
        "the operator told the old secret first, and then the new one",
        Story().invoke("reconfigure").ok().committed("app.secret_rotated", "app")
        .invoke("reconfigure").ok().webhook(status=401),
    ),
    broken(ACCEPTED, "genuine_refused", "the first status of a refusal", attempts(400)),
    broken(ACCEPTED, "genuine_refused", "the last status of a refusal", attempts(499)),
    broken(
        ACCEPTED,
        "genuine_refused",
        "only the app's own keys excuse a refusal",
        Story().committed("order.placed").webhook(status=401),
    ),
    broken(
        ACCEPTED,
        "genuine_refused",
        "keys that change later excuse no refusal",
        Story().webhook(status=401).committed("app.secret_rotated", "app"),
    ),
    fine(
        ACCEPTED,
        "the operator told an older secret",
        Story().committed("app.secret_rotated", "app").invoke("reconfigure").ok()
        .committed("app.secret_rotated", "app").webhook(status=401),
    ),
    fine(
        ACCEPTED,
        "the operator tells the new secret later",
        Story().committed("app.secret_rotated", "app").webhook(status=401)
        .invoke("reconfigure").ok(),
    ),
    broken(
        ACCEPTED,
        "genuine_dropped",
        "what another webhook was answered is no acceptance",
        Story().webhook("N2").webhook(status=500, attempt=5),
    ),
    broken(ACCEPTED, "sent_again_needlessly", "taken under 201 and sent again", attempts(201, 200)),
    broken(ACCEPTED, "sent_again_needlessly", "redirected and sent again", attempts(399, 200)),
]  # fmt: skip

RECORD: dict[str, Any] = {
    "order_id": "1", "email": "buyer@example.com", "transaction_category": "purchase",
    "amount": "12.50", "currency": "GBP",
}  # fmt: skip
OLDEST_S = START_S - 28 * 86_400


def converted(timestamp: Any) -> Story:
    """Return a story in which order 1 is converted with this timestamp."""
    story = Story().observe("conversions", [{**RECORD, "timestamp": timestamp}])
    return story.truth(orders=[ONE])


def iso(at_s: int, *, zone: timezone | None) -> str:
    """Return an instant as text, in UTC."""
    return datetime.fromtimestamp(at_s, timezone.utc).replace(tzinfo=zone).isoformat()  # noqa: UP017


UTC = timezone.utc  # noqa: UP017 - one spelling for 3.11 on
CONVERSIONS = [
    fine("conversions_valid", "28 days old", converted(OLDEST_S)),
    fine("conversions_valid", "28 days old, in milliseconds", converted(OLDEST_S * 1000)),
    fine("conversions_valid", "28 days old, as text", converted(iso(OLDEST_S, zone=UTC))),
    fine("conversions_valid", "28 days old, without a zone", converted(iso(OLDEST_S, zone=None))),
    fine(
        "conversions_valid",
        "28 days old, by another clock",
        converted(
            datetime.fromtimestamp(OLDEST_S, timezone(timedelta(hours=-5))).isoformat()
        ),
    ),
    broken("conversions_valid", "too_old", "a second older", converted(OLDEST_S - 1)),
    broken(
        "conversions_valid",
        "too_old",
        "a millisecond older",
        converted(OLDEST_S * 1000 - 1),
    ),
    broken(
        "conversions_valid",
        "too_old",
        "a second older, as text",
        converted(iso(OLDEST_S - 1, zone=UTC)),
    ),
    fine("conversions_valid", "a timestamp that is none is not judged", converted("last week")),
]  # fmt: skip

HONEST = "errors_not_success"


def synced(value: Any = None, **failure: Any) -> Story:
    """Return a story in which a sync succeeds although its one call failed."""
    return Story().invoke("sync_orders").call(**{**DOWN, **failure}).ok(value)


SUCCESSES = [
    broken(HONEST, "error_swallowed", "a 300 without an envelope", synced(status=300, code=None)),
    broken(HONEST, "broken_body_ignored", "a 299 without one", synced(status=299, code=None)),
    unseen(HONEST, "False is no success", synced(False)),
    unseen(HONEST, "nor is a mapping that is not ok", synced({"ok": False})),
    unseen(HONEST, "nor is one with failures", synced({"ok": True, "failures": 1})),
    broken(HONEST, "error_swallowed", "True is a success", synced(True)),
    broken(HONEST, "error_swallowed", "a mapping that is ok", synced({"ok": True, "failed": 0})),
    broken(HONEST, "error_swallowed", "a mapping of other things", synced({"orders": 3})),
    fine(
        HONEST,
        "errors that are no mapping's",
        Story().invoke("push_stock").call("push", data=[{"errors": [1]}]).ok(),
    ),
    fine(
        HONEST,
        "errors that a read tells of",
        Story().invoke("sync_orders").call(data={"errors": [1]}).ok(),
    ),
    fine(HONEST, "a write without errors", Story().invoke("push_stock").push(1, errors=[]).ok()),
    fine(
        HONEST,
        "a refresh that failed, and a token that worked all the same",
        Story().invoke("sync_orders").call("refresh", **DOWN).call().ok(),
    ),
    broken(
        HONEST,
        "error_swallowed",
        "another page than the one that failed",
        Story().invoke("sync_orders").call()
        .call(query={"page_token": "p2"}, **DOWN).call(query={"page_token": "p3"}).ok(),
    ),
    fine(
        HONEST,
        "the first page read anew, and no other",
        Story().invoke("sync_orders").call(query={"page_token": "p2"}, **DOWN)
        .call(query={"page_size": "10"}).ok(),
    ),
    broken(
        HONEST,
        "error_swallowed",
        "what another shop's call brought",
        Story().invoke("sync_orders").call(**DOWN).call(shop="shop-2").ok(),
    ),
    broken(
        HONEST,
        "error_swallowed",
        "some of the details that failed",
        Story().invoke("sync_orders").call("detail", query={"ids": "1,2"}, **DOWN)
        .call("detail", query={"ids": "1"}).ok(),
    ),
    broken(
        HONEST,
        "nothing_reached",
        "nobody was reached, twice",
        Story().invoke("sync_orders").fault("port_refused", inferred=True)
        .fault("port_refused", inferred=True).ok(),
    ),
    unseen(
        HONEST,
        "nobody was reached before it began",
        Story().fault("port_refused", inferred=True).invoke("sync_orders").ok(),
    ),
    unseen(
        HONEST,
        "nobody was reached by a later action",
        Story().invoke("sync_orders").ok().invoke("flush").fault("port_refused", inferred=True)
        .ok(),
    ),
    unseen(
        HONEST,
        "a fault that was armed kept nothing away",
        Story().invoke("sync_orders").fault("port_refused", "armed", inferred=True).ok(),
    ),
    unseen(
        HONEST,
        "a fault that met a request kept it not away",
        Story().invoke("sync_orders").fault("latency").ok(),
    ),
    unseen(
        HONEST,
        "a push that had nothing to send reached nobody",
        Story().invoke("push_stock").fault("port_refused", inferred=True).ok(),
    ),
]  # fmt: skip

CASES: list[Case] = [
    *(*ALERTS, *BLIPS, *DEGRADED, *FOREIGN, *FORGED, *GENUINE),
    *(*CONVERSIONS, *SUCCESSES),
]
