"""Reads what a plan rests on: reports with their histories, and results of loads.

A history that is not the one its report names is refused: numbers would be traced to another run.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from tts_chaos.core.history import History
from tts_chaos.errors import PlanError
from tts_chaos.reporting.plan.model import Basis
from tts_chaos.reporting.record import HISTORIES, RECORDS, read_record
from tts_chaos.reporting.story import history_name

__all__ = ["Evidence", "LoadResult", "Played", "read_evidence"]

REPORT_FORMAT = "tts-chaos-report/1"
LOAD_FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """One run of a report.

    Attributes:
        row: Its summary.
        report: The report's file, relative to the plan.
        pointer: JSON pointer of the summary in it.
        file: Its history, relative to the plan; "" where there is none.
        history: The history; None where it is not there.
    """

    row: Mapping[str, Any]
    report: str
    pointer: str
    file: str
    history: History | None

    @property
    def name(self) -> str:
        """Scenario and world."""
        return f"{self.row['scenario']} [{self.row['world']}]"

    @property
    def has_passed(self) -> bool:
        """Whether it passed."""
        return bool(self.row["outcome"] == "passed")

    @property
    def has_failed(self) -> bool:
        """Whether it showed a defect, or could not show anything."""
        return self.row["outcome"] not in ("passed", "not_exercised")


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadResult:
    """A result of `tts-chaos load`, and its file relative to the plan."""

    file: str
    document: Mapping[str, Any]

    @property
    def has_passed(self) -> bool:
        """Whether every budget was held."""
        return bool(self.document["verdict"] == "pass")


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All of it.

    Attributes:
        reports: By file relative to the plan.
        runs: Every run, each scenario and world once: that of the report named last.
        replaced: Runs that a later report has anew.
        loads: Results of loads.
        basis: Every file, with its digest.
        newest: The file that was written last, and its day.
        folders: The reports' folders as they were named, for commands.
    """

    reports: Mapping[str, Mapping[str, Any]]
    runs: tuple[Played, ...]
    replaced: int
    loads: tuple[LoadResult, ...]
    basis: tuple[Basis, ...]
    newest: tuple[str, datetime.date]
    folders: tuple[str, ...]


def read_evidence(
    folders: Sequence[Path], loads: Sequence[Path], *, beside: Path, seal_key: str = ""
) -> Evidence:
    """Read reports and results of loads.

    Args:
        folders: What `--tts-report` wrote.
        loads: `result.json` of loads, or their folders.
        beside: Folder that the plan is written to; files are named relative to it.
        seal_key: Key of the seals of records.

    Raises:
        PlanError: If a file is none of what it should be, or does not belong to its report.
        RecordError: If a record beside a report is not as it was sealed.
    """
    reports: dict[str, Mapping[str, Any]] = {}
    runs: dict[tuple[str, str], Played] = {}
    basis: list[Basis] = []
    replaced = 0
    for folder in folders:
        file = folder / "report.json"
        document, digest = _read_json(file, "name the folder that --tts-report wrote")
        _check_report(document, file)
        named = _relative(file, beside)
        reports[named] = document
        basis.append(Basis(kind="report", file=named, sha256=digest))
        for place, row in enumerate(document["runs"]):
            played, found = _played(row, place, folder, named, beside, seal_key)
            basis += found
            replaced += (row["scenario"], row["world"]) in runs
            runs[row["scenario"], row["world"]] = played
    results = [_read_load(path, beside) for path in loads]
    written = [folder / "report.json" for folder in folders] + [_load_file(path) for path in loads]
    return Evidence(
        reports=reports,
        runs=tuple(runs.values()),
        replaced=replaced,
        loads=tuple(result for result, _ in results),
        basis=(*basis, *(found for _, found in results)),
        newest=_newest(written, beside),
        folders=tuple(folder.as_posix() for folder in folders),
    )


def _relative(file: Path, beside: Path) -> str:
    return Path(os.path.relpath(file, beside)).as_posix()


def _newest(files: Sequence[Path], beside: Path) -> tuple[str, datetime.date]:
    file = max(files, key=lambda each: each.stat().st_mtime)
    moment = datetime.datetime.fromtimestamp(file.stat().st_mtime, tz=datetime.UTC)
    return _relative(file, beside), moment.date()


def _read_json(file: Path, hint: str) -> tuple[dict[str, Any], str]:
    try:
        data = file.read_bytes()
    except OSError as error:
        raise PlanError(
            f"cannot be read: {error.strerror or error}; {hint}", path=str(file)
        ) from None
    try:
        document = json.loads(data)
    except ValueError as error:
        raise PlanError(f"no valid JSON: {error}; {hint}", path=str(file)) from None
    if not isinstance(document, dict):
        raise PlanError(f"expected a JSON object; {hint}", path=str(file))
    return document, hashlib.sha256(data).hexdigest()


_NEEDED = {"scenario": str, "world": str, "outcome": str, "findings": list, "reason": str}


def _check_report(document: Mapping[str, Any], file: Path) -> None:
    if document.get("format") != REPORT_FORMAT or not isinstance(document.get("runs"), list):
        said = document.get("format")
        raise PlanError(
            f"expected a report of the format {REPORT_FORMAT!r}, got {said!r}; play again with "
            "`pytest --tts-chaos --tts-report DIR`",
            path=str(file),
            key="format",
        )
    for place, row in enumerate(document["runs"]):
        for key, kind in _NEEDED.items():
            if not isinstance(row, dict) or not isinstance(row.get(key), kind):
                raise PlanError(
                    f"the run lacks {key!r}; play again with this version of tts-chaos",
                    path=str(file),
                    key=f"runs[{place}]",
                )


def _played(
    row: Mapping[str, Any], place: int, folder: Path, report: str, beside: Path, seal_key: str
) -> tuple[Played, list[Basis]]:
    name = history_name(row["scenario"], row["world"])
    file = folder / HISTORIES / name
    basis: list[Basis] = []
    history = None
    if file.is_file():
        history, digest = _read_history(file, row)
        basis.append(Basis(kind="history", file=_relative(file, beside), sha256=digest))
    record = folder / RECORDS / f"{Path(name).stem}.json"
    if record.is_file():
        basis.append(_check_record(record, row, beside, seal_key))
    return Played(
        row=row,
        report=report,
        pointer=f"/runs/{place}",
        file=_relative(file, beside) if history is not None else "",
        history=history,
    ), basis


def _read_history(file: Path, row: Mapping[str, Any]) -> tuple[History, str]:
    data = file.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    said = row.get("history_sha256")
    if digest != said:
        raise PlanError(
            f"is not the history that report.json names for {row['scenario']} [{row['world']}]: "
            f"its SHA-256 is {digest[:12]}..., the report says {str(said)[:12]}...; one of the two "
            "was changed or is of another run; play again with --tts-report",
            path=str(file),
        )
    try:
        return History.from_json_lines(data), digest
    except msgspec.MsgspecError as error:
        raise PlanError(f"is no history: {error}", path=str(file)) from None


def _check_record(file: Path, row: Mapping[str, Any], beside: Path, seal_key: str) -> Basis:
    record = read_record(file, key=seal_key)
    if record["outcome"] != row["outcome"] or record["history_sha256"] != row.get("history_sha256"):
        raise PlanError(
            f"the sealed record of {row['scenario']} [{row['world']}] says another outcome or "
            "history than report.json; one of the two was changed; play again with --tts-report",
            path=str(file),
        )
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    return Basis(kind="record", file=_relative(file, beside), sha256=digest)


def _load_file(path: Path) -> Path:
    return path / "result.json" if path.is_dir() else path


_LOAD_NEEDED = ("verdict", "reason", "profile", "duration_s", "budgets")


def _read_load(path: Path, beside: Path) -> tuple[LoadResult, Basis]:
    file = _load_file(path)
    hint = "name the folder, or the result.json, that `tts-chaos load` wrote"
    document, digest = _read_json(file, hint)
    lacking = next((key for key in _lacking(document)), "")
    if document.get("format") != LOAD_FORMAT or lacking:
        raise PlanError(
            f"is no result of a load that this version reads: "
            f"{f'it lacks {lacking!r}' if lacking else 'its format is another'}; {hint}",
            path=str(file),
        )
    named = _relative(file, beside)
    basis = Basis(kind="load", file=named, sha256=digest)
    return LoadResult(file=named, document=document), basis


def _lacking(document: Mapping[str, Any]) -> Iterator[str]:
    return (key for key in _LOAD_NEEDED if key not in document)
