"""Spreads many plays over processes of their own, with progress; what was done can be kept.

A simulated world patches the process it is in, so one process plays one run at a time.
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from multiprocessing import get_context
from pathlib import Path
from typing import Any

__all__ = ["sources_digest", "spread"]

ROOT = Path(__file__).parents[2]
PLAYED = ("harness", "scenarios", "contracts", "tests/quality")
"""Folders on which the result of a run depends."""

WAITING_PER_JOB = 4
RUNS_PER_PROCESS = 300
"""Then a fresh process takes over, so that nothing piles up over thousands of runs."""

LINES = 20
"""Lines of progress where nobody sits at a terminal."""


def sources_digest() -> str:
    """Return a digest of all that decides how a run ends."""
    digest = hashlib.sha256()
    for folder in PLAYED:
        for file in sorted((ROOT / folder).rglob("*")):
            if file.is_file() and file.suffix in (".py", ".toml", ".json"):
                digest.update(f"{file.relative_to(ROOT)}\0".encode() + file.read_bytes())
    return digest.hexdigest()[:16]


def spread(
    work: Callable[[Any], Any],
    items: Sequence[Any],
    *,
    jobs: int,
    label: str,
    record: Path | None = None,
) -> Iterator[tuple[Any, Any]]:
    """Yield each item with what `work` made of it, as they are done.

    Args:
        work: A function of a module; item and result have to be like JSON, lists not tuples.
        items: What to work on.
        jobs: Processes.
        label: What is counted, for the progress.
        record: Where done items are kept, as JSON Lines; those kept there, of the same sources, are
            not done again. None keeps nothing.
    """
    known = _read(record)
    started = time.monotonic()
    done = 0
    left = []
    for item in items:
        key = json.dumps(item)
        if key in known:
            done += 1
            yield item, known[key]
        else:
            left.append(item)
    if done:
        _say(f"{label}: {done} of {len(items)} are on record")
    for item, result in _played(work, left, jobs):
        if record is not None:
            with record.open("a", encoding="utf-8") as file:
                file.write(json.dumps([sources_digest_once(), item, result]) + "\n")
        done += 1
        _show(label, done, len(items), started)
        yield item, result


def _played(
    work: Callable[[Any], Any], items: Sequence[Any], jobs: int
) -> Iterator[tuple[Any, Any]]:
    """Keep few futures at a time, so that an interruption ends soon."""
    waiting = iter(items)
    pool = ProcessPoolExecutor(
        max_workers=jobs, mp_context=get_context("spawn"), max_tasks_per_child=RUNS_PER_PROCESS
    )
    try:
        under_way: dict[Any, Any] = {}
        while True:
            while len(under_way) < jobs * WAITING_PER_JOB:
                item = next(waiting, None)
                if item is None:
                    break
                under_way[pool.submit(work, item)] = item
            if not under_way:
                return
            for future in wait(under_way, return_when=FIRST_COMPLETED).done:
                yield under_way.pop(future), future.result()
    finally:
        pool.shutdown(cancel_futures=True)


_DIGESTS: list[str] = []


def sources_digest_once() -> str:
    """Return the digest of the sources as they were when this process first asked."""
    if not _DIGESTS:
        _DIGESTS.append(sources_digest())
    return _DIGESTS[0]


def _read(record: Path | None) -> dict[str, Any]:
    """Return what a record holds of runs of the present sources, by item; half a line is none."""
    if record is None or not record.exists():
        return {}
    known = {}
    for line in record.read_text(encoding="utf-8").splitlines():
        try:
            digest, item, result = json.loads(line)
        except ValueError:
            continue
        if digest == sources_digest_once():
            known[json.dumps(item)] = result
    return known


def _show(label: str, done: int, total: int, started: float) -> None:
    rate = done / max(0.001, time.monotonic() - started)
    line = f"{label}: {done} of {total}, {rate:.1f} a second"
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{line}{chr(10) if done == total else ''}")
        sys.stderr.flush()
    elif done % max(1, total // LINES) == 0 or done == total:
        _say(line)


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
