"""Clocks, entropy, registries, verdicts and histories."""

from __future__ import annotations

import pytest

from tts_chaos.core.clock import ManualClock, SkewedClock
from tts_chaos.core.entropy import Entropy
from tts_chaos.core.history import (
    Exchange,
    FaultEvent,
    FaultMoment,
    History,
    Observed,
    PhaseEntered,
    Record,
    Truth,
)
from tts_chaos.core.registry import Registry, nearest
from tts_chaos.core.verdict import Phase, Verdict, merge_verdicts


def test_a_manual_clock_refuses_to_go_back_and_stays() -> None:
    clock = ManualClock(1_000)

    with pytest.raises(ValueError, match="cannot go back by 5 ms"):
        clock.advance(-5)

    assert clock.now_ms() == 1_000


def test_a_skewed_clock_reads_the_base_through_its_offset() -> None:
    base = ManualClock(10_000)
    skewed = SkewedClock(base)

    skewed.offset_ms = -4_000
    base.advance(500)

    assert skewed.now_ms() == 6_500


def test_children_of_one_seed_do_not_depend_on_what_the_parent_drew() -> None:
    fresh, used = Entropy(7), Entropy(7)
    used.digits(19)

    assert fresh.child("ids").digits(19) == used.child("ids").digits(19)


def test_children_with_different_names_draw_different_values() -> None:
    entropy = Entropy(7)

    assert entropy.child("a").token(32) != entropy.child("b").token(32)


def test_ids_of_digits_never_start_with_zero() -> None:
    entropy = Entropy("leading")

    assert all(entropy.digits(3)[0] != "0" for _ in range(2_000))


def test_a_registry_names_both_owners_of_a_name() -> None:
    registry: Registry[str] = Registry("oracle")
    registry.add("same", "first owner")

    with pytest.raises(ValueError, match=r"oracle 'same' is declared twice: 'first owner'.*second"):
        registry.add("same", "second owner")


def test_an_unknown_name_is_met_with_the_nearest_one() -> None:
    registry: Registry[int] = Registry("fault")
    registry.add("token_expired", 1)

    assert "Did you mean 'token_expired'?" in registry.describe_unknown("token_expird")


def test_a_name_like_nothing_is_met_with_the_whole_list() -> None:
    registry: Registry[int] = Registry("fault")
    registry.add("token_expired", 1)

    assert "Known: token_expired." in registry.describe_unknown("zzz")


def test_nothing_is_near_to_a_word_that_resembles_nothing() -> None:
    assert nearest("qqqq", ["sync_orders"]) is None


@pytest.mark.parametrize(
    ("verdicts", "merged"),
    [
        pytest.param(
            [Verdict.VALID, Verdict.INVALID, Verdict.UNKNOWN],
            Verdict.INVALID,
            id="invalid-dominates",
        ),
        pytest.param([Verdict.VALID, Verdict.UNKNOWN], Verdict.UNKNOWN, id="unknown-beats-valid"),
        pytest.param([Verdict.VALID], Verdict.VALID, id="valid-alone"),
        pytest.param([], Verdict.UNKNOWN, id="nothing-judged-is-unknown"),
    ],
)
def test_verdicts_merge_to_the_gravest(verdicts: list[Verdict], merged: Verdict) -> None:
    assert merge_verdicts(verdicts) is merged


def _records() -> list[Record]:
    return [
        PhaseEntered(index=0, at_ms=5, phase=Phase.BASELINE),
        FaultEvent(index=1, at_ms=6, fault="f", name="token_expired", moment=FaultMoment.ARMED),
        Exchange(
            index=2, at_ms=9, call=2, operation="order.202309.get_order_list", code=0, status=200
        ),
        Exchange(index=3, at_ms=9, call=1, operation="token.v2.refresh", fate="reset"),
        Observed(index=4, at_ms=10, name="orders", value=[{"id": "1", "name": "Zoë 汉"}]),
        Observed(index=5, at_ms=11, name="orders", error="RuntimeError: no"),
        Truth(index=6, at_ms=11, ledger={"shops": {}}),
    ]


def test_a_history_survives_its_text_form() -> None:
    history = History(_records())

    again = History.from_json_lines(history.to_json_lines())

    assert again.records == history.records
    assert again.digest() == history.digest()


def test_one_changed_byte_changes_the_digest() -> None:
    text = History(_records()).to_json_lines()

    assert (
        History.from_json_lines(text.replace(b"Zo", b"Xo")).digest() != History(_records()).digest()
    )


def test_exchanges_come_in_order_of_arrival() -> None:
    assert [x.call for x in History(_records()).exchanges()] == [1, 2]


def test_the_last_observation_skips_failed_ones() -> None:
    observed = History(_records()).last_observed("orders")

    assert observed is not None
    assert observed.index == 4


def test_an_exchange_without_a_complete_answer_did_not_succeed() -> None:
    refreshed, searched = History(_records()).exchanges()

    assert searched.succeeded
    assert not refreshed.succeeded


def test_what_is_made_of_a_record_is_made_once_and_is_no_part_of_it() -> None:
    asked: list[int] = []

    def measure(truth: Truth) -> int:
        asked.append(truth.index)
        return len(truth.ledger)

    truth, equal = Truth(index=3, ledger={"shops": {}}), Truth(index=3, ledger={"shops": {}})

    assert [truth.derive(measure), truth.derive(measure)] == [1, 1]
    assert asked == [3]
    assert truth == equal
    assert History([truth]).digest() == History([equal]).digest()
