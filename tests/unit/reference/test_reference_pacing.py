"""Waits: growing, spread, bounded, and as long as the platform asks."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from tts_chaos.reference.database import Database
from tts_chaos.reference.pacing import Jitter, Pauses, read_retry_after, seconds_to_full_hour
from tts_chaos.reference.settings import Patience

PATIENCE = Patience(base_s=1.0, cap_s=60.0)


@pytest.mark.parametrize("attempt", range(1, 12))
def test_a_pause_is_never_zero_and_never_above_its_bound(attempt: int) -> None:
    pause_s = Jitter("seed").pause_s(PATIENCE, attempt)

    assert 0.5 <= pause_s <= min(60.0, 2.0 ** (attempt - 1))


def test_two_clients_do_not_pause_alike() -> None:
    assert Jitter("one").pause_s(PATIENCE, 6) != Jitter("two").pause_s(PATIENCE, 6)


def test_one_seed_gives_the_same_pauses() -> None:
    assert Jitter("one").pause_s(PATIENCE, 6) == Jitter("one").pause_s(PATIENCE, 6)


def test_a_wait_that_was_asked_for_is_never_cut_short() -> None:
    assert Jitter("seed").after_s(PATIENCE, 30.0) > 30.0


def test_retry_after_in_seconds_is_read() -> None:
    assert read_retry_after("120") == 120.0


def test_retry_after_as_a_date_is_meant_by_the_clock_of_the_answer() -> None:
    wait_s = read_retry_after("Tue, 27 Oct 2026 09:00:30 GMT", date="Tue, 27 Oct 2026 09:00:00 GMT")

    assert wait_s == 30.0


def test_a_date_that_is_over_asks_for_no_wait() -> None:
    assert read_retry_after("Tue, 27 Oct 2015 09:00:30 GMT") == 0.0


@pytest.mark.parametrize("value", ["", "soon", "-5", "12 minutes"])
def test_a_retry_after_that_says_nothing_is_told_apart_from_zero(value: str) -> None:
    assert read_retry_after(value) is None


def test_an_hourly_quota_starts_anew_with_the_full_hour() -> None:
    assert seconds_to_full_hour(7_200.0 + 600.0) == 3_000.0


def test_a_pause_survives_a_restart_and_holds_for_its_scope_only(tmp_path: Path) -> None:
    path = tmp_path / "pauses.sqlite3"
    with closing(Database(path)) as database:
        Pauses(database).set("7001 order.search", wait_s=60.0, cause="rate_limit")

    with closing(Database(path)) as database:
        reopened = Pauses(database)

        assert 59.0 < reopened.left_s("7001 order.search") <= 60.0
        assert reopened.left_s("7002 order.search") == 0.0


def test_a_shorter_pause_does_not_shorten_a_longer_one(tmp_path: Path) -> None:
    with closing(Database(tmp_path / "pauses.sqlite3")) as database:
        pauses = Pauses(database)
        pauses.set("scope", wait_s=60.0, cause="rate_limit")

        pauses.set("scope", wait_s=1.0, cause="rate_limit")

        assert pauses.left_s("scope") > 59.0
