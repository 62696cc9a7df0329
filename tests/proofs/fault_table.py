"""The table of docs/faults.md: fault, world, mechanism, and the tests that show it.

`python -m tests.proofs.fault_table > docs/faults.md` writes the document. Tests are found by their
mark `proves_fault(name, world)`, mechanisms by asking each fault what it does.
"""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest
from tests.proofs.fault_marks import PROPERTY
from tests.support.fault_scenarios import WORLDS, refusal, shown_by

from tts_chaos.core.entropy import Entropy
from tts_chaos.faults.catalogue import FAULTS
from tts_chaos.faults.effect import (
    AlterAnswer,
    AnswerInstead,
    BreakConnection,
    Effect,
    Moment,
    PlatformCommand,
    SlowAnswer,
)
from tts_chaos.faults.fault import Fault
from tts_chaos.scenarios.model import FaultStep
from tts_chaos.serving.line import uses_proxy
from tts_chaos.wire.message import ApiRequest

__all__ = ["FOLDER", "QUIET", "Proven", "collect", "document", "empty_cells"]

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "tests" / "integration"
"""Where tests stand that play whole runs; the marks of all of them are read."""

QUIET = ("-W", "ignore::pytest.PytestAssertRewriteWarning")
"""For pytest within a program that has imported what it plays."""

HEAD = """# Faults and what shows them

Written by `python -m tests.proofs.fault_table`; do not edit.
`make prove-faults` runs every test named here.

*Mechanism* is what a fault does, as it says itself.
*Shown by* counts the tests marked for it and names one; a world that cannot realise it says why.
Each of these tests plays a bundled scenario, cut short, and sees the fault fire and end.
Where both worlds can, a further test holds the client to being told the same in both.

"""

Proven = Mapping[tuple[str, str], Sequence[str]]
"""Ids of tests by fault and world."""

_REQUESTS = (
    ApiRequest(method="GET", path="/"),
    ApiRequest(method="POST", path="/", query="page_token=x", body=b'{"skus":[{"id":"1"}]}'),
    ApiRequest(method="POST", path="/", body=b'{"skus":[{"id":"1"},{"id":"2"}]}'),
)
_DRAWS = 8
_WORDS: dict[type, str] = {
    PlatformCommand: "state of the platform",
    AlterAnswer: "answer altered",
    AnswerInstead: "answered by the fault",
    SlowAnswer: "answer slowed down",
}


class _Collector:
    """Keeps the ids of collected tests by what they are marked to show."""

    def __init__(self) -> None:
        self.found: dict[tuple[str, str], list[str]] = {}

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        for item in session.items:
            for mark in item.iter_markers(PROPERTY):
                name, world = mark.args
                self.found.setdefault((name, world), []).append(item.nodeid)


def collect() -> Proven:
    """Return the tests by their marks, without running any."""
    collector = _Collector()
    arguments = ["--collect-only", "-qq", "-m", PROPERTY, str(FOLDER), *QUIET]
    with contextlib.redirect_stdout(io.StringIO()):
        status = pytest.main(arguments, plugins=[collector])
    if status:
        raise SystemExit(f"tests cannot be collected: pytest ended with {status!r}")
    return collector.found


def empty_cells(proven: Proven) -> list[str]:
    """Return each fault and world that neither a test nor a reason fills."""
    return [
        f"{name} in the {world} world: no test shows it, and the world does not say why"
        for name in FAULTS
        for world in WORLDS
        if not proven.get((name, world)) and not refusal(name, world)
    ]


def document(proven: Proven) -> str:
    """Return the whole document."""
    head = ("fault", "family", *(f"{world}: {what}" for world in WORLDS for what in _COLUMNS))
    rows = [head, tuple("---" for _ in head), *_rows(proven)]
    return HEAD + "".join(f"| {' | '.join(row)} |\n" for row in rows)


_COLUMNS = ("mechanism", "shown by")


def _rows(proven: Proven) -> Iterator[tuple[str, ...]]:
    for name, kind in sorted(FAULTS.items(), key=lambda item: (item[1].family, item[0])):
        cells = (cell for world in WORLDS for cell in _cells(name, world, proven))
        yield (f"`{name}`", kind.family, *cells)


def _cells(name: str, world: str, proven: Proven) -> tuple[str, str]:
    tests = proven.get((name, world), ())
    if not tests:
        return "none", refusal(name, world) or "nothing"
    scenario = shown_by(name, world)
    where = f", plays `{scenario.id}`" if scenario else ""
    return _mechanism(name, world), f"{len(tests)}: `{tests[0].split('::')[-1]}`{where}"


def _mechanism(name: str, world: str) -> str:
    """Return how a world realises the fault, as its scenario arms it."""
    scenario = shown_by(name, world)
    steps = scenario.method if scenario else ()
    step = next((s for s in steps if isinstance(s, FaultStep) and s.fault.name == name), None)
    if step is None:
        return "as its tests say"
    if world == "wire" and uses_proxy(step.fault, step.trigger):
        return "fault proxy: " + ", ".join(
            toxic.kind if toxic.kind == "down" else f"{toxic.kind} ({toxic.stream})"
            for toxic in step.fault.toxics()
        )
    if step.fault.target == "webhooks":
        return "deliveries reshaped"
    words = dict.fromkeys(_words(step.fault, world))
    return "; ".join(words) or "as the world does it"


def _words(fault: Fault, world: str) -> Iterator[str]:
    for command in fault.begin():
        yield f"platform: {command.name}"
    for effect in _effects(fault):
        if isinstance(effect, BreakConnection):
            side = "after" if effect.after_commit else "before"
            way = effect.connection.value.replace("_", " ")
            where = "socket" if world == "wire" else "error raised in the client"
            yield f"{where}: {way}, {side} the commit"
        elif isinstance(effect, PlatformCommand):
            yield f"platform: {effect.name}"
        else:
            yield _WORDS.get(type(effect)) or _spaced(type(effect).__name__)


def _spaced(name: str) -> str:
    """Return a class's name in words.

    >>> _spaced("RepeatRequest")
    'repeat request'
    """
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name).strip()


def _effects(fault: Fault) -> Iterator[Effect]:
    for request in _REQUESTS:
        for draw in range(_DRAWS):
            moment = Moment(
                request=request,
                operation="",
                shop="",
                now_ms=0,
                hits=draw,
                entropy=Entropy(f"{fault.name}/{draw}"),
            )
            yield from fault.effects(moment)


def main() -> int:
    """Write the document to standard output."""
    sys.stdout.write(document(collect()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
