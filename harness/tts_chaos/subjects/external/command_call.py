"""A capability had by running a command that prints one line of JSON."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from tts_chaos.core.history import Json
from tts_chaos.subjects.external.failures import CommandError, ShapeError
from tts_chaos.subjects.external.http_call import SETTINGS, as_text
from tts_chaos.subjects.external.model import CommandCall
from tts_chaos.subjects.external.output import Output, last_lines
from tts_chaos.subjects.external.program import Program
from tts_chaos.subjects.external.templates import fill
from tts_chaos.subjects.external.values import excerpt, parse, part_at
from tts_chaos.typing import ACTIONS

__all__ = ["call_command"]

Launch = Callable[..., Program]
"""Starts a program: `argv`, `stdout`, `stdin`."""

ASKED_FOR_AN_ANSWER = frozenset({"deliver_webhook", "quote_checkout"})
LONGEST_S = 600.0
"""The scenario's own limit is far below; this is the last resort."""


def call_command(
    name: str,
    how: CommandCall,
    arguments: Mapping[str, Any],
    *,
    values: Mapping[str, str],
    launch: Launch,
) -> Json:
    """Run the command; returns the value of the last line it prints, None for a mere action.

    A webhook's body goes to its standard input, its headers to the placeholder `{headers}`.

    Raises:
        CallError: If it ends with an error, or prints no JSON where that is needed.
    """
    body = b""
    if name == "deliver_webhook":
        body = arguments["body"]
        arguments = {"headers": dict(arguments["headers"])}
    elif name == "reconfigure":
        arguments = {SETTINGS: dict(arguments)}
    filled = {**values, **as_text(arguments)}
    argv = [fill(part, filled) for part in how.argv]
    with closing(Output()) as printed, tempfile.NamedTemporaryFile() as stdin:
        stdin.write(body)
        stdin.flush()
        program = launch(argv, stdout=printed, stdin=Path(stdin.name))
        try:
            has_ended = program.wait(LONGEST_S)
        finally:
            # Also where the call is interrupted because its time is over.
            program.kill()
        if not has_ended:
            raise CommandError(f"`{how.title}` did not end within {LONGEST_S:g} s")
        _refuse_failed(how, program, printed)
        if name in ACTIONS and name not in ASKED_FOR_AN_ANSWER:
            return None
        return part_at(_last_value(how, printed), how.at)


def _refuse_failed(how: CommandCall, program: Program, printed: Output) -> None:
    if program.exit_status == 0:
        return
    told = last_lines([printed, program.stderr])
    said = f"; its last lines:\n{told}" if told else "; it wrote nothing"
    raise CommandError(f"`{how.title}` ended {program.how_ended()}{said}")


def _last_value(how: CommandCall, printed: Output) -> Json:
    lines = [line for line in printed.text().splitlines() if line.strip()]
    if not lines:
        raise ShapeError(f"`{how.title}` printed nothing; expected one line of JSON")
    try:
        value = parse(lines[-1])
    except ShapeError:
        raise ShapeError(
            f"`{how.title}` printed {excerpt(lines[-1])} last; expected one line of JSON"
        ) from None
    # Words before it are a program's chatter; a second value may be half of the answer.
    other = next((line for line in lines[:-1] if _is_value(line)), None)
    if other is not None:
        raise ShapeError(
            f"`{how.title}` printed {excerpt(other)} and then {excerpt(lines[-1])}; expected one "
            "line of JSON, all of the answer in it; write logs to standard error"
        )
    return value


def _is_value(line: str) -> bool:
    """Whether a line is a JSON object or list."""
    try:
        return isinstance(parse(line), dict | list)
    except ShapeError:
        return False
