"""The token pair: refreshed in time, once, kept whole, and never used once known dead."""

from __future__ import annotations

import sys
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import httpx
import pytest

from tts_chaos.reference.connector import ReferenceIntegration
from tts_chaos.reference.errors import ConnectorError, SyncIncompleteError
from tts_chaos.reference.settings import ReferenceSettings
from tts_chaos.reference.vault import Vault

if TYPE_CHECKING:
    from tests.unit.reference.conftest import ScriptedPlatform

SEARCH = "/orders/search"
REFRESH = "/token/refresh"


def refuse_all_but(platform: ScriptedPlatform, token: str, count: int = 40) -> None:
    """Let the platform answer 105002 to every search with another access token."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.headers["x-tts-access-token"] != token:
            return platform.refusal(105002, status=401)
        return platform.reply({"orders": [], "total_count": 0})

    platform.say(SEARCH, *[answer] * count)


@pytest.mark.parametrize("status", [401, 200])
@pytest.mark.parametrize("code", [105002, 105001, 10001, 10002])
def test_a_refused_token_is_refreshed_once_and_the_call_goes_through(
    connector: ReferenceIntegration, platform: ScriptedPlatform, status: int, code: int
) -> None:
    platform.say(SEARCH, platform.refusal(code, status=status))
    platform.say(REFRESH, platform.tokens("second"))

    connector.sync_orders()

    assert len(platform.asked(REFRESH)) == 1
    assert platform.asked(SEARCH)[-1].headers["x-tts-access-token"] == "GCP_access_second"


def test_the_refresh_goes_to_the_token_host_by_get_and_unsigned(
    connector: ReferenceIntegration, platform: ScriptedPlatform
) -> None:
    platform.say(SEARCH, platform.refusal(105002))
    platform.say(REFRESH, platform.tokens("second"))

    connector.sync_orders()

    request = platform.asked(REFRESH)[0]
    assert (request.method, request.url.host) == ("GET", "auth.tiktok-shops.com")
    assert "sign" not in request.url.params
    assert request.url.params["grant_type"] == "refresh_token"


def test_both_tokens_of_a_refresh_are_there_after_a_restart(
    connector: ReferenceIntegration, platform: ScriptedPlatform
) -> None:
    platform.say(SEARCH, platform.refusal(105002))
    platform.say(REFRESH, platform.tokens("second"))
    connector.sync_orders()

    connector.restart()

    held = connector.tokens()
    assert (held["access_token"], held["refresh_token"]) == (
        "GCP_access_second",
        "GCP_refresh_second",
    )


def test_a_token_about_to_expire_is_refreshed_ahead(
    platform: ScriptedPlatform, settings: ReferenceSettings
) -> None:
    soon = replace(settings, access_token_expires_at=int(time.time()) - 1)
    platform.say(REFRESH, platform.tokens("second"))

    with ReferenceIntegration(soon, transport=httpx.MockTransport(platform)) as connector:
        connector.sync_orders()

    assert [request.url.path for request in platform.requests][:2] == [
        "/api/v2/token/refresh",
        "/order/202309/orders/search",
    ]


def test_a_token_far_from_its_end_is_left_alone(
    connector: ReferenceIntegration, platform: ScriptedPlatform
) -> None:
    connector.sync_orders()
    connector.restart()
    connector.sync_orders()

    assert platform.asked(REFRESH) == []


def test_parallel_callers_refresh_once(
    connector: ReferenceIntegration, platform: ScriptedPlatform
) -> None:
    refuse_all_but(platform, "GCP_access_second")

    def answer_late(_: httpx.Request) -> httpx.Response:
        time.sleep(0.05)  # long enough for every caller to arrive
        return platform.tokens("second")

    platform.say(REFRESH, answer_late, *[platform.refusal(36004005)] * 7)
    threads = [threading.Thread(target=connector.sync_orders) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(platform.asked(REFRESH)) == 1


def test_two_processes_on_one_database_refresh_once(
    platform: ScriptedPlatform, settings: ReferenceSettings
) -> None:
    refuse_all_but(platform, "GCP_access_second")
    platform.say(REFRESH, platform.tokens("second"), platform.refusal(36004005))
    transport = httpx.MockTransport(platform)
    with (
        ReferenceIntegration(settings, transport=transport) as one,
        ReferenceIntegration(settings, transport=transport) as other,
    ):
        one.sync_orders()
        other.sync_orders()

    assert len(platform.asked(REFRESH)) == 1


def test_a_refresh_whose_answer_is_lost_is_tried_again_within_bounds(
    connector: ReferenceIntegration, platform: ScriptedPlatform
) -> None:
    platform.say(SEARCH, platform.refusal(105002))
    platform.say(REFRESH, httpx.ReadError("reset"), platform.tokens("second"))

    connector.sync_orders()

    assert len(platform.asked(REFRESH)) == 2


def test_a_refresh_token_refused_for_good_is_never_presented_again(
    connector: ReferenceIntegration, platform: ScriptedPlatform
) -> None:
    platform.say(SEARCH, platform.refusal(105002))
    platform.say(REFRESH, platform.refusal(36004005))
    for _ in range(5):
        with pytest.raises(SyncIncompleteError):
            connector.sync_orders()
    connector.restart()
    with pytest.raises(SyncIncompleteError):
        connector.sync_orders()

    assert len(platform.asked(REFRESH)) == 1
    assert len(platform.asked(SEARCH)) == 1
    assert "credentials" in {alert["cause"] for alert in connector.alerts()}


def test_an_operator_ends_the_silence_with_a_new_pair(
    connector: ReferenceIntegration, platform: ScriptedPlatform
) -> None:
    platform.say(SEARCH, platform.refusal(105002))
    platform.say(REFRESH, platform.refusal(36004005))
    with pytest.raises(SyncIncompleteError):
        connector.sync_orders()

    connector.reconfigure(access_token="GCP_access_new", refresh_token="GCP_refresh_new")
    connector.sync_orders()

    assert platform.asked(SEARCH)[-1].headers["x-tts-access-token"] == "GCP_access_new"


@pytest.mark.parametrize(
    "failure",
    [
        pytest.param(httpx.ConnectError("refused"), id="a-refused-connection"),
        pytest.param(httpx.Response(500, text="<html>"), id="a-page-under-500"),
        pytest.param(httpx.Response(200, content=b"{"), id="a-body-cut-off"),
        pytest.param(httpx.Response(200, json={"code": 0, "data": {}}), id="no-tokens-inside"),
    ],
)
def test_a_failing_token_host_ends_nothing_but_the_run(
    connector: ReferenceIntegration,
    platform: ScriptedPlatform,
    failure: httpx.Response | Exception,
) -> None:
    platform.say(SEARCH, platform.refusal(105002))
    platform.say(REFRESH, *[failure] * 20)

    with pytest.raises(SyncIncompleteError):
        connector.sync_orders()

    assert len(platform.asked(REFRESH)) == 3
    assert "credentials" in {alert["cause"] for alert in connector.alerts()}


def test_a_failed_refresh_ahead_of_time_does_not_stop_a_token_that_still_lives(
    platform: ScriptedPlatform, settings: ReferenceSettings
) -> None:
    with ReferenceIntegration(settings, transport=httpx.MockTransport(platform)) as connector:
        platform.say(SEARCH, platform.refusal(105002))
        platform.say(REFRESH, platform.tokens("short", life_s=100), httpx.ConnectError("refused"))
        connector.sync_orders()
        connector._token_store._database.write("UPDATE tokens SET obtained_at = obtained_at - 4000")
        platform.say(REFRESH, *[httpx.ConnectError("refused")] * 9)

        connector.sync_orders()

        assert platform.asked(SEARCH)[-1].headers["x-tts-access-token"] == "GCP_access_short"


def test_a_refresh_refused_ahead_of_time_is_not_asked_again_while_the_token_lives(
    connector: ReferenceIntegration, platform: ScriptedPlatform
) -> None:
    platform.say(SEARCH, platform.refusal(105002))
    platform.say(REFRESH, platform.tokens("short", life_s=100), platform.refusal(36004005))
    connector.sync_orders()
    connector._token_store._database.write("UPDATE tokens SET obtained_at = obtained_at - 4000")

    for _ in range(3):
        connector.sync_orders()

    assert len(platform.asked(REFRESH)) == 2
    assert "credentials" in {alert["cause"] for alert in connector.alerts()}


def test_a_fresh_token_that_is_refused_too_starts_no_loop(
    connector: ReferenceIntegration, platform: ScriptedPlatform
) -> None:
    platform.say(SEARCH, *[platform.refusal(105001, status=401)] * 20)
    platform.say(REFRESH, *[platform.tokens(f"number{n}") for n in range(20)])

    with pytest.raises(SyncIncompleteError):
        connector.sync_orders()

    assert len(platform.asked(REFRESH)) == 1
    assert len(platform.asked(SEARCH)) == 2


def test_an_expiry_is_taken_as_an_instant_and_not_as_a_duration(
    connector: ReferenceIntegration, platform: ScriptedPlatform
) -> None:
    platform.say(SEARCH, platform.refusal(105002))
    platform.say(REFRESH, platform.tokens("second"))

    connector.sync_orders()

    assert connector.tokens()["access_token_expires_at"] < time.time() + 8 * 86_400


def test_a_database_cannot_be_read_with_another_key(
    platform: ScriptedPlatform, settings: ReferenceSettings
) -> None:
    transport = httpx.MockTransport(platform)
    ReferenceIntegration(settings, transport=transport).close()
    stranger = replace(settings, encryption_key="A" * 43 + "=")

    # The keyed mark of the settings' pair differs as well, so the pair is taken anew; what was
    # sealed before stays closed.
    with ReferenceIntegration(stranger, transport=transport) as connector:
        assert connector.tokens()["access_token"] == settings.access_token


def test_plain_http_is_refused_but_on_loopback(settings: ReferenceSettings) -> None:
    assert replace(settings, api_url="http://127.0.0.1:8080").api_url
    with pytest.raises(ConnectorError, match="expected an https address"):
        replace(settings, api_url="http://open-api.tiktokglobalshop.com")


def test_an_unknown_setting_is_refused_with_the_known_ones(
    connector: ReferenceIntegration,
) -> None:
    with pytest.raises(ConnectorError, match=r"unknown setting app_kye; known are .*app_key"):
        connector.reconfigure(app_kye="x")


def test_the_package_imports_nothing_else_of_the_harness() -> None:
    foreign = [
        name
        for name, module in sys.modules.items()
        if name.startswith("tts_chaos.reference.")
        for value in vars(module).values()
        if getattr(value, "__module__", "").startswith("tts_chaos.")
        and not value.__module__.startswith("tts_chaos.reference")
    ]

    assert foreign == []


def test_a_process_that_starts_beside_another_leaves_the_pair_that_it_refreshed(
    platform: ScriptedPlatform, settings: ReferenceSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    seal = Vault.seal

    def seal_while_another_starts_and_refreshes(vault: Vault, value: object) -> str:
        monkeypatch.setattr(Vault, "seal", seal)
        with ReferenceIntegration(settings, transport=httpx.MockTransport(platform)) as other:
            other.sync_orders()
        return seal(vault, value)

    platform.say(SEARCH, platform.refusal(105002, status=401))
    platform.say(REFRESH, platform.tokens("second"))
    monkeypatch.setattr(Vault, "seal", seal_while_another_starts_and_refreshes)

    with ReferenceIntegration(settings, transport=httpx.MockTransport(platform)) as connector:
        connector.sync_orders()

    assert platform.asked(SEARCH)[-1].headers["x-tts-access-token"] == "GCP_access_second"
    assert len(platform.asked(REFRESH)) == 1
