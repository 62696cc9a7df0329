"""The story of a run that did not pass.

What was done to the integration, what it did, which rule broke, what the defect probably is, and
how to see it again.
"""

from __future__ import annotations

from collections.abc import Iterator

from tts_chaos.core.history import (
    Completed,
    Exchange,
    FaultEvent,
    FaultMoment,
    OpKind,
    WebhookSent,
)
from tts_chaos.core.verdict import Outcome, Verdict
from tts_chaos.engine.result import RunResult
from tts_chaos.faults.catalogue import FAULTS
from tts_chaos.faults.plane import Receipt
from tts_chaos.oracles.oracle import Finding
from tts_chaos.reporting.durations import say_duration
from tts_chaos.reporting.wording import ENDED, say_record, shorten

__all__ = ["history_name", "reproduce_command", "tell"]

LINES_BEFORE_FAULT = 4
LINES_AFTER_FAULT = 8
LINES_BEFORE_END = 7
"""Lines of the timeline shown: enough to see cause and end, few enough to read."""

FINDINGS_SHOWN = 6


def tell(result: RunResult) -> str:
    """Return the story as text, ended by the command that reproduces it."""
    parts = [
        f"{result.scenario} [{result.world}]: {result.outcome.value}",
        f"  {result.title}",
        "",
        *_why(result),
        *_broken_rules(result),
        *_failed_calls(result),
        *_what_was_injected(result),
        *_what_happened(result),
        *_side_notes(result),
        "Reproduce:",
        f"  {reproduce_command(result)}",
    ]
    return "\n".join(parts)


def _why(result: RunResult) -> Iterator[str]:
    if result.reason and all(result.reason != finding.message for finding in result.findings):
        yield f"Why: {result.reason}"
        yield ""


def _broken_rules(result: RunResult) -> Iterator[str]:
    findings = result.findings
    if not findings:
        return
    yield f"Broken rules ({len(findings)}):"
    for finding in findings[:FINDINGS_SHOWN]:
        yield from _finding(result, finding)
    if len(findings) > FINDINGS_SHOWN:
        yield f"  ... and {len(findings) - FINDINGS_SHOWN} more in the report"
    yield ""


def _failed_calls(result: RunResult) -> Iterator[str]:
    """Yield what the integration's calls said; findings, where there are any, say it better."""
    if result.findings and result.outcome is not Outcome.ABORTED:
        return
    said: dict[str, int] = {}
    for record in result.history.of(Completed):
        if record.kind is not OpKind.OK:
            line = f"{record.action}() {ENDED[record.kind]}: {shorten(record.error, 300)}"
            said[line] = said.get(line, 0) + 1
    if said:
        yield "Calls that went wrong:"
        for line, times in list(said.items())[:FINDINGS_SHOWN]:
            yield f"  {line}{f' ({times} times)' if times > 1 else ''}"
        yield ""


def _finding(result: RunResult, finding: Finding) -> Iterator[str]:
    # A message that sums up several offences says how many there are.
    is_counted = finding.count == 1 or finding.message.endswith(" more such)")
    times = "" if is_counted else f" ({finding.count} times)"
    yield f"  {finding.rule}: {finding.message}{times}"
    if finding.expected or finding.actual:
        yield f"    expected  {finding.expected}"
        yield f"    actual    {finding.actual}"
    yield from _shown_by(result, finding)
    if finding.defect:
        yield f"    likely    {finding.defect}"


def _shown_by(result: RunResult, finding: Finding) -> Iterator[str]:
    """Yield the first and the worst exchange or webhook that shows the finding."""
    records = result.history.records
    epoch_ms = records[0].at_ms if records else 0
    places = dict.fromkeys((finding.first, finding.worst))
    names = ("first", "worst") if len(places) > 1 else ("shown by",)
    for name, place in zip(names, places, strict=True):
        record = records[place] if 0 <= place < len(records) else None
        if isinstance(record, Exchange | WebhookSent):
            passed = say_duration(record.at_ms - epoch_ms)
            yield f"    {name:<8}  {(say_record(record) or '').rstrip()}, at {passed}"


def _what_was_injected(result: RunResult) -> Iterator[str]:
    if not result.receipts:
        return
    yield "Injected:"
    epoch_ms = result.history.records[0].at_ms if len(result.history) else 0
    for receipt in result.receipts:
        calls = ", ".join(f"#{call}" for call in receipt.calls[:8])
        more = ", ..." if len(receipt.calls) > 8 else ""
        where = f" on request {calls}{more}" if calls else ""
        times = {0: "never fired", 1: "fired once"}.get(
            receipt.fired, f"fired {receipt.fired} times"
        )
        yield (
            f"  {receipt.name}: {FAULTS[receipt.name].summary}; {times}{where}"
            f"{'' if receipt.lifted else '; NOT LIFTED'}"
        )
        yield f"    {_life(receipt, epoch_ms)}"
    yield ""


_ENDED_BY = {
    "step": "by a step",
    "time": "by its own time limit",
    "heal": "as the turbulence ended",
    "limit": "by the limit of the run",
}


def _life(receipt: Receipt, epoch_ms: int) -> str:
    """Say when a fault was armed and lifted, and by what."""
    armed = f"armed at {say_duration(receipt.armed_ms - epoch_ms)}"
    if receipt.lifted_ms is None:
        return armed
    at = say_duration(receipt.lifted_ms - epoch_ms)
    return f"{armed}, lifted at {at} {_ENDED_BY[receipt.lifted_by]}"


def _what_happened(result: RunResult) -> Iterator[str]:
    """Yield two stretches of the timeline: where the first fault struck, and what it came to."""
    lines = [(r.index, line) for r in result.history if (line := say_record(r)) is not None]
    if not lines:
        return
    shown: set[int] = set()
    struck = _position(lines, _first_firing(result))
    if struck is not None:
        shown.update(range(max(0, struck - LINES_BEFORE_FAULT), struck + LINES_AFTER_FAULT))
    end = _position(lines, _turning_point(result))
    end = len(lines) - 1 if end is None else end
    shown.update(range(max(0, end - LINES_BEFORE_END), end + 1))
    yield "What happened:"
    epoch_ms = result.history.records[0].at_ms
    previous = -1
    for position in sorted(position for position in shown if position < len(lines)):
        if position > previous + 1:
            yield f"  {'...':>12}"
        index, line = lines[position]
        passed_ms = result.history.records[index].at_ms - epoch_ms
        yield f"  {say_duration(passed_ms):>12}  {line}"
        previous = position
    yield ""


def _position(lines: list[tuple[int, str]], at: int | None) -> int | None:
    """Return the place, among the lines, of the last one that is not later than record `at`."""
    if at is None:
        return None
    return max((place for place, (index, _) in enumerate(lines) if index <= at), default=None)


def _first_firing(result: RunResult) -> int | None:
    fired = (e.index for e in result.history.of(FaultEvent) if e.moment is FaultMoment.FIRED)
    return next(fired, None)


def _turning_point(result: RunResult) -> int:
    """Return the index of the record that shows the worst finding, else the last one."""
    worst = result.worst_finding
    shown = max(worst.first, worst.worst) if worst else -1
    return shown if shown >= 0 else len(result.history) - 1


def _side_notes(result: RunResult) -> Iterator[str]:
    notes = []
    if result.refused_destinations:
        notes.append(f"outside hosts refused: {', '.join(result.refused_destinations)}")
    assumed = sorted({fact for report in result.reports for fact in report.assumed})
    if assumed:
        notes.append(f"rests on assumed facts: {'; '.join(assumed)}")
    unknown = [r for r in result.reports if r.verdict is Verdict.UNKNOWN and r.saw]
    notes.extend(f"{report.oracle} cannot tell: {report.reason}" for report in unknown)
    if notes:
        yield "Also:"
        yield from (f"  {note}" for note in notes)
        yield ""


def reproduce_command(result: RunResult) -> str:
    """Return the command that plays the same scenario again with the same seed."""
    return (
        f"pytest --tts-chaos --tts-scenario {result.scenario} --tts-world {result.world} "
        f"--tts-seed {result.seed}"
    )


def history_name(scenario: str, world: str) -> str:
    """Return the file name under which a run's history is kept."""
    return f"{scenario.replace('/', '--')}.{world}.jsonl"
