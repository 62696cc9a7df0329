"""Waits until a started program is ready to be asked."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from tts_chaos.subjects.external.asking import ask
from tts_chaos.subjects.external.failures import NoAnswerError
from tts_chaos.subjects.external.model import HttpReady, LineReady, PortReady, Ready
from tts_chaos.subjects.external.output import Watch
from tts_chaos.subjects.external.program import Program

__all__ = ["wait_until_ready"]

_LOOK_EVERY_S = 0.02
_ANSWER_S_MAX = 2.0


def wait_until_ready(
    ready: Ready, program: Program, *, base_url: str, within_s: float, lines: Sequence[Watch]
) -> str:
    """Wait; returns "" once it is ready, else why it is not."""
    look = _LOOKERS[type(ready)]
    deadline_s = time.monotonic() + within_s
    while True:
        # The look comes first: what it finds may have come from a program that has ended since.
        problem = look(ready, base_url, lines)
        if program.exit_status is not None:
            return f"it ended {program.how_ended()}"
        if not problem:
            return ""
        if time.monotonic() >= deadline_s:
            return f"not ready after {within_s:g} s: {problem}"
        time.sleep(_LOOK_EVERY_S)


def _look_by_http(ready: HttpReady, base_url: str, _lines: Sequence[Watch]) -> str:
    try:
        answer = ask(base_url, "GET", ready.path, limit_s=_ANSWER_S_MAX)
    except NoAnswerError as error:
        return str(error)
    if 200 <= answer.status < 300:
        return ""
    return f"GET {ready.path} answered {answer.status}"


def _look_at_port(_ready: PortReady, base_url: str, _lines: Sequence[Watch]) -> str:
    where = urlsplit(base_url)
    try:
        with socket.create_connection((where.hostname, where.port), _ANSWER_S_MAX):
            return ""
    except OSError as error:
        return f"nothing takes connections at {where.netloc}: {error.strerror or error}"


def _look_for_line(ready: LineReady, _base_url: str, lines: Sequence[Watch]) -> str:
    if any(line.seen.is_set() for line in lines):
        return ""
    return f"it has not written {ready.text!r}"


_LOOKERS: dict[type, Callable[..., str]] = {
    HttpReady: _look_by_http,
    PortReady: _look_at_port,
    LineReady: _look_for_line,
}
