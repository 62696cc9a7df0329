"""Tokens from consent to their end, as the token host and the API tell it."""

from __future__ import annotations

import msgspec
import pytest
from tests.support.twin_pair import TwinPair

from tts_chaos.core.clock import SIMULATED_EPOCH_MS
from tts_chaos.twin.settings import DAY_MS, TwinSettings

EPOCH_S = SIMULATED_EPOCH_MS // 1000
WEEK_S = 7 * 86_400
HALF_AN_HOUR_MS = 30 * 60_000


@pytest.fixture
def pair() -> TwinPair:
    return TwinPair()


def code_of(pair: TwinPair) -> str:
    code: str = pair.run("issue_auth_code")["auth_code"]
    return code


# -- getting tokens --------------------------------------------------------------------------------


def test_a_code_is_exchanged_for_both_tokens(pair: TwinPair) -> None:
    reply = pair.send(pair.token_request("get", auth_code=code_of(pair)))
    pair.renew()

    assert (reply.status, reply.code, reply.message) == (200, 0, "success")
    assert reply.data["access_token"] == pair.credentials.access_token
    assert reply.data["refresh_token"] == pair.credentials.refresh_token


def test_expiries_are_instants_and_not_durations(pair: TwinPair) -> None:
    data = pair.send(pair.token_request("get", auth_code=code_of(pair))).data

    assert data["access_token_expire_in"] == EPOCH_S + WEEK_S
    assert data["refresh_token_expire_in"] == EPOCH_S + 365 * 86_400


def test_a_code_works_once(pair: TwinPair) -> None:
    request = pair.token_request("get", auth_code=code_of(pair))

    replies = [pair.send(request) for _ in range(2)]

    assert [(reply.status, reply.code) for reply in replies] == [(200, 0), (200, 36004004)]


@pytest.mark.parametrize(
    ("age_ms", "code"),
    [
        pytest.param(HALF_AN_HOUR_MS - 1_000, 0, id="a-second-before-its-end"),
        pytest.param(HALF_AN_HOUR_MS, 36004004, id="after-thirty-minutes"),
    ],
)
def test_a_code_lives_thirty_minutes(pair: TwinPair, age_ms: int, code: int) -> None:
    request = pair.token_request("get", auth_code=code_of(pair))
    pair.advance(age_ms)

    assert pair.send(request).code == code


@pytest.mark.parametrize(
    "auth_code", [pytest.param("null", id="the-word-null"), pytest.param("GCP_x", id="unknown")]
)
def test_a_code_that_is_none_is_refused_under_200(pair: TwinPair, auth_code: str) -> None:
    reply = pair.send(pair.token_request("get", auth_code=auth_code))

    assert (reply.status, reply.code, reply.message) == (200, 36004004, "invalid auth code")


@pytest.mark.parametrize(
    ("call", "grant_type", "code"),
    [
        pytest.param("get", "authorized_code", 0, id="get-by-its-own-word"),
        pytest.param("get", "authorization_code", 98001004, id="get-by-the-oauth-word"),
        pytest.param("refresh", "refresh_token", 0, id="refresh-by-its-own-word"),
        pytest.param("refresh", "authorized_code", 0, id="refresh-by-the-word-of-get"),
        pytest.param("refresh", "password", 98001004, id="refresh-by-another-word"),
    ],
)
def test_grant_types(pair: TwinPair, call: str, grant_type: str, code: int) -> None:
    request = pair.token_request(
        call,
        auth_code=code_of(pair),
        refresh_token=pair.credentials.refresh_token,
        grant_type=grant_type,
    )

    assert pair.send(request).code == code


@pytest.mark.parametrize(
    "wrong",
    [pytest.param({"app_key": "nobody"}, id="key"), pytest.param({"app_secret": "x"}, id="secret")],
)
def test_wrong_keys_are_refused_under_200(pair: TwinPair, wrong: dict[str, str]) -> None:
    request = pair.token_request(
        "refresh", **{"refresh_token": pair.credentials.refresh_token, **wrong}
    )

    reply = pair.send(request)

    assert (reply.status, reply.code) == (200, 36009004)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        pytest.param("POST", "/api/v2/token/get", id="post-to-get"),
        pytest.param("POST", "/api/v2/token/refresh", id="post-to-refresh"),
        pytest.param("GET", "/api/v3/token/get", id="unknown-path"),
    ],
)
def test_a_wrong_verb_or_path_is_answered_in_plain_text(
    pair: TwinPair, method: str, path: str
) -> None:
    request = pair.token_request("refresh", refresh_token=pair.credentials.refresh_token)

    response = pair.twin.handle(msgspec.structs.replace(request, method=method, path=path)).response

    assert (response.status, response.body) == (404, b"404 page not found")


def test_signature_and_timestamp_on_token_calls_are_tolerated(pair: TwinPair) -> None:
    request = pair.token_request(
        "refresh", refresh_token=pair.credentials.refresh_token, sign="abc", timestamp="1"
    )

    assert pair.send(request).code == 0


def test_the_host_tells_who_consented_to_what(pair: TwinPair) -> None:
    data = pair.refresh().data

    assert data["seller_base_region"] == "GB"
    assert data["user_type"] == 0
    assert "seller.order.info" in data["granted_scopes"]


# -- refreshing ------------------------------------------------------------------------------------


def test_a_refresh_brings_a_pair_that_works(pair: TwinPair) -> None:
    pair.run("expire_access_tokens")
    refreshed = pair.refresh()
    pair.renew()

    assert refreshed.data["access_token"] == pair.credentials.access_token
    assert pair.search().code == 0


def test_a_refresh_does_not_prolong_consent(pair: TwinPair) -> None:
    pair.advance(DAY_MS)

    data = pair.refresh().data

    assert data["access_token_expire_in"] == EPOCH_S + 86_400 + WEEK_S
    assert data["refresh_token_expire_in"] == pair.credentials.refresh_token_expires_at


def test_a_refresh_token_that_rotates_dies_with_its_use(pair: TwinPair) -> None:
    replies = [pair.refresh(), pair.refresh()]

    assert [reply.code for reply in replies] == [0, 36004005]


def test_a_refresh_token_that_does_not_rotate_lives_on() -> None:
    pair = TwinPair(settings=TwinSettings(rotate_refresh_tokens=False))

    replies = [pair.refresh(), pair.refresh()]

    assert [reply.code for reply in replies] == [0, 0]
    assert {r.data["refresh_token"] for r in replies} == {pair.credentials.refresh_token}


@pytest.mark.parametrize(
    ("survives", "code"),
    [pytest.param(True, 0, id="lives-on"), pytest.param(False, 36009004, id="dies-at-once")],
)
def test_what_becomes_of_the_former_access_token(survives: bool, code: int) -> None:
    pair = TwinPair(settings=TwinSettings(old_access_token_survives=survives))
    pair.refresh()

    assert pair.search().code == code


def test_a_refresh_token_past_its_time_needs_new_consent(pair: TwinPair) -> None:
    pair.advance(365 * DAY_MS)

    reply = pair.refresh()

    assert (reply.status, reply.code, reply.message) == (200, 36004001, "rt has expired")


def test_new_consent_helps_when_the_refresh_token_is_gone(pair: TwinPair) -> None:
    pair.run("revoke_refresh_tokens")
    assert pair.refresh().code == 36004005

    pair.send(pair.token_request("get", auth_code=code_of(pair)))
    pair.renew()

    assert pair.refresh().code == 0


def test_consent_may_be_given_for_a_century(pair: TwinPair) -> None:
    pair.run("set_consent_life", days=36_500)
    reply = pair.send(pair.token_request("get", auth_code=code_of(pair)))

    assert reply.data["refresh_token_expire_in"] == EPOCH_S + 36_500 * 86_400


# -- the life of an access token -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("age_s", "status", "code"),
    [
        pytest.param(WEEK_S - 1, 200, 0, id="a-second-before-its-end"),
        pytest.param(WEEK_S, 401, 105002, id="after-seven-days"),
    ],
)
def test_an_access_token_lives_seven_days(
    pair: TwinPair, age_s: int, status: int, code: int
) -> None:
    pair.advance(age_s * 1_000)

    reply = pair.search()

    assert (reply.status, reply.code) == (status, code)


@pytest.mark.parametrize(
    ("command", "code", "change"),
    [
        pytest.param("expire_access_tokens", 105002, "token.expired", id="expired"),
        pytest.param("revoke_access_tokens", 105001, "token.revoked", id="revoked"),
        pytest.param("malform_access_tokens", 36009004, "token.malformed", id="malformed"),
    ],
)
def test_a_spoilt_access_token_is_refused_and_a_refresh_helps(
    pair: TwinPair, command: str, code: int, change: str
) -> None:
    assert pair.run(command) == 1
    refused = pair.search()
    pair.refresh()
    pair.renew()

    assert (refused.status, refused.code) == (401, code)
    assert change in pair.whats()
    assert pair.search().code == 0


def test_spoiling_twice_spoils_nothing_more(pair: TwinPair) -> None:
    pair.run("revoke_access_tokens")

    assert pair.run("revoke_access_tokens") == 0


def test_removing_the_app_kills_both_tokens_and_is_told_by_webhook(pair: TwinPair) -> None:
    pair.run("subscribe_webhooks", types=["SELLER_DEAUTHORIZATION"])
    pair.run("deauthorize_app")

    assert (pair.search().code, pair.refresh().code) == (105001, 36004005)
    assert [webhook.type for webhook in pair.twin.drain()] == [6]


def test_one_token_serves_every_shop_of_its_account() -> None:
    pair = TwinPair(shops=3, regions=("GB", "US"))

    shops = pair.get("/authorization/202309/shops", shop=None).data["shops"]

    assert [shop["region"] for shop in shops] == ["GB", "US", "GB"]
    assert [shop["cipher"] for shop in shops] == [s.cipher for s in pair.credentials.shops]


def test_another_account_has_its_own_tokens_and_shops(pair: TwinPair) -> None:
    other = pair.run("open_account", region="US", orders=2)

    reply = pair.get("/authorization/202309/shops", shop=None, token=other["access_token"])

    assert [shop["id"] for shop in reply.data["shops"]] == [other["shop_id"]]
    assert pair.twin.credentials() == pair.credentials


# -- keys of the app -------------------------------------------------------------------------------


def test_a_rotated_secret_makes_the_old_signatures_wrong(pair: TwinPair) -> None:
    fresh = pair.run("rotate_app_secret")["app_secret"]
    refused = pair.search()
    pair.renew()

    assert refused.code == 106001
    assert pair.credentials.app_secret == fresh
    assert pair.search().code == 0


def test_a_replaced_key_is_unknown_until_it_is_restored(pair: TwinPair) -> None:
    pair.run("replace_app_key")
    refused = pair.search()
    restored = pair.run("restore_app_key")

    assert "app_key" in refused.message
    assert restored["app_key"] == pair.credentials.app_key
    assert pair.search().code == 0


def test_replacing_a_key_twice_still_restores_the_first(pair: TwinPair) -> None:
    pair.run("replace_app_key")
    pair.run("replace_app_key")
    pair.run("restore_app_key")

    assert pair.search().code == 0


# -- secrets ---------------------------------------------------------------------------------------


def test_every_secret_is_declared_in_order_of_minting(pair: TwinPair) -> None:
    code_of(pair)
    pair.refresh()
    pair.run("rotate_app_secret")

    assert list(pair.secrets) == [
        "app_secret",
        "access_token:1",
        "refresh_token:1",
        "auth_code:1",
        "access_token:2",
        "refresh_token:2",
        "app_secret:2",
    ]


def test_no_change_is_observed_with_a_secret_that_was_not_declared(pair: TwinPair) -> None:
    pair.refresh()
    ledger = pair.twin.ledger()["tokens"]

    assert ledger["access_token"] == pair.secrets["access_token:2"]
    assert ledger["refresh_token"] == pair.secrets["refresh_token:2"]


@pytest.mark.parametrize(
    ("region", "prefix"),
    [
        pytest.param("US", "TTP_", id="united-states"),
        pytest.param("GB", "GCP_", id="united-kingdom"),
        pytest.param("JP", "ROW_", id="rest-of-the-world"),
    ],
)
def test_tokens_and_ciphers_carry_the_prefix_of_their_market(region: str, prefix: str) -> None:
    credentials = TwinPair(regions=(region,)).credentials

    values = (credentials.access_token, credentials.refresh_token, credentials.shops[0].cipher)

    assert {value[:4] for value in values} == {prefix}


def test_credentials_do_not_show_secrets_when_printed(pair: TwinPair) -> None:
    assert pair.credentials.access_token not in repr(pair.credentials)


def test_a_refresh_token_that_never_was_is_refused_under_200(pair: TwinPair) -> None:
    reply = pair.refresh("GCP_neverissued")

    assert (reply.status, reply.code) == (200, 36004005)
    assert reply.message == "can not find related auth record"


def test_a_lenient_host_does_without_a_grant_type() -> None:
    pair = TwinPair(settings=TwinSettings(strict=False))
    request = pair.token_request("refresh", refresh_token=pair.credentials.refresh_token)
    bare = msgspec.structs.replace(
        request, query=request.query.replace("grant_type=refresh_token&", "")
    )

    assert "grant_type" not in bare.query
    assert pair.send(bare).code == 0


def test_the_seller_api_lists_ids_and_regions_only(pair: TwinPair) -> None:
    [shop] = pair.get("/seller/202309/shops", shop=None).data["shops"]

    assert shop == {"id": pair.shop_id, "region": "GB"}


def test_an_operator_may_fetch_new_tokens(pair: TwinPair) -> None:
    pair.run("revoke_refresh_tokens")
    fetched = pair.run("issue_tokens")
    pair.renew()

    assert fetched == {
        "access_token": pair.credentials.access_token,
        "refresh_token": pair.credentials.refresh_token,
        "access_token_expires_at": pair.credentials.access_token_expires_at,
        "refresh_token_expires_at": pair.credentials.refresh_token_expires_at,
    }
    assert pair.refresh().code == 0


def test_the_authorisation_may_end_early(pair: TwinPair) -> None:
    pair.run("expire_refresh_tokens")

    assert pair.refresh().code == 36004001


def test_restoring_a_key_that_was_not_replaced_changes_nothing(pair: TwinPair) -> None:
    before = len(pair.changes)

    assert pair.run("restore_app_key")["app_secret"] == pair.credentials.app_secret
    assert len(pair.changes) == before
