"""How a call is made: signed afresh, repeated only where that helps and is safe, always told of."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

import httpx
import pytest

from tts_chaos.reference.connector import ReferenceIntegration
from tts_chaos.reference.errors import SyncIncompleteError
from tts_chaos.reference.settings import ReferenceSettings
from tts_chaos.reference.signing import sign_request

if TYPE_CHECKING:
    from tests.unit.reference.conftest import ScriptedPlatform

SEARCH = "/orders/search"


def causes(connector: ReferenceIntegration) -> set[str]:
    return {alert["cause"] for alert in connector.alerts()}


def test_the_bytes_that_are_signed_are_the_bytes_that_are_sent(
    connector: ReferenceIntegration, platform: ScriptedPlatform, settings: ReferenceSettings
) -> None:
    connector.sync_orders()

    request = platform.asked(SEARCH)[0]
    query = list(request.url.params.multi_items())
    expected = sign_request(settings.app_secret, request.url.path, query, request.content)
    assert request.url.params["sign"] == expected


def test_the_token_travels_in_its_header_and_nowhere_else(
    connector: ReferenceIntegration, platform: ScriptedPlatform
) -> None:
    connector.sync_orders()

    request = platform.asked(SEARCH)[0]
    assert request.headers["x-tts-access-token"] == "GCP_access_first"
    assert "GCP_access_first" not in str(request.url)


@pytest.mark.parametrize(
    "trouble",
    [
        pytest.param(httpx.Response(503, text="overloaded"), id="a-503"),
        pytest.param(httpx.Response(502, text="<html>"), id="a-page-under-502"),
        pytest.param(httpx.Response(200, content=b'{"code":0,"da'), id="a-body-cut-off"),
        pytest.param(httpx.Response(200, content=b""), id="an-empty-body"),
        pytest.param(
            httpx.Response(200, json={"code": 36009002, "message": "slow down"}),
            id="a-rate-limit-inside-200",
        ),
        pytest.param(
            httpx.Response(200, json={"code": 36009007, "message": "timeout"}),
            id="a-time-out-inside-200",
        ),
        pytest.param(httpx.ConnectError("refused"), id="a-refused-connection"),
        pytest.param(httpx.ConnectTimeout("late"), id="a-connection-not-made-in-time"),
        pytest.param(httpx.ReadTimeout("late"), id="an-answer-not-in-time"),
        pytest.param(httpx.ReadError("reset"), id="a-reset"),
        pytest.param(httpx.RemoteProtocolError("disconnected"), id="a-closed-connection"),
    ],
)
def test_a_read_survives_one_passing_trouble(
    connector: ReferenceIntegration,
    platform: ScriptedPlatform,
    trouble: httpx.Response | Exception,
) -> None:
    platform.place("101")
    platform.say(SEARCH, trouble)

    connector.sync_orders()

    assert [order["id"] for order in connector.orders()] == ["101"]


def test_tries_are_bounded_and_the_cause_is_told(
    connector: ReferenceIntegration, platform: ScriptedPlatform
) -> None:
    platform.say(SEARCH, *[httpx.ConnectError("refused")] * 50)

    with pytest.raises(SyncIncompleteError) as caught:
        connector.sync_orders()

    assert len(platform.asked(SEARCH)) == 4
    assert caught.value.cause == "network"
    assert causes(connector) == {"network"}


@pytest.mark.parametrize(
    ("code", "message", "cause"),
    [
        (105005, "scope", "permission"),
        (106001, "sign", "credentials"),
        (36009004, "Invalid timestamp", "clock"),
        (36009004, "Invalid `app_key` query parameter", "credentials"),
        (36009014, "version", "version"),
        (36009009, "path", "endpoint"),
        (101000, "cipher", "credentials"),
    ],
)
def test_a_permanent_refusal_is_not_repeated_and_starts_no_refresh(
    connector: ReferenceIntegration, platform: ScriptedPlatform, code: int, message: str, cause: str
) -> None:
    platform.say(SEARCH, platform.refusal(code, message, status=400))

    with pytest.raises(SyncIncompleteError):
        connector.sync_orders()

    assert [request.url.path for request in platform.requests] == ["/order/202309/orders/search"]
    assert causes(connector) == {cause}


def test_no_two_tries_share_a_signature_once_a_second_has_passed(
    connector: ReferenceIntegration,
    platform: ScriptedPlatform,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    started = time.time()
    monkeypatch.setattr(time, "sleep", lambda _s: None)
    monkeypatch.setattr(time, "time", lambda: started + len(platform.requests))
    platform.say(SEARCH, httpx.Response(503), httpx.Response(503))

    connector.sync_orders()

    signs = {request.url.params["sign"] for request in platform.asked(SEARCH)}
    assert len(signs) == len(platform.asked(SEARCH)) == 3


def test_retry_after_is_waited_out(
    connector: ReferenceIntegration, platform: ScriptedPlatform
) -> None:
    platform.say(SEARCH, platform.refusal(36009002, status=429, retry_after="0.2"))
    started = time.monotonic()

    connector.sync_orders()

    assert time.monotonic() - started >= 0.2


def test_a_longer_wait_than_it_has_patience_for_ends_the_call_and_holds_for_the_next(
    connector: ReferenceIntegration, platform: ScriptedPlatform
) -> None:
    platform.say(SEARCH, platform.refusal(36009002, status=429, retry_after="3600"))
    with pytest.raises(SyncIncompleteError):
        connector.sync_orders()
    connector.restart()

    with pytest.raises(SyncIncompleteError) as caught:
        connector.sync_orders()

    assert caught.value.cause == "rate_limit"
    assert len(platform.asked(SEARCH)) == 1


def test_an_hourly_quota_is_not_knocked_at_again(
    connector: ReferenceIntegration, platform: ScriptedPlatform
) -> None:
    platform.say(SEARCH, platform.refusal(36009037, status=429))

    with pytest.raises(SyncIncompleteError):
        connector.sync_orders()

    assert len(platform.asked(SEARCH)) == 1


def test_a_lasting_trouble_is_one_alert_that_counts(
    connector: ReferenceIntegration, platform: ScriptedPlatform
) -> None:
    platform.say(SEARCH, *[platform.refusal(105005, status=403)] * 3)
    for _ in range(3):
        with pytest.raises(SyncIncompleteError):
            connector.sync_orders()

    alerts = connector.alerts()

    assert [(alert["cause"], alert["count"], alert["open"]) for alert in alerts] == [
        ("permission", 3, True)
    ]


def test_an_alert_is_closed_when_the_call_works_again(
    connector: ReferenceIntegration, platform: ScriptedPlatform
) -> None:
    platform.say(SEARCH, platform.refusal(105005, status=403))
    with pytest.raises(SyncIncompleteError):
        connector.sync_orders()

    connector.sync_orders()

    assert [alert["open"] for alert in connector.alerts()] == [False]
    assert connector.health()["status"] == "ok"


def test_what_is_known_is_told_while_the_platform_is_away(
    connector: ReferenceIntegration, platform: ScriptedPlatform
) -> None:
    platform.place("101")
    platform.levels["5001"] = 7
    connector.sync_orders()
    platform.say(SEARCH, *[httpx.ConnectError("refused")] * 50)
    with pytest.raises(SyncIncompleteError):
        connector.sync_orders()

    assert len(connector.orders()) == 1
    assert connector.stock() == {"5001": 7}
    assert connector.health()["status"] == "degraded"


def test_neither_secret_nor_buyer_shows_in_logs_alerts_errors_or_the_database(
    connector: ReferenceIntegration,
    platform: ScriptedPlatform,
    settings: ReferenceSettings,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    platform.place("101")
    connector.sync_orders()
    platform.say(SEARCH, platform.refusal(105002, "dead: GCP_access_first"))
    platform.say("/token/refresh", platform.refusal(36004005, "GCP_refresh_first is spent"))
    with pytest.raises(SyncIncompleteError) as caught:
        connector.sync_orders()

    files = b"".join(path.read_bytes() for path in settings.database.parent.iterdir())
    seen = caplog.text + str(caught.value) + str(connector.alerts()) + files.decode("latin-1")

    hidden = [
        settings.app_secret,
        settings.access_token,
        settings.refresh_token,
        settings.shops[0].cipher,
        "buyer101@relay.example.net",
        platform.asked(SEARCH)[0].url.params["sign"],
    ]
    assert [secret for secret in hidden if secret in seen] == []
    assert "api_call" in seen
