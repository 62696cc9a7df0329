"""Whether a test notices a mutant: each is put in place in a process of its own, and judged.

A child of a process that has all loaded already costs a few milliseconds. A mutant that makes a
test endless, or greedy, is noticed by its time and its memory.
"""

from __future__ import annotations

import os
import resource
import signal
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import pytest
from tests.mutation.mutants import Mutant
from tests.mutation.placing import put_in_place
from tests.mutation.reach import Reach
from tests.mutation.running import run_item

__all__ = ["Judged", "judge", "unchanged"]

CPU_LIMIT_S = 20
"""Time of a processor beyond three times what the tests take unchanged."""
WALL_LIMIT_S = 300
"""For what waits forever. Generous: the machine may be busy."""
MEMORY_LIMIT = 3 << 30
NOT_PLACED = 97


@dataclass(frozen=True)
class Judged:
    """What became of a mutant.

    Attributes:
        mutant: Which.
        killer: The test that noticed it, "a crash" or "an endless run"; "" where none did.
    """

    mutant: Mutant
    killer: str


@dataclass(frozen=True)
class _Open:
    mutant: Mutant
    items: Sequence[pytest.Item]
    reading: int


def unchanged(mutant: Mutant) -> Mutant:
    """Return a mutant that changes nothing: what notices it notices anything."""
    return replace(mutant, index=-1)


def judge(
    mutants: Iterator[Mutant],
    items: Sequence[pytest.Item],
    reach: Reach,
    *,
    jobs: int = 1,
    killers: dict[str, str] | None = None,
) -> Iterator[Judged]:
    """Judge mutants, `jobs` at a time; this process is left as it was.

    Args:
        mutants: Which; asked for one by one.
        items: The tests.
        reach: What each of them touches.
        jobs: How many processes at a time.
        killers: By id of a mutant, the test that noticed it in an earlier run: it is asked first.
    """
    before, kills = killers or {}, Counter[str]()
    running: dict[int, _Open] = {}

    def usefulness(number: int) -> tuple[bool, int, float]:
        """Sort the test first that noticed it before, then functions that noticed most."""
        id = items[number].nodeid
        return id != before.get(mutant.id), -kills[id.partition("[")[0]], reach.costs_s[number]

    for mutant in mutants:
        chosen = sorted(reach.tests_for(mutant), key=usefulness)
        if not chosen:
            yield Judged(mutant, "")
            continue
        pid, opened = _started(mutant, [items[n] for n in chosen], reach, chosen)
        running[pid] = opened
        while len(running) >= jobs:
            yield _counted(_ended(running), kills)
    while running:
        yield _counted(_ended(running), kills)


def _counted(judged: Judged, kills: Counter[str]) -> Judged:
    kills[judged.killer.partition("[")[0]] += 1
    return judged


def _started(
    mutant: Mutant, items: Sequence[pytest.Item], reach: Reach, numbers: Sequence[int]
) -> tuple[int, _Open]:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        _be_judged(mutant, items, writing, sum(reach.costs_s[n] for n in numbers))
    os.close(writing)
    return child, _Open(mutant, items, reading)


def _ended(running: dict[int, _Open]) -> Judged:
    pid, status = os.wait()
    opened = running.pop(pid)
    with os.fdopen(opened.reading) as end:
        told = end.read()
    code = os.waitstatus_to_exitcode(status)
    if code == 0:
        return Judged(opened.mutant, "")
    if code == NOT_PLACED:
        raise SystemExit(f"{opened.mutant.id}: its place was not found in the loaded module")
    if code in (-signal.SIGXCPU, -signal.SIGALRM):
        return Judged(opened.mutant, "an endless run")
    return Judged(opened.mutant, opened.items[int(told)].nodeid if told else "a crash")


def _be_judged(mutant: Mutant, items: Sequence[pytest.Item], writing: int, cost_s: float) -> None:
    """Run the tests until one notices the mutant; ends this process, 0 where none does."""
    code = 1
    try:
        _limit(cost_s)
        try:
            put_in_place(mutant)
        except LookupError:
            os._exit(NOT_PLACED)
        for number, item in enumerate(items):
            following = items[number + 1] if number + 1 < len(items) else None
            if run_item(item, following):
                os.write(writing, str(number).encode())
                break
        else:
            code = 0
    finally:
        os._exit(code)


def _limit(cost_s: float) -> None:
    cpu_s = int(CPU_LIMIT_S + 3 * cost_s)
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s + 5))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(WALL_LIMIT_S)
    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, 1)
    os.dup2(silent, 2)
