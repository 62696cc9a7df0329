"""Tells a run and the gate's word where CI systems look: Markdown, annotations, code quality."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tts_chaos.reporting.durations import say_duration
from tts_chaos.reporting.gate.decision import Decision

__all__ = ["as_annotations", "as_code_quality", "as_markdown", "as_text", "found_nothing"]

FAILURES_SHOWN = 50
"""A summary longer than this nobody reads; the report has all of them."""

_SEVERITIES = {"safety_violated": "blocker", "not_recovered": "critical", "harness_error": "major"}


def as_text(decision: Decision) -> str:
    """Return the word, and under it each reason, exception and note in a line."""
    lines = [f"{decision.decision.upper()}: {decision.because}"]
    lines += [f"  {reason.rule}: {reason.text}" for reason in decision.reasons]
    lines += [
        f"  accepted until {row['expires']}: {row['scenario']} [{row['world']}], {row['reason']} "
        f"({row['owner']})"
        for row in decision.accepted
    ]
    lines += [f"  note: {note}" for note in decision.notes]
    return "\n".join(lines)


def as_markdown(document: Mapping[str, Any], decision: Decision | None) -> str:
    """Return a summary of the run for a page of a CI system."""
    return "\n".join(_lines(document, decision)) + "\n"


def found_nothing(search: Mapping[str, Any] | None) -> bool:
    """Whether a search was made and nothing was found or in its way."""
    return bool(
        search and search["schedules"] and not search["failures"] and not search["problems"]
    )


def _word(*, has_failed: bool) -> str:
    return "FAILED" if has_failed else "PASSED"


def _command(text: str) -> str:
    """Return text for a piece of code in a table, where nothing but its end is read as markup."""
    return " ".join(text.split()).replace("`", "'").replace("|", "\\|")


def _search_lines(search: Mapping[str, Any]) -> Iterator[str]:
    """Yield the section of a search: what it did, what it found, and how to show that again."""
    yield "### Search\n"
    told = (*search["receipt"], *search["problems"], *search["found_before"])
    yield from (f"- {_cell(line.strip())}" for line in told)
    yield ""
    if not search["failures"]:
        return
    yield "| found | rule | faults | replays | again |\n|---|---|---|---:|---|"
    for row in search["failures"][:FAILURES_SHOWN]:
        faults = ", ".join(f"{x['fault']} at {x['operation'] or 'any call'}" for x in row["faults"])
        yield (
            f"| {_cell(row['scenario'])} | {_cell(row['rule'])} | {_cell(faults)} "
            f"| {row['replays']} of {row['of']} | `{_command(row['reproduce'])}` |"
        )
    yield ""


def _lines(document: Mapping[str, Any], decision: Decision | None) -> Iterator[str]:
    runs = document["runs"]
    failed = [run for run in runs if run["outcome"] != "passed"]
    search = document.get("search")
    has_played = bool(runs) or found_nothing(search)
    word = (
        decision.decision.upper() if decision else _word(has_failed=bool(failed) or not has_played)
    )
    yield f"## tts-chaos: {word}"
    yield ""
    yield _cell(decision.because) if decision else f"{len(failed)} of {len(runs)} runs failed."
    yield ""
    yield "| outcome | runs |\n|---|---:|"
    yield from (f"| {_say(name)} | {count} |" for name, count in document["counts"].items())
    yield ""
    if decision and decision.reasons:
        yield "### Why it is blocked\n"
        yield from (
            f"- **{reason.rule}** {_cell(reason.text)}"
            for reason in decision.reasons[:FAILURES_SHOWN]
        )
        yield ""
    if decision and decision.accepted:
        yield "### Accepted failures\n\n| scenario | reason | owner | until |\n|---|---|---|---|"
        for row in decision.accepted:
            yield (
                f"| {_cell(row['scenario'])} | {_cell(row['reason'])} | {_cell(row['owner'])} "
                f"| {row['expires']} |"
            )
        yield ""
    if failed:
        yield "### Runs that did not pass\n\n| scenario | outcome | recovery | what |"
        yield "|---|---|---:|---|"
        for run in reversed(failed[-FAILURES_SHOWN:]):
            recovery = say_duration(run["recovery_ms"])
            yield (
                f"| {_cell(run['scenario'])} [{run['world']}] | {_say(run['outcome'])} "
                f"| {recovery} | {_cell(_what(run))} |"
            )
        yield ""
    if search:
        yield from _search_lines(search)
    if decision:
        yield from (f"- {_cell(note)}" for note in decision.notes)
    contract = document.get("contract_digest", "")[:12] or "none"
    yield f"\nSeed `{_cell(document['seed'])}`, contract `{contract}`."


def _what(run: Mapping[str, Any]) -> str:
    worst = next(iter(run["findings"]), None)
    return f"{worst['rule']}: {worst['message']}" if worst else str(run["reason"])


def _say(outcome: str) -> str:
    return outcome.replace("_", " ")


def _cell(text: str) -> str:
    """Return text that cannot break out of a table or become markup."""
    line = " ".join(str(text).split())
    line = line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return "".join(f"\\{sign}" if sign in _SPECIAL else sign for sign in line)


_SPECIAL = frozenset("\\`*_[]|")


def as_annotations(document: Mapping[str, Any], decision: Decision | None) -> list[str]:
    """Return GitHub's workflow commands, one per failed run that counts, ten at most.

    GitHub shows ten of each kind for a step and hides the rest.
    """
    file = document.get("file", "")
    where = f"file={_property(file)}," if file else ""
    lines = []
    for run in _failed(document)[:10]:
        title = _property(f"tts-chaos: {run['scenario']}")
        text = _data(f"{_say(run['outcome'])}: {_what(run)}. {run.get('reproduce', '')}")
        lines.append(f"::{_level(run, decision)} {where}title={title}::{text}")
    if decision and decision.decision == "block":
        lines.append(f"::error title=tts-chaos gate::{_data('BLOCK: ' + decision.because)}")
    return lines


def _failed(document: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Return failed runs, gravest first."""
    return [run for run in reversed(document["runs"]) if run["outcome"] != "passed"]


def _is_accepted(run: Mapping[str, Any], decision: Decision | None) -> bool:
    accepted = decision.accepted if decision else ()
    return any(
        (row["scenario"], row["world"]) == (run["scenario"], run["world"]) for row in accepted
    )


def _level(run: Mapping[str, Any], decision: Decision | None) -> str:
    return "warning" if _is_accepted(run, decision) else "error"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def as_code_quality(document: Mapping[str, Any], decision: Decision | None) -> str:
    """Return GitLab's code quality report: a JSON list, one entry per failed run."""
    entries = [
        {
            "description": f"{run['scenario']} [{run['world']}]: {_say(run['outcome'])}: "
            f"{_what(run)}",
            "check_name": f"tts-chaos/{run['scenario']}",
            "fingerprint": hashlib.sha256(
                f"{run['scenario']}/{run['world']}/{_rule(run)}".encode()
            ).hexdigest(),
            "severity": "info"
            if _is_accepted(run, decision)
            else _SEVERITIES.get(run["outcome"], "minor"),
            "location": {"path": document.get("file") or "conftest.py", "lines": {"begin": 1}},
        }
        for run in _failed(document)
    ]
    return json.dumps(entries, indent=1, ensure_ascii=False) + "\n"


def _rule(run: Mapping[str, Any]) -> str:
    worst = next(iter(run["findings"]), None)
    return str(worst["rule"]) if worst else str(run["outcome"])
