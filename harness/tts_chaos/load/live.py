"""A load while it runs: rates, percentiles against budgets, faults, time left; and hopeless cases.

Reads what Locust's processes have written so far. Percentiles of the live lines come from
HdrHistograms, to three figures and in constant memory; verdicts never do.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from hdrh.histogram import HdrHistogram

from tts_chaos.load.budgets import ALL, ERRORS, Budget
from tts_chaos.load.histograms import FIGURES, LONGEST_MICROS
from tts_chaos.load.plan import AREAS, Plan
from tts_chaos.load.results import BEGIN_FILE, is_fit_so_far
from tts_chaos.load.samples import ROW, Sample, area_of, unpack

__all__ = ["Live"]

_EVERY_S = 2.0
SAMPLES_FILE = "samples.bin"


class Live:
    """What is known so far.

    Args:
        plan: What was due.
        budgets: What must hold.
        told: Gets the lines; None for nobody.
        aborts: Whether hopeless cases are looked for.
    """

    def __init__(
        self,
        plan: Plan,
        budgets: Sequence[Budget],
        told: Callable[[str], None] | None,
        *,
        aborts: bool = True,
    ) -> None:
        self._plan = plan
        self._budgets = budgets
        self._told = told
        self._aborts = aborts
        self._offset = 0
        self._began_unix_s: float | None = None
        self._said_at = 0.0
        self._sent_at_last = 0
        self._histograms = {area: _histogram() for area in AREAS}
        self._misses: Counter[str] = Counter()
        self._due = {area: _judged_count(plan, area) for area in AREAS}
        self.sent = 0
        self.failed = 0
        self.backlog = 0
        self.now_s: float | None = None
        self.hopeless = ""

    def look(self, folder: Path, faults: Sequence[str]) -> float | None:
        """Take in what is new; returns the plan's second, None before its begin."""
        if self._began_unix_s is None:
            begin = folder / BEGIN_FILE
            if not begin.is_file():
                return None
            self._began_unix_s = json.loads(begin.read_text(encoding="utf-8"))["begin_unix_s"]
        self.now_s = time.time() - self._began_unix_s
        with (folder / SAMPLES_FILE).open("rb") as file:
            file.seek(self._offset)
            data = file.read()
        self._offset += len(data) - len(data) % ROW.size
        for sample in unpack(data):
            self._take(sample)
        if self._aborts:
            reason = self._why_hopeless()
            # An end while the generator is not fit to judge would leave nothing that can be told.
            is_told = bool(reason) and is_fit_so_far(self._plan, folder, self._budgets)
            self.hopeless = reason if is_told else ""
        if self._told is not None and time.monotonic() - self._said_at >= _EVERY_S:
            self._told(self._line(faults))
        return self.now_s

    def _take(self, sample: Sample) -> None:
        self.sent += 1
        self.failed += sample.outcome != "ok"
        micros = min(max(1, round(sample.latency_s * 1e6)), LONGEST_MICROS)
        self._histograms[area_of(sample.operation)].record_value(micros)
        if not self._plan.is_judged(sample.due_s):
            return
        for budget in self._budgets:
            if budget.covers(sample.operation):
                slow = budget.key != ERRORS and sample.latency_s * 1000 > budget.limit
                self._misses[budget.name] += slow or sample.outcome != "ok"

    def _why_hopeless(self) -> str:
        """Say which budget is broken even if everything that is still due went perfectly."""
        for budget in self._budgets:
            area = area_of(budget.subject)
            due = sum(self._due.values()) if budget.subject == ALL else self._due[area]
            if due and self._misses[budget.name] > budget.allowed_ratio * due + 1:
                return (
                    f"{budget.name} cannot be held any more: {self._misses[budget.name]} of {due} "
                    f"requests missed {budget.bound}, {budget.allowed_ratio * 100:.3g} % may"
                )
        return ""

    def _line(self, faults: Sequence[str]) -> str:
        now_s = self.now_s or 0.0
        rate = (self.sent - self._sent_at_last) / max(time.monotonic() - self._said_at, 0.001)
        self._said_at, self._sent_at_last = time.monotonic(), self.sent
        stage = next((s.name for b, s in self._plan.begins() if b <= now_s < b + s.for_s), "")
        stage = stage or ("begins" if now_s < 0 else "over")
        parts = [
            f"{max(now_s, 0):5.0f} s {stage:<9}",
            f"{max(self._plan.duration_s - now_s, 0):.0f} s left",
            f"{rate:.0f}/s",
            *(self._area(area) for area in AREAS if self._histograms[area].get_total_count()),
            f"{self.failed} of {self.sent} failed",
            f"{self.backlog} waiting",
        ]
        if faults:
            parts.append(f"faults: {', '.join(faults)}")
        return " | ".join(parts)

    def _area(self, area: str) -> str:
        told = []
        for budget in self._budgets:
            if budget.subject != area or budget.key == ERRORS:
                continue
            micros = self._histograms[area].get_value_at_percentile(float(budget.key[1:]))
            sign = "!" if micros / 1000 > budget.limit else ""
            told.append(f"{budget.key} {micros / 1000:.0f}{sign}/{budget.limit:g} ms")
        return f"{area} {', '.join(told)}"


def _histogram() -> HdrHistogram:
    return HdrHistogram(1, LONGEST_MICROS, FIGURES)


def _judged_count(plan: Plan, area: str) -> int:
    arrivals = plan.arrivals(area)
    return sum(
        arrivals.count_until(begin + stage.for_s) - arrivals.count_until(begin)
        for begin, stage in plan.begins()
        if stage.judged
    )
