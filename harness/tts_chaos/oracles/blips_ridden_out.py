"""One failed read does not end a run: a moment later it would have worked.

Judged is only the first trouble of a run that passes by itself. After it a client may be right to
try less: it has opened a circuit, or learned that the platform is down for longer.
"""

from __future__ import annotations

from tts_chaos.core.history import Exchange, History, OpKind
from tts_chaos.oracles.actions import Action, actions_of
from tts_chaos.oracles.calls import is_write, logical_calls
from tts_chaos.oracles.codes import Meaning, describe, meaning_of
from tts_chaos.oracles.findings import Findings
from tts_chaos.oracles.oracle import JudgeSettings, OracleReport, Rule, oracle, report
from tts_chaos.oracles.tokens import is_token_call

__all__ = ["judge"]

NAME = "blips_ridden_out"
RULES = {
    "gave_up_at_once": Rule(
        expected="another try, a moment later",
        defect="errors that pass by themselves are not told apart from others: one 429, one 5xx "
        "or one reset ends the run",
    ),
}
OPTIONS = {"patience_s": 30}
_PASSING = (Meaning.TRANSIENT, Meaning.RATE, Meaning.LOST)
_QUOTA_OF_THE_HOUR = 36009037


@oracle(
    name=NAME,
    kind="safety",
    summary="A read that fails once, for a reason that passes by itself, is tried again.",
    rules=RULES,
    options=OPTIONS,
)
def judge(history: History, settings: JudgeSettings) -> OracleReport:
    """Look at the first passing trouble of the run, and at what the sync did that met it.

    A sync that waited longer for the one answer than `patience_s`, or was told to, did not give up
    at once.
    """
    findings, actions = Findings(RULES), actions_of(history)
    patience_s = settings.chosen(NAME, OPTIONS)["patience_s"]
    first = next((x for x in history.exchanges() if meaning_of(x) in _PASSING), None)
    index = -1 if first is None else first.index
    sync = next((a for a in actions.named("sync_orders") if a.begin < index < a.end), None)
    if first is None or sync is None or not _is_brief(first, patience_s):
        return report(NAME, saw=0, reason="no sync met a trouble that passes by itself")
    call = next(c for c in logical_calls(history) if first in c.attempts)
    if sync.kind is OpKind.FAIL and len(call.attempts) == 1 and _ended(sync, first, history):
        findings.add(
            "gave_up_at_once",
            f"{first.method} {first.path} was answered {describe(first)} once, and that ended "
            "sync_orders()",
            actual="one try",
            index=first.index,
        )
    return report(NAME, saw=1, findings=findings.all(), counts={"tries": len(call.attempts)})


def _is_brief(exchange: Exchange, patience_s: int) -> bool:
    """Whether a read failed that another try, soon, could have mended."""
    if is_write(exchange) or is_token_call(exchange) or exchange.code == _QUOTA_OF_THE_HOUR:
        return False
    if exchange.at_ms - exchange.started_ms > patience_s * 1000:
        return False
    asked = exchange.response_header("retry-after") or "0"
    return asked.isdigit() and int(asked) <= patience_s


def _ended(sync: Action, exchange: Exchange, history: History) -> bool:
    """Whether the sync sent nothing more of the same shop after the trouble."""
    later = actions_of(history).exchanges_during(sync)
    return not any(x.shop == exchange.shop and x.call > exchange.call for x in later)
