"""Token pairs as the wire shows them: who was given which pair when, and what became of it.

Tokens appear as labels; equal labels are equal tokens. Whether a refresh kills the pair it was made
from is not documented, so no rule here depends on it. Source: protocol facts, section 2.2.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping

import msgspec

from tts_chaos.core.history import Committed, Exchange, History, Json, Truth
from tts_chaos.oracles.actions import actions_of
from tts_chaos.oracles.codes import Meaning, meaning_of
from tts_chaos.oracles.stock_writes import decoded
from tts_chaos.wire.message import AUTH_HOST

__all__ = [
    "Lineage",
    "Pair",
    "Refresh",
    "first_pairs",
    "is_refresh",
    "is_token_call",
    "refreshes",
    "unanswered_refusals",
]


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """An access token and its refresh token, as labels.

    Attributes:
        access: Label of the access token.
        refresh: Label of the refresh token.
        expires_at_s: When the access token expires, Unix seconds; 0 where unknown.
        since_ms: When the client got it.
        since: Index of the record by which it got it, -1 for the pair it started with.
    """

    access: str
    refresh: str
    expires_at_s: int
    since_ms: int
    since: int


class Refresh(msgspec.Struct, frozen=True, kw_only=True):
    """One refresh call. `received` is the pair the client got, None where it got none."""

    exchange: Exchange
    presented: str
    received: Pair | None


def is_token_call(exchange: Exchange) -> bool:
    """Whether the request belongs to the token host, wherever it was sent."""
    return exchange.host == AUTH_HOST or exchange.path.startswith(("/api/v2/token/", "/api/token/"))


def is_refresh(exchange: Exchange) -> bool:
    """Whether the request asks for a new pair in exchange for a refresh token."""
    if exchange.operation == "token.v2.refresh":
        return True
    return exchange.path.rstrip("/").endswith(("/token/refresh", "/token/refreshToken"))


def refreshes(history: History) -> list[Refresh]:
    """Return all refresh calls in order of arrival."""
    return [_refresh(x) for x in history.exchanges() if is_refresh(x)]


def _refresh(exchange: Exchange) -> Refresh:
    presented = exchange.parameter("refresh_token")
    if presented is None:
        presented = str(decoded(exchange.body).get("refresh_token") or "")
    return Refresh(exchange=exchange, presented=presented, received=_received(exchange))


def _received(exchange: Exchange) -> Pair | None:
    if not exchange.succeeded:
        return None
    data = decoded(exchange.response_body).get("data")
    if not isinstance(data, Mapping) or not data.get("access_token"):
        return None
    expires = data.get("access_token_expire_in")
    return Pair(
        access=str(data["access_token"]),
        refresh=str(data.get("refresh_token") or ""),
        expires_at_s=expires if isinstance(expires, int) else 0,
        since_ms=exchange.at_ms,
        since=exchange.index,
    )


def first_pairs(history: History) -> list[Pair]:
    """Return the pairs the run started with; none where the history cannot tell.

    They were issued before the first request, or the first snapshot of the platform names one.
    """
    granted = [refresh for refresh in refreshes(history) if refresh.exchange.committed]
    before = granted[0].exchange.index if granted else len(history)
    begin_ms = history.records[0].at_ms if len(history) else 0
    told: list[tuple[Json, str]] = [
        (issued.after, "access_expires_at_s")
        for issued in history.of(Committed)
        if issued.change == "token.issued" and issued.call == 0 and issued.index < before
    ]
    if not told:
        told = [
            (truth.ledger.get("tokens"), "access_token_expires_at")
            for truth in history.of(Truth)[:1]
            if truth.index < before
        ]
    pairs = [_started_with(tokens, expiry, begin_ms) for tokens, expiry in told]
    return [pair for pair in pairs if pair is not None]


def _started_with(tokens: Json, expiry: str, begin_ms: int) -> Pair | None:
    if not isinstance(tokens, Mapping) or not tokens.get("access_token"):
        return None
    return Pair(
        access=str(tokens["access_token"]),
        refresh=str(tokens.get("refresh_token") or ""),
        expires_at_s=int(tokens.get(expiry) or 0),
        since_ms=begin_ms,
        since=-1,
    )


class Lineage:
    """All pairs the client ever had, and which pair took the place of which token.

    Attributes:
        received: Pairs received by refreshes, in order.
        access_replaced: By access token, the pair that took its place.
        refresh_replaced: By refresh token, the pair that took its place; a refresh token that the
            platform gives back unchanged is never replaced.
    """

    def __init__(self, history: History) -> None:
        self.received: list[Pair] = []
        self.access_replaced: dict[str, Pair] = {}
        self.refresh_replaced: dict[str, Pair] = {}
        self._by_access: dict[str, Pair] = {}
        self._by_refresh: dict[str, Pair] = {}
        for pair in first_pairs(history):
            self._take(pair)
        for refresh in refreshes(history):
            if refresh.received is not None:
                self._replace(refresh.presented, refresh.received)

    def _take(self, pair: Pair) -> None:
        self._by_access[pair.access] = pair
        self._by_refresh[pair.refresh] = pair

    def _replace(self, presented: str, new: Pair) -> None:
        old = self._by_refresh.get(presented)
        if old is not None:
            self.access_replaced.setdefault(old.access, new)
        if presented:
            self.refresh_replaced.setdefault(presented, new)
        self.access_replaced.pop(new.access, None)
        self.refresh_replaced.pop(new.refresh, None)
        self.received.append(new)
        self._take(new)

    def pair_of(self, access: str) -> Pair | None:
        """Return the pair an access token belongs to."""
        return self._by_access.get(access)


def unanswered_refusals(history: History) -> dict[str, list[Exchange]]:
    """Return the access tokens that were refused and never refreshed, with the refused calls.

    One call per action, in order, of the actions that ended before anybody so much as tried to
    refresh. Refusals of a token that a newer pair had replaced are left out: there the new pair
    was not used.
    """
    refused = [x for x in history.exchanges() if x.token and meaning_of(x) is Meaning.TOKEN]
    if not refused:
        return {}
    replaced = Lineage(history).access_replaced
    refused = [x for x in refused if x.token not in replaced or x.index < replaced[x.token].since]
    refused.sort(key=lambda x: x.index)
    first: dict[str, int] = {}
    for x in refused:
        first.setdefault(x.token, x.index)
    tries = [x.index for x in history.exchanges() if is_refresh(x)]
    unanswered: dict[str, list[Exchange]] = {}
    for action in actions_of(history).all:
        low = bisect_right(refused, action.begin, key=lambda x: x.index)
        high = bisect_left(refused, action.end, key=lambda x: x.index)
        for token, x in {x.token: x for x in reversed(refused[low:high])}.items():
            if not any(first[token] < tried < action.end for tried in tries):
                unanswered.setdefault(token, []).append(x)
    return unanswered
