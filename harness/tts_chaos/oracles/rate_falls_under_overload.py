"""A client that is told "too much" sends less: it does not turn to the next call at full speed.

`retries_spaced` sees one call that is tried again at once. Here it is many: a loop over orders or
SKUs that takes each refusal for the fate of that one item, and goes on as fast as before. Only
actions that run alone are judged, since several clients together are fast without any being so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tts_chaos.core.history import Exchange, History
from tts_chaos.oracles.actions import actions_of
from tts_chaos.oracles.calls import key_of, operation_name
from tts_chaos.oracles.codes import Meaning, describe, meaning_of
from tts_chaos.oracles.findings import Findings, spell_ms
from tts_chaos.oracles.oracle import JudgeSettings, OracleReport, Rule, oracle, report

__all__ = ["judge"]

NAME = "rate_falls_under_overload"
RULES = {
    "rate_kept_under_overload": Rule(
        expected="a pause, or an end of the run, once several calls in a row were refused",
        defect="a loop treats 429 and 503 as the fate of one item and turns to the next at once; "
        "nothing slows the client down as a whole",
    ),
}
OPTIONS = {"burst": 10, "gap_ms": 50}


@oracle(
    name=NAME,
    kind="safety",
    summary="Refused for overload call after call, a client sends less than before.",
    rules=RULES,
    options=OPTIONS,
)
def judge(history: History, settings: JudgeSettings) -> OracleReport:
    """Look for long bursts of different calls that were all refused for overload."""
    options, findings = settings.chosen(NAME, OPTIONS), Findings(RULES)
    actions = actions_of(history)
    refused = longest = 0
    for action in actions.all:
        exchanges = actions.exchanges_during(action)
        refused += sum(map(_is_overload, exchanges))
        if not actions.is_alone(action):
            continue
        for burst in _bursts(exchanges, options["gap_ms"]):
            calls = len({key_of(x) for x in burst})
            longest = max(longest, len(burst))
            if len(burst) < options["burst"] or calls < options["burst"] // 2:
                continue
            last = burst[-1]
            lasted_ms = last.started_ms - burst[0].started_ms
            findings.add(
                "rate_kept_under_overload",
                f"{action.name}() sent {len(burst)} requests for {calls} things within "
                f"{spell_ms(lasted_ms)} while each was refused for overload, last "
                f"{operation_name(last)} with {describe(last)}",
                actual=f"{len(burst)} requests within {spell_ms(lasted_ms)}",
                index=last.index,
                weight=len(burst),
            )
    return report(
        NAME,
        saw=refused,
        findings=findings.all(),
        counts={"refused_for_overload": refused, "longest_burst": longest},
        reason="" if refused else "no call was refused for overload",
    )


def _is_overload(exchange: Exchange) -> bool:
    return meaning_of(exchange) is Meaning.RATE or (
        exchange.fate == "answered" and exchange.status == 503
    )


def _bursts(exchanges: Iterable[Exchange], gap_ms: int) -> Iterator[list[Exchange]]:
    """Yield runs of refusals by one shop's limits, each request soon after the last answer."""
    by_shop: dict[str, list[Exchange]] = {}
    for exchange in exchanges:
        by_shop.setdefault(exchange.shop, []).append(exchange)
    for group in by_shop.values():
        burst: list[Exchange] = []
        for exchange in group:
            follows = bool(burst) and 0 <= exchange.started_ms - burst[-1].at_ms < gap_ms
            if not _is_overload(exchange) or not follows:
                yield burst
                burst = []
            if _is_overload(exchange):
                burst.append(exchange)
        yield burst
