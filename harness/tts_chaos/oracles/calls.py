"""Logical calls: what the client meant to do once, however many requests it took.

Two requests are attempts of one logical call when they ask the same thing (verb, path, query
without what every request stamps anew, body), when the earlier one failed, and when the later one
follows it within one action, or without a long pause where no action is under way. A poll loop
that repeats a read is no retry: its reads succeed, or it pauses, or its action is another.
"""

from __future__ import annotations

from typing import TypeAlias
from weakref import WeakKeyDictionary

import msgspec

from tts_chaos.contracts.operation import is_write as changes_something
from tts_chaos.core.history import Exchange, History
from tts_chaos.oracles.actions import Actions, actions_of
from tts_chaos.oracles.codes import Meaning, meaning_of

__all__ = [
    "CallKey",
    "LogicalCall",
    "is_write",
    "key_of",
    "logical_calls",
    "operation_name",
]

CallKey: TypeAlias = tuple[str, str, tuple[tuple[str, str], ...], str]
"""Verb, path, sorted query without stamps, body in canonical form."""

STAMPS = frozenset({"timestamp", "sign", "sign_method", "access_token", "app_key"})
"""Query parameters that are made anew for each attempt, or say who asks rather than what."""

QUIET_IN_ACTION_MS = 60_000
"""Within an action, a pause this long is no retry any more but a schedule."""

QUIET_BETWEEN_ACTIONS_MS = 10_000
"""Where no action is under way, a worker polls by itself; it pauses at least this long."""


def key_of(exchange: Exchange) -> CallKey:
    """Return what a request asks for, the same for all attempts."""
    query = tuple(sorted(pair for pair in exchange.query if pair[0] not in STAMPS))
    return (exchange.method, exchange.path, query, _canonical(exchange.body))


def _canonical(body: str) -> str:
    """Return a JSON body with its keys in order, anything else as it is."""
    if not body.startswith(("{", "[")):
        return body
    try:
        return msgspec.json.encode(msgspec.json.decode(body), order="sorted").decode()
    except (msgspec.DecodeError, RecursionError):
        return body


def operation_name(exchange: Exchange) -> str:
    """Return the operation's id without its version; the path where the operation is unknown."""
    parts = exchange.operation.split(".")
    return f"{parts[0]}.{parts[2]}" if len(parts) == 3 else exchange.path


def is_write(exchange: Exchange) -> bool:
    """Whether the request changes something: searches and queries by POST do not."""
    return changes_something(exchange.method, exchange.path)


class LogicalCall(msgspec.Struct, frozen=True, kw_only=True):
    """The attempts of one logical call, in order of arrival; all but the last failed.

    Attributes:
        key: What was asked.
        attempts: The requests.
        parallel: Most actions that were under way at the same time; with more than one the
            attempts are those of several clients mixed.
    """

    key: CallKey
    attempts: tuple[Exchange, ...]
    parallel: int = 1

    @property
    def rounds(self) -> int:
        """Attempts per client."""
        return -(-len(self.attempts) // self.parallel)

    @property
    def retries(self) -> list[tuple[Exchange, Exchange]]:
        """Pairs of a failed attempt and the one that followed it, as far as can be told."""
        step = self.parallel
        return [
            (self.attempts[i], self.attempts[i + step]) for i in range(len(self.attempts) - step)
        ]

    @property
    def gaps_ms(self) -> list[int]:
        """From the begin of each failed attempt to the begin of the next: what the platform sees.

        Gaps that only waited for a new token are left out.
        """
        return [
            max(0, later.started_ms - earlier.started_ms)
            for earlier, later in self.retries
            if meaning_of(earlier) is not Meaning.TOKEN
        ]


class _Open:
    """A logical call that may get further attempts."""

    __slots__ = ("attempts", "parallel")

    def __init__(self, first: Exchange, parallel: int) -> None:
        self.attempts = [first]
        self.parallel = max(1, parallel)

    def takes(self, exchange: Exchange, actions: Actions) -> bool:
        """Whether `exchange` is a further attempt rather than a new logical call."""
        last = self.attempts[-1]
        if last.succeeded or exchange.started_ms < last.at_ms:
            return False
        if actions.begun_between(last.index, exchange.index):
            return False
        alone = actions.open_at(exchange.index) == 0
        quiet_ms = QUIET_BETWEEN_ACTIONS_MS if alone else QUIET_IN_ACTION_MS
        return exchange.started_ms - last.at_ms < quiet_ms


_KNOWN: WeakKeyDictionary[History, tuple[LogicalCall, ...]] = WeakKeyDictionary()


def logical_calls(history: History) -> tuple[LogicalCall, ...]:
    """Return all logical calls of `history` in order of their first attempt."""
    known = _KNOWN.get(history)
    if known is None:
        known = _KNOWN[history] = _gather(history)
    return known


def _gather(history: History) -> tuple[LogicalCall, ...]:
    actions = actions_of(history)
    latest: dict[CallKey, list[_Open]] = {}
    gathered: list[tuple[CallKey, _Open]] = []
    for exchange in history.exchanges():
        key = key_of(exchange)
        parallel = actions.open_at(exchange.index)
        candidates = latest.setdefault(key, [])
        fitting = next((call for call in candidates if call.takes(exchange, actions)), None)
        if fitting is not None:
            fitting.attempts.append(exchange)
            fitting.parallel = max(fitting.parallel, parallel)
            continue
        # Calls that ended before this request came cannot get another attempt.
        candidates[:] = [c for c in candidates if exchange.started_ms < c.attempts[-1].at_ms]
        opened = _Open(exchange, parallel)
        candidates.append(opened)
        gathered.append((key, opened))
    return tuple(
        LogicalCall(key=key, attempts=tuple(call.attempts), parallel=call.parallel)
        for key, call in gathered
    )
