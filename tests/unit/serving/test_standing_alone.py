"""Small parts of a twin that runs on its own."""

from __future__ import annotations

import pytest

from tts_chaos.core.clock import ManualClock
from tts_chaos.core.history import Waiting
from tts_chaos.errors import UsageError
from tts_chaos.serving.rolling_recorder import RollingRecorder
from tts_chaos.serving.webhook_sender import check_address


def test_a_rolling_recorder_keeps_the_newest_and_goes_on_counting() -> None:
    recorder = RollingRecorder(ManualClock(5), kept=2)

    for reason in "abc":
        recorder.add(Waiting(reason=reason))

    assert [(r.index, r.at_ms) for r in recorder.history()] == [(1, 5), (2, 5)]


def test_a_rolling_recorder_tells_what_is_new() -> None:
    recorder = RollingRecorder(ManualClock())
    for reason in "abc":
        recorder.add(Waiting(reason=reason))

    assert [record.index for record in recorder.since(2)] == [2]


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:80/x", "http://localhost:8000", "http://[::1]:8000/hooks?a=b"]
)
def test_a_receiver_on_this_machine_is_taken(address: str) -> None:
    assert check_address(address).port


@pytest.mark.parametrize(
    "address",
    [
        "https://127.0.0.1:80/x",
        "http://127.0.0.1/x",
        "http://127.0.0.1:99999/x",
        "http://192.0.2.1:80/x",
        "http://receiver.example:80/x",
        "http://localhost.example:80/x",
        "127.0.0.1:80",
        "",
    ],
)
def test_any_other_receiver_is_refused(address: str) -> None:
    with pytest.raises(UsageError, match=r"expected http://127\.0\.0\.1:<port>/<path>"):
        check_address(address)
