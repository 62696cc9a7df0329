"""No request goes to a server that could not prove who it is.

Shown by requests that arrive although the server presented what no client may accept: a client that
verifies ends the handshake before it has said anything.
"""

from __future__ import annotations

from tts_chaos.core.history import Exchange, FaultEvent, FaultMoment, History
from tts_chaos.oracles.findings import Findings
from tts_chaos.oracles.oracle import JudgeSettings, OracleReport, Rule, oracle, report
from tts_chaos.wire.message import API_HOST, AUTH_HOST

__all__ = ["UNPROVEN", "judge"]

NAME = "server_identity_checked"
UNPROVEN = {
    "certificate_expired": "an expired certificate",
    "certificate_not_yet_valid": "a certificate that is not valid yet",
    "certificate_self_signed": "a certificate that is signed by itself",
    "certificate_wrong_name": "a certificate for another name",
    "name_elsewhere": "a stranger's certificate",
    "tls_absent": "no certificate at all",
    "tls_too_old": "a version of TLS that protects no longer",
}
"""What the server showed under each fault, by name of the fault."""

LED_ELSEWHERE = "name_elsewhere"
"""Under this one the platform itself still stands where it stood, and shows what it should: a
client that remembers the address, as those with a cache of look-ups do, does nothing wrong."""

RULES = {
    "unproven_server": Rule(
        expected="no request where the server's certificate or version must be refused",
        defect="certificates are not verified (verify=False, rejectUnauthorized: false, "
        "InsecureSkipVerify, CURLOPT_SSL_VERIFYPEER 0), so tokens go to whoever answers",
    ),
}


@oracle(
    name=NAME,
    kind="safety",
    summary="No request goes to a server that could not prove who it is.",
    rules=RULES,
)
def judge(history: History, _settings: JudgeSettings) -> OracleReport:
    """Look for requests that a server got which no client may trust."""
    shown = {
        event.fault: event.name
        for event in history.of(FaultEvent)
        if event.moment is FaultMoment.FIRED and event.name in UNPROVEN
    }
    findings = Findings(RULES)
    arrived = 0
    for exchange in history.exchanges():
        fault = next((fault for fault in exchange.faults if fault in shown), None)
        if fault is None or not _has_arrived(exchange):
            continue
        if shown[fault] == LED_ELSEWHERE and exchange.host in (API_HOST, AUTH_HOST):
            continue
        arrived += 1
        findings.add(
            "unproven_server",
            f"call {exchange.call} ({exchange.method} {exchange.path}) was sent to a server that "
            f"showed {UNPROVEN[shown[fault]]}",
            actual=f"the request was sent, with {_told(exchange)}",
            index=exchange.index,
        )
    counts = {"faults": len(shown), "requests": arrived}
    return report(NAME, saw=len(shown), findings=findings.all(), counts=counts)


def _has_arrived(exchange: Exchange) -> bool:
    """Whether the client went on after the handshake; without sockets, nobody can."""
    return exchange.fate not in ("tls_failed", "refused")


def _told(exchange: Exchange) -> str:
    """Return what the request gave away, in words."""
    has_token = any(name == "x-tts-access-token" for name, _ in exchange.headers)
    return "the access token in it" if has_token else "its parameters in it"
