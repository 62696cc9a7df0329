"""Judging whole histories: what does not matter changes nothing, and size costs little."""

from __future__ import annotations

import time

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.histories import Story, line, order, told
from tests.support.oracle_cases import Case
from tests.unit.oracles import order_cases, run_cases, token_cases, wire_cases

from tts_chaos.core.history import History, PhaseEntered, Record, Searched, StepTaken, Waiting
from tts_chaos.core.verdict import Phase
from tts_chaos.oracles.catalogue import ORACLES, judge_all
from tts_chaos.oracles.oracle import JudgeSettings

CASES = [*order_cases.CASES, *wire_cases.CASES, *token_cases.CASES]
NOISE: tuple[Record, ...] = (
    StepTaken(kind="platform", name="place_orders"),
    StepTaken(kind="wait", name="wait", value=1),
    PhaseEntered(phase=Phase.TURBULENCE),
    Searched(channel="log", source="log", characters=1),
    Waiting(reason="not yet"),
)
ALLOWED_GROWTH = 2.5
"""Times by which a record may cost more in a history eight times as long; a rule that compares all
records with all would make it eight times."""


def renumbered(records: list[Record]) -> History:
    """Return a history with the indexes a recorder would have given."""
    return History(msgspec.structs.replace(r, index=i) for i, r in enumerate(records))


@given(
    case=st.sampled_from(CASES),
    places=st.lists(st.tuples(st.integers(0, 40), st.sampled_from(NOISE)), max_size=8),
)
def test_records_that_do_not_concern_a_rule_do_not_change_its_verdict(
    case: Case, places: list[tuple[int, Record]]
) -> None:
    records = list(case.history.records)
    for position, noise in places:
        before = records[min(position, len(records)) - 1] if records and position else None
        at_ms = before.at_ms if before else case.history.records[0].at_ms if records else 0
        records.insert(position, msgspec.structs.replace(noise, at_ms=at_ms))

    judged = ORACLES[case.oracle].judge(renumbered(records), case.settings)

    assert (judged.verdict, tuple(f.rule for f in judged.findings)) == (case.verdict, case.rules)


def _long_story(records: int) -> Story:
    orders = [order(str(i), lines=[line(f"{i}-1"), line(f"{i}-2")]) for i in range(25)]
    beliefs = [told(each) for each in orders]
    page = {"orders": [{"id": each["id"], "status": each["status"]} for each in orders]}
    story = Story().issued()
    while len(story.history()) < records:
        story.invoke("sync_orders")
        for attempt in range(20):
            failing = {"status": 500, "code": 36009003} if attempt % 3 else {}
            story.call(data=page, query={"page_token": f"p{attempt // 3}"}, **failing)  # type: ignore[arg-type]
            story.wait(400)
        story.push(5).call("ship", f"P{story.now_ms}").webhook(f"N{story.now_ms}").ok()
        story.observe("orders", beliefs).observe("stock", {"S1": 5}).observe("alerts", [])
        story.truth(orders=orders, stock={"S1": 5})
        story.wait(60_000)
    return story


def _spent_s(history: History) -> float:
    begin_s = time.process_time()
    judge_all(history, JudgeSettings(), ORACLES)
    return time.process_time() - begin_s


@pytest.mark.slow
def test_judging_costs_about_the_same_per_record_however_long_the_history() -> None:
    short, long = _long_story(1_000).history(), _long_story(8_000).history()
    growth = len(long) / len(short)

    # The best of several, taken in turns: what else the machine does only ever adds time.
    pairs = [(_spent_s(History(short.records)), _spent_s(History(long.records))) for _ in range(4)]
    ratio = min(after for _, after in pairs) / min(before for before, _ in pairs)

    assert ratio < growth * ALLOWED_GROWTH


def test_the_same_history_is_judged_the_same_twice() -> None:
    for case in run_cases.CASES:
        judge = ORACLES[case.oracle].judge

        assert judge(case.history, case.settings) == judge(case.history, case.settings)
