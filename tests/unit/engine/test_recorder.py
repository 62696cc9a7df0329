"""Records get their place and instant when they are kept, and no run fills the memory."""

from __future__ import annotations

import pytest

from tts_chaos.core.clock import ManualClock
from tts_chaos.core.history import Waiting
from tts_chaos.engine import recorder as module
from tts_chaos.engine.recorder import Recorder
from tts_chaos.errors import LimitExceededError


def test_a_record_gets_its_index_and_its_instant() -> None:
    clock = ManualClock(1000)
    recorder = Recorder(clock)

    recorder.add(Waiting(reason="a"))
    clock.advance(5)
    kept = recorder.add(Waiting(reason="b"))

    assert (kept.index, kept.at_ms) == (1, 1005)
    assert [record.index for record in recorder.history()] == [0, 1]


def test_a_record_kept_for_later_has_the_place_and_instant_of_its_keeping() -> None:
    clock = ManualClock(1000)
    recorder = Recorder(clock)

    recorder.add_later(lambda: Waiting(reason="a"))
    clock.advance(5)
    recorder.add(Waiting(reason="b"))

    first, second = recorder.history()
    assert (first.index, first.at_ms, second.index, second.at_ms) == (0, 1000, 1, 1005)


def test_a_record_kept_for_later_is_written_once_and_only_if_read() -> None:
    recorder = Recorder(ManualClock())
    written: list[str] = []

    def write() -> Waiting:
        written.append("a")
        return Waiting(reason="a")

    recorder.add_later(write)
    assert written == []

    assert list(recorder.history()) == list(recorder.history())
    assert written == ["a"]


def test_a_history_taken_before_does_not_grow() -> None:
    recorder = Recorder(ManualClock())
    before = recorder.history()

    recorder.add(Waiting(reason=""))

    assert (len(before), len(recorder.history())) == (0, 1)


def test_an_endless_run_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RECORD_LIMIT", 1)
    recorder = Recorder(ManualClock())
    recorder.add(Waiting(reason=""))

    with pytest.raises(LimitExceededError, match="the run is endless"):
        recorder.add(Waiting(reason=""))
