"""Somebody is told what is wrong, in time and by the right name."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from tts_chaos.core.history import FaultEvent, FaultMoment, History, Json, Observed
from tts_chaos.oracles.beliefs import as_decimal
from tts_chaos.oracles.findings import Findings, name_few, spell_ms
from tts_chaos.oracles.oracle import JudgeSettings, OracleReport, Rule, oracle, report

__all__ = ["SYNONYMS", "judge", "names_cause"]

NAME = "alert_raised"
RULES = {
    "no_alert": Rule(
        expected="an alert that names the cause",
        defect="errors are logged and nobody is told",
    ),
    "wrong_cause": Rule(
        expected="an alert that names the cause",
        defect="errors are not told apart: the alert sends people to look in the wrong place",
    ),
    "alert_late": Rule(
        expected="an alert within the detection time",
        defect="the alert waits for too many failures, or is only sent with the next report",
    ),
}
SYNONYMS: dict[str, tuple[str, ...]] = {
    "credentials": ("credential", "token", "auth", "authorisation", "authorization", "app key",
                    "app_key", "secret", "signature", "unauthorized", "unauthorised", "105001",
                    "105002", "106001"),
    "permission": ("scope", "forbidden", "permission", "access denied", "105005", "not allowed"),
    "endpoint": ("endpoint", "url", "wrong path", "wrong host", "not found", "404", "36009009"),
    "network": ("network", "connection", "connect", "dns", "unreachable", "refused", "reset",
                "firewall", "tls", "certificate", "proxy"),
    "clock": ("clock", "time drift", "timestamp", "skew", "ntp"),
    "version": ("version", "deprecated", "retired", "36009014"),
    "rate_limit": ("rate limit", "rate-limit", "ratelimit", "throttl", "quota", "429",
                   "too many requests", "36009002"),
    "outage": ("outage", "platform down", "unavailable", "server error", "5xx", "500", "502",
               "503", "36009003"),
    "slowness": ("slow", "latency", "timeout", "time-out", "timed out", "deadline"),
    "contract": ("contract", "schema", "unexpected answer", "unexpected response", "malformed",
                 "invalid json", "not json", "unreadable", "unparsable", "drift"),
    "mapping": ("mapping", "missing field", "unmapped", "field"),
    "webhook": ("webhook", "notification", "forged"),
}  # fmt: skip
"""Words by which an alert may name each cause, in lower case, beside the cause's own name."""


@oracle(
    name=NAME,
    kind="liveness",
    summary="An alert names the cause of the trouble within the detection time.",
    observes=("alerts",),
    rules=RULES,
)
def judge(history: History, settings: JudgeSettings) -> OracleReport:
    """Look for the first alert of the right cause after the first firing of a fault."""
    wanted = settings.alert_cause
    fired = [e for e in history.of(FaultEvent) if e.moment is FaultMoment.FIRED]
    told = [o for o in history.of(Observed) if o.name == "alerts" and not o.error]
    missing = "no alert is asked for" if wanted is None else ""
    missing = missing or ("" if fired else "no fault fired")
    missing = missing or ("" if told else "alerts() was never answered")
    if missing or wanted is None:
        return report(NAME, saw=0, reason=missing)
    findings, begin = Findings(RULES), fired[0]
    raised = _raised_after(told, begin)
    matching = [alert for alert in raised if names_cause(alert.raw, wanted)]
    counts = {"alerts": len(raised), "naming_the_cause": len(matching)}
    if not matching:
        _add_missing(findings, raised, wanted, told[-1])
        return report(NAME, saw=1, findings=findings.all(), counts=counts)
    detection_ms = min(alert.earliest_ms for alert in matching) - begin.at_ms
    counts["detection_ms"] = max(0, detection_ms)
    if detection_ms > settings.alert_within_ms:
        findings.add(
            "alert_late",
            f"the first alert naming {wanted!r} came {spell_ms(detection_ms)} after the fault",
            expected=f"within {spell_ms(settings.alert_within_ms)}",
            actual=spell_ms(detection_ms),
            index=matching[0].index,
        )
    return report(NAME, saw=1, findings=findings.all(), counts=counts)


class _Alert(msgspec.Struct, frozen=True, kw_only=True):
    """An alert with the earliest instant at which it may have been raised."""

    raw: Json
    earliest_ms: int
    index: int


def names_cause(alert: Json, cause: str) -> bool:
    """Whether an alert names a cause: by its field `cause`, or by a synonym in its words."""
    fields = alert if isinstance(alert, Mapping) else {"message": alert}
    named = str(fields.get("cause") or "").strip().lower().replace("-", "_")
    if named in SYNONYMS:
        return named == cause
    words = f"{named.replace('_', ' ')} {fields.get('message') or ''}".lower()
    spoken = (cause.replace("_", " "), *SYNONYMS.get(cause, ()))
    return any(re.search(rf"\b{re.escape(word)}", words) for word in spoken)


def _raised_after(told: list[Observed], begin: FaultEvent) -> list[_Alert]:
    """Return alerts that were not there before the fault, each once, in order of appearance."""
    seen: set[bytes] = set()
    raised: list[_Alert] = []
    before_ms = begin.at_ms
    for observed in told:
        for raw in observed.value if isinstance(observed.value, list | tuple) else ():
            identity = msgspec.json.encode(raw, order="sorted")
            if identity in seen:
                continue
            seen.add(identity)
            if observed.index > begin.index:
                earliest_ms = _stamp_ms(raw, before_ms, observed.at_ms)
                raised.append(_Alert(raw=raw, earliest_ms=earliest_ms, index=observed.index))
        before_ms = max(begin.at_ms, observed.at_ms)
    return raised


def _stamp_ms(raw: Json, after_ms: int, before_ms: int) -> int:
    """Return the alert's own instant where it lies in the interval it must lie in."""
    at = as_decimal(raw.get("at")) if isinstance(raw, Mapping) else None
    if at is None:
        return after_ms
    stamp_ms = int(at) if at > 100_000_000_000 else int(at * 1000)
    return stamp_ms if after_ms <= stamp_ms <= before_ms else after_ms


def _add_missing(findings: Findings, raised: list[_Alert], wanted: str, last: Observed) -> None:
    if not raised:
        message = f"no alert was raised; one naming {wanted!r} was due"
        findings.add("no_alert", message, expected=wanted, actual="no alert", index=last.index)
        return
    named = name_few(dict.fromkeys(_name(alert.raw) for alert in raised))
    findings.add(
        "wrong_cause",
        f"alerts were raised for {named}, none for {wanted!r}",
        expected=wanted,
        actual=named,
        index=raised[0].index,
    )


def _name(raw: Json) -> str:
    if not isinstance(raw, Mapping):
        return str(raw)
    return str(raw.get("cause") or raw.get("message") or raw)
