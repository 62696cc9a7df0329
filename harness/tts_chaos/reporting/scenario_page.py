"""The page of a run of scenarios: what it shows, computed from summaries and timelines.

Pure but for the template: summaries in, one HTML text out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tts_chaos.core.verdict import Outcome
from tts_chaos.reporting.charts import COLOURS, KINDS, LANES, chart_specifications
from tts_chaos.reporting.durations import say_duration
from tts_chaos.reporting.gate.telling import found_nothing
from tts_chaos.reporting.page import render_page
from tts_chaos.reporting.story import history_name
from tts_chaos.reporting.summary import EXIT_STATUS

__all__ = ["MEANINGS", "scenario_page"]

MEANINGS = {
    Outcome.PASSED: "nothing lost, doubled or leaked, and whole again within the objective",
    Outcome.SAFETY_VIOLATED: "something that must never happen did",
    Outcome.NOT_RECOVERED: "the trouble was over and the integration did not become whole",
    Outcome.ABORTED: "it did not even work before anything was broken",
    Outcome.INCONCLUSIVE: "an outcome stayed unknown",
    Outcome.NOT_EXERCISED: "it lacks a capability, or a fault never fired",
    Outcome.HARNESS_ERROR: "the harness or the set-up failed",
}
"""What each outcome means, in one line."""

_GRAVEST_FIRST = (*EXIT_STATUS, Outcome.PASSED.value)


def scenario_page(
    document: Mapping[str, Any], timelines: Mapping[str, Any], *, gate: Mapping[str, Any] | None
) -> str:
    """Return the page.

    Args:
        document: The JSON report (`summary.to_document`).
        timelines: By `history_name`, what `timeline_of` made of each run that was played.
        gate: What the gate decided; None where none was asked.

    Raises:
        BackendUnavailableError: If a package of the extra `report` is not installed.
    """
    runs = sorted(document["runs"], key=_gravest_first)
    data = {
        "format": "tts-chaos-page/1",
        "runs": [_row(run) for run in runs],
        "timelines": [timelines.get(_file(run)) for run in runs],
        "outcomes": _outcomes(),
        "kinds": [[kind, *words] for kind, words in KINDS.items()],
        "lanes": LANES,
        "charts": chart_specifications(),
    }
    return render_page(
        "scenarios.html",
        data,
        verdict=_verdict(document, gate),
        document=document,
        broken=_broken_rules(runs),
        counts=[(name, document["counts"].get(name, 0)) for name in _GRAVEST_FIRST],
        meanings=MEANINGS,
        gate=gate,
        proxies=sorted({run.get("proxy") or "" for run in runs} - {""}),
    )


def _gravest_first(run: Mapping[str, Any]) -> tuple[int, str, str]:
    return _GRAVEST_FIRST.index(run["outcome"]), run["scenario"], run["world"]


def _file(run: Mapping[str, Any]) -> str:
    return history_name(run["scenario"], run["world"])


def _row(run: Mapping[str, Any]) -> dict[str, Any]:
    recovery_ms, rto_ms = run.get("recovery_ms"), run.get("rto_ms")
    share = round(100 * recovery_ms / rto_ms, 2) if recovery_ms is not None and rto_ms else None
    return {
        **run,
        "history": f"histories/{_file(run)}",
        "recovered": say_duration(recovery_ms),
        "objective": say_duration(rto_ms),
        "share": share,
    }


def _broken_rules(runs: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the broken rules, those of most runs first: one cause often breaks many scenarios."""
    found: dict[str, dict[str, Any]] = {}
    for run in runs:
        for finding in {f["rule"]: f for f in run["findings"]}.values():
            row = found.setdefault(finding["rule"], {**finding, "runs": 0, "in": run["scenario"]})
            row["runs"] += 1
    return sorted(found.values(), key=lambda row: -row["runs"])


def _outcomes() -> list[dict[str, str]]:
    return [
        {
            "name": name,
            "meaning": MEANINGS[Outcome(name)],
            "light": COLOURS["light"][Outcome(name)],
            "dark": COLOURS["dark"][Outcome(name)],
        }
        for name in _GRAVEST_FIRST
    ]


def _gravest(document: Mapping[str, Any]) -> str:
    run = min(document["runs"], key=_gravest_first)
    worst = next(iter(run["findings"]), None)
    said = worst["message"] if worst and run["outcome"] != "aborted" else run["reason"]
    return f"{run['scenario']}, {run['outcome'].replace('_', ' ')}: {said}"


def _verdict(document: Mapping[str, Any], gate: Mapping[str, Any] | None) -> dict[str, str]:
    """Return the word that comes first, its tone, and the sentence behind it."""
    played = len(document["runs"])
    passed = document["counts"].get("passed", 0)
    if gate is not None:
        tone = "good" if gate["decision"] == "release" else "bad"
        return {"word": gate["decision"].capitalize(), "tone": tone, "because": gate["because"]}
    search = document.get("search")
    if not played and search is not None and found_nothing(search):
        because = f"{search['schedules']} schedules of faults were played, and nothing broke."
        return {"word": "Nothing found", "tone": "good", "because": because}
    if not played:
        because = "no scenario was played: this run says nothing about the integration"
        return {"word": "Nothing played", "tone": "bad", "because": because}
    if passed == played:
        because = f"{played} of {played} runs passed: {MEANINGS[Outcome.PASSED]}."
        return {"word": "Passed", "tone": "good", "because": because}
    failed = played - passed
    because = f"{failed} of {played} runs did not pass; the gravest: {_gravest(document)}"
    return {"word": "Failed", "tone": "bad", "because": because}
