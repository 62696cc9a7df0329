"""Decide by a report whether a version may be released, or ask what was decided.

tts-chaos gate DIR decides again by the report that --tts-report wrote. tts-chaos gate --may VERSION
answers from the matrix of decisions, in one word; --show prints the matrix. Exit codes: 0 for
release and yes, 20 for block, 1 for no, 3 for unknown, 2 for a file that cannot be used.
"""

from __future__ import annotations

import argparse
import datetime
from pathlib import Path

from tts_chaos.cli.report import read_report
from tts_chaos.contracts.loader import load_contracts
from tts_chaos.errors import UsageError
from tts_chaos.reporting.gate.decision import EXIT_BLOCK, decide
from tts_chaos.reporting.gate.matrix import as_table, may, read_matrix, remember
from tts_chaos.reporting.gate.policy import Policy, find_policy, load_policy
from tts_chaos.reporting.gate.telling import as_text

__all__ = ["add_arguments", "run"]

_STATUS = {"yes": 0, "no": 1, "unknown": 3}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("folder", metavar="DIR", nargs="?", help="folder that --tts-report wrote")
    parser.add_argument("--policy", metavar="FILE", help="policy (tts-gate.toml in this folder)")
    parser.add_argument("--version", default="", help="version of the integration that was tested")
    asking = parser.add_argument_group("asking the matrix")
    asking.add_argument("--may", metavar="VERSION", help="may this version be released?")
    asking.add_argument("--show", action="store_true", help="every version beside every contract")
    asking.add_argument(
        "--contract", metavar="DIGEST", help="against this contract (the one of this package)"
    )
    asking.add_argument("--integration", default="", metavar="NAME", help="of this integration")
    asking.add_argument("--matrix", metavar="FILE", help="matrix (the one that the policy names)")


def run(options: argparse.Namespace) -> int:
    """Decide or answer.

    Raises:
        UsageError: If a file cannot be used, or the options ask for nothing or for both.
    """
    if [bool(options.folder), bool(options.may), options.show].count(True) != 1:
        raise UsageError(
            "name the folder of a report to decide by, or ask with --may VERSION or --show"
        )
    named = Path(options.policy) if options.policy else find_policy(Path.cwd())
    policy = load_policy(named) if named else Policy()
    kept = (named.parent if named else Path.cwd()) / policy.matrix if policy.matrix else None
    if options.matrix:
        kept = Path(options.matrix)
    if options.may or options.show:
        if kept is None:
            raise UsageError("the policy keeps no matrix; name one with --matrix FILE")
        return _answer(options, kept)
    decision = decide(
        policy,
        read_report(Path(options.folder)),
        today=datetime.datetime.now(tz=datetime.UTC).date(),
        version=options.version,
        policy_file=str(named or ""),
    )
    print(as_text(decision))
    if kept and options.version:
        remember(kept, decision)
    return EXIT_BLOCK if decision.decision == "block" else 0


def _answer(options: argparse.Namespace, kept: Path) -> int:
    rows = read_matrix(kept)
    if options.show:
        shown = [row for row in rows if options.integration in ("", row.integration)]
        print(as_table(shown) if shown else f"nothing was decided yet in {kept}")
        return 0
    contract = options.contract or load_contracts().digest
    word, why = may(rows, options.may, contract, integration=options.integration)
    print(f"{word}: {why}")
    return _STATUS[word]
