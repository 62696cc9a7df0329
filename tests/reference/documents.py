"""Reference pages made of the code's own tables: `make docs` renews them, a test holds them."""

from __future__ import annotations

import argparse
import ast
import inspect
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from tests.backlog.table import LISTS, Kind, load_rows
from tests.quality.zoo.catalogue import ZOO

from tts_chaos.cli.main import SUBCOMMANDS
from tts_chaos.cli.schema import SCHEMAS
from tts_chaos.contracts.loader import load_contracts
from tts_chaos.ini_keys import INI_KEYS
from tts_chaos.oracles.catalogue import ORACLES
from tts_chaos.pytest_plugin.options import add_options
from tts_chaos.reporting.gate.decision import EXIT_BLOCK
from tts_chaos.reporting.plan.making import EXIT_STATUS as EXIT_PLAN
from tts_chaos.reporting.summary import EXIT_STATUS
from tts_chaos.typing import ACTION_ARGUMENTS, ACTIONS, OBSERVATIONS

__all__ = ["ROOT", "documents", "main"]

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "reference"
_MADE = "Made by `make docs` from the code; do not edit.\n"
_ASSUMED = re.compile(r"\b[Aa]ssumed?\b")
_OF_THE_PLATFORM = (
    "contracts", "diagnosis", "faults", "load/fault_scripts", "load/plan", "probing", "reference",
    "scenarios", "twin", "wire",
)  # fmt: skip
"""What says how the platform is; elsewhere the word is about something else."""
_PLAIN_TYPES = {"string", "number", "integer", "boolean", "array", "object", "null"}


def documents() -> dict[Path, str]:
    """Return the text of each page by its path."""
    pages = {
        "commands.md": _commands(),
        "options.md": _options(),
        "rules.md": _rules(),
        "configuration.md": _configuration(),
        "capabilities.md": _capabilities(),
        "exit-statuses.md": _exit_statuses(),
        "unknown.md": _unknown(),
    }
    return {FOLDER / name: "\n".join(lines) for name, lines in pages.items()}


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    names = list(head)
    yield f"| {' | '.join(names)} |"
    yield f"|{'---|' * len(names)}"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"
    yield ""


# -- commands -------------------------------------------------------------------------------------


def _commands() -> Iterator[str]:
    yield "# Commands\n"
    yield _MADE
    yield "`tts-chaos <subcommand> --help` says the same."
    yield "A misspelt subcommand or option is answered with the nearest right one and status 2.\n"
    for name, module_name in sorted(SUBCOMMANDS.items()):
        module = import_module(module_name)
        parser = argparse.ArgumentParser()
        module.add_arguments(parser)
        yield f"## tts-chaos {name}\n"
        yield from inspect.cleandoc(module.__doc__ or "").splitlines()
        yield ""
        rows = [_argument(action) for action in parser._actions if action.dest != "help"]
        if rows:
            yield from _table(("argument", "default", "meaning"), rows)


def _argument(action: argparse.Action) -> tuple[str, str, str]:
    value = action.metavar or (
        "" if action.nargs == 0 else action.dest.upper() if action.option_strings else action.dest
    )
    choices = f" ({', '.join(map(str, action.choices))})" if action.choices else ""
    name = f"`{' '.join([*action.option_strings[-1:], str(value)]).strip()}`{choices}"
    default = action.default
    is_said = default not in (None, False, "", [], argparse.SUPPRESS)
    text = "" if action.help in (None, argparse.SUPPRESS) else str(action.help)
    return name, f"`{default}`" if is_said else "", text % vars(action) if "%(" in text else text


class _Group:
    """Takes the plugin's declarations down, as pytest's own group would."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, str]] = []

    def addoption(self, name: str, **settings: Any) -> None:
        """Take one down."""
        value = f" {settings['metavar']}" if "metavar" in settings else ""
        self.rows.append((f"`{name}{value}`", settings["help"]))


class _Parser:
    def __init__(self) -> None:
        self.group = _Group()

    def getgroup(self, *_: str) -> _Group:
        """Return the one group."""
        return self.group

    def addini(self, *_: object, **__: object) -> None:
        """Pass over: keys have a table of their own."""


def _options() -> Iterator[str]:
    parser: Any = _Parser()
    add_options(parser)
    yield "# Options of pytest\n"
    yield _MADE
    yield "[options.md](../options.md) says more of each, and shows them together.\n"
    yield from _table(("option", "meaning"), parser.group.rows)
    yield "## Keys of pytest's configuration\n"
    rows = (
        (
            f"`{name}`",
            key.type,
            f"`{key.default}`" if key.default not in ("", ()) else "",
            key.description,
        )
        for name, key in INI_KEYS.items()
    )
    yield from _table(("key", "type", "default", "meaning"), rows)


# -- rules ----------------------------------------------------------------------------------------


def _rules() -> Iterator[str]:
    count = sum(len(oracle.rules) for oracle in ORACLES.values())
    yield "# Rules\n"
    yield _MADE
    yield f"{len(ORACLES)} oracles with {count} rules. A *safety* oracle judges every run; a"
    yield "*liveness* oracle judges the runs that ask for it, once they have recovered."
    yield "*Shown by*: how many broken integrations of this project's zoo break the rule, and what"
    yield "one of them does.\n"
    shown: dict[str, list[str]] = {}
    for member in ZOO:
        shown.setdefault(member.rule, []).append(member.defect)
    for name, oracle in ORACLES.items():
        yield f"## {name}\n"
        looks = (
            f" Looks at {', '.join(f'`{each}()`' for each in oracle.observes)}."
            if oracle.observes
            else ""
        )
        yield f"{oracle.summary} *{oracle.kind}.*{looks}\n"
        if oracle.options:
            words = ", ".join(f"`{key} = {value}`" for key, value in oracle.options.items())
            yield f"Settings (`[expect.options.{name}]`): {words}.\n"
        rows = (
            (f"`{rule}`", text.expected, text.defect, _shown_by(shown.get(f"{name}.{rule}", [])))
            for rule, text in oracle.rules.items()
        )
        yield from _table(
            ("rule", "expected", "likely defect where it is broken", "shown by"), rows
        )


def _shown_by(defects: list[str]) -> str:
    return f"{len(defects)}: {' '.join(defects[0].split())}" if defects else ""


# -- configuration --------------------------------------------------------------------------------


def _configuration() -> Iterator[str]:
    yield "# Configuration keys\n"
    yield _MADE
    yield "The same words are in the [schemas](../schemas), which [editors](../editors.md) read.\n"
    for name in ("config", "policy", "plan-settings", "scenario"):
        if name not in SCHEMAS:
            continue
        make, title = SCHEMAS[name]
        yield f"## {title}\n"
        yield from _table(("key", "type", "default", "meaning"), _keys(make()))


def _keys(schema: Mapping[str, Any], above: str = "", depth: int = 0) -> Iterator[tuple[str, ...]]:
    for key, own in schema.get("properties", {}).items():
        path = f"{above}{key}"
        default = own.get("default", "")
        is_plain = default not in ("", None, [], {}) and not isinstance(default, dict)
        yield (
            f"`{path}`",
            _type(own),
            f"`{default}`" if is_plain else "",
            own.get("description", ""),
        )
        inner = own.get("items", own) if isinstance(own.get("items", own), Mapping) else {}
        if depth < 2 and len(inner.get("properties", {})) <= 30:
            mark = "[]." if "items" in own else "."
            yield from _keys(inner, f"{path}{mark}", depth + 1)


def _type(schema: Mapping[str, Any]) -> str:
    kind = schema.get("type")
    if isinstance(kind, str):
        return "table" if kind == "object" else "list" if kind == "array" else kind
    if "enum" in schema:
        return ", ".join(f"`{word}`" for word in schema["enum"][:8])
    kinds = {part.get("type", "") for part in schema.get("anyOf", ())} & (_PLAIN_TYPES - {"null"})
    return " or ".join(sorted("table" if k == "object" else k for k in kinds))


# -- capabilities, exit statuses ------------------------------------------------------------------


def _capabilities() -> Iterator[str]:
    yield "# Capabilities\n"
    yield _MADE
    yield "What an integration may offer. Each is optional; a scenario that needs what is missing"
    yield "is *not exercised*.\n"
    yield "## Actions\n"
    rows = []
    for name, text in ACTIONS.items():
        given = ACTION_ARGUMENTS[name]
        takes = "any settings" if given is None else ", ".join(f"`{each}`" for each in given)
        rows.append((f"`{name}`", takes, text))
    yield from _table(("action", "arguments", "what it is asked to do"), rows)
    yield "## Observations\n"
    yield from _table(
        ("observation", "what it is asked for"),
        ((f"`{name}`", text) for name, text in OBSERVATIONS.items()),
    )
    yield "## Shapes\n"
    text = inspect.cleandoc(import_module("tts_chaos.typing").__doc__ or "")
    yield "```text"
    yield from text.partition("Shapes:\n\n")[2].splitlines()
    yield "```"
    yield ""


def _exit_statuses() -> Iterator[str]:
    yield "# Exit statuses\n"
    yield _MADE
    yield "## pytest\n"
    yield "1 to 5 keep pytest's meanings; the gravest outcome of a session decides.\n"
    rows = [("0", "every scenario passed"), *((str(n), f"`{o}`") for o, n in EXIT_STATUS.items())]
    yield from _table(("status", "outcome"), rows)
    yield f"With `--tts-gate`: 0 `RELEASE`, {EXIT_BLOCK} `BLOCK`, 4 for an unreadable policy.\n"
    yield "## tts-chaos\n"
    plan = ", ".join(f"{number} {word}" for word, number in EXIT_PLAN.items())
    yield "0 for success, 1 where a part is missing, 2 for a wrong option or value; besides:\n"
    said = {name: _codes(import_module(module).__doc__) for name, module in SUBCOMMANDS.items()}
    own = {**said, "plan": plan}
    yield from _table(
        ("subcommand", "statuses"), ((f"`{name}`", own[name]) for name in sorted(own) if own[name])
    )


def _codes(document: str | None) -> str:
    text = " ".join((document or "").split())
    return text.partition("Exit codes: ")[2].rstrip(".")


# -- what is not known ----------------------------------------------------------------------------


def _unknown() -> Iterator[str]:
    contracts = load_contracts()
    yield "# What is not known of the platform\n"
    yield _MADE
    yield "Nothing of this project was tried against the live service."
    yield "[What a verdict rests on](../explanation.md) says what that means.\n"
    yield "## Operations\n"
    of = Counter(f"{row.provenance} ({row.confidence})" for row in contracts.operations.values())
    yield from _table(
        ("how their request and answer are known", "operations"),
        ((kind, str(count)) for kind, count in sorted(of.items())),
    )
    yield "## Codes\n"
    of = Counter(f"{row.provenance} ({row.confidence})" for row in contracts.errors.values())
    yield from _table(
        ("how the code is known", "codes"),
        ((kind, str(count)) for kind, count in sorted(of.items())),
    )
    facts = list(_assumed_facts())
    yield f"## {len(facts)} statements that are assumed\n"
    yield "Each is a sentence of the code that says so, where it is used.\n"
    yield from _table(("where", "statement"), facts)
    rows = [row for backlog in LISTS for row in load_rows(backlog)]
    not_covered = [row for row in rows if row.kind in (Kind.NO, Kind.OPEN)]
    yield f"## {len(not_covered)} of {len(rows)} known pitfalls that are not covered\n"
    yield "[backlog.md](../backlog.md) has all of them, with reasons.\n"


def _assumed_facts() -> Iterator[tuple[str, str]]:
    package = ROOT / "harness" / "tts_chaos"
    for file in sorted(package.rglob("*.py")):
        where = file.relative_to(package).as_posix()
        if not where.startswith(_OF_THE_PLATFORM):
            continue
        for text in _texts(file):
            for sentence in re.split(r"(?<=[.;:])\s+(?=[A-Z`])", " ".join(text.split())):
                if _ASSUMED.search(sentence) and not sentence.endswith("assumed:"):
                    yield f"`{where}`", sentence


def _texts(file: Path) -> Iterator[str]:
    """Yield the docstrings of a module, its classes, functions and constants."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if (
            isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
        ):
            yield node.value.value


def main() -> int:
    """Write every page that differs; returns 0."""
    for path, text in documents().items():
        path.parent.mkdir(exist_ok=True)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            sys.stdout.write(f"wrote {path.relative_to(ROOT)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
