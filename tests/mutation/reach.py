"""Which test reaches which line: noted once, so that a mutant meets only tests that can see it."""

from __future__ import annotations

import json
import os
import re
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from tests.mutation.mutants import Mutant
from tests.mutation.running import run_item

__all__ = ["Reach", "note_reach"]

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Reach:
    """What each test touched.

    Attributes:
        lines: By file below the root, and line: numbers of the tests that ran it.
        files: By file: numbers of the tests that ran anything of it.
        costs_s: By number of the test: how long it took while it was watched.
        failed: Names of tests that fail although nothing is changed.
    """

    lines: dict[str, dict[int, list[int]]]
    files: dict[str, list[int]]
    costs_s: list[float]
    failed: list[str]

    def tests_for(self, mutant: Mutant) -> list[int]:
        """Return the numbers of the tests that can see a mutant."""
        if mutant.place.rpartition(".")[2].isupper():
            places: Mapping[str, Iterable[int]] = _users_of(mutant.place, mutant.file)
        else:
            places = {_below_root(mutant.file): range(mutant.lines[0], mutant.lines[1] + 1)}
        found = {n for file, lines in places.items() for n in self._reaching(file, lines)}
        return sorted(found)

    def _reaching(self, file: str, lines: Iterable[int]) -> Iterator[int]:
        """Yield the tests that ran one of these lines; of a file without lines, all it met."""
        if file not in self.lines:
            yield from self.files.get(file, ())
            return
        for line in lines:
            yield from self.lines[file].get(line, ())


@cache
def _users_of(constant: str, file: Path) -> dict[str, tuple[int, ...]]:
    """Return the lines that name a constant, in its own file and in those that import it."""
    word = re.compile(rf"\b{constant}\b")
    found = {}
    others = (*(ROOT / "harness").rglob("*.py"), *(ROOT / "tests").rglob("*.py"))
    for each in (file, *(other for other in others if other != file)):
        text = each.read_text(encoding="utf-8")
        if each == file or (file.stem in text and word.search(text)):
            rows = enumerate(text.splitlines(), 1)
            found[_below_root(each)] = tuple(n for n, row in rows if word.search(row))
    return found


def _below_root(file: Path | str) -> str:
    return str(file).removeprefix(f"{ROOT}/")


def note_reach(
    items: Sequence[pytest.Item], files: Iterable[Path], kept: Path | None = None
) -> Reach:
    """Run each test once, in a process of its own, and note the lines of `files` it runs.

    This process is left as it was: what tests keep for later would hide mutants.

    Args:
        items: The tests.
        files: Whose lines are noted.
        kept: A file that has what an earlier call noted of the same code; it is written if not.
    """
    if kept is None or not kept.is_file():
        text = _note(items, files)
        if kept is not None:
            kept.write_text(text, encoding="utf-8")
    else:
        text = kept.read_text(encoding="utf-8")
    return _turned(json.loads(text))


def _note(items: Sequence[pytest.Item], files: Iterable[Path]) -> str:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        with os.fdopen(writing, "w", encoding="utf-8") as end:
            json.dump(_noted(items, {str(file) for file in files}), end)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8") as end:
        text = end.read()
    os.waitpid(child, 0)
    if not text:
        raise SystemExit("the tests ended the process that was to note what they reach")
    return text


def _noted(items: Sequence[pytest.Item], files: set[str]) -> list[dict[str, Any]]:
    rows = []
    for item in items:
        lines: dict[str, set[int]] = {}
        touched: set[str] = set()
        trace = _tracer(files, lines, touched)
        begin_s = time.process_time()
        threading.settrace(trace)
        sys.settrace(trace)
        try:
            failed = run_item(item)
        finally:
            sys.settrace(None)
            threading.settrace(None)
        cost_s = time.process_time() - begin_s
        rows.append(
            {
                "id": item.nodeid,
                "failed": failed,
                "cost_s": cost_s,
                "touched": sorted(map(_below_root, touched)),
                "lines": {_below_root(file): sorted(found) for file, found in lines.items()},
            }
        )
    return rows


def _tracer(
    files: set[str], lines: dict[str, set[int]], touched: set[str]
) -> Callable[[FrameType, str, Any], Any]:
    def local(frame: FrameType, event: str, _argument: Any) -> Any:
        if event == "line":
            lines[frame.f_code.co_filename].add(frame.f_lineno)
        return local

    def on_call(frame: FrameType, _event: str, _argument: Any) -> Any:
        file = frame.f_code.co_filename
        touched.add(file)
        if file not in files:
            return None
        lines.setdefault(file, set()).add(frame.f_lineno)
        return local

    return on_call


def _turned(rows: list[dict[str, Any]]) -> Reach:
    """Return what was noted by test, by line."""
    lines: dict[str, dict[int, list[int]]] = {}
    files: dict[str, list[int]] = {}
    for number, row in enumerate(rows):
        for file in row["touched"]:
            files.setdefault(file, []).append(number)
        for file, found in row["lines"].items():
            for line in found:
                lines.setdefault(file, {}).setdefault(line, []).append(number)
    return Reach(
        lines, files, [row["cost_s"] for row in rows], [row["id"] for row in rows if row["failed"]]
    )
