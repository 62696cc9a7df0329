"""Milliseconds as a person says them."""

from __future__ import annotations

import pytest

from tts_chaos.reporting.durations import say_duration


@pytest.mark.parametrize(
    ("duration_ms", "said"),
    [
        (None, "-"),
        (0, "0 ms"),
        (999, "999 ms"),
        (1_000, "1 s"),
        (1_250, "1.2 s"),
        (59_400, "59.4 s"),
        (60_000, "1 min"),
        (61_000, "1 min 1 s"),
        (3_600_000, "1 h"),
        (5_400_000, "1 h 30 min"),
        (3_601_000, "1 h"),
        (86_400_000, "1 d"),
        (90_000_000, "1 d 1 h"),
        (604_800_000, "7 d"),
    ],
)
def test_a_duration_is_said_in_at_most_two_units(duration_ms: int | None, said: str) -> None:
    assert say_duration(duration_ms) == said
