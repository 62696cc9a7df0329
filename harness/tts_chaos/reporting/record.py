"""The sealed record of one run: all it takes to say what was found, and to run it again.

The history lies beside it, under `histories/`; the record has its digest, so that both are sealed.
"""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import tts_chaos
from tts_chaos.core.history import History
from tts_chaos.engine.result import RunResult
from tts_chaos.errors import RecordError
from tts_chaos.reporting.ledgers import ledger_rows
from tts_chaos.reporting.sealing import read_sealed, sealed, to_bytes
from tts_chaos.reporting.story import history_name
from tts_chaos.reporting.summary import summarise

__all__ = ["FORMAT", "HISTORIES", "RECORDS", "make_record", "read_history", "read_record"]

FORMAT = "tts-chaos-record/1"
RECORDS, HISTORIES = "records", "histories"
"""Folders below the report's folder."""


def make_record(
    result: RunResult,
    *,
    integration: str,
    arguments: Sequence[str] = (),
    settings: Mapping[str, Any] | None = None,
    key: str = "",
) -> tuple[str, bytes]:
    """Return the name of a record's file and its content.

    Args:
        result: The finished run.
        integration: What was tested, in words, as the report's head says it.
        arguments: Folders that pytest was given, relative to the project's root.
        settings: Options that decide how a scenario is played, by name.
        key: Key of the seal, "" for none.
    """
    summary = summarise(result)
    document = {
        **{name: summary[name] for name in _FROM_SUMMARY},
        "format": FORMAT,
        "harness": tts_chaos.__version__,
        "environment": {"python": platform.python_version(), "system": platform.system()},
        "integration": integration,
        "arguments": list(arguments),
        "settings": dict(settings or {}),
        "scenario_sha256": _digest_of(Path(result.path)),
        "verdicts": {row["oracle"]: row["verdict"] for row in summary["oracles"]},
        "ledger_difference": ledger_rows(result.history),
    }
    name = f"{Path(history_name(result.scenario, result.world)).stem}.json"
    return name, to_bytes(sealed(document, key=key))


_FROM_SUMMARY = (
    "scenario",
    "title",
    "world",
    "seed",
    "outcome",
    "reason",
    "recovery_ms",
    "rto_ms",
    "calls",
    "findings",
    "faults",
    "missing",
    "proxy",
    "contract_digest",
    "history_sha256",
    "history_records",
)


def _digest_of(scenario: Path) -> str:
    try:
        return hashlib.sha256(scenario.read_bytes()).hexdigest()
    except OSError:
        # Made in memory, or gone since it was loaded.
        return ""


def read_record(file: Path, *, key: str = "") -> dict[str, Any]:
    """Return the record in `file`, its seal checked.

    Raises:
        RecordError: If there is none, or it is not as it was sealed.
    """
    try:
        data = file.read_bytes()
    except OSError as error:
        raise RecordError(f"cannot be read: {error.strerror}", path=str(file)) from None
    return read_sealed(data, form=FORMAT, path=str(file), key=key)


def read_history(file: Path, record: Mapping[str, Any]) -> History | None:
    """Return the history that belongs to the record in `file`; None where it is not there.

    Raises:
        RecordError: If the history is not the one that the record names.
    """
    name = history_name(record["scenario"], record["world"])
    places = (file.parent.parent / HISTORIES / name, file.with_name(name))
    found = next((place for place in places if place.is_file()), None)
    if found is None:
        return None
    data = found.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    if digest != record["history_sha256"]:
        raise RecordError(
            f"is not the history that {file.name} was sealed with: SHA-256 is {digest[:12]}..., "
            f"the record says {record['history_sha256'][:12]}...; it was changed, or belongs to "
            "another run",
            path=str(found),
        )
    return History.from_json_lines(data)
