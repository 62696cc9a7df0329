"""Say what is wrong with credentials, addresses, network, mapping, clock and versions.

Asks a twin on this machine; the real platform only with --against-real-platform, and only reading.
Exit codes: 0 where nothing reaches `--fail-on`, 1 where something does, 2 for bad input.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from tts_chaos.cli.recording_files import find_recordings, read_recording
from tts_chaos.contracts.loader import load_contracts
from tts_chaos.contracts.recordings import Recording
from tts_chaos.diagnosis.examine import choose_checks, examine
from tts_chaos.diagnosis.observed import Observed
from tts_chaos.diagnosis.report import FAIL_ON, as_document, as_text, exit_status
from tts_chaos.errors import UsageError
from tts_chaos.probing.configuration import read_configuration, read_mapping
from tts_chaos.probing.observing import Asking, observe_live, observe_project
from tts_chaos.probing.targets import LiveTarget, own_twin, real_platform, served_twin

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    what = parser.add_argument_group("what to look at")
    what.add_argument("--project", default=".", metavar="DIR", help="folder of the integration (.)")
    what.add_argument("--env-file", metavar="FILE", help="settings that count before all others")
    what.add_argument(
        "--recordings", action="append", metavar="PATH", help="recorded answers; repeatable"
    )
    what.add_argument(
        "--mapping", metavar="FILE", help="which field comes from which, in TOML or JSON"
    )
    what.add_argument(
        "--exclude", action="append", metavar="PATTERN", help="paths to leave out; repeatable"
    )
    what.add_argument(
        "--only", action="append", metavar="CHECK", help="this check or family only; repeatable"
    )
    whom = parser.add_argument_group("whom to ask")
    choice = whom.add_mutually_exclusive_group()
    choice.add_argument("--url", metavar="URL", help="control address of a running twin")
    choice.add_argument("--offline", action="store_true", help="ask nobody")
    choice.add_argument(
        "--against-real-platform",
        action="store_true",
        help="ask TikTok Shop itself, with your credentials, by GETs that only read",
    )
    whom.add_argument("--stand-in", metavar="URL", help=argparse.SUPPRESS)
    whom.add_argument("--stand-in-ca", metavar="FILE", help=argparse.SUPPRESS)
    whom.add_argument("--timeout-s", type=_seconds, default=5.0, help="bound of each step (5)")
    whom.add_argument("--quic", action="store_true", help="ask by UDP as well, as HTTP/3 does")
    told = parser.add_argument_group("what is told")
    told.add_argument("--json", action="store_true", help="print one JSON document")
    told.add_argument(
        "--fail-on",
        choices=sorted(FAIL_ON),
        default="warning",
        help="gravity from which the exit code is 1 (warning)",
    )


def run(options: argparse.Namespace) -> int:
    """Look, judge and tell; returns 1 where a finding reaches `--fail-on`, else 0.

    Raises:
        UsageError: If an option or the configuration cannot be used.
    """
    if options.stand_in and not options.against_real_platform:
        raise UsageError("--stand-in goes with --against-real-platform")
    checks = choose_checks(options.only or ())
    seen = _observe(options)
    results = examine(seen, checks)
    status = exit_status(results, options.fail_on)
    if options.json:
        document = as_document(results, target=seen.target, now_s=seen.now_s, status=status)
        print(json.dumps(document, indent=1))
    else:
        print(as_text(results, target=seen.target))
    return status


def _observe(options: argparse.Namespace) -> Observed:
    contracts = load_contracts()
    folder = Path(options.project).resolve()
    configuration = read_configuration(folder, contracts)
    if options.mapping:
        mapping = read_mapping(Path(options.mapping))
        configuration = replace(configuration, file=options.mapping, mapping=mapping)
    named = [*(options.recordings or ()), *(str(folder / p) for p in configuration.recordings)]
    seen = observe_project(
        folder,
        os.environ,
        contracts,
        configuration,
        env_file=Path(options.env_file).resolve() if options.env_file else None,
        recordings=_recordings(named),
        exclude=options.exclude or (),
    )
    with _live(options, seen) as live:
        if live is None:
            return seen
        return observe_live(seen, live, Asking(timeout_s=options.timeout_s, quic=options.quic))


def _recordings(paths: list[str]) -> tuple[Recording, ...]:
    return tuple(map(read_recording, find_recordings(paths))) if paths else ()


@contextlib.contextmanager
def _live(options: argparse.Namespace, seen: Observed) -> Iterator[LiveTarget | None]:
    if options.offline:
        yield None
    elif options.against_real_platform:
        yield real_platform(seen.binding, stand_in=options.stand_in, ca_file=options.stand_in_ca)
    elif options.url:
        yield served_twin(options.url, seen.binding, timeout_s=options.timeout_s)
    else:
        with own_twin() as live:
            yield live


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value <= 120:
        raise argparse.ArgumentTypeError(
            f"expected seconds, more than 0 and at most 120, got {text!r}"
        )
    return value
