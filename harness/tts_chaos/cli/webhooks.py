"""Post generated webhooks to a receiver: signed, mutated, broken and forged; no 5xx, no crash.

A command and not an option of pytest: the receiver is a server that runs already, in whatever
language, and needs no fixture.
"""

from __future__ import annotations

import argparse
import json
import os

import msgspec

from tts_chaos.errors import UsageError
from tts_chaos.serving.receiver_trial import Failure, Keys, TrialReport, try_receiver

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("address", metavar="URL", help="http://127.0.0.1:<port>/<path>")
    parser.add_argument("--app-key", required=True, metavar="KEY", help="the app's key")
    parser.add_argument(
        "--secret-from", required=True, metavar="VARIABLE", help="variable that holds the secret"
    )
    parser.add_argument("--event", action="append", default=[], help="only this type; repeatable")
    parser.add_argument("--examples", type=int, default=5, help="payloads for each type (5)")
    parser.add_argument("--seed", type=int, default=0, help="decides every draw (0)")
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(options: argparse.Namespace) -> int:
    """Try the receiver; returns 0 where every answer is right, else 1.

    Raises:
        UsageError: If an option makes no sense or the variable is not set.
    """
    secret = os.environ.get(options.secret_from, "")
    if not secret:
        raise UsageError(
            f"--secret-from: the variable {options.secret_from!r} is not set or empty; expected "
            f"the app's secret there: export {options.secret_from}=..."
        )
    if not 1 <= options.examples <= 10_000:
        raise UsageError(f"--examples: expected 1 to 10000, got {options.examples}")
    report = try_receiver(
        options.address,
        Keys(app_key=options.app_key, app_secret=secret),
        examples=options.examples,
        seed=options.seed,
        events=tuple(options.event),
    )
    if options.json:
        print(json.dumps(msgspec.to_builtins(report), indent=1))
    else:
        _tell(report)
    return 1 if report.failures else 0


def _tell(report: TrialReport) -> None:
    for failure in report.failures:
        print(_lines_of(failure))
    sent = ", ".join(f"{count} {kind}" for kind, count in report.sent.items())
    print(
        f"{report.sent.total()} webhooks of {report.events} types: {sent}; "
        f"{len(report.failures)} different failures"
    )


def _lines_of(failure: Failure) -> str:
    how = f", {failure.how}" if failure.how else ""
    answer = failure.status or "no answer within 3 s"
    return (
        f"{failure.kind}{how}: {failure.event}: {answer}\n"
        f"    expected {failure.expected}\n    {failure.body}"
    )
