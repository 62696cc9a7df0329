"""What a page shows of a history: lanes, kinds, both ledgers, and what is left out."""

from __future__ import annotations

from tests.support.histories import Story, order, told
from tests.support.report_documents import lossy_history

from tts_chaos.core.history import History
from tts_chaos.reporting.ledgers import Difference, compare_ledgers
from tts_chaos.reporting.timeline import MOMENTS_MOST, timeline_of


def test_every_kind_of_record_has_its_lane() -> None:
    timeline = timeline_of(lossy_history(), rto_ms=1_800_000)

    assert {moment.lane for moment in timeline.moments} == {
        "phase",
        "action",
        "request",
        "fault",
        "alert",
        "recovery",
    }
    assert [bar.name for bar in timeline.bars] == [
        "baseline",
        "turbulence",
        "heal",
        "recovery",
        "judge",
        "platform_down",
        "sync_orders()",
        "sync_orders()",
    ]


def test_recovery_is_held_against_its_objective() -> None:
    timeline = timeline_of(lossy_history(), rto_ms=1_800_000)

    assert (timeline.whole_ms, timeline.objective_ms) == (60_000, 1_800_000)


def test_a_refused_request_a_lost_answer_and_a_good_one_are_told_apart() -> None:
    history = (
        Story()
        .call("search")
        .call("search", status=200, code=105002)
        .call("search", status=0, fate="reset")
        .history()
    )

    kinds = [moment.kind for moment in timeline_of(history, rto_ms=1).moments]

    assert kinds == ["ok", "refused", "lost"]


def test_an_alert_is_shown_once_however_often_it_is_told() -> None:
    alert = {"cause": "outage", "message": "down"}
    history = Story().observe("alerts", [alert]).observe("alerts", [alert, "late"]).history()

    texts = [moment.text for moment in timeline_of(history, rto_ms=1).moments]

    assert texts == ["alert: outage: down", "alert: late"]


def test_of_a_very_long_run_plain_successes_in_the_middle_are_left_out() -> None:
    story = Story()
    for _ in range(MOMENTS_MOST):
        story.call("search")
    story.call("search", status=503, code=36009003)
    for _ in range(MOMENTS_MOST):
        story.call("search")

    timeline = timeline_of(story.history(), rto_ms=1)

    assert len(timeline.moments) + timeline.left_out == 2 * MOMENTS_MOST + 1
    assert len(timeline.moments) <= MOMENTS_MOST
    assert [m.kind for m in timeline.moments].count("refused") == 1


def test_an_empty_history_has_an_empty_timeline() -> None:
    assert timeline_of(History(()), rto_ms=1).moments == ()


def test_ledgers_show_what_is_missing_imagined_doubled_and_different() -> None:
    known = told(order("1"), status="CANCELLED")
    history = (
        Story()
        .observe("orders", [known, known, told(order("3"))])
        .truth(orders=[order("1"), order("2")])
        .history()
    )

    (ledger,) = compare_ledgers(history)

    assert (ledger.platform, ledger.integration, ledger.equal) == (2, 2, 0)
    assert ledger.differences == (
        Difference(about="2", field="the order", platform="has it"),
        Difference(about="3", field="the order", integration="has it"),
        Difference(about="1", field="the order", platform="once", integration="more than once"),
        Difference(
            about="1", field="status", platform="AWAITING_SHIPMENT", integration="CANCELLED"
        ),
    )


def test_equal_ledgers_have_no_differences_whatever_the_money_is_written_as() -> None:
    history = (
        Story()
        .observe("orders", [told(order("1"), total_amount="5.0")])
        .observe("stock", {"S1": 4})
        .truth(orders=[order("1", total_amount="5.00")], stock={"S1": 4, "S2": 1})
        .history()
    )

    found = compare_ledgers(history)

    assert [(row.name, row.equal, row.differences) for row in found] == [
        ("orders", 1, ()),
        ("stock", 1, ()),
    ]


def test_what_cannot_be_read_is_said() -> None:
    (ledger,) = compare_ledgers(Story().observe("orders", "many").truth().history())

    assert ledger.unreadable == "orders() told what cannot be read as orders"
