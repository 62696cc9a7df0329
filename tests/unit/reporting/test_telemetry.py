"""Runs as OpenTelemetry traces: what the spans say, and that they arrive where they are sent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.support.histories import Story, order, told
from tests.support.otlp_collector import collecting

from tts_chaos.core.history import Exchange, History
from tts_chaos.core.verdict import Outcome, Phase, Verdict
from tts_chaos.engine.result import RunResult
from tts_chaos.errors import BackendUnavailableError, ConfigError
from tts_chaos.oracles.oracle import Finding, OracleReport
from tts_chaos.reporting.telemetry import exporting
from tts_chaos.reporting.telemetry.exporting import check_target, export_runs
from tts_chaos.reporting.telemetry.spans import Span, spans_of

SECRET = "{access_token:1}"


def _history() -> History:
    return (
        Story()
        .phase(Phase.BASELINE)
        .observe("alerts", [])
        .phase(Phase.TURBULENCE)
        .fault("platform_down", "armed")
        .invoke("sync_orders")
        .fault("platform_down", "fired")
        .call("search", status=503, code=36009003, took_ms=250, faults=("platform_down",))
        .call("search", status=0, code=None, fate="reset", took_ms=50)
        .wait(1_000)
        .fail("SyncIncompleteError: 503")
        .observe("alerts", [{"cause": "outage", "message": "the buyer's words"}])
        .fault("platform_down", "lifted")
        .webhook("N1", status=200, type=1)
        .phase(Phase.RECOVERY)
        .wait(60_000)
        .invoke("sync_orders")
        .call("search", took_ms=20)
        .ok()
        .observe("alerts", [{"cause": "outage", "message": "the buyer's words"}])
        .observe("orders", [told(order("1"))])
        .waiting("")
        .phase(Phase.JUDGE)
        .history()
    )


def _result(outcome: Outcome = Outcome.PASSED, **changes: Any) -> RunResult:
    finding = Finding(rule="order_lost", message="1 of 2 orders is not known", worst=7)
    failed = outcome is not Outcome.PASSED
    values: dict[str, Any] = {
        "scenario": "overload/outage-503",
        "title": "The platform is down",
        "path": "x.toml",
        "world": "simulated",
        "seed": "7",
        "outcome": outcome,
        "reason": finding.message if failed else "",
        "recovery_ms": 60_000,
        "rto_ms": 1_800_000,
        "covered_ms": 62_000,
        "calls": 3,
        "reports": (
            OracleReport(oracle="orders_complete", verdict=Verdict.INVALID, findings=(finding,)),
        )
        if failed
        else (),
        "receipts": (),
        "missing": (),
        "refused_destinations": (),
        "proxy": "",
        "contract_digest": "c0ffee",
        "history": _history(),
    }
    return RunResult(**{**values, **changes})


def _by_key(spans: tuple[Span, ...]) -> dict[str, Span]:
    return {span.key: span for span in spans}


# -- what they say ------------------------------------------------------------------------------


def test_a_run_is_one_tree_of_phases_actions_and_exchanges() -> None:
    spans = spans_of(_result())

    found = _by_key(spans)
    assert [span.name for span in spans if span.parent == "run"] == [
        "phase baseline", "phase turbulence", "phase recovery", "phase judge",
    ]  # fmt: skip
    first = found["exchange 1"]
    assert (first.name, first.kind) == ("POST order.202309.get_order_list", "client")
    assert found[first.parent].name == "action sync_orders"
    assert found[found[first.parent].parent].name == "phase turbulence"
    assert first.end_ms - first.begin_ms == 250
    assert all(span.parent in found for span in spans[1:])
    assert all(span.begin_ms <= span.end_ms for span in spans)
    assert all(
        found[span.parent].begin_ms <= span.begin_ms <= found[span.parent].end_ms
        for span in spans[1:]
    )


def test_an_exchange_has_the_attributes_of_http_and_ours() -> None:
    found = _by_key(spans_of(_result()))

    refused, cut, good = (found[f"exchange {call}"] for call in (1, 2, 3))
    assert refused.attributes == {
        "http.request.method": "POST",
        "url.scheme": "https",
        "url.path": "/order/202309/orders/search",
        "url.full": "https://open-api.tiktokglobalshop.com/order/202309/orders/search",
        "server.address": "open-api.tiktokglobalshop.com",
        "http.response.status_code": 503,
        "error.type": "36009003",
        "tts.call": 1,
        "tts.operation": "order.202309.get_order_list",
        "tts.fate": "answered",
        "tts.committed": False,
        "tts.code": 36009003,
        "tts.faults": ("platform_down",),
    }
    assert refused.status == "error"
    assert (cut.attributes["error.type"], "http.response.status_code" in cut.attributes) == (
        "reset",
        False,
    )
    assert (good.status, "error.type" in good.attributes) == ("unset", False)


def test_faults_alerts_and_the_way_back_are_events_in_their_order() -> None:
    root = spans_of(_result())[0]

    assert [event.name for event in root.events] == [
        "tts.fault.armed",
        "tts.fault.fired",
        "tts.alert",
        "tts.fault.lifted",
        "tts.whole",
    ]
    assert root.events[2].attributes == {"tts.alert.cause": "outage"}


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        (Outcome.PASSED, "ok"),
        (Outcome.SAFETY_VIOLATED, "error"),
        (Outcome.NOT_EXERCISED, "error"),
        (Outcome.INCONCLUSIVE, "error"),
    ],
)
def test_the_verdict_is_the_status_of_the_root(outcome: Outcome, status: str) -> None:
    root = spans_of(_result(outcome))[0]

    assert (root.status, root.attributes["tts.outcome"]) == (status, outcome.value)
    assert root.message == (
        "" if status == "ok" else f"{outcome.value}: 1 of 2 orders is not known"
    )


def test_a_broken_rule_is_an_event_where_it_shows() -> None:
    result = _result(Outcome.SAFETY_VIOLATED)

    (event,) = (e for e in spans_of(result)[0].events if e.name == "tts.finding")

    assert event.attributes["tts.rule"] == "order_lost"
    assert event.at_ms == result.history.records[7].at_ms


@pytest.mark.parametrize(("world", "time"), [("simulated", "virtual"), ("wire", "real")])
def test_the_root_says_what_its_instants_are(world: str, time: str) -> None:
    assert spans_of(_result(world=world))[0].attributes["tts.time"] == time


def test_nothing_of_headers_bodies_queries_and_alerts_is_told() -> None:
    result = _result()
    assert any(SECRET in repr(x) for x in result.history.of(Exchange))

    told_of = repr(spans_of(result))

    assert [w for w in (SECRET, "{sign", "app_key", "buyer", "?") if w in told_of] == []


def test_actions_side_by_side_own_no_exchange() -> None:
    story = Story().phase(Phase.TURBULENCE).invoke("sync_orders").invoke("push_stock")
    history = story.call("search").ok().ok().history()

    found = _by_key(spans_of(_result(history=history)))

    assert found["exchange 1"].parent == "phase 0"


def test_a_run_without_records_is_a_root_alone() -> None:
    assert [span.key for span in spans_of(_result(history=History([])))] == ["run"]


# -- that they arrive ---------------------------------------------------------------------------


def test_a_collector_gets_the_tree_with_instants_kinds_and_status() -> None:
    result = _result(Outcome.SAFETY_VIOLATED)
    expected = spans_of(result)

    with collecting() as collector:
        count = export_runs([expected], collector.url)

    assert (count, len(collector.spans)) == (len(expected), len(expected))
    assert collector.paths == ["/v1/traces"]
    ids = {span.span_id: span for span in collector.spans}
    assert len({span.trace_id for span in collector.spans}) == 1
    (root,) = [span for span in collector.spans if not span.parent_span_id]
    assert root.name == "scenario overload/outage-503"
    assert (root.status.code, root.status.message) == (
        2,
        "safety_violated: 1 of 2 orders is not known",
    )
    assert root.start_time_unix_nano == result.history.records[0].at_ms * 1_000_000
    assert "tts.finding" in [event.name for event in root.events]
    (call,) = [s for s in collector.spans if s.name.startswith("POST") and s.status.message == ""
               and s.status.code == 0]  # fmt: skip
    assert ids[call.parent_span_id].name == "action sync_orders"
    assert call.kind == 3
    resource = collector.requests[0].resource_spans[0].resource
    assert {a.key: a.value.string_value for a in resource.attributes}["service.name"] == "tts-chaos"


def test_each_run_is_a_trace_and_many_spans_go_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "BATCH", 10)
    # What thins out production's traces has no say here.
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "always_off")
    runs = [spans_of(_result()) for _ in range(3)]

    with collecting() as collector:
        count = export_runs(runs, f"{collector.url}/custom/path")

    assert len({span.trace_id for span in collector.spans}) == 3
    assert len(collector.spans) == count == 3 * len(runs[0])
    assert set(collector.paths) == {"/custom/path"}
    assert len(collector.requests) == -(-count // 10)


def test_a_collector_that_refuses_is_told_with_what_it_took() -> None:
    with collecting() as collector:
        collector.status = 400
        with pytest.raises(BackendUnavailableError, match="took 0 of 11 spans") as caught:
            export_runs([spans_of(_result())], collector.url)

    assert "/v1/traces" in str(caught.value)
    assert "see that a collector listens there" in str(caught.value)


def test_a_file_has_one_request_a_line_with_ids_in_hexadecimal(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "traces.jsonl"

    for _ in range(2):
        export_runs([spans_of(_result())], f"file:{file}")

    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    spans = lines[0]["resourceSpans"][0]["scopeSpans"][0]["spans"]
    assert len(lines) == 2
    assert {len(span["traceId"]) for span in spans} == {32}
    assert {len(span["spanId"]) for span in spans} == {16}
    known = {span["spanId"] for span in spans}
    assert all(span.get("parentSpanId", span["spanId"]) in known for span in spans)


def test_the_terminal_gets_a_line_for_each_span() -> None:
    lines: list[str] = []

    export_runs([spans_of(_result())], "console", tell=lines.append)

    assert len(lines) == 11
    assert json.loads(lines[0])["name"] == "scenario overload/outage-503"


@pytest.mark.parametrize("target", ["", "file:", "127.0.0.1:4318", "ftp://a", "http://", "stdout"])
def test_a_target_that_is_none_is_refused(target: str) -> None:
    with pytest.raises(ConfigError, match="is no place to export to; expected"):
        check_target(target)


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")

    with pytest.raises(ConfigError, match="cannot be written"):
        export_runs([spans_of(_result())], f"file:{tmp_path / 'taken' / 'x.jsonl'}")
