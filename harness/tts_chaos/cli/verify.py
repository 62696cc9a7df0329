"""Replay recordings against the twin, and name each difference: a twin defect or drift."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence

import msgspec

from tts_chaos.cli.recording_files import find_recordings, read_recording
from tts_chaos.contracts.loader import load_contracts
from tts_chaos.engine.verification import Difference, Verification, verify_recording
from tts_chaos.errors import UsageError
from tts_chaos.wire.message import API_HOST, AUTH_HOST

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "paths", nargs="*", metavar="PATH", help="cassettes, HAR files, folders (those shipped)"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(options: argparse.Namespace) -> int:
    """Verify; returns 0 where all agree, else 1.

    Raises:
        UsageError: If a path is not there, a file is no recording, or nothing was compared.
    """
    contracts = load_contracts()
    files = find_recordings(options.paths)
    found = [verify_recording(read_recording(path), contracts) for path in files]
    if options.json:
        print(json.dumps(msgspec.to_builtins(found), indent=1))
    else:
        _tell(found)
    if not any(row.compared for row in found):
        raise UsageError(
            f"nothing was compared: no exchange is of TikTok Shop's Open API; expected calls to "
            f"{API_HOST} or {AUTH_HOST}"
        )
    return 1 if any(row.differences for row in found) else 0


def _tell(found: Sequence[Verification]) -> None:
    for row in found:
        for difference in row.differences:
            print(_line(difference))
        if row.without_state:
            names = ", ".join(row.without_state)
            print(f"{row.file}: compared by status and code only, nothing to lift: {names}")
    compared = sum(row.compared for row in found)
    defects = [one for row in found for one in row.differences]
    drifts = sum(one.kind == "drift" for one in defects)
    foreign = sum(row.foreign for row in found)
    print(
        f"{compared} exchanges in {len(found)} recordings: {len(defects) - drifts} twin defects, "
        f"{drifts} drifts; {foreign} exchanges of others"
    )


def _line(row: Difference) -> str:
    return (
        f"{row.kind}: {row.file}, exchange {row.exchange}, {row.operation}, {row.path}\n"
        f"    recorded {row.recorded}, answered {row.answered}\n    {row.advice}"
    )
