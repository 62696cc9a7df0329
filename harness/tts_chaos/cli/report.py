"""Make report.html again from report.json and the histories beside it.

For reports of several machines that were put together, or of a run on a machine that lacked the
packages for the page. Exit codes: 0 where the page was written, 1 where a package is missing, 2 for
a folder that is no report.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import msgspec

from tts_chaos.core.history import History
from tts_chaos.errors import UsageError
from tts_chaos.reporting.scenario_page import scenario_page
from tts_chaos.reporting.story import history_name
from tts_chaos.reporting.timeline import timeline_of

__all__ = ["add_arguments", "read_report", "run"]

FORMAT = "tts-chaos-report/1"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("folder", metavar="DIR", help="folder that --tts-report wrote")


def run(options: argparse.Namespace) -> int:
    """Write the page; returns 0.

    Raises:
        UsageError: If the folder is no report, or a history in it cannot be read.
        BackendUnavailableError: If a package of the extra `report` is missing.
    """
    folder = Path(options.folder)
    document = read_report(folder)
    timelines = {}
    for row in document["runs"]:
        name = history_name(row["scenario"], row["world"])
        file = folder / "histories" / name
        if file.is_file():
            timelines[name] = timeline_of(_read_history(file), rto_ms=row.get("rto_ms") or 0)
    page = folder / "report.html"
    page.write_text(scenario_page(document, timelines, gate=document.get("gate")), "utf-8")
    print(page)
    return 0


def read_report(folder: Path) -> dict[str, Any]:
    """Return the JSON report of a folder.

    Raises:
        UsageError: If there is none, or it is none.
    """
    file = folder / "report.json"
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(
            f"{file} cannot be read: {error.strerror}; name the folder that "
            "`pytest --tts-chaos --tts-report DIR` wrote"
        ) from None
    except ValueError as error:
        raise UsageError(f"{file} is no valid JSON: {error}") from None
    said = document.get("format") if isinstance(document, dict) else None
    if said != FORMAT or not isinstance(document.get("runs"), list):
        raise UsageError(f"{file}: expected a report of the format {FORMAT!r}, got {said!r}")
    return dict(document)


def _read_history(file: Path) -> History:
    try:
        return History.from_json_lines(file.read_bytes())
    except msgspec.MsgspecError as error:
        raise UsageError(f"{file} is no history: {error}") from None
