"""A call with an idempotency key keeps it over its retries, and no other call has the same.

Source: protocol facts, section 7.2 (documented): Create Product has one in the body, the decisions
about cancellations and returns have one in the query. What the platform does with a repeated key is
not documented, so this rule looks at the client alone.
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from tts_chaos.core.history import Exchange, History
from tts_chaos.oracles.calls import is_write, key_of
from tts_chaos.oracles.codes import describe, is_outcome_unknown
from tts_chaos.oracles.findings import Findings
from tts_chaos.oracles.oracle import JudgeSettings, OracleReport, Rule, oracle, report
from tts_chaos.oracles.stock_writes import decoded

__all__ = ["judge"]

NAME = "idempotency_key_stable"
RULES = {
    "idempotency_key_renewed": Rule(
        expected="the same key in each try of one call",
        defect="the key is made where the request is built instead of where the decision is made, "
        "so the platform takes each retry for another call and does it again",
    ),
    "idempotency_key_shared": Rule(
        expected="a key of its own for each call",
        defect="the key is fixed, or made of too little (a date, a shop, a counter that starts "
        "anew), so the platform takes another call for a repeat and never does it",
    ),
}
KEY = "idempotency_key"

_Asked: TypeAlias = tuple[str, str, tuple[tuple[str, str], ...], str]


@oracle(
    name=NAME,
    kind="safety",
    summary="A write keeps its idempotency key until its outcome is known, and shares it with "
    "none.",
    rules=RULES,
)
def judge(history: History, _settings: JudgeSettings) -> OracleReport:
    """Follow each keyed write by what it asks for, over actions and restarts."""
    findings = Findings(RULES)
    writes = [x for x in history.exchanges() if is_write(x) and _key(x)]
    unsettled: dict[_Asked, Exchange] = {}
    first: dict[tuple[str, str], Exchange] = {}
    for write in writes:
        asked, key = _asked(write), _key(write)
        earlier = unsettled.pop(asked, None)
        if earlier is not None and _key(earlier) != key:
            findings.add(
                "idempotency_key_renewed",
                f"{write.method} {write.path}: call {earlier.call} ended with {describe(earlier)}, "
                f"and call {write.call} asked for the same with another key",
                expected=f"{KEY} {_key(earlier)}",
                actual=f"{KEY} {key}",
                index=write.index,
            )
        if is_outcome_unknown(write):
            unsettled[asked] = write
        other = first.setdefault((write.shop, key), write)
        if _asked(other) != asked:
            findings.add(
                "idempotency_key_shared",
                f"call {write.call} ({write.method} {write.path}) has the key of call {other.call} "
                f"({other.method} {other.path}), which asked for something else",
                actual=f"{KEY} {key} twice",
                index=write.index,
            )
    return report(
        NAME,
        saw=len(writes),
        findings=findings.all(),
        counts={"keyed_writes": len(writes), "keys": len(first)},
        reason="" if writes else "no call had an idempotency key",
    )


def _key(exchange: Exchange) -> str:
    return exchange.parameter(KEY) or str(decoded(exchange.body).get(KEY) or "")


def _asked(exchange: Exchange) -> _Asked:
    """Return what a write asks for, whatever its key."""
    method, path, query, body = key_of(exchange)
    rest = {name: value for name, value in decoded(body).items() if name != KEY}
    text = msgspec.json.encode(rest, order="sorted").decode() if rest else ""
    return method, path, tuple(pair for pair in query if pair[0] != KEY), text
