"""Writes the reports of a run into a folder, and tells what it wrote."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from tts_chaos.errors import BackendUnavailableError
from tts_chaos.reporting.gate.decision import Decision
from tts_chaos.reporting.gate.telling import as_annotations, as_code_quality, as_markdown
from tts_chaos.reporting.scenario_page import scenario_page
from tts_chaos.reporting.summary import to_json

__all__ = ["tell_ci", "write_reports"]


def write_reports(
    folder: Path,
    document: dict[str, Any],
    timelines: Mapping[str, str],
    *,
    gate: Decision | None = None,
) -> list[str]:
    """Write JSON, HTML, Markdown and code quality; returns a line for each, to be shown.

    Args:
        folder: Made where it is missing.
        document: The JSON report, as a value.
        timelines: By the name of a run's history, as JSON.
        gate: What the gate decided, if it was asked.
    """
    folder.mkdir(parents=True, exist_ok=True)
    told = folder / "report.json"
    decided = None if gate is None else msgspec.to_builtins(gate)
    if decided is not None:
        document = {**document, "gate": decided}
    told.write_text(to_json(document), encoding="utf-8")
    (folder / "summary.md").write_text(as_markdown(document, gate), encoding="utf-8")
    quality = as_code_quality(document, gate)
    (folder / "gl-code-quality.json").write_text(quality, encoding="utf-8")
    shown = folder / "report.html"
    raw = {name: msgspec.Raw(text.encode()) for name, text in timelines.items()}
    try:
        page = scenario_page(document, raw, gate=decided)
    except BackendUnavailableError as error:
        # One of an earlier run would be taken for this one's.
        shown.unlink(missing_ok=True)
        return [f"report: {told}", f"no report.html: {error}"]
    shown.write_text(page, encoding="utf-8")
    return [f"report: {told}", f"report: {shown}"]


def tell_ci(
    document: Mapping[str, Any], gate: Decision | None, environment: Mapping[str, str]
) -> list[str]:
    """Tell the CI system that runs us, where its variables say which; returns lines to print.

    On GitHub the summary of the step is added to its page, and failures become annotations.
    """
    summary = environment.get("GITHUB_STEP_SUMMARY")
    if summary:
        with Path(summary).open("a", encoding="utf-8") as page:
            page.write(as_markdown(document, gate))
    return as_annotations(document, gate) if environment.get("GITHUB_ACTIONS") == "true" else []
