"""A retry is signed anew: no signature is sent twice at different times.

Equal requests within one second have equal signatures, and rightly so: a signature covers the
timestamp in seconds and the parameters. Source: protocol facts, sections 1.1 and 3 (documented);
a stamped request is refused after 5 minutes.
"""

from __future__ import annotations

from collections.abc import Mapping

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
    "stale_timestamp": Rule(
        expected="a timestamp made when the request is sent",
        defect="the timestamp is made once, for a client, a run or a batch, and every request is "
        "signed with it; after five minutes the platform refuses them all",
    ),
}
OPTIONS = {"same_second_ms": 2_000, "same_timestamp_ms": 30_000}


@oracle(
    name=NAME,
    kind="safety",
    summary="No signature is sent twice at different times, and no timestamp long after its time.",
    rules=RULES,
    options=OPTIONS,
)
def judge(history: History, settings: JudgeSettings) -> OracleReport:
    """Remember when each signature, and each timestamp, was first sent.

    A request may wait in a queue between its signature and its sending, so a timestamp is given
    time; a signature is not, since two requests never share one.
    """
    options, findings = settings.chosen(NAME, OPTIONS), Findings(RULES)
    stamped: dict[str, Exchange] = {}
    first: dict[tuple[str, str], Exchange] = {}
    for exchange in history.exchanges():
        sign = exchange.parameter("sign")
        if not sign:
            continue
        timestamp = exchange.parameter("timestamp") or ""
        _find_stale_timestamp(exchange, stamped.setdefault(timestamp, exchange), options, findings)
        earlier = first.setdefault((sign, timestamp), exchange)
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


def _find_stale_timestamp(
    exchange: Exchange, earlier: Exchange, options: Mapping[str, int], findings: Findings
) -> None:
    age_ms = exchange.started_ms - earlier.started_ms
    if age_ms < options["same_timestamp_ms"] or exchange.parameter("sign") == earlier.parameter(
        "sign"
    ):
        return
    findings.add(
        "stale_timestamp",
        f"call {exchange.call} was sent {spell_ms(age_ms)} after call {earlier.call} "
        "with a signature of its own and the same timestamp",
        actual=f"a timestamp {spell_ms(age_ms)} old",
        index=exchange.index,
        weight=age_ms,
    )
