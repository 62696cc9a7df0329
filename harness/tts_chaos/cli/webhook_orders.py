"""Write a scenario for each order in which the webhooks of up to five changes can arrive."""

from __future__ import annotations

import argparse
from pathlib import Path

from tts_chaos.errors import UsageError
from tts_chaos.scenarios.webhook_orders import MOST_EVENTS, webhook_orders

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("folder", metavar="DIR", help="where the scenario files go")
    parser.add_argument(
        "--events", type=int, default=MOST_EVENTS, help=f"changes of the order, 2 to {MOST_EVENTS}"
    )


def run(options: argparse.Namespace) -> int:
    """Write the files; returns 0.

    Raises:
        UsageError: If the number makes no sense or the folder cannot be written to.
    """
    texts = webhook_orders(options.events)
    folder = Path(options.folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"cannot write to {options.folder}: {error}; name another folder"
        ) from None
    print(f'{len(texts)} scenarios in {folder}; name it in tts_scenario_paths = ["{folder}"]')
    return 0
