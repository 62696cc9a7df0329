"""A token pair is refreshed when it has to be, once, and for no other reason.

A pair has to be refreshed when the API refused its access token, when it is near its end (within a
day: clients refresh ahead in many rhythms), when somebody gave the integration a sign (an operator
changed its settings, the platform announced the end of an authorisation), or when it was not
obtained yet: the answer to the last refresh was lost.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from tts_chaos.core.history import Exchange, History, WebhookSent
from tts_chaos.oracles.actions import actions_of
from tts_chaos.oracles.codes import Meaning, describe, meaning_of
from tts_chaos.oracles.findings import Findings
from tts_chaos.oracles.oracle import JudgeSettings, OracleReport, Rule, oracle, report
from tts_chaos.oracles.tokens import (
    Lineage,
    Pair,
    Refresh,
    first_pairs,
    is_refresh,
    is_token_call,
    refreshes,
    unanswered_refusals,
)

__all__ = ["judge"]

NAME = "token_refreshed_once"
RULES = {
    "never_refreshed": Rule(
        expected="a refresh once the access token was refused",
        defect="the access token was refused and nothing ever refreshed it: a refresh function is "
        "missing, nothing calls it, or the refusal is not recognised (only a 401, only one code "
        "or only some wording is looked for)",
    ),
    "refresh_storm": Rule(
        expected="one refresh per expiry, however many calls notice it",
        defect="every worker that meets an expired token refreshes by itself; nothing makes the "
        "others wait for the one who is at it, and with rotation they kill each other's pairs",
    ),
    "refresh_for_other_error": Rule(
        expected="a refresh only for errors about the access token",
        defect="errors are taken for token trouble by the prefix of their code or by status 401 "
        "or 403 alone, and refreshing cannot mend them",
    ),
    "refresh_without_need": Rule(
        expected="no refresh of a fresh pair that nobody refused",
        defect="each start, client or call refreshes at once instead of using the stored pair; or "
        "the expiry is read wrongly",
    ),
    "refresh_repeated_in_vain": Rule(
        expected="a refused refresh token is given up, and a person is told",
        defect="a spent refresh token is presented for ever instead of asking for a new consent",
    ),
    "call_with_dead_token": Rule(
        expected="no calls with a token known dead",
        defect="a failed refresh is logged and calls go on with the old token",
    ),
    "old_token_used": Rule(
        expected="every later call with the new access token",
        defect="the new pair is not handed to all clients and threads; some keep the old token in "
        "memory",
    ),
}
OPTIONS = {
    "ahead_ms": 86_400_000,
    "young_ms": 43_200_000,
    "storm_window_ms": 60_000,
    "dead_calls": 3,
    "refused_actions": 3,
}
HOUR_MS = 3_600_000
_SIGNS = frozenset({6, 7})
"""Webhooks about the authorisation's end. Source: protocol facts, section 2.2 (documented)."""


@oracle(
    name=NAME,
    kind="safety",
    summary="Each pair of tokens is refreshed once, in time, and only for the sake of the token.",
    rules=RULES,
    options=OPTIONS,
)
def judge(history: History, settings: JudgeSettings) -> OracleReport:
    """Follow every refresh and every call around it."""
    options, findings = settings.chosen(NAME, OPTIONS), Findings(RULES)
    all_refreshes = refreshes(history)
    exchanges = history.exchanges()
    watch = _Watch(history, options, findings)
    by_call = {refresh.exchange.call: refresh for refresh in all_refreshes}
    for exchange in exchanges:
        if exchange.call in by_call:
            watch.refreshed(by_call[exchange.call])
        else:
            watch.called(exchange)
    _find_vain(all_refreshes, settings.retry_limit, findings)
    refused = _find_dead_calls(history, options["dead_calls"], findings)
    _find_old_tokens(history, findings)
    _find_never_refreshed(history, options["refused_actions"], findings)
    received = sum(refresh.received is not None for refresh in all_refreshes)
    return report(
        NAME,
        saw=len(all_refreshes) + refused,
        findings=findings.all(),
        counts={"refreshes": len(all_refreshes), "received": received, "refused": refused},
        reason="" if all_refreshes or refused else "no token was refused or refreshed",
    )


class _Held(msgspec.Struct):
    """A pair as the client holds it, and what it has been told about it."""

    pair: Pair
    refused: bool = False
    by: Refresh | None = None
    spent_by: Refresh | None = None


class _Watch:
    """What a careful observer of the wire knows at each request."""

    def __init__(self, history: History, options: Mapping[str, int], findings: Findings) -> None:
        self._options = options
        self._findings = findings
        self._held: dict[str, _Held] = {}
        self._by_access: dict[str, _Held] = {}
        self._last: Exchange | None = None
        self._signs = sorted(
            [action.begin for action in actions_of(history).named("reconfigure")]
            + [sent.index for sent in history.of(WebhookSent) if sent.type in _SIGNS]
        )
        for pair in first_pairs(history):
            self._hold(_Held(pair))

    def _hold(self, held: _Held) -> None:
        self._held[held.pair.refresh] = held
        self._by_access[held.pair.access] = held

    def called(self, exchange: Exchange) -> None:
        """Note what an API call taught about its token."""
        if is_token_call(exchange):
            return
        self._last = exchange
        held = self._by_access.get(exchange.token)
        if held is not None and meaning_of(exchange) is Meaning.TOKEN:
            held.refused = True

    def refreshed(self, refresh: Refresh) -> None:
        """Judge one refresh by what was known when it was made."""
        held = self._held.get(refresh.presented)
        if held is not None:
            self._judge(refresh, held)
            if refresh.received is not None:
                held.spent_by = refresh
        if refresh.received is not None:
            self._hold(_Held(refresh.received, by=refresh))

    def _judge(self, refresh: Refresh, held: _Held) -> None:
        # Without rotation the pair made by a refresh is found under the same refresh token.
        earlier = held.spent_by or held.by
        if earlier is not None and self._is_storm(earlier, refresh, held):
            self._findings.add(
                "refresh_storm",
                f"call {refresh.exchange.call} refreshed again what call {earlier.exchange.call} "
                "had just refreshed",
                actual="another refresh within a minute",
                index=refresh.exchange.index,
            )
        elif held.spent_by is None and not self._is_needed(refresh.exchange, held):
            self._find_needless(refresh.exchange, held)

    def _is_storm(self, earlier: Refresh, refresh: Refresh, held: _Held) -> bool:
        """Whether a refresh follows one that succeeded within a minute, and was not called for."""
        begin_ms = refresh.exchange.started_ms
        if begin_ms - earlier.exchange.at_ms > self._options["storm_window_ms"]:
            return False
        if held.spent_by is not None:
            return True
        # Tokens that live less than an hour are a scenario's means; ahead of time is always then.
        left_ms = held.pair.expires_at_s * 1000 - begin_ms
        return not held.refused and left_ms > HOUR_MS

    def _is_needed(self, exchange: Exchange, held: _Held) -> bool:
        if held.refused or not held.pair.expires_at_s:
            return True
        left_ms = held.pair.expires_at_s * 1000 - exchange.started_ms
        signed = any(held.pair.since < sign < exchange.index for sign in self._signs)
        return left_ms <= self._options["ahead_ms"] or signed

    def _find_needless(self, exchange: Exchange, held: _Held) -> None:
        failed = self._last
        if failed is not None and _is_other_error(failed) and self._is_close(failed, exchange):
            self._findings.add(
                "refresh_for_other_error",
                f"call {exchange.call} refreshed because call {failed.call} was answered "
                f"{describe(failed)}",
                actual=f"a refresh after {describe(failed)}",
                index=exchange.index,
            )
        elif exchange.started_ms - held.pair.since_ms < self._options["young_ms"]:
            left_h = (held.pair.expires_at_s * 1000 - exchange.started_ms) // 3_600_000
            self._findings.add(
                "refresh_without_need",
                f"call {exchange.call} refreshed a pair with {left_h} hours left that nobody had "
                "refused",
                actual=f"a refresh {left_h} hours ahead",
                index=exchange.index,
            )

    def _is_close(self, failed: Exchange, exchange: Exchange) -> bool:
        return exchange.started_ms - failed.at_ms <= self._options["storm_window_ms"]


def _is_other_error(exchange: Exchange) -> bool:
    """Whether an answer refused the call for a reason that is not its token."""
    return meaning_of(exchange) in (Meaning.PERMANENT, Meaning.RATE, Meaning.TRANSIENT)


def _find_vain(all_refreshes: list[Refresh], limit: int, findings: Findings) -> None:
    """Look for a refresh token that was refused for good and presented again and again."""
    refused: dict[str, int] = {}
    for refresh in all_refreshes:
        if meaning_of(refresh.exchange) is not Meaning.PERMANENT:
            continue
        times = refused[refresh.presented] = refused.get(refresh.presented, 0) + 1
        if times > limit:
            findings.add(
                "refresh_repeated_in_vain",
                f"a refresh token was refused for good {times} times",
                expected=f"at most {limit} tries, then an alert",
                actual=f"{times} tries",
                index=refresh.exchange.index,
                weight=times,
            )


def _find_dead_calls(history: History, limit: int, findings: Findings) -> int:
    """Count calls with a token that was refused before in the same action; returns refusals.

    Calls that were sent side by side learn of the refusal together: before a refresh was tried,
    only those count that began after an earlier refusal had arrived.
    """
    actions = actions_of(history)
    refused_in_all = 0
    for action in actions.all:
        refused: dict[str, list[int]] = {}
        gave_up: set[str] = set()
        for exchange in actions.exchanges_during(action):
            if is_refresh(exchange):
                # A refresh that may work next time is worth asking for again by the next refusal.
                is_over = meaning_of(exchange) is Meaning.PERMANENT
                gave_up = set(refused) if is_over else set()
            elif meaning_of(exchange) is Meaning.TOKEN and exchange.token:
                is_dead = exchange.token in gave_up
                before = refused.setdefault(exchange.token, [])
                known = sum(is_dead or at_ms < exchange.started_ms for at_ms in before)
                before.append(exchange.at_ms)
                refused_in_all += 1
                allowed = (1 if is_dead else limit) * max(1, actions.open_at(exchange.index))
                if known >= allowed:
                    findings.add(
                        "call_with_dead_token",
                        f"call {exchange.call} presented a token that had been refused {known} "
                        f"times in the same {action.name}()",
                        actual=f"refused {known + 1} times",
                        index=exchange.index,
                        weight=known,
                    )
    return refused_in_all


def _find_old_tokens(history: History, findings: Findings) -> None:
    """Look for calls that present a token replaced in an earlier action, without a restart."""
    actions = actions_of(history)
    restarts = [action.begin for action in actions.named("restart", "reconfigure")]
    lineage = Lineage(history)
    for exchange in history.exchanges():
        by = lineage.access_replaced.get(exchange.token)
        if by is None or not actions.begun_between(by.since, exchange.index):
            continue
        if any(by.since < restart < exchange.index for restart in restarts):
            continue
        findings.add(
            "old_token_used",
            f"call {exchange.call} presented a token that had been replaced in an earlier action",
            expected=f"{by.access}",
            actual=exchange.token,
            index=exchange.index,
        )


def _find_never_refreshed(history: History, limit: int, findings: Findings) -> None:
    """Look for a token that one action after the other is refused with, and nobody refreshes."""
    for refused in unanswered_refusals(history).values():
        if len(refused) >= limit:
            findings.add(
                "never_refreshed",
                f"{len(refused)} actions met a refused access token ({describe(refused[0])}) and "
                "none tried to refresh it",
                actual="no refresh",
                index=refused[0].index,
                weight=len(refused),
            )
