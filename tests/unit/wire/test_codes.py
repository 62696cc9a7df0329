"""Groups of refusals that a client must tell apart, by code and by words."""

from __future__ import annotations

import pytest

from tts_chaos.wire import codes

TIMESTAMP = "Invalid timestamp. The value of the `timestamp` query parameter must not exceed"
TOKEN = "Invalid credentials. The `x-tts-access-token` header is invalid."
VERSION = "Invalid API version. The `version` value is invalid or unsupported."


def test_a_timestamp_refusal_is_not_about_the_token() -> None:
    assert codes.is_clock_refusal(36009004, TIMESTAMP)
    assert not codes.is_token_refused(36009004, TIMESTAMP)


def test_a_token_refusal_is_told_by_its_words() -> None:
    assert codes.is_token_refused(36009004, TOKEN)
    assert not codes.is_clock_refusal(36009004, TOKEN)


def test_a_help_link_behind_the_message_changes_nothing() -> None:
    assert codes.is_clock_refusal(36009004, TIMESTAMP + " See https://example.com/help")


@pytest.mark.parametrize("code", [105002, 10002])
def test_expiry_is_known_in_both_profiles(code: int) -> None:
    assert codes.is_token_expired(code)


@pytest.mark.parametrize("code", [105001, 10001])
def test_a_bad_token_is_known_in_both_profiles(code: int) -> None:
    assert codes.is_token_refused(code)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        pytest.param(429, None, id="by-status-alone"),
        pytest.param(200, 36009002, id="by-code-inside-200"),
        pytest.param(429, 36009037, id="sandbox-quota"),
    ],
)
def test_a_rate_limit_is_known_by_status_or_code(status: int, code: int | None) -> None:
    assert codes.is_rate_limited(status, code)


def test_overload_is_no_rate_limit() -> None:
    assert not codes.is_rate_limited(503)


@pytest.mark.parametrize(
    ("code", "message"),
    [pytest.param(36009014, "", id="today"), pytest.param(36009004, VERSION, id="older")],
)
def test_a_retired_version_is_known_in_both_wordings(code: int, message: str) -> None:
    assert codes.is_version_refused(code, message)


@pytest.mark.parametrize("code", [105005, 36009033, 403])
def test_a_missing_permission_is_known_in_both_profiles(code: int) -> None:
    assert codes.is_permission_refusal(code)


@pytest.mark.parametrize("code", [36004001, 36004005])
def test_a_refused_refresh_is_final(code: int) -> None:
    assert codes.is_refresh_refused(code)


def test_a_used_authorisation_code_says_nothing_about_refresh() -> None:
    assert not codes.is_refresh_refused(36004004)


def test_a_wrong_signature_is_told_by_code() -> None:
    assert codes.is_signature_refusal(106001)
    assert not codes.is_signature_refusal(None)
