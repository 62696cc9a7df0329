"""Run a sealed record of a scenario again, and say whether the same happens.

Exit codes: 0 where it is the same each time, 1 where it is not, 2 where it cannot be run again.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tts_chaos.contracts.loader import load_contracts
from tts_chaos.core.history import History
from tts_chaos.errors import RecordError, UsageError
from tts_chaos.reporting.comparing import first_difference
from tts_chaos.reporting.record import RECORDS, read_history, read_record
from tts_chaos.reporting.sealing import SEAL_KEY_VARIABLE, is_keyed

__all__ = ["add_arguments", "run"]

LAST_LINES = 12
"""Lines of pytest's output shown where it played nothing."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `tts-chaos replay`."""
    parser.add_argument("file", type=Path, help="a record, DIR/records/*.json of --tts-report DIR")
    parser.add_argument(
        "--project",
        type=Path,
        default=Path(),
        help="the folder of the project that was tested (default: this folder)",
    )
    parser.add_argument("--times", type=_count, default=1, metavar="N", help="run it N times")
    parser.add_argument(
        "--anyway",
        action="store_true",
        help="run it although contract, scenario, settings or integration are not what they were",
    )


def _count(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number from 1 on, got {text!r}")
    return int(text)


def run(options: argparse.Namespace) -> int:
    """Replay; returns 0 where nothing differs.

    Raises:
        UsageError: If the record cannot be used, or what it names is not there or not the same.
    """
    key = os.environ.get(SEAL_KEY_VARIABLE, "")
    record = read_record(options.file, key=key)
    history = read_history(options.file, record)
    _refuse_missing(record, options.project, options.file)
    if not options.anyway:
        _refuse_other_contract(record, options.file)
    print(_head(record), flush=True)
    same = 0
    for number in range(1, options.times + 1):
        difference = _replay(record, history, options, key)
        same += not difference
        if options.times > 1:
            print(f"{number} of {options.times}: {'differs' if difference else 'same'}", flush=True)
        if difference and same == number - 1:
            print(difference, flush=True)
    print(_verdict(record, same, options.times))
    return 0 if same == options.times else 1


def _head(record: Mapping[str, Any]) -> str:
    seal = "with a key" if is_keyed(record) else "without a key: it proves no origin"
    return (
        f"replaying {record['scenario']} [{record['world']}], seed {record['seed']}, against "
        f"{record['integration']}; sealed {seal}"
    )


def _verdict(record: Mapping[str, Any], same: int, times: int) -> str:
    told = (
        f"{record['history_records']} records, history {record['history_sha256'][:12]}"
        if record["world"] != "wire"
        else "the same rules"
    )
    word = "same" if same == times else "not the same"
    share = f" in {same} of {times} runs" if times > 1 else ""
    return f"{word}{share}: {record['outcome']}, {told}"


def _refuse_missing(record: Mapping[str, Any], project: Path, file: Path) -> None:
    if not project.is_dir():
        raise UsageError(f"--project: {project} is no folder")
    for place in record["arguments"]:
        if not (project / place).exists():
            raise RecordError(
                f"is about {record['integration']}, and {project.resolve()} has no {place}; run "
                "this in the project that was tested, or name it with --project",
                path=str(file),
                key="$.arguments",
            )


def _refuse_other_contract(record: Mapping[str, Any], file: Path) -> None:
    digest = load_contracts().digest
    if digest != record["contract_digest"]:
        raise RecordError(
            f"was made with contract {record['contract_digest'][:12]}..., and this is "
            f"{digest[:12]}...: the platform answers otherwise now; use the version that made it "
            f"({record['harness']}), or --anyway to see what differs",
            path=str(file),
            key="$.contract_digest",
        )


def _replay(
    record: Mapping[str, Any], history: History | None, options: argparse.Namespace, key: str
) -> str:
    """Play once more; returns what differs, "" for nothing."""
    with tempfile.TemporaryDirectory(prefix="tts-replay-") as folder:
        file = _played(record, options.project, Path(folder))
        now = read_record(file, key=key)
        if not options.anyway:
            _refuse_changed(record, now, options.file)
        if now["world"] == "wire":
            return "\n".join(_other_verdicts(record, now))
        if now["history_sha256"] == record["history_sha256"]:
            return ""
        replayed = read_history(file, now)
    lines = list(_other_verdicts(record, now))
    if history is None:
        lines.append(
            "its history is not beside the record, so no more can be said than: it differs"
        )
    elif replayed is not None:
        lines.append(first_difference(history, replayed))
    return "\n".join(lines)


def _played(record: Mapping[str, Any], project: Path, folder: Path) -> Path:
    # By its name of entry point: that also works where plugins are not loaded by themselves.
    command = [sys.executable, "-m", "pytest", "-p", "tts_chaos", "-p", "no:cacheprovider"]
    command += ["-q", "--tts-chaos"]
    # In one word each: apart, pytest takes a value for a folder before it knows our options, and
    # looks for its ini file above all of them.
    command += [f"--tts-{option}={record[option]}" for option in ("scenario", "world", "seed")]
    command += ["--rootdir=.", f"--tts-report={folder}", *record["arguments"]]
    done = subprocess.run(  # noqa: S603 - our own interpreter, and values of a checked record
        command,
        cwd=project,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    made = sorted((folder / RECORDS).glob("*.json"))
    wanted = [file for file in made if _is_of(file, record)]
    if not wanted:
        lines = [line for line in done.stdout.splitlines() if line.strip()]
        said = next((line for line in lines if line.startswith("ERROR")), "")
        raise UsageError(
            f"{record['scenario']} [{record['world']}] was not played again: "
            + (said.removeprefix("ERROR").lstrip(": ") or "\n".join(lines[-LAST_LINES:]))
        )
    return wanted[0]


def _is_of(file: Path, record: Mapping[str, Any]) -> bool:
    return file.stem == f"{record['scenario'].replace('/', '--')}.{record['world']}"


_SETTINGS = {
    "integration": "is about {old}, and now {new} is tested",
    "scenario_sha256": "was made with another version of its scenario file ({old:.12}..., now "
    "{new:.12}...)",
    "settings": "was made with {old}, and now there is {new}",
}


def _refuse_changed(record: Mapping[str, Any], now: Mapping[str, Any], file: Path) -> None:
    for key, words in _SETTINGS.items():
        if record[key] != now[key]:
            told = words.format(old=record[key], new=now[key])
            raise RecordError(
                f"{told}; put it back, or use --anyway to see what differs",
                path=str(file),
                key=f"$.{key}",
            )


def _other_verdicts(record: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    for name, old, new in (
        ("outcome", record["outcome"], now["outcome"]),
        ("broken rules", _rules(record), _rules(now)),
    ):
        if old != new:
            yield f"{name}: before {old or 'none'}, now {new or 'none'}"


def _rules(record: Mapping[str, Any]) -> str:
    return ", ".join(sorted({finding["rule"] for finding in record["findings"]}))
