"""An answer that will never change is not asked for again."""

from __future__ import annotations

from tts_chaos.core.history import Exchange, History
from tts_chaos.oracles.calls import LogicalCall, logical_calls
from tts_chaos.oracles.codes import Meaning, describe, meaning_of
from tts_chaos.oracles.findings import Findings
from tts_chaos.oracles.oracle import JudgeSettings, OracleReport, Rule, oracle, report

__all__ = ["judge"]

NAME = "permanent_errors_not_retried"
RULES = {
    "permanent_error_retried": Rule(
        expected="no retry of a call that was refused for good",
        defect="every error is retried alike; a wrong path, version, scope, signature or parameter "
        "is refused as often as it is sent",
    ),
    "dead_token_retried": Rule(
        expected="a retry after a token error only with another token",
        defect="a call refused for its token is sent again with the same token",
    ),
}
OPTIONS = {"gateway_retries": 0, "other_retries": 1}
_GATEWAY_FAMILIES = (range(100_000, 110_000), range(36_000_000, 36_010_000))
"""Source: protocol facts, section 4 (documented)."""


@oracle(
    name=NAME,
    kind="safety",
    summary="Errors that no retry can mend are not retried.",
    rules=RULES,
    options=OPTIONS,
)
def judge(history: History, settings: JudgeSettings) -> OracleReport:
    """Look at what each retry followed.

    A refusal by the gateway is final at once. For other answers (business codes, which are many,
    and 4xx without an envelope) one retry is let pass.
    """
    options, findings = settings.chosen(NAME, OPTIONS), Findings(RULES)
    failures = 0
    for call in logical_calls(history):
        failed = [x for x in call.attempts if _is_final(x)]
        failures += len(failed)
        _find_permanent(call, options, findings)
        _find_dead_token(call, findings)
    return report(
        NAME,
        saw=failures,
        findings=findings.all(),
        counts={"final_answers": failures},
        reason="" if failures else "no call was refused for good",
    )


def _is_final(exchange: Exchange) -> bool:
    return meaning_of(exchange) in (Meaning.PERMANENT, Meaning.TOKEN)


def _is_from_gateway(exchange: Exchange) -> bool:
    code = exchange.code or 0
    return any(code in family for family in _GATEWAY_FAMILIES)


def _find_permanent(call: LogicalCall, options: dict[str, int], findings: Findings) -> None:
    retried = [(a, b) for a, b in call.retries if meaning_of(a) is Meaning.PERMANENT]
    if not retried:
        return
    first, _ = retried[0]
    allowed = options["gateway_retries" if _is_from_gateway(first) else "other_retries"]
    if len(retried) > allowed * call.parallel:
        findings.add(
            "permanent_error_retried",
            f"{first.method} {first.path} was answered {describe(first)} and sent again "
            f"{len(retried)} times",
            expected=f"at most {allowed} retries",
            actual=f"{len(retried)} retries",
            index=retried[0][1].index,
            weight=len(retried),
        )


def _find_dead_token(call: LogicalCall, findings: Findings) -> None:
    """A second worker may send the same token once before it learns; a third time is a defect."""
    retried = [
        (a, b)
        for a, b in call.retries
        if meaning_of(a) is Meaning.TOKEN and a.token and a.token == b.token
    ]
    if len(retried) > call.parallel:
        first, second = retried[0]
        findings.add(
            "dead_token_retried",
            f"{first.method} {first.path} was refused for its token and sent again "
            f"{len(retried)} times with the same token",
            actual=f"{len(retried)} retries with the same token",
            index=second.index,
            weight=len(retried),
        )
