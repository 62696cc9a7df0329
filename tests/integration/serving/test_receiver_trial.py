"""Generated webhooks find what is wrong with a receiver, and nothing wrong with a right one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.support.reference_receiver import KEYS as REFERENCE_KEYS
from tests.support.reference_receiver import reference_receiver
from tests.support.webhook_receivers import CUT, Receive, checks_signature, receiving

from tts_chaos.cli.main import main
from tts_chaos.errors import BackendUnavailableError, UsageError
from tts_chaos.serving.receiver_trial import Keys, TrialReport, try_receiver

KEYS = Keys(app_key="key", app_secret="secret-0123456789")
EVENTS = ("ORDER_STATUS_CHANGE", "SELLER_DEAUTHORIZATION")
right = checks_signature(KEYS.app_key, KEYS.app_secret)


def believes_all(headers: Mapping[str, str], body: bytes) -> int:
    return 200


def refuses_all(headers: Mapping[str, str], body: bytes) -> int:
    return 401


def parses_first(headers: Mapping[str, str], body: bytes) -> int:
    try:
        json.loads(body)["type"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return 500
    return right(headers, body)


def trusts_shapes(headers: Mapping[str, str], body: bytes) -> int:
    status = right(headers, body)
    try:
        value = json.loads(body)
    except ValueError:
        return status
    is_whole = isinstance(value, dict) and isinstance(value.get("data", {}), dict)
    return status if status != 200 or is_whole else CUT


def skips_missing(headers: Mapping[str, str], body: bytes) -> int:
    return right(headers, body) if headers.get("authorization") else 200


def _try(receive: Receive, examples: int = 4) -> TrialReport:
    with receiving(receive) as address:
        return try_receiver(address, KEYS, examples=examples, events=EVENTS)


def test_a_right_receiver_is_found_right() -> None:
    report = _try(right)

    assert report.failures == []
    assert set(report.sent) == {"valid", "mutated", "broken", "forged"}
    assert report.statuses["forged 401"] == report.sent["forged"]
    assert report.statuses["valid 200"] == report.sent["valid"] == 8


@pytest.mark.parametrize(
    ("receive", "kinds", "statuses"),
    [
        pytest.param(believes_all, {"forged"}, {200}, id="no-signature-is-checked"),
        pytest.param(refuses_all, {"valid"}, {401}, id="the-scheme-is-another"),
        pytest.param(parses_first, {"mutated", "broken"}, {500}, id="parsed-before-it-is-checked"),
        pytest.param(trusts_shapes, {"mutated"}, {0}, id="shapes-are-trusted"),
        pytest.param(skips_missing, {"forged"}, {200}, id="a-missing-signature-is-skipped"),
    ],
)
def test_a_broken_receiver_is_found_out(
    receive: Receive, kinds: set[str], statuses: set[int]
) -> None:
    report = _try(receive)

    assert kinds <= {failure.kind for failure in report.failures}
    assert {failure.status for failure in report.failures} == statuses


def test_the_same_seed_sends_the_same() -> None:
    bodies: list[list[bytes]] = [[], []]
    for seen in bodies:

        def note(headers: Mapping[str, str], body: bytes, seen: list[bytes] = seen) -> int:
            seen.append(body)
            return right(headers, body)

        _try(note, examples=2)

    assert bodies[0] == bodies[1]


def test_nobody_there_and_an_unknown_type_are_told() -> None:
    with receiving(right) as address:
        pass
    with pytest.raises(BackendUnavailableError, match="nobody answers at"):
        try_receiver(address, KEYS)
    with pytest.raises(UsageError, match="no webhook event type 'ORDER'"):
        try_receiver(address, KEYS, events=("ORDER",))


def test_the_command_tells_counts_and_fails_where_something_is_wrong(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SHOP_SECRET", KEYS.app_secret)
    options = ["--app-key", "key", "--secret-from", "SHOP_SECRET", "--event", EVENTS[0]]
    with receiving(right) as address:
        passed = main(["webhooks", address, *options, "--examples", "2"])
    told = capsys.readouterr().out
    with receiving(believes_all) as address:
        failed = main(["webhooks", address, *options, "--examples", "1"])

    assert (passed, failed) == (0, 1)
    assert told.splitlines()[-1].endswith("0 different failures")
    assert "forged, no signature: ORDER_STATUS_CHANGE: 200" in capsys.readouterr().out
    assert KEYS.app_secret not in told


@pytest.mark.parametrize(
    ("address", "secret", "words"),
    [
        ("http://127.0.0.1:1/x", "", "'SHOP_SECRET' is not set or empty"),
        ("https://shop.example/x", "s", "expected http://127.0.0.1:<port>/<path>"),
        ("http://192.0.2.1:80/x", "s", "on this machine only"),
    ],
)
def test_a_mistake_is_one_line_that_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    address: str,
    secret: str,
    words: str,
) -> None:
    monkeypatch.setenv("SHOP_SECRET", secret)

    code = main(["webhooks", address, "--app-key", "k", "--secret-from", "SHOP_SECRET"])

    assert code == 2
    assert words in capsys.readouterr().err


@pytest.mark.slow
def test_the_reference_answers_every_type_rightly(tmp_path: Path) -> None:
    with reference_receiver(tmp_path) as address:
        report = try_receiver(address, REFERENCE_KEYS, examples=1, seed=3)

    assert report.failures == []
    assert report.events == 45
    assert report.sent["forged"] == 45 * 6
