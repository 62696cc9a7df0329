"""One generator process inside Locust: its clock, tickets, record and watch over itself.

Imports gevent, so it belongs to the process that Locust runs in.
"""

from __future__ import annotations

import itertools
import json
import time
from collections import deque
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import gevent
import msgspec

from tts_chaos.load.health import Watch
from tts_chaos.load.pacing import OwnPace, Tickets
from tts_chaos.load.plan import AREAS, Plan
from tts_chaos.load.samples import ROW, pack

__all__ = ["BEGIN_FILE", "SAMPLES_FILE", "WATCH_FILE", "Generator", "RecordFiles"]

SAMPLES_FILE = "samples.bin"
WATCH_FILE = "generator.jsonl"
BEGIN_FILE = "begin.json"

_LEAD_S = 0.5
"""From when all users are there to the begin of the plan."""

_SHIP_AFTER_S = 3.0
"""A warehouse ships what it has heard of."""

_EARLY_S = 0.0015
"""Timers of the loop have milliseconds only, rounded up: the rest is waited for by looking at the
clock again and again, which costs this much of a core's time for each request."""

_CALM_PER_S = 200.0
"""Requests per second up to which there is time for that; above, each may be a millisecond late."""

_TICK_S = 0.02
_STILL_S = 0.005
"""Shorter ones change nothing that is judged."""

_PAGE_BYTES = 4096
_MOST_PROBLEMS = 20


class Generator:
    """State of one process.

    Args:
        plan: What to send; without stages each user keeps a pace of its own.
        worker: Number of this process.
        turn: Which of those that share the load it is, from 0.
        of: How many share it.
        pace_s: The own pace.
    """

    def __init__(
        self, plan: Plan, *, worker: int = 0, turn: int = 0, of: int = 1, pace_s: float = 1.0
    ) -> None:
        self.plan = plan
        self.worker = worker
        self.pace_s = pace_s
        self.begun_s: float | None = None
        is_calm = bool(plan.stages) and plan.peak_rate / of <= _CALM_PER_S
        self.early_s = _EARLY_S if is_calm else 0.0
        self.sent = 0
        self._rows: list[bytes] = []
        self._watches: list[Watch] = []
        self._tickets: dict[str, Tickets] = {}
        if plan.stages:
            self._tickets = {a: Tickets(plan.arrivals(a), turn=turn, of=of) for a in AREAS}
        self._problems: list[str] = []
        self._known_problems: set[str] = set()
        self._users = 0
        self._numbers = itertools.count()
        self._placed: deque[tuple[float, str]] = deque()

    # -- time -----------------------------------------------------------------------------------

    def begin(self) -> None:
        """Let the plan begin in a moment; only the first call counts."""
        if self.begun_s is None:
            self.begun_s = time.perf_counter() + _LEAD_S
            gevent.spawn(self._watch)

    def now_s(self) -> float:
        """Return seconds since the begin of the plan, negative before it."""
        return self.since_begin(time.perf_counter())

    def since_begin(self, at_s: float) -> float:
        """Return the same for an instant by `time.perf_counter`."""
        return at_s - self.begun_s if self.begun_s is not None else -_LEAD_S

    def wait_until(self, due_s: float) -> None:
        """Let the last moment pass; others go on meanwhile."""
        while self.early_s and self.now_s() < due_s:
            gevent.sleep(0)

    def source(self, area: str, first_s: float) -> Tickets | OwnPace:
        """Return where a user of this area gets its instants from."""
        return self._tickets.get(area) or OwnPace(self.pace_s, self.now_s, first_s)

    # -- what users share -----------------------------------------------------------------------

    def next_number(self) -> int:
        """Return a number that no other user of this process has."""
        return next(self._numbers)

    def note_placed(self, order_ids: Iterable[str]) -> None:
        """Keep orders that buyers placed, to be shipped later."""
        self._placed.extend((self.now_s(), id) for id in order_ids)

    def next_to_ship(self) -> str | None:
        """Return an order that was placed a while ago, each once; None where there is none."""
        if not self._placed or self.now_s() - self._placed[0][0] < _SHIP_AFTER_S:
            return None
        return self._placed.popleft()[1]

    # -- record ---------------------------------------------------------------------------------

    def record(
        self, operation: str, outcome: str, *, due_s: float, late_s: float, ended_s: float
    ) -> None:
        """Keep one row."""
        self.sent += 1
        self._rows.append(pack(operation, outcome, self.worker, late_s, due_s, ended_s - due_s))

    def take_report(self) -> dict[str, Any]:
        """Return what was recorded since the last call, as a message to a master."""
        rows, self._rows = self._rows, []
        watches, self._watches = self._watches, []
        problems, self._problems = self._problems, []
        return {
            "rows": b"".join(rows),
            "watches": msgspec.to_builtins(watches),
            "problems": problems,
        }

    def note_problem(self, problem: str) -> None:
        """Keep what a user raised, each once: what it should have sent is not the integration's."""
        if problem not in self._known_problems and len(self._known_problems) < _MOST_PROBLEMS:
            self._known_problems.add(problem)
            self._problems.append(problem)

    # -- watch ----------------------------------------------------------------------------------

    def count_users(self, by: int) -> None:
        """Note users that came (positive) or went."""
        self._users += by

    def _watch(self) -> None:
        """Look once a tick how late one's own timer is, and once a second at the processor."""
        last_cpu_s, last_s = time.process_time(), time.perf_counter()
        stills_ms: list[float] = []
        while True:
            expected_s = time.perf_counter() + _TICK_S
            gevent.sleep(_TICK_S)
            now_s = time.perf_counter()
            if now_s - expected_s > _STILL_S:
                stills_ms.append((now_s - expected_s) * 1000)
            if now_s - last_s < 1:
                continue
            cpu_s = time.process_time()
            self._watches.append(
                Watch(
                    worker=self.worker,
                    at_s=self.now_s(),
                    cpu_ratio=(cpu_s - last_cpu_s) / (now_s - last_s),
                    stills_ms=tuple(stills_ms),
                    for_s=now_s - last_s,
                    users=self._users,
                    memory_bytes=_memory_bytes(),
                )
            )
            last_cpu_s, last_s, stills_ms = cpu_s, now_s, []


class RecordFiles:
    """Where rows of all processes end up; only a master or a single process writes.

    Args:
        folder: Where to; made where it is missing.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._samples = (folder / SAMPLES_FILE).open("ab")
        self._watch = (folder / WATCH_FILE).open("a", encoding="utf-8")
        self.received = 0

    def begin(self, in_s: float) -> None:
        """Write down when the plan begins, by the clock on the wall."""
        text = json.dumps({"begin_unix_s": time.time() + in_s})
        draft = self._folder / f"{BEGIN_FILE}.new"
        draft.write_text(text, encoding="utf-8")
        draft.rename(self._folder / BEGIN_FILE)

    def add(self, report: dict[str, Any]) -> None:
        """Append a report."""
        self._samples.write(report["rows"])
        self._samples.flush()
        self.received += len(report["rows"]) // ROW.size
        for watch in report["watches"]:
            self._watch.write(json.dumps({"watch": watch}) + "\n")
        for problem in report.get("problems", ()):
            self.note(kind="user_error", problem=problem)
        self._watch.flush()

    def note(self, **event: Any) -> None:
        """Append an event, such as the end of a worker."""
        self._watch.write(json.dumps({"event": event}) + "\n")
        self._watch.flush()


def _memory_bytes() -> int:
    try:
        pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    except OSError:
        return 0
    return int(pages) * _PAGE_BYTES
