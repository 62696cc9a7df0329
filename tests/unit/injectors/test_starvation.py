"""A busy machine is no hang: time in which a process was given no core does not count."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from tts_chaos.injectors.virtual_time import originals, starvation, watchdog
from tts_chaos.injectors.virtual_time.scheduler import Scheduler
from tts_chaos.injectors.virtual_time.starvation import starved_s
from tts_chaos.injectors.virtual_time.watchdog import MOST_PATIENCE, Watchdog


def _watching(
    monkeypatch: pytest.MonkeyPatch, *, now_s: list[float], starved: list[float]
) -> Watchdog:
    monkeypatch.setattr(originals, "monotonic", lambda: now_s[-1])
    monkeypatch.setattr(watchdog, "starved_s", lambda: starved[-1])
    return Watchdog(cast("Scheduler", SimpleNamespace()), 20.0)


def test_time_without_a_core_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    now_s, starved = [0.0], [5.0]
    dog = _watching(monkeypatch, now_s=now_s, starved=starved)
    assert dog._spent_s() == 0.0

    now_s.append(30.0)
    starved.append(30.0)

    assert dog._spent_s() == 5.0


def test_time_that_is_waited_or_computed_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    now_s = [0.0]
    dog = _watching(monkeypatch, now_s=now_s, starved=[5.0])
    dog._spent_s()

    now_s.append(30.0)

    assert dog._spent_s() == 30.0


def test_patience_with_a_busy_machine_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    now_s, starved = [0.0], [0.0]
    dog = _watching(monkeypatch, now_s=now_s, starved=starved)
    dog._spent_s()

    now_s.append(20.0 * MOST_PATIENCE + 20.0)
    starved.append(now_s[-1])

    assert dog._spent_s() > 20.0


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells how long a thread waited")
def test_linux_tells_a_sum_that_is_never_negative() -> None:
    assert starved_s() >= 0.0


def test_elsewhere_nothing_is_known(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(starvation, "_TASKS", tmp_path / "absent")

    assert starved_s() == 0.0


def test_the_second_number_of_each_thread_counts(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, text in (("1", "10 2000000000 3"), ("2", "10 500000000 3"), ("3", "odd")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "schedstat").write_text(text, encoding="utf-8")
    monkeypatch.setattr(starvation, "_TASKS", tmp_path)

    assert starved_s() == 2.5
