"""What each answer means: its cause, whether it may be repeated, whether a new token may help."""

from __future__ import annotations

import json

import pytest

from tts_chaos.reference.answers import Answer, Problem, Repeat, judge_answer

CLOCK = "Invalid timestamp. The value of the `timestamp` query parameter must not exceed ..."
TOKEN = "Invalid credentials. The `x-tts-access-token` header is invalid."
APP_KEY = "Invalid credentials. Invalid `app_key` query parameter."
VERSION = "Invalid API version. The `version` value is invalid or unsupported."


def problem(status: int, code: int | None, message: str = "", body: bytes = b"") -> Problem:
    if code is not None:
        body = json.dumps({"code": code, "message": message, "data": None}).encode()
    answer = judge_answer(status, {}, body)
    assert isinstance(answer, Problem)
    return answer


def test_only_code_zero_under_a_good_status_is_success() -> None:
    answer = judge_answer(200, {}, b'{"code":0,"message":"Success","data":{"orders":[]}}')

    assert answer == Answer({"orders": []})


@pytest.mark.parametrize(
    ("status", "code", "message", "cause"),
    [
        pytest.param(401, 105002, "", "credentials", id="an-expired-token-told-as-401"),
        pytest.param(200, 105002, "other words", "credentials", id="an-expired-token-told-as-200"),
        pytest.param(401, 106001, "", "credentials", id="a-bad-signature"),
        pytest.param(401, 10003, "", "credentials", id="a-wrong-client-key"),
        pytest.param(400, 36009004, APP_KEY, "credentials", id="a-wrong-app-key"),
        pytest.param(403, 105005, "", "permission", id="a-missing-scope"),
        pytest.param(403, 36009033, "", "permission", id="an-address-not-on-the-list"),
        pytest.param(400, 36009004, CLOCK, "clock", id="a-clock-that-is-off"),
        pytest.param(400, 36009004, VERSION, "version", id="a-version-told-in-words"),
        pytest.param(400, 36009014, "", "version", id="a-version-told-by-code"),
        pytest.param(400, 36009004, "page_size is required", "contract", id="a-bad-parameter"),
        pytest.param(404, 36009009, "", "endpoint", id="an-unknown-path"),
        pytest.param(405, 36009010, "", "endpoint", id="a-wrong-verb"),
        pytest.param(429, 36009002, "", "rate_limit", id="too-many-requests-told-as-429"),
        pytest.param(200, 36009002, "", "rate_limit", id="too-many-requests-told-as-200"),
        pytest.param(500, 36009003, "", "outage", id="an-internal-error"),
        pytest.param(200, 36009007, "", "slowness", id="a-time-out-inside"),
        pytest.param(503, 0, "Success", "outage", id="code-zero-under-503"),
        pytest.param(200, 12052901, "", "contract", id="a-business-refusal"),
    ],
)
def test_a_refusal_names_its_cause(status: int, code: int, message: str, cause: str) -> None:
    assert problem(status, code, message).cause == cause


@pytest.mark.parametrize(
    ("status", "body", "cause"),
    [
        pytest.param(502, b"<html>bad gateway</html>", "outage", id="a-page-under-502"),
        pytest.param(200, b"<html>log in</html>", "contract", id="a-page-under-200"),
        pytest.param(404, b"404 page not found", "endpoint", id="plain-text-under-404"),
        pytest.param(302, b"", "endpoint", id="a-redirect"),
        pytest.param(200, b"", "contract", id="nothing"),
        pytest.param(200, b'{"code":0,"data":{"ord', "contract", id="cut-off"),
        pytest.param(200, b"[]", "contract", id="a-list"),
        pytest.param(200, b'{"message":"Success"}', "contract", id="no-code"),
        pytest.param(200, b'{"code":true}', "contract", id="a-code-that-is-no-number"),
        pytest.param(200, b'{"code":0,"code":0}', "contract", id="a-key-twice"),
        pytest.param(200, b'{"code":0,"data":"\xff"}', "contract", id="bytes-that-are-no-text"),
        pytest.param(200, b"[" * 100_000, "contract", id="nesting-without-end"),
    ],
)
def test_a_body_that_is_no_envelope_names_its_cause(status: int, body: bytes, cause: str) -> None:
    assert problem(status, None, body=body).cause == cause


@pytest.mark.parametrize("code", [105001, 105002, 10001, 10002, 401])
def test_refusals_of_the_token_ask_for_a_new_one(code: int) -> None:
    assert problem(401, code).is_about_token


@pytest.mark.parametrize("code", [36009002, 105005, 101000, 106001, 36009043, 36009044, 10003, 403])
def test_other_refusals_ask_for_no_new_token(code: int) -> None:
    assert not problem(200, code).is_about_token


def test_the_message_tells_a_dead_token_from_a_bad_parameter() -> None:
    assert problem(401, 36009004, TOKEN).is_about_token
    assert not problem(400, 36009004, "page_size is required").is_about_token


@pytest.mark.parametrize("code", [105005, 106001, 36009004, 36009009, 36009014, 36009037, 12052901])
def test_permanent_refusals_are_never_repeated(code: int) -> None:
    assert problem(400, code).repeat is Repeat.NEVER


def test_a_throttled_call_was_not_carried_out() -> None:
    assert problem(429, 36009002).repeat is Repeat.SAFE


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_server_error_leaves_the_outcome_open(status: int) -> None:
    assert problem(status, None, body=b"<html>").repeat is Repeat.READS_ONLY
