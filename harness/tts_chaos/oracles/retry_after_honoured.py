"""When the platform says how long to wait, nobody asks before.

Source: protocol facts, section 5 (documented): Retry-After in seconds or as an HTTP date; limits
count per endpoint, app and shop.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from email.utils import parsedate_to_datetime
from itertools import islice, takewhile

from tts_chaos.core.history import Exchange, History
from tts_chaos.oracles.actions import Actions, actions_of
from tts_chaos.oracles.calls import key_of, operation_name
from tts_chaos.oracles.findings import Findings, spell_ms
from tts_chaos.oracles.oracle import JudgeSettings, OracleReport, Rule, oracle, report

__all__ = ["judge", "wait_ms"]

NAME = "retry_after_honoured"
RULES = {
    "retry_after_ignored": Rule(
        expected="no request of this kind for this shop before the time is over",
        defect="the header Retry-After is not read, or only one of its two forms (seconds, HTTP "
        "date), or it is cut to the client's own longest pause",
    ),
}
OPTIONS = {"early_ms": 50, "in_flight_ms": 1_000}
DATE_COARSENESS_MS = 1_000
"""An HTTP date has no fractions of a second."""


@oracle(
    name=NAME,
    kind="safety",
    summary="After Retry-After, no request of the same kind and shop comes too early.",
    rules=RULES,
    options=OPTIONS,
)
def judge(history: History, settings: JudgeSettings) -> OracleReport:
    """Look at the requests of the same operation and shop within each asked-for wait."""
    options, findings = settings.chosen(NAME, OPTIONS), Findings(RULES)
    actions = actions_of(history)
    restarts = sorted(a.begin for a in actions.named("restart", "reconfigure"))
    groups: dict[tuple[str, str], list[Exchange]] = {}
    for exchange in history.exchanges():
        groups.setdefault((operation_name(exchange), exchange.shop), []).append(exchange)
    asked = 0
    for group in groups.values():
        for position, answer in enumerate(group):
            asked_ms = wait_ms(answer)
            if asked_ms <= 0:
                continue
            asked += 1
            until_ms = answer.at_ms + asked_ms - options["early_ms"]
            following = takewhile(
                lambda x, until_ms=until_ms: x.started_ms < until_ms,  # type: ignore[misc]
                islice(group, position + 1, None),
            )
            early = _early(answer, following, actions, options["in_flight_ms"])
            if early is None or _restarted(restarts, answer, early):
                continue
            came_ms = early.started_ms - answer.at_ms
            findings.add(
                "retry_after_ignored",
                f"call {early.call} came {spell_ms(came_ms)} after call {answer.call} was told to "
                f"wait {spell_ms(asked_ms)}",
                expected=f"a wait of {spell_ms(asked_ms)}",
                actual=spell_ms(came_ms),
                index=early.index,
                weight=asked_ms - came_ms,
            )
    return report(
        NAME,
        saw=asked,
        findings=findings.all(),
        counts={"asked_to_wait": asked},
        reason="" if asked else "the platform never asked to wait",
    )


def wait_ms(exchange: Exchange) -> int:
    """Return how long an answer that arrived asks to wait; 0 where it does not.

    A date counts from the answer's own Date header, so that a skewed platform clock does not
    matter; without one, from the instant of the answer.
    """
    value = exchange.response_header("retry-after")
    if exchange.fate != "answered" or not value:
        return 0
    if value.strip().isdigit():
        return int(value) * 1000
    moment = _date_ms(value)
    if moment is None:
        return 0
    now = _date_ms(exchange.response_header("date") or "")
    return moment - (exchange.at_ms if now is None else now) - DATE_COARSENESS_MS


def _date_ms(text: str) -> int | None:
    try:
        return int(parsedate_to_datetime(text).timestamp() * 1000)
    except (ValueError, TypeError):
        return None


def _early(
    answer: Exchange, following: Iterable[Exchange], actions: Actions, in_flight_ms: int
) -> Exchange | None:
    """Return the first request that came too early and was not simply under way already.

    Requests of the same logical call are always meant; others at the very same moment may come
    from threads that had not heard yet. As many as actions were under way are let pass.
    """
    spare = actions.open_at(answer.index) - 1
    for later in following:
        if later.started_ms < answer.at_ms:
            continue
        close = later.started_ms <= answer.at_ms + in_flight_ms
        if close and spare > 0:
            spare -= 1
            continue
        if close and key_of(later) != key_of(answer):
            continue
        return later
    return None


def _restarted(restarts: list[int], answer: Exchange, later: Exchange) -> bool:
    """Whether memory may have been lost in between: keeping pauses on disk is not asked for."""
    return bisect_right(restarts, later.index) > bisect_right(restarts, answer.index)
