"""A result as one HTML page that needs nothing else: verdict, budgets, charts, what came after."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from tts_chaos.load.budgets import ERRORS
from tts_chaos.load.charts import Limit, Line, Zone, line_chart
from tts_chaos.load.comparison import Compared
from tts_chaos.load.plan import AREAS
from tts_chaos.load.results import Result
from tts_chaos.load.summary import spell_call, spell_measured
from tts_chaos.load.verdicts import Call

__all__ = ["page_of"]

_STYLE = """
:root { color-scheme: light dark; --ink: #1c2330; --soft: #5c6675; --paper: #fff; --line: #dde2ea;
  --good: #12703a; --bad: #b3261e; --unsure: #8a5a00; --zone: #f6d9d6;
  --c0: #1f6fd6; --c1: #0f8a6a; --c2: #a24bc9; --c3: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8ebf1; --soft: #a3adbd; --paper: #14181f;
  --line: #303846; --good: #59c98a; --bad: #ff8a80; --unsure: #f0bd5c; --zone: #4a2723;
  --c0: #74aefc; --c1: #4fd1ac; --c2: #d49bf2; --c3: #ff8a80; } }
body { margin: 2rem auto; max-width: 62rem; padding: 0 1rem; color: var(--ink);
  background: var(--paper); font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2.2rem; }
.verdict { border-left: .4rem solid; padding: .4rem 1rem; }
.pass { color: var(--good); } .fail { color: var(--bad); }
.cannot_tell, .not_exercised { color: var(--unsure); }
table { border-collapse: collapse; width: 100%; } caption { text-align: left; }
th, td { text-align: left; padding: .35rem .6rem; border-bottom: 1px solid var(--line); }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
.wide { overflow-x: auto; } .soft { color: var(--soft); }
figure { margin: 1.2rem 0; } figcaption { font-weight: 600; } svg { width: 100%; height: auto; }
.grid { stroke: var(--line); } .tick { fill: var(--soft); font-size: 11px; }
.zone rect { fill: var(--zone); } .zone text { fill: var(--bad); font-size: 11px; }
.line { fill: none; stroke-width: 1.8; } .limit { stroke-width: 1.2; stroke-dasharray: 7 4; }
.dashed { stroke-dasharray: 2 3; border-top-style: dotted; } .hover { fill: transparent; }
.hover:hover { fill: var(--ink); } .legend { list-style: none; display: flex; flex-wrap: wrap;
  gap: .2rem 1.2rem; padding: 0; margin: 0; font-size: .9rem; }
.key { display: inline-block; width: 1.4rem; border-top: 3px solid; vertical-align: middle;
  margin-right: .4rem; }
.c0 { stroke: var(--c0); border-color: var(--c0); } .c1 { stroke: var(--c1);
  border-color: var(--c1); } .c2 { stroke: var(--c2); border-color: var(--c2); }
.c3 { stroke: var(--c3); border-color: var(--c3); }
"""


def page_of(result: Result, compared: Sequence[Compared] = ()) -> str:
    """Return the page."""
    title = f"{result.profile} with {result.script}" if result.script else result.profile
    verdict = spell_call(result.verdict)
    parts = [
        f"<h1>Load: {escape(title)}</h1>",
        f'<p class="verdict {result.verdict.value}"><strong>{escape(verdict)}</strong>: '
        f"{escape(result.reason)}.</p>",
        f'<p class="soft">It rests on {escape(result.rests_on)}. Seed {escape(result.seed)}, '
        f"{result.model} model, {result.duration_s:.0f} s, driven: {escape(result.target)}.</p>",
        _budgets(result),
        _health(result),
        "<h2>Over time</h2>",
        *_charts(result),
        _after(result),
        _compared(compared),
        _stages(result),
    ]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Load: {escape(title)}: {escape(verdict)}</title><style>{_STYLE}</style></head>"
        f"<body><main>{''.join(parts)}</main></body></html>\n"
    )


def _table(caption: str, heads: Sequence[str], rows: Sequence[str]) -> str:
    head = "".join(f'<th scope="col">{escape(each)}</th>' for each in heads)
    return (
        f'<div class="wide"><table><caption class="soft">{escape(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def _row(*cells: object, call: str = "") -> str:
    told = "".join(f"<td>{escape(str(cell))}</td>" for cell in cells)
    last = f'<td class="{call}">' if call else ""
    return f"<tr>{told}{last}" if call else f"<tr>{told}</tr>"


def _budgets(result: Result) -> str:
    rows = []
    for row in result.budgets:
        told = spell_call(row.call) + (f": {row.reason}" if row.reason else "")
        cells = (row.budget.name, row.budget.bound, spell_measured(row), row.count, row.failed)
        rows.append(f"{_row(*cells, call=row.call.value)}{escape(told)}</td></tr>")
    heads = ("budget", "limit", "measured (interval)", "requests", "went wrong", "verdict")
    caption = "Latency counts from when a request was due; what failed or is missing is slow."
    return f"<h2>Budgets</h2>{_table(caption, heads, rows)}"


def _health(result: Result) -> str:
    health = result.health
    rows = [
        _row("sent late by the generator", f"{health.late_ratio * 100:.2f} %"),
        _row("waited for a user, all being busy", f"{health.waited_ratio * 100:.2f} %"),
        _row("worst lateness of its own", f"{health.worst_late_ms:.1f} ms"),
        _row("most of a core in a second", f"{health.cpu_ratio_max * 100:.0f} %"),
        _row("most memory of a process", f"{health.memory_bytes_max / 2**20:.0f} MiB"),
        _row("noise floor from", result.noise_source),
        *(_row("not fit", problem) for problem in health.problems),
        *(_row("happened", event) for event in result.events),
    ]
    return f"<h2>The generator itself</h2>{_table('', ('what', 'seen'), rows)}"


def _charts(result: Result) -> list[str]:
    zones = [Zone(band.name, band.begin_s, band.end_s) for band in result.bands]
    span_s = result.duration_s
    charts = []
    for number, area in enumerate(AREAS):
        limits = [
            Limit(f"{row.budget.key} {row.budget.limit:g} ms", number, row.budget.limit)
            for row in result.budgets
            if row.budget.subject == area and row.budget.key != ERRORS
        ]
        p50 = [(s.at_s + 0.5, s.p50_ms[area]) for s in result.seconds if area in s.p50_ms]
        p95 = [(s.at_s + 0.5, s.p95_ms[area]) for s in result.seconds if area in s.p95_ms]
        lines = [Line("p95", number, p95), Line("p50", number, p50, dashed=True)]
        charts.append(
            line_chart(f"Latency: {area}", "ms", lines, span_s=span_s, limits=limits, zones=zones)
        )
    rates = [
        Line("due", 0, [(s.at_s + 0.5, s.due) for s in result.seconds], dashed=True),
        Line("answered", 1, [(s.at_s + 0.5, s.sent - s.failed) for s in result.seconds]),
        Line("went wrong", 3, [(s.at_s + 0.5, s.failed) for s in result.seconds]),
    ]
    charts.append(line_chart("Requests in a second", "", rates, span_s=span_s, zones=zones))
    backlog = result.after.backlog if result.after else ()
    if backlog:
        end_s = max(span_s, backlog[-1][0])
        waiting = [Line("waiting", 2, [(at_s, float(count)) for at_s, count in backlog])]
        charts.append(
            line_chart("Backlog: work that waits", "", waiting, span_s=end_s, zones=zones)
        )
    return charts


def _after(result: Result) -> str:
    after = result.after
    if after is None:
        return ""
    drained = f"{after.drain_s:.1f} s" if after.drain_s is not None else f"never: {after.waiting}"
    rows = [
        _row("drained after", drained),
        _row("orders placed", after.orders_placed),
        _row("orders lost", after.orders_lost),
        _row("orders doubled", after.orders_doubled),
        _row("units oversold", after.oversold_units),
        _row("calls of the platform for each wanted", f"{after.amplification:.2f}"),
        _row("webhooks taken, not taken", f"{after.webhooks_delivered}, {after.webhooks_failed}"),
    ]
    for area, back_s in after.back_in_budget_s.items():
        told = "never" if back_s is None else f"{back_s:.0f} s after the last fault"
        rows.append(_row(f"{area} back inside its budgets", told))
    words = {"valid": Call.PASS, "invalid": Call.FAIL}
    judged = [
        f"{_row(o.oracle, o.reason, call=words.get(o.verdict, Call.CANNOT_TELL).value)}"
        f"{escape(o.verdict)}</td></tr>"
        for o in after.oracles
    ]
    return (
        f"<h2>After the peak</h2>{_table('', ('what', 'seen'), rows)}"
        f"<h2>Judges over the whole load</h2>{_table('', ('judge', 'reason', 'says'), judged)}"
    )


def _compared(compared: Sequence[Compared]) -> str:
    if not compared:
        return ""
    rows = []
    for row in compared:
        ratio = "-" if row.ratio is None else f"{(row.ratio - 1) * 100:+.1f} %"
        rows.append(_row(row.budget.name, ratio, row.change.value.replace("_", " "), row.reason))
    heads = ("budget", "difference", "verdict", "")
    return f"<h2>Beside the earlier run</h2>{_table('', heads, rows)}"


def _stages(result: Result) -> str:
    rows = [
        _row(stage["name"], f"{stage['begin_s']:.0f} s", f"{stage['for_s']:.0f} s",
             "judged" if stage["judged"] else "not judged")
        for stage in result.stages
    ]  # fmt: skip
    told = ", ".join(f"{key} {value}" for key, value in result.environment.items())
    heads = ("stage", "begins", "takes", "")
    return f'<h2>The plan</h2>{_table("", heads, rows)}<p class="soft">{escape(told)}</p>'
