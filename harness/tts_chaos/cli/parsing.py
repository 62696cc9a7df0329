"""The parser of command lines: help that people like to read, errors that name the right word."""

from __future__ import annotations

import argparse
import re
from typing import NoReturn

from tts_chaos.core.registry import nearest

__all__ = ["Parser"]

_WIDTH = 100
_UNKNOWN = re.compile(r"unrecognized arguments: (.*)")
_CHOICE = re.compile(r"invalid choice: '([^']*)'")


class Parser(argparse.ArgumentParser):
    """Says defaults, keeps the lines of descriptions, and answers a typing error with a hint."""

    def __init__(
        self, *, prog: str, description: str, usage: str | None = None, epilog: str | None = None
    ) -> None:
        # No abbreviations: what is short today may be ambiguous in the next version.
        super().__init__(
            prog=prog,
            usage=usage,
            description=description,
            epilog=epilog,
            formatter_class=_Formatter,
            allow_abbrev=False,
        )

    def error(self, message: str) -> NoReturn:
        """End with status 2 and, where there is one, the nearest right word."""
        hint = self._hint(message)
        super().error(f"{message}{hint}" if hint else message)

    def _hint(self, message: str) -> str:
        unknown = _UNKNOWN.search(message)
        if unknown:
            given = next((word for word in unknown[1].split() if word.startswith("-")), "")
            return _say(given.partition("=")[0], list(self._option_string_actions))
        choice = _CHOICE.search(message)
        if choice:
            choices = [str(word) for action in self._actions for word in action.choices or ()]
            return _say(choice[1], choices)
        return ""


def _say(word: str, valid: list[str]) -> str:
    close = nearest(word, valid) if word else None
    return f"; did you mean {close}?" if close else ""


class _Formatter(argparse.RawDescriptionHelpFormatter):
    """Adds the default of an option where its help does not tell it."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_WIDTH, max_help_position=30)

    def _get_help_string(self, action: argparse.Action) -> str:
        text = action.help or ""
        default = action.default
        is_said = "(" in text or "default" in text
        is_dull = default in (None, False, True, "", [], argparse.SUPPRESS)
        if is_said or is_dull or not action.option_strings:
            return text
        return f"{text} (default: %(default)s)"
