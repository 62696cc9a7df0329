"""No secret turns up in output, logs, exceptions or plain files; `https_only` sees to addresses."""

from __future__ import annotations

from collections import Counter

from tts_chaos.core.history import History, Searched
from tts_chaos.oracles.findings import Findings
from tts_chaos.oracles.oracle import JudgeSettings, OracleReport, Rule, oracle, report

__all__ = ["judge"]

NAME = "no_secret_leaks"
_RULE_OF = {
    "file": "secret_in_file",
    "exception": "secret_in_exception",
}
RULES = {
    "secret_in_output": Rule(
        expected="no token, secret or signed URL in logs and output",
        defect="requests are logged whole (URL, headers or body), or a settings object is printed",
    ),
    "secret_in_exception": Rule(
        expected="no secret in exception texts",
        defect="the URL of the failed request, which carries secrets, is part of the error message",
    ),
    "secret_in_file": Rule(
        expected="secrets only in encrypted storage",
        defect="tokens or keys are stored in plain text",
    ),
}


@oracle(
    name=NAME,
    kind="safety",
    summary="No secret in output, logs, exceptions or plain files.",
    rules=RULES,
)
def judge(history: History, _settings: JudgeSettings) -> OracleReport:
    """Read the receipts of all searches; nothing searched says nothing."""
    findings = Findings(RULES)
    searches = history.of(Searched)
    counts: Counter[str] = Counter(searches=len(searches))
    for search in searches:
        counts["characters"] += search.characters
        for leak in search.leaks:
            counts["leaks"] += 1
            findings.add(
                _RULE_OF.get(search.channel, "secret_in_output"),
                f"{leak.secret} is in {search.channel} {search.source!r}: {leak.excerpt!r}",
                actual=leak.secret,
                index=search.index,
            )
    return report(
        NAME,
        saw=len(searches),
        findings=findings.all(),
        counts=dict(counts),
        reason="" if searches else "nothing was searched",
    )
