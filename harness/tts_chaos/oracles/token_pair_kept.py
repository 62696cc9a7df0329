"""Both tokens of a new pair are kept, also over a restart."""

from __future__ import annotations

from collections.abc import Mapping

from tts_chaos.core.history import Exchange, History, Observed
from tts_chaos.oracles.actions import actions_of
from tts_chaos.oracles.beliefs import as_decimal, observations
from tts_chaos.oracles.findings import Findings
from tts_chaos.oracles.oracle import JudgeSettings, OracleReport, Rule, oracle, report
from tts_chaos.oracles.tokens import Lineage, Pair, refreshes

__all__ = ["judge"]

NAME = "token_pair_kept"
RULES = {
    "old_access_token_after_restart": Rule(
        expected="the access token received last",
        defect="the new pair lives in memory only; a restart falls back to the one of the settings",
    ),
    "old_refresh_token_presented": Rule(
        expected="the refresh token received last",
        defect="only the access token of a new pair is stored; with rotation the next refresh is "
        "refused for good",
    ),
    "old_pair_held": Rule(
        expected="the pair received last in tokens()",
        defect="a later writer stores an older pair (last writer wins), or the pair is not stored",
    ),
    "wrong_expiry": Rule(
        expected="the expiry the platform told, absolute Unix seconds",
        defect="the absolute expiry is taken for a duration and added to now, so nothing is ever "
        "refreshed ahead; or milliseconds and seconds are mixed up",
    ),
}
OPTIONS = {"settle_ms": 60_000, "expiry_tolerance_s": 86_400}


@oracle(
    name=NAME,
    kind="safety",
    summary="The integration always presents the pair it received last, also after a restart.",
    rules=RULES,
    options=OPTIONS,
)
def judge(history: History, settings: JudgeSettings) -> OracleReport:
    """Follow the pairs the client received, and which of them it presents and tells."""
    options, findings = settings.chosen(NAME, OPTIONS), Findings(RULES)
    pairs = Lineage(history)
    presented = _judge_presented(history, pairs, options["settle_ms"], findings)
    told = _judge_told(history, pairs, options["expiry_tolerance_s"], findings)
    return report(
        NAME,
        saw=presented + told,
        findings=findings.all(),
        counts={"received": len(pairs.received), "presented": presented, "told": told},
        reason="" if presented + told else "no new pair was received and used",
    )


def _judge_presented(history: History, pairs: Lineage, settle_ms: int, findings: Findings) -> int:
    """Judge the tokens of API calls after a restart, and those of all later refreshes."""
    restarts = [action.begin for action in actions_of(history).named("restart")]
    presented = {refresh.exchange.call: refresh.presented for refresh in refreshes(history)}
    since = pairs.received[0].since if pairs.received else len(history)
    seen = 0
    for exchange in history.exchanges():
        if exchange.index <= since:
            continue
        if exchange.call in presented:
            seen += 1
            by = pairs.refresh_replaced.get(presented[exchange.call])
            late = by is not None and exchange.started_ms - by.since_ms > settle_ms
            if late or _restarted(restarts, by, exchange.index):
                _add(findings, "old_refresh_token_presented", exchange)
        elif any(since < restart < exchange.index for restart in restarts):
            seen += 1
            by = pairs.access_replaced.get(exchange.token)
            if _restarted(restarts, by, exchange.index):
                _add(findings, "old_access_token_after_restart", exchange)
    return seen


def _add(findings: Findings, rule: str, exchange: Exchange) -> None:
    kind = "refresh" if rule == "old_refresh_token_presented" else "access"
    findings.add(
        rule,
        f"call {exchange.call} presented the {kind} token of a pair that had been replaced",
        actual=f"a replaced {kind} token",
        index=exchange.index,
    )


def _restarted(restarts: list[int], by: Pair | None, index: int) -> bool:
    """Whether a restart lies between the replacement of a token and record `index`."""
    return by is not None and any(by.since < restart < index for restart in restarts)


def _judge_told(history: History, pairs: Lineage, tolerance_s: int, findings: Findings) -> int:
    """Judge what tokens() tells; returns how often it told anything."""
    told = 0
    for observed in observations(history, "tokens"):
        if not isinstance(observed.value, Mapping):
            continue
        told += 1
        access = str(observed.value.get("access_token") or "")
        refresh = str(observed.value.get("refresh_token") or "")
        by = pairs.access_replaced.get(access) or pairs.refresh_replaced.get(refresh)
        if by is not None and by.since < observed.index:
            findings.add(
                "old_pair_held",
                f"tokens() tells {access} and {refresh}, of a pair that had been replaced",
                expected=f"{by.access} and {by.refresh}",
                actual=f"{access} and {refresh}",
                index=observed.index,
            )
        _judge_expiry(observed, pairs.pair_of(access), tolerance_s, findings)
    return told


def _judge_expiry(
    observed: Observed, pair: Pair | None, tolerance_s: int, findings: Findings
) -> None:
    expiry = as_decimal(observed.value.get("access_token_expires_at"))
    if expiry is None or pair is None or not pair.expires_at_s:
        return
    off_s = int(expiry) - pair.expires_at_s
    if abs(off_s) > tolerance_s:
        findings.add(
            "wrong_expiry",
            f"tokens() tells an expiry that is {off_s / 86_400:+.0f} days off",
            expected=str(pair.expires_at_s),
            actual=str(expiry),
            index=observed.index,
            weight=abs(off_s),
        )
