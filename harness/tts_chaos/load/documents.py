"""Writes everything that a run leaves behind: for machines, for CI, and for people."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

from tts_chaos.load.comparison import Compared
from tts_chaos.load.histograms import write_log
from tts_chaos.load.page import page_of
from tts_chaos.load.results import SAMPLES_PATTERN, Result, write_result
from tts_chaos.load.samples import read_samples
from tts_chaos.load.summary import spell_call, spell_measured, summary_lines
from tts_chaos.load.verdicts import Call

__all__ = ["junit_of", "markdown_of", "write_documents"]


def write_documents(result: Result, folder: Path, compared: Sequence[Compared] = ()) -> None:
    """Write result.json, junit.xml, summary.md, index.html and latency.hlog into a folder."""
    write_result(result, folder / "result.json")
    (folder / "junit.xml").write_text(junit_of(result), encoding="utf-8")
    (folder / "summary.md").write_text(markdown_of(result, compared), encoding="utf-8")
    (folder / "index.html").write_text(page_of(result, compared), encoding="utf-8")
    samples = read_samples(sorted(folder.glob(SAMPLES_PATTERN)))
    if samples:
        write_log(
            samples,
            folder / "latency.hlog",
            began_unix_s=result.began_unix_s,
            for_s=result.duration_s,
        )


def junit_of(result: Result) -> str:
    """Return JUnit XML: a case per budget and per judge; what cannot be told is an error.

    A green tick for something that nobody measured would be a lie, and CI systems have no third
    colour that stops a release.
    """
    suite = ElementTree.Element("testsuite", name=f"tts-chaos load {_title(result)}")
    for row in result.budgets:
        case = _case(suite, "budgets", f"{row.budget.name} {row.budget.bound}")
        told = f"{spell_measured(row)}; {row.reason}" if row.reason else spell_measured(row)
        if row.call is Call.FAIL:
            ElementTree.SubElement(case, "failure", message=told)
        elif row.call is not Call.PASS:
            ElementTree.SubElement(case, "error", message=f"{spell_call(row.call)}: {told}")
    for oracle in result.after.oracles if result.after else ():
        case = _case(suite, "after the peak", oracle.oracle)
        if oracle.verdict == "invalid":
            ElementTree.SubElement(case, "failure", message=oracle.reason)
        elif oracle.verdict == "unknown":
            ElementTree.SubElement(case, "skipped", message=oracle.reason)
    if result.after is not None and result.after.drain_limit_s:
        case = _case(suite, "after the peak", "backlog drained")
        if result.after.drain_s is None:
            ElementTree.SubElement(case, "failure", message=result.after.waiting)
    cases = suite.findall("testcase")
    suite.set("tests", str(len(cases)))
    for kind in ("failure", "error", "skipped"):
        plural = kind if kind == "skipped" else f"{kind}s"
        suite.set(plural, str(sum(case.find(kind) is not None for case in cases)))
    suite.set("time", f"{result.duration_s:.3f}")
    ElementTree.SubElement(suite, "system-out").text = "\n".join(summary_lines(result))
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(suite, "unicode") + "\n"
    )


def _case(suite: ElementTree.Element, group: str, name: str) -> ElementTree.Element:
    return ElementTree.SubElement(suite, "testcase", classname=f"load.{group}", name=name)


def _title(result: Result) -> str:
    return f"{result.profile} with {result.script}" if result.script else result.profile


def markdown_of(result: Result, compared: Sequence[Compared] = ()) -> str:
    """Return a summary for a CI system's page."""
    lines = [
        f"## Load {_title(result)}: {spell_call(result.verdict)}",
        "",
        _cell(f"{result.reason}. It rests on {result.rests_on}."),
        "",
        "| budget | limit | measured | requests | verdict |",
        "|---|---|---|---|---|",
    ]
    for row in result.budgets:
        verdict = spell_call(row.call) + (f": {row.reason}" if row.reason else "")
        cells = (row.budget.name, row.budget.bound, spell_measured(row), row.count, verdict)
        lines.append(f"| {' | '.join(_cell(cell) for cell in cells)} |")
    after = result.after
    if after is not None:
        drained = f"{after.drain_s:.1f} s" if after.drain_s is not None else "never"
        lines += [
            "",
            "| after the peak | |",
            "|---|---|",
            f"| drained after | {drained} |",
            f"| orders placed, lost, doubled | {after.orders_placed}, {after.orders_lost}, "
            f"{after.orders_doubled} |",
            f"| units oversold | {after.oversold_units} |",
            f"| calls for each wanted | {after.amplification:.2f} |",
        ]
        lines += [
            f"| {_cell(oracle.oracle)} | {_cell(oracle.verdict)} {_cell(oracle.reason)} |"
            for oracle in after.oracles
            if oracle.verdict != "valid"
        ]
    if compared:
        lines += ["", "| beside the earlier run | change | |", "|---|---|---|"]
        for change in compared:
            ratio = "-" if change.ratio is None else f"{(change.ratio - 1) * 100:+.1f} %"
            word = change.change.value.replace("_", " ")
            lines.append(f"| {change.budget.name} | {ratio} | {_cell(f'{word} {change.reason}')} |")
    return "\n".join(lines) + "\n"


def _cell(value: object) -> str:
    return str(value).replace("|", "\\|").replace("\n", " ")
