"""Writes the reports of a run into a folder, and tells what it wrote."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from tts_chaos.errors import BackendUnavailableError
from tts_chaos.reporting.scenario_page import scenario_page
from tts_chaos.reporting.summary import to_json

__all__ = ["write_reports"]


def write_reports(
    folder: Path,
    document: dict[str, Any],
    timelines: Mapping[str, str],
    *,
    gate: Mapping[str, Any] | None = None,
) -> list[str]:
    """Write `report.json` and `report.html`; returns a line for each, to be shown.

    Args:
        folder: Made where it is missing.
        document: The JSON report, as a value.
        timelines: By the name of a run's history, as JSON.
        gate: What the gate decided, if it was asked.
    """
    folder.mkdir(parents=True, exist_ok=True)
    told = folder / "report.json"
    told.write_text(to_json(document), encoding="utf-8")
    shown = folder / "report.html"
    raw = {name: msgspec.Raw(text.encode()) for name, text in timelines.items()}
    try:
        page = scenario_page(document, raw, gate=gate)
    except BackendUnavailableError as error:
        # One of an earlier run would be taken for this one's.
        shown.unlink(missing_ok=True)
        return [f"report: {told}", f"no report.html: {error}"]
    shown.write_text(page, encoding="utf-8")
    return [f"report: {told}", f"report: {shown}"]
