"""Checks what a page says to type without running it: programs, subcommands, options, targets."""

from __future__ import annotations

import argparse
import ast
import re
import shlex
import subprocess
import tomllib
from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module

from tests.pages.blocks import ROOT

from tts_chaos.cli.main import SUBCOMMANDS
from tts_chaos.core.registry import nearest

__all__ = ["check_commands", "check_requirements", "check_shell", "commands_in"]

_OPTION = re.compile(r"^(--[a-z][a-z0-9-]*)(=.*)?$")
_OWN = re.compile(r"pytest-tts-chaos(\[(?P<extras>[a-z0-9,-]+)\])?$")


def check_shell(text: str) -> list[str]:
    """Return what is wrong with a block for a shell: its syntax, and each command in it."""
    done = subprocess.run(["bash", "-n"], input=text, capture_output=True, text=True)
    problems = [line.removeprefix("bash: ") for line in done.stderr.splitlines()]
    for command in commands_in(text):
        problems += check_commands(command)
    return problems


def commands_in(text: str) -> Iterator[list[str]]:
    """Yield the words of each command; what no shell can split is passed over."""
    for line in text.replace("\\\n", " ").splitlines():
        try:
            lexer = shlex.shlex(line, posix=True, punctuation_chars="|;&()<>")
            lexer.whitespace_split = True
            words = list(lexer)
        except ValueError:
            continue
        command: list[str] = []
        for word in [*words, ";"]:
            if set(word) <= set("|;&()"):
                yield from [command] if command else []
                command = []
            elif command or "=" not in word:
                command.append(word)


def check_commands(words: list[str]) -> list[str]:
    """Return what is wrong with one command of ours; others are no concern."""
    check = _CHECKS.get(words[0])
    return [f"{' '.join(words)}: {problem}" for problem in check(words[1:])] if check else []


def check_requirements(words: list[str]) -> list[str]:
    """Return what is wrong with what is given to `pip install`: a wrong extra of this package."""
    problems = []
    for word in words:
        own = _OWN.match(word)
        asked = (own["extras"] or "").split(",") if own else []
        problems += [f"there is no extra {extra!r}" for extra in asked if extra not in _extras()]
        if word.startswith("examples/") and not (ROOT / word).is_file():
            problems.append(f"there is no {word}")
    return problems


@cache
def _extras() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return {"", *project["optional-dependencies"]}


def _check_ours(words: list[str]) -> list[str]:
    if not words or words[0] in ("<subcommand>", "..."):
        return []
    if words[0].startswith("-"):
        return [] if words[0] in ("--help", "--version") else [f"no option {words[0]}"]
    if words[0] not in SUBCOMMANDS:
        return [f"there is no subcommand {words[0]!r}; is it {nearest(words[0], SUBCOMMANDS)!r}?"]
    return _unknown(words[1:], {*_options_of(words[0]), "--help"})


@cache
def _options_of(name: str) -> frozenset[str]:
    parser = argparse.ArgumentParser()
    import_module(SUBCOMMANDS[name]).add_arguments(parser)
    return frozenset(option for action in parser._actions for option in action.option_strings)


def _check_pytest(words: list[str]) -> list[str]:
    ours = [word for word in words if word.startswith("--tts")]
    return _unknown(ours, _declared("harness/tts_chaos/pytest_plugin/options.py"))


def _check_locust(words: list[str]) -> list[str]:
    ours = [word for word in words if word.startswith("--tts")]
    return _unknown(ours, _declared("harness/tts_chaos/load/listeners.py"))


@cache
def _declared(file: str) -> frozenset[str]:
    """Return the options that a file declares."""
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    constants = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return frozenset(each for each in constants if isinstance(each, str) and each[:2] == "--")


def _unknown(words: list[str], known: set[str] | frozenset[str]) -> list[str]:
    found = [match[1] for word in words if (match := _OPTION.match(word))]
    return [f"there is no option {option}" for option in found if option not in known]


def _check_make(words: list[str]) -> list[str]:
    known = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    return [
        f"there is no target {word!r}"
        for word in words
        if re.fullmatch(r"[a-z][a-z0-9-]*", word) and word not in known
    ]


def _check_pip(words: list[str]) -> list[str]:
    return check_requirements(words[1:]) if words[:1] == ["install"] else []


_CHECKS: dict[str, Callable[[list[str]], list[str]]] = {
    "locust": _check_locust,
    "make": _check_make,
    "pip": _check_pip,
    "pytest": _check_pytest,
    "tts-chaos": _check_ours,
}
