"""A run as a value: what was asked, measured and judged; written as JSON, read back to compare."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from tts_chaos.errors import UsageError
from tts_chaos.load.budgets import ERRORS, Budget
from tts_chaos.load.health import Health, Watch, examine
from tts_chaos.load.plan import AREAS, Plan
from tts_chaos.load.samples import Sample, area_of, read_samples
from tts_chaos.load.verdicts import UNFIT, Call, Judged, judge, missing_by_area

__all__ = [
    "AfterPeak", "FaultBand", "JudgedOracle", "Measured", "Result", "Second", "is_fit_so_far",
    "load_result", "measure", "result_of", "verdict_of", "write_result",
]  # fmt: skip

FORMAT = 1
SAMPLES_PATTERN = "samples*.bin"
WATCH_FILE = "generator.jsonl"
BEGIN_FILE = "begin.json"


class FaultBand(msgspec.Struct, frozen=True, kw_only=True):
    """When something was wrong.

    Attributes:
        name: What.
        begin_s: From when, in seconds from the begin of the plan.
        end_s: Until when.
        fired: How many requests it met; None where that is not counted, as for a lower limit.
    """

    name: str
    begin_s: float
    end_s: float
    fired: int | None = None


class Second(msgspec.Struct, frozen=True, kw_only=True):
    """One second of the run.

    Attributes:
        at_s: Its begin.
        due: Requests that were due in it.
        sent: Those that have a sample.
        failed: Those that went wrong.
        p50_ms: Median by area, of those that went well.
        p95_ms: Percentile 95 by area.
    """

    at_s: int
    due: int
    sent: int
    failed: int
    p50_ms: dict[str, float] = {}
    p95_ms: dict[str, float] = {}


class JudgedOracle(msgspec.Struct, frozen=True, kw_only=True):
    """What one oracle says of the load's history."""

    oracle: str
    verdict: str
    reason: str = ""
    counts: dict[str, int] = {}


class AfterPeak(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the work once the load was over.

    Attributes:
        drain_s: Until the integration knew all and nothing waited; None where it never did.
        drain_limit_s: How long it had.
        waiting: What still waited at the end.
        orders_placed: Orders that buyers placed during the run.
        orders_lost: Orders it does not know.
        orders_doubled: Orders it has more than once.
        oversold_units: Units sold that were not there.
        calls: Requests to the platform.
        amplification: Requests to the platform for each that was wanted; 1 without retries.
        back_in_budget_s: By area, from the end of the last fault until latencies kept their budgets
            for good; None where they never did.
        webhooks_delivered: Deliveries taken with 2xx.
        webhooks_failed: Deliveries that were not.
        oracles: What the judges say.
        backlog: (second, things waiting) over time.
        dropped_records: Records of the history that were no longer kept.
    """

    drain_s: float | None = None
    drain_limit_s: float = 0.0
    waiting: str = ""
    orders_placed: int = 0
    orders_lost: int = 0
    orders_doubled: int = 0
    oversold_units: int = 0
    calls: int = 0
    amplification: float = 1.0
    back_in_budget_s: dict[str, float | None] = {}
    webhooks_delivered: int = 0
    webhooks_failed: int = 0
    oracles: tuple[JudgedOracle, ...] = ()
    backlog: tuple[tuple[float, int], ...] = ()
    dropped_records: int = 0

    @property
    def is_unsafe(self) -> bool:
        """Whether an oracle of safety was broken."""
        return any(o.verdict == "invalid" for o in self.oracles)


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """A whole run.

    Attributes:
        verdict: `pass`, `fail` or `cannot_tell`.
        reason: Why, one sentence.
        rests_on: What the verdict rests on, in numbers.
        ended_early: Why the load was ended early; "" else.
    """

    format: int = FORMAT
    profile: str
    script: str
    target: str
    model: str
    seed: str
    duration_s: float
    began_unix_s: float
    verdict: Call
    reason: str
    rests_on: str
    exit_code: int
    due: int
    sent: int
    missing: dict[str, int]
    budgets: tuple[Judged, ...]
    health: Health
    noise_source: str
    stages: tuple[dict[str, Any], ...] = ()
    bands: tuple[FaultBand, ...] = ()
    after: AfterPeak | None = None
    ended_early: str = ""
    events: tuple[str, ...] = ()
    seconds: tuple[Second, ...] = ()
    environment: dict[str, str] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What the files of a run hold."""

    samples: list[Sample]
    watches: tuple[Watch, ...]
    events: tuple[dict[str, Any], ...]
    began_unix_s: float | None


def measure(folder: Path) -> Measured:
    """Read what a generator recorded; half a line or row at the end is left out."""
    watches, events = [], []
    path = folder / WATCH_FILE
    for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else []:
        try:
            row = json.loads(line)
        except ValueError:
            continue
        if "watch" in row:
            watches.append(msgspec.convert(row["watch"], Watch))
        else:
            events.append(row["event"])
    begin = folder / BEGIN_FILE
    began = json.loads(begin.read_text(encoding="utf-8")) if begin.is_file() else {}
    return Measured(
        samples=read_samples(sorted(folder.glob(SAMPLES_PATTERN))),
        watches=tuple(watches),
        events=tuple(events),
        began_unix_s=began.get("begin_unix_s"),
    )


def is_fit_so_far(plan: Plan, folder: Path, budgets: Sequence[Budget]) -> bool:
    """Whether what a generator recorded so far could be judged."""
    measured = measure(folder)
    samples = [sample for sample in measured.samples if plan.is_judged(sample.due_s)]
    return _health_of(plan, samples, measured, budgets).is_fit


def result_of(
    plan: Plan,
    measured: Measured,
    budgets: Sequence[Budget],
    *,
    script: str = "",
    noise: Mapping[str, float] | None = None,
    bands: Sequence[FaultBand] = (),
    after: AfterPeak | None = None,
    ended_early: str = "",
    ended_s: float | None = None,
    environment: Mapping[str, str] | None = None,
) -> Result:
    """Judge a run.

    Args:
        plan: What was due.
        measured: What was measured.
        budgets: What must hold.
        script: Name of the fault script.
        noise: Differences of equal runs, from an A/A run; None for none known.
        bands: When faults were at work.
        after: What became of the work afterwards.
        ended_early: Why the load was ended early.
        ended_s: When it was.
        environment: Where it ran.
    """
    samples: list[Sample] = [s for s in measured.samples if plan.is_judged(s.due_s)]
    missing = missing_by_area(plan, measured.samples, until_s=ended_s)
    health = _health_of(plan, samples, measured, budgets)
    lacking = _lacking(measured.events)
    # What a dead worker did not send is no answer that the integration owed.
    counted = dict.fromkeys(missing, 0) if lacking else missing
    judged = judge(budgets, samples, health, missing=counted, noise=noise, lacking=lacking)
    verdict, reason = verdict_of(judged, after, ended_early, bands)
    due = sum(missing.values()) + len(samples)
    return Result(
        profile=plan.profile,
        script=script,
        target=plan.target.base_url,
        model=plan.model,
        seed=plan.seed,
        duration_s=plan.duration_s,
        began_unix_s=measured.began_unix_s or 0.0,
        verdict=verdict,
        reason=reason,
        rests_on=_rests_on(len(samples), due, measured, lacking, ended_early),
        exit_code=_exit_code(verdict, after),
        due=due,
        sent=len(samples),
        missing=missing,
        budgets=judged,
        health=health,
        noise_source="an A/A run" if noise else "no A/A run was given; --aa makes one",
        stages=tuple(
            {"name": stage.name, "begin_s": begin, "for_s": stage.for_s, "judged": stage.judged}
            for begin, stage in plan.begins()
        ),
        bands=tuple(bands),
        after=after,
        ended_early=ended_early,
        events=tuple(_spell(event) for event in measured.events),
        seconds=seconds_of(plan, measured.samples),
        environment=dict(environment or {}),
    )


def _health_of(
    plan: Plan, samples: Sequence[Sample], measured: Measured, budgets: Sequence[Budget]
) -> Health:
    limits = [budget.limit for budget in budgets if budget.key != ERRORS]
    return examine(
        samples,
        measured.watches,
        tightest_ms=min(limits, default=100.0),
        duration_s=plan.duration_s,
    )


def verdict_of(
    judged: Sequence[Judged],
    after: AfterPeak | None,
    ended_early: str = "",
    bands: Sequence[FaultBand] = (),
) -> tuple[Call, str]:
    """Return what all of it comes to, and why."""
    if after is not None and after.is_unsafe:
        broken = next(o for o in after.oracles if o.verdict == "invalid")
        return Call.FAIL, f"{broken.oracle}: {broken.reason}"
    failed = [row.budget.name for row in judged if row.call is Call.FAIL]
    if failed:
        return Call.FAIL, f"budgets not held: {', '.join(failed)}"
    if after is not None and after.drain_s is None and after.waiting:
        return Call.FAIL, f"not drained within {after.drain_limit_s:g} s: {after.waiting}"
    if ended_early:
        is_unfit = any(row.reason == UNFIT for row in judged)
        return Call.CANNOT_TELL, f"{UNFIT}; {ended_early}" if is_unfit else ended_early
    idle = [band.name for band in bands if band.fired == 0]
    if idle:
        return Call.CANNOT_TELL, f"armed and met nothing: {', '.join(idle)}; more load may show it"
    unsure = [row for row in judged if row.call is not Call.PASS]
    if unsure and all(row.reason == UNFIT for row in unsure):
        return Call.CANNOT_TELL, UNFIT
    if unsure or not judged:
        first = f"{unsure[0].budget.name}: {unsure[0].reason}" if unsure else "nothing was judged"
        return Call.CANNOT_TELL, first
    return Call.PASS, "every budget is held"


def _exit_code(verdict: Call, after: AfterPeak | None) -> int:
    if after is not None and after.is_unsafe:
        return 10
    if verdict is Call.PASS:
        return 0
    if verdict is Call.CANNOT_TELL:
        return 13
    return 16


def _lacking(events: Sequence[Mapping[str, Any]]) -> str:
    raised = next((e["problem"] for e in events if e.get("kind") == "user_error"), "")
    if raised:
        return f"less load than planned was sent: a user of the locustfile raised {raised}"
    dead = [event for event in events if event.get("kind") == "worker_died"]
    if not dead:
        return ""
    told = ", ".join(f"worker {e['worker']} after {e['at_s']:.0f} s" for e in dead)
    return f"less load than planned was sent: {told} was lost"


def _spell(event: Mapping[str, Any]) -> str:
    if event.get("kind") == "worker_died":
        return f"worker {event['worker']} was lost {event['at_s']:.1f} s after the begin"
    if event.get("kind") == "user_error":
        return f"a user of the locustfile raised {event['problem']}"
    return ", ".join(f"{key} {value}" for key, value in event.items())


def _rests_on(sent: int, due: int, measured: Measured, lacking: str, ended_early: str) -> str:
    workers = len({sample.worker for sample in measured.samples}) or 1
    text = f"{sent} of {due} requests that were due, recorded by {workers} process"
    text += "es" if workers > 1 else ""
    extra = "; ".join(part for part in (lacking, ended_early) if part)
    return f"{text}; {extra}" if extra else text


def seconds_of(plan: Plan, samples: Sequence[Sample]) -> tuple[Second, ...]:
    """Return the run second by second, by the instant at which requests were due."""
    rows: dict[int, list[Sample]] = {}
    for sample in samples:
        rows.setdefault(int(sample.due_s), []).append(sample)
    arrivals = [plan.arrivals(area) for area in AREAS]
    found = []
    before = 0
    for at_s in range(math.ceil(plan.duration_s)):
        until = sum(each.count_until(at_s + 1) for each in arrivals)
        mine = rows.get(at_s, [])
        good = {
            area: sorted(
                s.latency_s * 1000
                for s in mine
                if s.outcome == "ok" and area_of(s.operation) == area
            )
            for area in AREAS
        }
        found.append(
            Second(
                at_s=at_s,
                due=until - before,
                sent=len(mine),
                failed=sum(sample.outcome != "ok" for sample in mine),
                p50_ms={a: _rank(row, 0.5) for a, row in good.items() if row},
                p95_ms={a: _rank(row, 0.95) for a, row in good.items() if row},
            )
        )
        before = until
    return tuple(found)


def _rank(row: Sequence[float], ratio: float) -> float:
    return row[max(0, math.ceil(ratio * len(row)) - 1)]


def write_result(result: Result, path: Path) -> None:
    """Write a result as JSON that a person can read."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(result), indent=1) + b"\n")


def load_result(path: Path) -> Result:
    """Read a result back.

    Raises:
        UsageError: If it is none.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=Result)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}") from None
    except msgspec.DecodeError as error:
        raise UsageError(
            f"{path} is no result of tts-chaos load: {error}; name a result.json"
        ) from None
