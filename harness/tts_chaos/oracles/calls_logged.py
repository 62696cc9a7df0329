"""Whoever looks for the cause of a trouble finds every call in the log, and what went wrong.

A line names a call by its path, by the operation, or by the request id of the answer. Tries of one
call may share a line. What reached nobody is in no history, so that its line cannot be missed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import msgspec

from tts_chaos.core.history import Exchange, History, Json, Observed
from tts_chaos.oracles.calls import LogicalCall, logical_calls
from tts_chaos.oracles.findings import Findings
from tts_chaos.oracles.oracle import JudgeSettings, OracleReport, Rule, oracle, report

__all__ = ["judge"]

NAME = "calls_logged"
RULES = {
    "call_unlogged": Rule(
        expected="a line in the log for each call of the platform",
        defect="calls are not logged: nobody can tell afterwards what was asked",
    ),
    "failure_unlogged": Rule(
        expected="a line in the log for each call that failed, with its status, code or error",
        defect="only what goes well is logged, or failures without what was answered",
    ),
}
_TELLING = (
    "error", "exception", "fail", "refus", "reset", "denied", "timeout", "timed out", "time-out",
    "unavailable", "forbidden", "unauthori", "not found", "too many", "throttl", "outage",
)  # fmt: skip
"""Words, in lower case, by which a line tells that something went wrong, beside the numbers."""


@oracle(
    name=NAME,
    kind="liveness",
    summary="Every call of the platform is in the log, and what failed with what was answered.",
    observes=("logs",),
    rules=RULES,
)
def judge(history: History, _settings: JudgeSettings) -> OracleReport:
    """Hold the lines that name each kind of call against how often it was made."""
    told = [o for o in history.of(Observed) if o.name == "logs" and not o.error]
    if not told:
        return report(NAME, saw=0, reason="logs() was never answered")
    lines = [_text(line) for each in told for line in _lines_of(each.value)]
    findings, judged, failures = Findings(RULES), 0, 0
    for calls in _by_path(_ended_before(logical_calls(history), told[-1].index)):
        naming = [line for line in lines if _names_any(line, calls)]
        failed = [call for call in calls if not call.attempts[-1].succeeded]
        judged += len(calls)
        failures += len(failed)
        if len(naming) < len(calls):
            _add(findings, "call_unlogged", calls, len(naming))
        telling = [line for line in naming if _tells_failure(line, failed)]
        if len(naming) >= len(calls) and len(telling) < len(failed):
            _add(findings, "failure_unlogged", failed, len(telling))
    counts = {"calls": judged, "failed": failures, "lines": len(lines)}
    return report(
        NAME,
        saw=judged,
        findings=findings.all(),
        counts=counts,
        reason="" if judged else "no call was made",
    )


def _lines_of(value: Json) -> Iterable[Json]:
    return value if isinstance(value, list | tuple) else ()


def _text(line: Json) -> str:
    """Return a line in lower case; what JSON escapes in a path is written plainly."""
    text = line if isinstance(line, str) else msgspec.json.encode(line).decode()
    return text.replace("\\/", "/").lower()


def _ended_before(calls: Iterable[LogicalCall], index: int) -> list[LogicalCall]:
    """Return the calls that were over when the log was read last."""
    return [call for call in calls if call.attempts[-1].index < index]


def _by_path(calls: Iterable[LogicalCall]) -> list[list[LogicalCall]]:
    grouped: dict[tuple[str, str], list[LogicalCall]] = {}
    for call in calls:
        grouped.setdefault(call.key[:2], []).append(call)
    return list(grouped.values())


def _names_any(line: str, calls: Sequence[LogicalCall]) -> bool:
    first = calls[0].attempts[0]
    if _has_path(line, first.path.lower()) or _has_operation(line, first):
        return True
    return any(name in line for call in calls for name in _request_ids(call))


def _has_path(line: str, path: str) -> bool:
    """Whether a line has the path, and not only one that begins alike."""
    return re.search(rf"{re.escape(path)}(?![\w/-])", line) is not None


def _has_operation(line: str, exchange: Exchange) -> bool:
    parts = exchange.operation.lower().split(".")
    return len(parts) == 3 and re.search(rf"\b{re.escape(parts[2])}\b", line) is not None


def _request_ids(call: LogicalCall) -> Iterable[str]:
    for exchange in call.attempts:
        found = re.search(r'"request_id":\s*"([^"]{6,})"', exchange.response_body)
        if found:
            yield found[1].lower()


def _tells_failure(line: str, failed: Sequence[LogicalCall]) -> bool:
    if any(word in line for word in _TELLING):
        return True
    numbers = {
        str(number)
        for call in failed
        for attempt in call.attempts
        for number in (attempt.status, attempt.code)
        if number and number != 200
    }
    return any(re.search(rf"\b{number}\b", line) for number in numbers)


def _add(findings: Findings, rule: str, calls: Sequence[LogicalCall], found: int) -> None:
    first = calls[0].attempts[-1]
    what = first.operation or f"{first.method} {first.path}"
    counted = f"{found} of {len(calls)}"
    told = {
        "call_unlogged": f"{counted} calls of {what} are named in the log",
        "failure_unlogged": f"{counted} failed calls of {what} are in the log with what went wrong",
    }
    findings.add(
        rule,
        told[rule],
        actual=counted,
        index=first.index,
        weight=len(calls) - found,
    )
