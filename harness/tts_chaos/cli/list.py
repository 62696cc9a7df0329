"""List scenarios, faults, oracles, platform commands and operations, as Markdown."""

from __future__ import annotations

import argparse

from tts_chaos.reporting.catalogue import SECTIONS, whole_catalogue

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `tts-chaos list`."""
    parser.add_argument(
        "section", nargs="?", choices=sorted(SECTIONS), help="only this section; all if left out"
    )


def run(options: argparse.Namespace) -> int:
    """Print what was asked for; returns 0."""
    print(SECTIONS[options.section]() if options.section else whole_catalogue(), end="")
    return 0
