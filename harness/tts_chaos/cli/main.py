"""The command `tts-chaos`: finds the subcommand, and turns every error into one line.

Exit codes: 0 for success, 1 where a port or server is missing, 2 for a wrong option or value.
"""

from __future__ import annotations

import argparse
import inspect
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import NoReturn

from tts_chaos.cli.examples import EXAMPLES
from tts_chaos.cli.parsing import Parser
from tts_chaos.errors import ChaosError, UsageError

__all__ = ["GROUPS", "SUBCOMMANDS", "main", "make_parser", "make_subparser"]

SUBCOMMANDS = {
    "completion": "tts_chaos.cli.completion",
    "diff": "tts_chaos.cli.diff",
    "doctor": "tts_chaos.cli.doctor",
    "gate": "tts_chaos.cli.gate",
    "import": "tts_chaos.cli.import_recordings",
    "init": "tts_chaos.cli.init",
    "list": "tts_chaos.cli.list",
    "load": "tts_chaos.cli.load",
    "plan": "tts_chaos.cli.plan",
    "record": "tts_chaos.cli.record",
    "replay": "tts_chaos.cli.replay",
    "report": "tts_chaos.cli.report",
    "schema": "tts_chaos.cli.schema",
    "serve": "tts_chaos.cli.serve",
    "verify": "tts_chaos.cli.verify",
    "webhook-orders": "tts_chaos.cli.webhook_orders",
    "webhooks": "tts_chaos.cli.webhooks",
}
"""Name of each subcommand and the module that has its `add_arguments(parser)` and `run(options)`.

The module's docstring begins with its help. Only the one asked for is imported.
"""

GROUPS = {
    "begin": ("init", "doctor", "completion", "schema", "list"),
    "look at what was played": ("report", "replay", "gate", "plan"),
    "put under load": ("load",),
    "the contract": ("diff", "record", "import", "verify"),
    "the twin alone": ("serve", "webhooks", "webhook-orders"),
}
"""Subcommands by what people want."""


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of everything before the subcommand's own options."""
    parser = Parser(
        prog="tts-chaos",
        usage="tts-chaos <subcommand> [options]",
        description="Contract and chaos tests for integrations with TikTok Shop (unofficial).",
        epilog=_list_subcommands(),
    )
    parser.add_argument("--version", action=_ShowVersion, nargs=0, help="show the version")
    parser.add_argument(
        "subcommand", choices=sorted(SUBCOMMANDS), metavar="<subcommand>", help="one of those below"
    )
    parser.add_argument("options", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    return parser


def _list_subcommands() -> str:
    width = max(map(len, SUBCOMMANDS))
    lines = []
    for title, names in GROUPS.items():
        lines += [f"{title}:"]
        lines += [f"  {name:<{width}}  {_summary(SUBCOMMANDS[name])}" for name in names]
        lines += [""]
    return "\n".join(
        [*lines, "Options and examples of one: tts-chaos <subcommand> --help",
         "Scenarios are played by pytest: pytest --tts-chaos; its options: pytest --help"]
    )  # fmt: skip


def _summary(module: str) -> str:
    """Return the first line of a module's docstring, read as text: importing all would be slow."""
    file = Path(__file__).with_name(f"{module.rpartition('.')[2]}.py")
    with file.open(encoding="utf-8") as lines:
        return lines.readline().strip().strip('"').removesuffix(".")


class _ShowVersion(argparse.Action):
    """Reads the version from the package's metadata only when it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        import tts_chaos

        print(f"tts-chaos {tts_chaos.__version__}")
        parser.exit()


def make_subparser(name: str) -> argparse.ArgumentParser:
    """Return the parser of a subcommand, with the whole of what its module says and examples."""
    module = import_module(SUBCOMMANDS[name])
    lines = [f"  {command}\n      {what}" for command, what in EXAMPLES.get(name, ())]
    parser = Parser(
        prog=f"tts-chaos {name}",
        description=inspect.cleandoc(module.__doc__ or ""),
        epilog="\n".join(["examples:", *lines]) if lines else None,
    )
    module.add_arguments(parser)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code.

    Args:
        arguments: Command line without the program's name; None takes the process's own.
    """
    chosen = make_parser().parse_args(arguments)
    module = import_module(SUBCOMMANDS[chosen.subcommand])
    parser = make_subparser(chosen.subcommand)
    try:
        code: int = module.run(parser.parse_args(chosen.options))
    except ChaosError as error:
        print(f"tts-chaos {chosen.subcommand}: {error}", file=sys.stderr)
        return 2 if isinstance(error, UsageError) else 1
    return code


if __name__ == "__main__":
    sys.exit(main())
