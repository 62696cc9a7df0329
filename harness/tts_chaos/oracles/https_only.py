"""Every request is encrypted, and none carries a secret in its address.

The token host is the documented exception: its two calls carry secrets in the query. Source:
protocol facts, sections 2.2 and 3 (documented).
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from tts_chaos.core.history import Exchange, History
from tts_chaos.oracles.findings import Findings
from tts_chaos.oracles.oracle import JudgeSettings, OracleReport, Rule, oracle, report
from tts_chaos.oracles.tokens import is_token_call

__all__ = ["judge"]

NAME = "https_only"
RULES = {
    "plain_http": Rule(
        expected="https for every request",
        defect="the base URL is configured with http, or a redirect to http is followed",
    ),
    "secret_in_url": Rule(
        expected="tokens in the header x-tts-access-token, secrets nowhere",
        defect="the token or the app secret travels in the query, where proxies and access logs "
        "keep it",
    ),
    "redirect_followed": Rule(
        expected="a redirect taken for a failure",
        defect="the HTTP library follows redirects by itself, and carries the token wherever an "
        "answer points",
    ),
}
_SECRETS = ("{access_token", "{refresh_token", "{app_secret", "{auth_code")


@oracle(
    name=NAME,
    kind="safety",
    summary="Requests go over https only, to the platform only, without secrets in addresses.",
    rules=RULES,
)
def judge(history: History, _settings: JudgeSettings) -> OracleReport:
    """Look at the scheme and the address of every request.

    A run in which plain http is answered with success has no TLS at all: there the scheme is the
    harness's choice, and only addresses are judged.
    """
    findings = Findings(RULES)
    exchanges = history.exchanges()
    has_tls = any(x.scheme == "https" for x in exchanges)
    _find_followed(exchanges, findings)
    for exchange in exchanges:
        if exchange.scheme == "http" and (has_tls or not exchange.succeeded):
            findings.add(
                "plain_http",
                f"call {exchange.call} ({exchange.method} {exchange.path}) went over plain http",
                actual="http",
                index=exchange.index,
            )
        leaked = _secret_in_address(exchange)
        if leaked:
            findings.add(
                "secret_in_url",
                f"call {exchange.call} ({exchange.method} {exchange.path}) carries {leaked} in "
                "its address",
                actual=leaked,
                index=exchange.index,
            )
    return report(
        NAME, saw=len(exchanges), findings=findings.all(), counts={"requests": len(exchanges)}
    )


def _find_followed(exchanges: Sequence[Exchange], findings: Findings) -> None:
    """Look for requests that went to where an answer had pointed, another host than before."""
    pointed: dict[tuple[str, str], Exchange] = {}
    for exchange in exchanges:
        before = pointed.get((exchange.host, exchange.path))
        if before is not None and before.host != exchange.host:
            findings.add(
                "redirect_followed",
                f"call {before.call} was answered {before.status}, and call {exchange.call} "
                f"followed to {exchange.host}" + (" with the token" if exchange.token else ""),
                actual=f"a request to {exchange.host}",
                index=exchange.index,
            )
        if 300 <= exchange.status < 400:
            target = urlsplit(exchange.response_header("location") or "")
            pointed[target.hostname or exchange.host, target.path] = exchange


def _secret_in_address(exchange: Exchange) -> str:
    """Return the label of a secret in path or query, "" for none."""
    if is_token_call(exchange):
        return ""
    for text in (exchange.path, *(value for _, value in exchange.query)):
        for secret in _SECRETS:
            begin = text.find(secret)
            if begin >= 0:
                return text[begin : text.find("}", begin) + 1]
    return ""
