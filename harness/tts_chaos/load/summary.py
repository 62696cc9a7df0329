"""A result as lines of plain text, for a terminal."""

from __future__ import annotations

from tts_chaos.load.budgets import ERRORS
from tts_chaos.load.results import Result
from tts_chaos.load.verdicts import Call, Judged

__all__ = ["spell_call", "spell_measured", "summary_lines"]

_WORDS = {
    Call.PASS: "pass",
    Call.FAIL: "FAIL",
    Call.CANNOT_TELL: "cannot tell",
    Call.NOT_EXERCISED: "not exercised",
}


def spell_call(call: Call) -> str:
    """Return a verdict as a person reads it."""
    return _WORDS[call]


def spell_measured(row: Judged) -> str:
    """Return what was measured, with its interval."""
    if row.value is None:
        return "no answer" if row.count else "-"
    if row.budget.key == ERRORS:
        high = 1.0 if row.high is None else row.high
        return f"{row.value * 100:.2f} % ({(row.low or 0) * 100:.2f} to {high * 100:.2f})"
    high_text = "no answer" if row.high is None else f"{row.high:.1f}"
    return f"{row.value:.1f} ms ({row.low or 0:.1f} to {high_text})"


def summary_lines(result: Result) -> list[str]:
    """Return the lines: verdict, budgets, generator, and what came after the peak."""
    name = f"{result.profile} with {result.script}" if result.script else result.profile
    lines = [f"{name}: {spell_call(result.verdict)} - {result.reason}", ""]
    lines.append(f"  {'budget':<22} {'limit':<18} {'measured':<34} {'requests':>9}  verdict")
    for row in result.budgets:
        verdict = spell_call(row.call) + (f" ({row.reason})" if row.reason else "")
        lines.append(
            f"  {row.budget.name:<22} {row.budget.bound:<18} {spell_measured(row):<34} "
            f"{row.count:>9}  {verdict}"
        )
    health = result.health
    lines += [
        "",
        f"  It rests on {result.rests_on}.",
        f"  Generator: {health.late_ratio * 100:.2f} % sent late (worst {health.worst_late_ms:.1f} "
        f"ms), {health.cpu_ratio_max * 100:.0f} % of a core at most"
        + ("." if health.is_fit else f"; NOT FIT: {'; '.join(health.problems)}."),
    ]
    lines += [f"  {event}." for event in result.events]
    return [*lines, *_after_lines(result)]


def _after_lines(result: Result) -> list[str]:
    after = result.after
    if after is None:
        return []
    drained = f"{after.drain_s:.1f} s" if after.drain_s is not None else f"no: {after.waiting}"
    lines = [
        f"  After the peak: drained in {drained}; of {after.orders_placed} orders placed "
        f"{after.orders_lost} lost, {after.orders_doubled} doubled; {after.oversold_units} units "
        f"oversold; {after.calls} calls of the platform, {after.amplification:.2f} for each wanted."
    ]
    for area, back_s in after.back_in_budget_s.items():
        told = "never" if back_s is None else f"{back_s:.0f} s after the last fault"
        lines.append(f"  {area} back inside its budgets: {told}.")
    lines += [
        f"  {b.name}: from {b.begin_s:.0f} to {b.end_s:.0f} s"
        + ("." if b.fired is None else f", met {b.fired} requests.")
        for b in result.bands
    ]
    return lines
