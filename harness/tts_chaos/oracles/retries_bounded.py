"""A call that fails is given up at some point, and a call that succeeds is not made for ever."""

from __future__ import annotations

from collections import Counter

from tts_chaos.core.history import Exchange, History
from tts_chaos.oracles.actions import actions_of
from tts_chaos.oracles.calls import CallKey, key_of, logical_calls
from tts_chaos.oracles.codes import describe
from tts_chaos.oracles.findings import Findings
from tts_chaos.oracles.oracle import JudgeSettings, OracleReport, Rule, oracle, report

__all__ = ["judge"]

NAME = "retries_bounded"
RULES = {
    "too_many_attempts": Rule(
        expected="a bounded number of attempts of one call",
        defect="the retry loop has no count, or loops are nested and multiply",
    ),
    "endless_loop": Rule(
        expected="each page and each read once",
        defect="the same page is read again and again: page_token is not sent, or sent in the body",
    ),
}
OPTIONS = {"loop_gap_ms": 1_000}


@oracle(
    name=NAME,
    kind="safety",
    summary="One logical call takes a bounded number of attempts, and no read loops for ever.",
    rules=RULES,
    options=OPTIONS,
)
def judge(history: History, settings: JudgeSettings) -> OracleReport:
    """Count the attempts of each logical call, and equal reads that all succeed at once."""
    options, findings = settings.chosen(NAME, OPTIONS), Findings(RULES)
    calls = logical_calls(history)
    for call in calls:
        last = call.attempts[-1]
        if call.rounds > settings.retry_limit:
            findings.add(
                "too_many_attempts",
                f"{last.method} {last.path} was tried {call.rounds} times in a row, "
                f"last answered {describe(last)}",
                expected=f"at most {settings.retry_limit} attempts",
                actual=f"{call.rounds} attempts",
                index=last.index,
                weight=call.rounds,
            )
    _find_loops(history, settings.retry_limit, options["loop_gap_ms"], findings)
    worst = max((call.rounds for call in calls), default=0)
    return report(
        NAME,
        saw=len(calls),
        findings=findings.all(),
        counts={"logical_calls": len(calls), "most_attempts": worst},
    )


def _find_loops(history: History, limit: int, gap_ms: int, findings: Findings) -> None:
    """Look for one request that succeeds over and over within an action without a pause."""
    actions = actions_of(history)
    for action in actions.all:
        if not actions.is_alone(action):
            continue
        last: dict[CallKey, Exchange] = {}
        times: Counter[CallKey] = Counter()
        for exchange in actions.exchanges_during(action):
            if not exchange.succeeded:
                continue
            key = key_of(exchange)
            before = last.get(key)
            paused = before is None or exchange.started_ms - before.at_ms >= gap_ms
            times[key] = 1 if paused else times[key] + 1
            last[key] = exchange
            if times[key] > limit:
                findings.add(
                    "endless_loop",
                    f"{exchange.method} {exchange.path} succeeded {times[key]} times in a row "
                    f"with the same parameters in one {action.name}()",
                    actual=f"{times[key]} times",
                    index=exchange.index,
                    weight=times[key],
                )
