"""The contingency plan: nine steps from evidence, no number without a source, nothing invented."""

from __future__ import annotations

import datetime
import html
import json
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.support.plan_evidence import (
    EVERYTHING,
    FULL_SETTINGS,
    played,
    recovered,
    write_load,
    write_report,
)
from tests.support.report_documents import HOSTILE, lossy_history

from tts_chaos._data import data_folder
from tts_chaos.cli.main import main
from tts_chaos.errors import InternalError, PlanError
from tts_chaos.reporting.plan.failures import FAILURES, failures_of
from tts_chaos.reporting.plan.functions import FUNCTIONS
from tts_chaos.reporting.plan.measuring import canary, detection, interruption, recovery
from tts_chaos.reporting.plan.model import Plan, Words, text
from tts_chaos.reporting.plan.numbers import spell
from tts_chaos.reporting.plan.people import ROLES
from tts_chaos.reporting.plan.settings import (
    NotApplicable,
    Objectives,
    Rates,
    Team,
    load_settings,
)
from tts_chaos.reporting.plan.starting import STARTING
from tts_chaos.reporting.plan.tracing import read_plan, trace
from tts_chaos.scenarios.loader import find_scenario_files, load_scenario
from tts_chaos.scenarios.model import ActionStep, FaultStep

FAULT = {"platform_down"}
DATE = ["--date", "2026-12-01"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _plan(*arguments: str, status: int) -> Plan:
    assert main(["plan", "out", *DATE, *arguments]) == status
    return read_plan(Path("out/plan/plan.json"))


def _whole(folder: Path) -> None:
    write_report(folder / "out", EVERYTHING)
    write_load(folder / "load")
    (folder / "tts-plan.toml").write_text(FULL_SETTINGS)


def _commands(plan: Plan) -> list[str]:
    return [problem.command for problem in plan.problems]


def _told(plan: Plan, kind: str) -> list[str]:
    numbers = {q.id: q.text for q in plan.quantities}
    return [
        "".join(getattr(piece, "text", "") or numbers[piece.id] for piece in problem.text)  # type: ignore[union-attr]
        for problem in plan.problems
        if problem.kind == kind
    ]


# -- whole plans --------------------------------------------------------------------------------


def test_a_plan_with_everything_is_ready_and_every_number_is_traced(folder: Path) -> None:
    _whole(folder)

    plan = _plan("--load", "load", status=0)

    assert (plan.word, plan.problems) == ("ready", ())
    assert [section.name for section in plan.sections] == [
        "functions", "impact", "frame", "team", "actions", "communication", "resources",
        "objectives", "review",
    ]  # fmt: skip
    traces = trace(plan, folder / "out/plan")
    assert len(traces) > 80
    assert [row for row in traces if row.problem] == []


def test_numbers_are_those_of_the_evidence(folder: Path) -> None:
    _whole(folder)

    plan = _plan("--load", "load", status=0)

    value = {quantity.about: quantity.value for quantity in plan.quantities}
    assert value["orders that the shop does not know after a week"] == 6720
    assert value["worth of the orders that wait after a day"] == 30240
    assert value["recovery, long/week-1 [simulated]"] == 90_000
    assert value["time of the fault platform_down, long/day-1 [simulated]"] == 86_400_000
    assert value["arrival of the test order, each/clock [simulated]"] == 7_000
    assert value["time until an alert of clock, each/clock [simulated]"] == 30_500
    assert value["longest standstill of sync_orders, each/clock [simulated]"] == 3_659_500
    assert value["time until checkout kept its limits again under load"] == 5_000
    assert value["time until the backlog was done"] == 2_500
    assert value["day of the next review"] == "2027-03-01"


def test_nothing_in_the_page_is_a_number_without_a_source(folder: Path) -> None:
    _whole(folder)
    _plan("--load", "load", status=0)

    page = Path("out/plan/contingency-plan.html").read_text(encoding="utf-8")
    body = page[
        page.index('<main id="content">') : page.index('<section aria-labelledby="sources"')
    ]

    sourced = r'<a class="number".*?</a>|<code>.*?</code>|<q class="said".*?</q>|<pre>.*?</pre>'
    places = r'<span class="place">\d\.</span>'
    bare = re.sub(r"<[^>]+>", " ", re.sub(f"{sourced}|{places}", "", body, flags=re.DOTALL))
    bare = html.unescape(bare)
    assert re.findall(r"\S*\d\S*", bare) == []
    assert body.count('class="number"') > 100


def test_every_footnote_that_markdown_names_is_there_once(folder: Path) -> None:
    _whole(folder)
    plan = _plan("--load", "load", status=0)

    lines = Path("out/plan/contingency-plan.md").read_text(encoding="utf-8")

    used = set(re.findall(r"\[\^(n\d+)\](?!:)", lines))
    defined = re.findall(r"^\[\^(n\d+)\]:", lines, re.MULTILINE)
    assert sorted(defined) == sorted(quantity.id for quantity in plan.quantities)
    assert used <= set(defined)
    assert (
        "recovery, long/week-1 [simulated]: 90000 ms, virtual time; long/week-1 [simulated], "
        "../histories/long--week-1.simulated.jsonl, at_ms of record"
    ) in lines.replace("\\", "")


def test_what_is_said_by_others_stays_text(folder: Path) -> None:
    row = played("auth/hostile", history=lossy_history(HOSTILE), outcome="safety_violated")
    row[0]["findings"][0]["message"] = HOSTILE
    write_report(folder / "out", [row])
    (folder / "tts-plan.toml").write_text(f"integration = '''{HOSTILE}'''")

    _plan(status=20)

    page = Path("out/plan/contingency-plan.html").read_text(encoding="utf-8")
    lines = Path("out/plan/contingency-plan.md").read_text(encoding="utf-8")
    assert "<img" not in page
    assert "<img" not in lines.replace("\\<img", "")


# -- what fails and what is missing -------------------------------------------------------------


def test_a_plan_that_rests_on_a_failed_run_says_so_loudly(folder: Path) -> None:
    _whole(folder)
    failed = played("auth/lost", "token_expired", lossy_history(), outcome="safety_violated")
    write_report(folder / "out", [*EVERYTHING, failed])

    plan = _plan("--load", "load", status=20)

    assert plan.word == "not safe"
    assert _told(plan, "failed") == [
        "Do not rely on this list: auth/lost [simulated] ended as safety_violated: 1 of 2 orders "
        "is not known: 2"
    ]
    assert _commands(plan) == ["pytest --tts-chaos --tts-scenario auth/lost"]
    assert "FAILED" in Path("out/plan/contingency-plan.md").read_text(encoding="utf-8")


def test_a_failed_run_without_a_fault_counts_as_well(folder: Path) -> None:
    row, history = played("orders/plain", history=lossy_history(), outcome="not_recovered")
    row["faults"] = []
    write_report(folder / "out", [(row, history)])

    plan = _plan(status=20)

    assert [said for said in _told(plan, "failed") if "orders/plain" in said]


def test_a_load_that_failed_makes_the_plan_unsafe(folder: Path) -> None:
    _whole(folder)
    write_load(folder / "load", latency_ms=900)

    plan = _plan("--load", "load", status=20)

    assert _told(plan, "failed") == ["The load smoke ended as fail: budgets not held: checkout p95"]


def test_a_missed_objective_makes_the_plan_unsafe(folder: Path) -> None:
    _whole(folder)
    (folder / "tts-plan.toml").write_text(
        FULL_SETTINGS.replace("recovery_s = 1200", "recovery_s = 80")
    )

    plan = _plan("--load", "load", status=20)

    assert _told(plan, "failed") == [
        "The objective of outage is missed: 1 min 30 s (virtual time) of 1 min 20 s in "
        "long/week-1 [simulated]"
    ]


def test_without_settings_and_load_every_gap_is_named_with_what_to_do(folder: Path) -> None:
    write_report(folder / "out", [played("overload/outage-503")])

    plan = _plan(status=21)

    assert plan.word == "incomplete"
    said = "\n".join(_told(plan, "missing"))
    for words in (
        "Nobody is named as lead; set team.lead in tts-plan.toml",
        "Nobody is named who renews the plan",
        "Not measured: how much of orders there is in an hour; set rates.orders in tts-plan.toml",
        "what remains when the platform is gone for a week",
        "no passed run rehearsed credentials",
        "No load was measured",
        "Nobody is named who is told; set audiences in tts-plan.toml",
    ):
        assert words in said
    assert "no passed run rehearsed outage" not in said
    assert (
        "pytest --tts-chaos --tts-scenario overload/down-for-a-week --tts-report plan-more"
        in _commands(plan)
    )
    # What was not measured has no number: nothing of a week, nothing of money.
    assert not [q for q in plan.quantities if "week" in q.about or "worth" in q.about]


@pytest.mark.parametrize("name", ["clock", "outage", "webhook"])
def test_a_failure_without_its_run_is_missing_and_with_it_is_not(folder: Path, name: str) -> None:
    _whole(folder)
    write_report(
        folder / "out", [row for row in EVERYTHING if row[0]["scenario"] != f"each/{name}"]
    )
    others = sum(name in failures_of(row) for row, _ in EVERYTHING) - 1

    plan = _plan("--load", "load", status=0 if others else 21)

    gaps = [words for words in _told(plan, "missing") if f"rehearsed {name}" in words]
    assert bool(gaps) is not bool(others)


def test_what_does_not_concern_the_integration_is_left_out_with_its_reason(folder: Path) -> None:
    _whole(folder)
    rows = [row for row in EVERYTHING if row[0]["scenario"] != "each/webhook"]
    write_report(folder / "out", rows)
    (folder / "tts-plan.toml").write_text(
        f'{FULL_SETTINGS}[not_applicable]\nwebhook = "it polls"\nwebhooks = "it polls"\n'
    )

    plan = _plan("--load", "load", status=0)

    lines = Path("out/plan/contingency-plan.md").read_text(encoding="utf-8")
    assert plan.problems == ()
    assert "Left out: `webhook`, it polls." in lines


def test_a_rate_measured_in_a_load_is_marked_as_that_of_a_rehearsal(folder: Path) -> None:
    _whole(folder)
    (folder / "tts-plan.toml").write_text(FULL_SETTINGS.replace("orders = 40\n", ""))

    plan = _plan("--load", "load", status=0)

    (rate,) = [q for q in plan.quantities if q.about == "orders in an hour of the load"]
    assert (rate.value, rate.basis) == (5400.0, "load")
    assert rate.source.note == "the rate of the rehearsal, not of a day of business"


# -- evidence -----------------------------------------------------------------------------------


def test_a_history_of_another_run_is_refused(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_report(folder / "out", [played("overload/outage-503")])
    file = folder / "out/histories/overload--outage-503.simulated.jsonl"
    file.write_bytes(file.read_bytes().replace(b"refused", b"REFUSED"))

    assert main(["plan", "out"]) == 2

    said = capsys.readouterr().err
    assert "is not the history that report.json names for overload/outage-503 [simulated]" in said


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "cannot be read: No such file"),
        ("{", "no valid JSON"),
        ("[]", "expected a JSON object"),
        ('{"format": "x", "runs": []}', "expected a report of the format 'tts-chaos-report/1'"),
        ('{"format": "tts-chaos-report/1", "runs": [{}]}', "runs[0]: the run lacks 'scenario'"),
        ('{"format": "tts-chaos-report/1", "runs": []}', "nothing was measured"),
    ],
)
def test_a_report_that_is_none_is_refused(
    folder: Path, capsys: pytest.CaptureFixture[str], text: str | None, words: str
) -> None:
    (folder / "out").mkdir()
    if text is not None:
        (folder / "out/report.json").write_text(text)

    assert main(["plan", "out"]) == 2

    assert words in capsys.readouterr().err


@pytest.mark.parametrize("text", ["{}", '{"format": 2, "verdict": "pass"}', "x"])
def test_a_load_that_is_none_is_refused(
    folder: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    write_report(folder / "out", EVERYTHING[:1])
    (folder / "result.json").write_text(text)

    assert main(["plan", "out", "--load", "result.json"]) == 2

    assert "result.json" in capsys.readouterr().err


def test_of_two_reports_with_a_run_the_later_one_counts(folder: Path) -> None:
    failed = played("overload/outage-503", history=lossy_history(), outcome="safety_violated")
    write_report(folder / "out", [failed])
    write_report(folder / "again", [played("overload/outage-503")])

    assert main(["plan", "out", "again", "--to", "good"]) == 21
    assert main(["plan", "again", "out", "--to", "bad"]) == 20


def test_a_run_without_its_history_is_not_measured(folder: Path) -> None:
    write_report(folder / "out", [played("overload/outage-503")])
    (folder / "out/histories/overload--outage-503.simulated.jsonl").unlink()

    plan = _plan(status=21)

    assert "the history of overload/outage-503 [simulated] is not beside its report" in "\n".join(
        _told(plan, "missing")
    )
    assert not [q for q in plan.quantities if q.about.startswith("recovery")]


def test_the_day_is_that_of_the_option_else_of_the_settings_else_of_the_report(
    folder: Path,
) -> None:
    write_report(folder / "out", EVERYTHING[:1])
    file = folder / "tts-plan.toml"

    main(["plan", "out"])
    written = datetime.datetime.fromtimestamp(
        (folder / "out/report.json").stat().st_mtime, tz=datetime.UTC
    )
    assert read_plan(Path("out/plan/plan.json")).date == written.date().isoformat()

    file.write_text("date = 2026-11-05\n")
    main(["plan", "out"])
    plan = read_plan(Path("out/plan/plan.json"))
    assert (plan.date, plan.review) == ("2026-11-05", "2026-12-05")

    assert _plan(status=21).date == "2026-12-01"


# -- tracing ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("about", "change"),
    [
        ("recovery, long/week-1 [simulated]", 90_001),
        ("orders that the shop does not know after a week", 6721),
        ("runs that ended as passed", 3),
        ("orders lost, long/day-1 [simulated]", 1),
        ("day of the next review", "2027-03-02"),
        ("value of an order", 30.0),
        ("time until the backlog was done", 1.0),
    ],
)
def test_a_number_that_is_not_what_the_files_say_is_told(
    folder: Path, about: str, change: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    _whole(folder)
    plan = _plan("--load", "load", status=0)
    forged = tuple(
        msgspec.structs.replace(q, value=change) if q.about == about else q for q in plan.quantities
    )
    file = folder / "out/plan/plan.json"
    file.write_bytes(msgspec.json.encode(msgspec.structs.replace(plan, quantities=forged)))

    assert main(["plan", "--check", str(file)]) == 1

    said = capsys.readouterr().out
    assert f" {about}: {change}; the files say" in said


def test_a_changed_history_ends_the_way_back(folder: Path) -> None:
    _whole(folder)
    plan = _plan("--load", "load", status=0)
    file = folder / "out/histories/each--clock.simulated.jsonl"
    file.write_bytes(file.read_bytes().replace(b"refused", b"REFUSED"))

    lost = [row for row in trace(plan, folder / "out/plan") if row.problem]

    assert lost
    assert all("each--clock.simulated.jsonl is not as it was" in row.problem for row in lost)


def test_a_check_of_what_is_no_plan_is_refused(folder: Path) -> None:
    Path("x.json").write_text("{}")

    assert main(["plan", "--check", "x.json"]) == 2
    assert main(["plan", "--check", "none.json"]) == 2


# -- measuring ----------------------------------------------------------------------------------


def test_an_alert_counts_from_its_own_time_where_that_is_believable() -> None:
    fired_s = recovered().records[0].at_ms / 1000

    by_stamp = detection(recovered(alert={"at": fired_s + 12.5}), "outage", FAULT)
    in_future = detection(recovered(alert={"at": fired_s + 9_999}), "outage", FAULT)
    of_other_cause = detection(recovered(alert={"at": fired_s}), "clock", FAULT)

    assert by_stamp is not None
    assert (by_stamp.took_ms, by_stamp.member) == (12_500, 1)
    assert in_future is not None
    assert (in_future.took_ms, in_future.member) == (30_500, -1)
    assert of_other_cause is None
    assert detection(recovered(), "outage", {"clock_ahead"}) is None


def test_spans_name_the_records_and_exchanges_between_which_they_lie() -> None:
    history = recovered()

    back, stood, test = recovery(history), interruption(history, "sync_orders"), canary(history)

    assert back is not None
    assert (back.took_ms, back.phase, back.calls) == (60_000, "recovery", (2, 2))
    assert stood is not None
    assert history.records[stood.first].error == "refused"  # type: ignore[union-attr]
    assert interruption(history, "ship") is None
    assert test is not None
    assert test.took_ms == 7_000


def test_words_of_our_own_hold_no_number() -> None:
    assert text("see `a1` there") == (Words("see "), *text("`a1`"), Words(" there"))
    with pytest.raises(InternalError, match="a number without a source"):
        text("within 30 minutes")


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (1_234.5, "count", "1,234.5"),
        (40.0, "per_hour", "40"),
        (1, "days", "1 day"),
        (31.5, "GBP", "31.50 GBP"),
        ("2026-12-01", "date", "2026-12-01"),
        (1.234, "ratio", "1.23"),
    ],
)
def test_numbers_are_spelt_for_people(value: Any, unit: str, said: str) -> None:
    assert spell(value, unit) == said


# -- tables and settings ------------------------------------------------------------------------


def test_settings_have_a_place_for_each_function_failure_and_role() -> None:
    assert set(Rates.__struct_fields__) == set(FUNCTIONS)
    assert set(Objectives.__struct_fields__) == {*FUNCTIONS, *FAILURES}
    assert set(NotApplicable.__struct_fields__) == {*FUNCTIONS, *FAILURES}
    assert set(Team.__struct_fields__) == set(ROLES)


def test_scenarios_that_a_plan_asks_for_exist_and_do_what_it_needs() -> None:
    folder = data_folder("scenarios")
    known = {s.id: s for f in find_scenario_files(folder) for s in [load_scenario(f, folder)]}

    for failure in FAILURES.values():
        faults = [s.fault for s in known[failure.rehearse].method if isinstance(s, FaultStep)]
        rows = [{"name": fault.name, "fired": 1} for fault in faults]
        assert failure.name in failures_of({"faults": rows}), failure.name
    for function in FUNCTIONS.values():
        if function.rehearse and function.name not in ("orders", "webhooks"):
            steps = known[function.rehearse].method
            assert function.action in [s.action for s in steps if isinstance(s, ActionStep)]
    assert {"overload/down-for-a-day", "overload/down-for-a-week"} <= set(known)


def test_steps_name_roles_that_there_are_and_end_with_looking() -> None:
    steps = [step for failure in FAILURES.values() for step in failure.steps]

    assert {step.role for step in steps} <= set(ROLES)
    assert all(step.check for step in steps)


def test_the_settings_written_by_init_are_read_and_so_are_all_their_examples(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plan", "--init"]) == 0
    load_settings(Path("tts-plan.toml"))
    assert main(["plan", "--init"]) == 2
    assert "there already" in capsys.readouterr().err

    filled = re.sub(r"^# (?=\w+ = |\[)", "", STARTING, flags=re.MULTILINE)
    Path("tts-plan.toml").write_text(filled)
    settings = load_settings(Path("tts-plan.toml"))
    assert settings.rates.stock == 200
    assert settings.team.lead is not None
    assert settings.objectives.orders.detection_s == 300
    assert settings.not_applicable.checkout
    assert settings.audiences[0].channel == "status page"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("intgration = 'x'", "$.intgration: unknown key 'intgration'. Did you mean 'integration'?"),
        (
            "[team.led]\nname='a'\ncontact='b'",
            "$.team.led: unknown key 'led'. Did you mean 'lead'?",
        ),
        ("[team.lead]\nname = 'a'", "$.team.lead: the key 'contact' is required and missing"),
        ("[team.lead]\nname = ' '\ncontact='b'", "$.team.lead.name: expected words, got ' '"),
        ("[rates]\norders = -1", "$.rates.orders: expected"),
        ("[rates]\norder = 1", "$.rates.order: unknown key 'order'. Did you mean 'orders'?"),
        (
            "functions = ['stocks']",
            "$.functions[0]: 'stocks' is no function; did you mean 'stock'?",
        ),
        ("functions = ['stock', 'stock']", "$.functions[1]: 'stock' stands twice"),
        ("review_every_days = 0", "$.review_every_days: expected a whole number, 1 or more, got 0"),
        ("[objectives.outge]\nrecovery_s=1", "unknown key 'outge'. Did you mean 'outage'?"),
        ("[[audiences]]\nname='a'", "$.audiences[0]: the key 'channel' is required and missing"),
        ("audiences = 'a'", "$.audiences: expected a list of tables, [[audiences]], got 'a'"),
        ("[order_value]\namount = 3", "$.order_value: the key 'currency' is required and missing"),
        ("date = 'soon'", "$.date: expected"),
        ("[", "no valid TOML"),
    ],
)
def test_a_mistake_in_the_settings_is_named_with_file_and_key(
    folder: Path, text: str, words: str
) -> None:
    file = folder / "tts-plan.toml"
    file.write_text(text)

    with pytest.raises(PlanError) as caught:
        load_settings(file)

    assert words in str(caught.value)
    assert "tts-plan.toml" in str(caught.value)


def test_settings_in_a_shared_file_are_found_and_traced(folder: Path) -> None:
    write_report(folder / "out", EVERYTHING)
    (folder / "pyproject.toml").write_text(
        "[tool.tts_chaos.plan]\nreview_every_days = 7\n[tool.tts_chaos.plan.rates]\norders = 4\n"
    )

    plan = _plan(status=21)

    assert plan.review == "2026-12-08"
    assert [row for row in trace(plan, folder / "out/plan") if row.problem] == []


def test_two_places_of_settings_and_wrong_options_are_refused(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_report(folder / "out", EVERYTHING[:1])
    assert main(["plan"]) == 2
    assert main(["plan", "out", "--date", "tomorrow"]) == 2
    assert main(["plan", "out", "--config", "none.toml"]) == 2
    (folder / "tts-plan.toml").write_text("")
    (folder / "tts-chaos.toml").write_text("[plan]\n")
    assert main(["plan", "out"]) == 2

    said = capsys.readouterr().err.splitlines()
    assert "name a folder that `pytest --tts-chaos --tts-report DIR` wrote" in said[0]
    assert "--date: expected a day like 2026-12-01, got 'tomorrow'" in said[1]
    assert "there is no such file" in said[2]
    assert (
        "two files hold settings of a plan, tts-plan.toml and tts-chaos.toml; keep one" in said[3]
    )


def test_the_same_evidence_gives_the_same_bytes(folder: Path) -> None:
    _whole(folder)
    _plan("--load", "load", status=0)
    first = [file.read_bytes() for file in sorted((folder / "out/plan").iterdir())]

    _plan("--load", "load", status=0)

    assert [file.read_bytes() for file in sorted((folder / "out/plan").iterdir())] == first
    assert json.loads(first[-1])["format"] == "tts-chaos-plan/1"
