"""A retry is signed anew: no signature is sent twice at different times.

Equal requests within one second have equal signatures, and rightly so: a signature covers the
timestamp in seconds and the parameters. Source: protocol facts, sections 1.1 and 3 (documented);
a stamped request is refused after 5 minutes.
"""

from __future__ import annotations

from tts_chaos.core.history import Exchange, History
from tts_chaos.oracles.findings import Findings, spell_ms
from tts_chaos.oracles.oracle import JudgeSettings, OracleReport, Rule, oracle, report

__all__ = ["judge"]

NAME = "retries_freshly_signed"
RULES = {
    "stale_signature": Rule(
        expected="a new timestamp and signature for each request",
        defect="the signed URL is built once and sent again by the retry; it is refused once it "
        "is five minutes old",
    ),
}
OPTIONS = {"same_second_ms": 2_000}


@oracle(
    name=NAME,
    kind="safety",
    summary="No signature is sent twice at different times.",
    rules=RULES,
    options=OPTIONS,
)
def judge(history: History, settings: JudgeSettings) -> OracleReport:
    """Remember when each signature was first sent."""
    options, findings = settings.chosen(NAME, OPTIONS), Findings(RULES)
    first: dict[tuple[str, str], Exchange] = {}
    for exchange in history.exchanges():
        sign = exchange.parameter("sign")
        if not sign:
            continue
        earlier = first.setdefault((sign, exchange.parameter("timestamp") or ""), exchange)
        age_ms = exchange.started_ms - earlier.started_ms
        if age_ms >= options["same_second_ms"]:
            findings.add(
                "stale_signature",
                f"call {exchange.call} was sent {spell_ms(age_ms)} after call {earlier.call} "
                "with the same timestamp and signature",
                actual=f"a signature {spell_ms(age_ms)} old",
                index=exchange.index,
                weight=age_ms,
            )
    return report(NAME, saw=len(first), findings=findings.all(), counts={"signatures": len(first)})
