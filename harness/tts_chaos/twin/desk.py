"""What a gate works with: the twin's parts (the desk) and one call on its way in (an admission)."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Any

from tts_chaos.contracts.loader import Contracts
from tts_chaos.contracts.operation import Operation
from tts_chaos.contracts.routing import Target
from tts_chaos.twin.domains.authorization.entities import Account, Shop
from tts_chaos.twin.handler import TwinEnv
from tts_chaos.wire.message import ApiRequest

__all__ = ["Admission", "Desk", "EdgeAnswerError", "HourCounter", "RateLimiter", "Signpost"]

WINDOW_MS = 1_000


class EdgeAnswerError(Exception):
    """The call is answered before the API sees it, and not as an envelope.

    Args:
        answer: Name of a plain answer of the contracts.
    """

    def __init__(self, answer: str) -> None:
        self.answer = answer
        super().__init__(answer)


class RateLimiter:
    """Counts calls per operation and shop within the last second.

    Source: protocol facts, section 5 (documented: per endpoint, app and shop).
    """

    def __init__(self) -> None:
        self._calls: dict[tuple[str, str], deque[int]] = {}

    def admits(self, operation: str, shop: str, now_ms: int, *, rate_per_s: int) -> bool:
        """Count one call and say whether it is within `rate_per_s`; refused calls do not count."""
        calls = self._calls.setdefault((operation, shop), deque())
        while calls and calls[0] <= now_ms - WINDOW_MS:
            calls.popleft()
        if len(calls) >= rate_per_s:
            return False
        calls.append(now_ms)
        return True


class HourCounter:
    """Counts calls within the present full hour."""

    def __init__(self) -> None:
        self._hour = -1
        self._count = 0

    def admits(self, hour: int, quota: int) -> bool:
        """Count one call and say whether it is within the quota; refused calls do not count."""
        if hour != self._hour:
            self._hour, self._count = hour, 0
        if self._count >= quota:
            return False
        self._count += 1
        return True


class Signpost:
    """Tells what a request means; asked twice about the same one, it looks only once.

    Every request is identified for the record first and then passes the gates.
    """

    def __init__(self, contracts: Contracts) -> None:
        self._contracts = contracts
        self._seen: ApiRequest | None = None
        self._target: Target | None = None

    def target(self, request: ApiRequest) -> Target:
        """Return what the request's host, verb and path mean."""
        if self._target is None or self._seen is not request:
            self._target = self._contracts.resolve(request.host, request.method, request.path)
            self._seen = request
        return self._target


@dataclass(frozen=True, slots=True)
class Desk:
    """The parts of the twin that gates look at."""

    env: TwinEnv
    contracts: Contracts
    signpost: Signpost
    limiter: RateLimiter = field(default_factory=RateLimiter)
    hours: HourCounter = field(default_factory=HourCounter)


@dataclass(slots=True)
class Admission:
    """One call on its way in; gates fill it from top to bottom.

    Attributes:
        request: The call as it arrived.
        operation: What it asks for, once the path is known.
        path: Values of the path's placeholders.
        account: Who authorised the token presented.
        shop: Shop addressed, None for operations without one.
        query: Decoded query parameters beyond the common ones, typed by the contract.
        body: The JSON body.
        notes: What a stricter platform might have refused, and fields nobody knows.
    """

    request: ApiRequest
    operation: Operation | None = None
    path: dict[str, str] = field(default_factory=dict)
    account: Account | None = None
    shop: Shop | None = None
    query: dict[str, Any] = field(default_factory=dict)
    body: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def target(self) -> Operation:
        """The operation; only after the gate that finds it."""
        assert self.operation is not None, "the path gate comes first"
        return self.operation
