"""Calls of the Open API: signed afresh for each try, repeated only where that is safe."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from tts_chaos.reference.alerts import Alerts
from tts_chaos.reference.answers import Answer, Problem, Repeat
from tts_chaos.reference.errors import CallError, UnknownOutcomeError
from tts_chaos.reference.journal import Journal
from tts_chaos.reference.leases import Leases
from tts_chaos.reference.pacing import Jitter, Pauses, read_retry_after, seconds_to_full_hour
from tts_chaos.reference.settings import Patience, ReferenceSettings, Shop
from tts_chaos.reference.signing import encode_query, sign_request
from tts_chaos.reference.tokens import TokenKeeper, TokenPair
from tts_chaos.reference.transport import Transport

__all__ = ["ApiClient", "Call"]

_HOURLY_QUOTA = 36009037


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One logical call; it may take several tries.

    Attributes:
        name: Name for logs, alerts and errors.
        method: Upper-case verb.
        path: Path below the base URL.
        shop: Shop addressed.
        query: Parameters besides the common ones.
        body: JSON body, None for none.
        changes: Whether it changes anything on the platform. What does is not sent again when
            nobody knows whether it took effect.
    """

    name: str
    method: str
    path: str
    shop: Shop
    query: dict[str, str] = field(default_factory=dict)
    body: dict[str, Any] | None = None
    changes: bool = False

    @property
    def scope(self) -> str:
        """Calls that share a quota: the platform counts by shop and endpoint."""
        return f"{self.shop.id} {self.name}"


class ApiClient:
    """Makes calls.

    Args:
        settings: Returns the settings in force.
        transport: Returns the connection pool in force.
        tokens: Where tokens come from.
        pauses: Calls that must wait.
        leases: Renewed before each try and each pause.
        alerts: Where to tell people.
        journal: Where to log.
        jitter: Pauses between tries.
    """

    def __init__(
        self,
        *,
        settings: Callable[[], ReferenceSettings],
        transport: Callable[[], Transport],
        tokens: TokenKeeper,
        pauses: Pauses,
        leases: Leases,
        alerts: Alerts,
        journal: Journal,
        jitter: Jitter,
    ) -> None:
        self._settings = settings
        self._transport = transport
        self._tokens = tokens
        self._pauses = pauses
        self._leases = leases
        self._alerts = alerts
        self._journal = journal
        self._jitter = jitter

    def call(self, call: Call, *, in_a_hurry: bool = False) -> dict[str, Any]:
        """Return the `data` of the answer.

        Args:
            call: What to call.
            in_a_hurry: Try once and briefly, for callers who have to answer somebody themselves.

        Raises:
            CredentialsError: If there is no usable token.
            UnknownOutcomeError: If a change was sent and nobody knows whether it took effect.
            CallError: If the call failed for good.
        """
        patience = self._settings().patience
        if in_a_hurry:
            patience = _hurried(patience)
        attempt = 0
        may_renew = True
        while True:
            self._wait_for_turn(call, patience)
            pair = self._tokens.current()
            attempt += 1
            answer = self._try(call, pair, patience, attempt)
            if isinstance(answer, Answer):
                return answer.data
            if answer.is_about_token:
                self._tokens.refused(pair)
                if may_renew:
                    may_renew = False
                    attempt -= 1
                    continue
            if not _may_repeat(call, answer) or attempt >= patience.attempts:
                raise self._give_up(call, answer)
            self._alerts.trouble(answer.cause, call.scope, answer.message)
            self._pause(call, answer, patience, attempt)

    def _wait_for_turn(self, call: Call, patience: Patience) -> None:
        """Sit out a pause that the platform asked for; refuse the call where that is too long."""
        left_s = self._pauses.left_s(call.scope)
        if left_s > patience.wait_limit_s:
            problem = Problem(
                cause="rate_limit",
                message=f"the platform asked for a pause, {left_s:.0f} s are left of it",
                repeat=Repeat.NEVER,
            )
            raise self._give_up(call, problem)
        while left_s > 0:
            self._leases.sleep(left_s)
            left_s = self._pauses.left_s(call.scope)

    def _try(
        self, call: Call, pair: TokenPair, patience: Patience, attempt: int
    ) -> Answer | Problem:
        self._leases.renew()
        url, headers, body = self._prepare(call, pair)
        started = time.monotonic()
        answer = self._transport().exchange(
            call.method, url, patience=patience, headers=headers, body=body
        )
        elapsed_s = time.monotonic() - started
        problem = answer if isinstance(answer, Problem) else None
        self._journal.write(
            "api_call",
            call=call.name,
            path=call.path,
            shop=call.shop.id,
            attempt=attempt,
            elapsed_ms=round(elapsed_s * 1000),
            outcome=problem.cause if problem else "ok",
            code=problem.code if problem else 0,
            status=problem.status if problem else 200,
        )
        if elapsed_s > patience.slow_s and (problem is None or problem.cause != "slowness"):
            self._alerts.trouble("slowness", call.scope, f"answers take {elapsed_s:.1f} s")
        elif problem is None:
            self._alerts.all_well(call.scope)
        return answer

    def _prepare(self, call: Call, pair: TokenPair) -> tuple[str, dict[str, str], bytes]:
        """Stamp and sign. The bytes that are signed are the bytes that are sent."""
        settings = self._settings()
        body = b""
        if call.body is not None:
            text = json.dumps(call.body, ensure_ascii=False, separators=(",", ":"))
            body = text.encode()
        query = [
            ("app_key", settings.app_key),
            ("timestamp", str(int(time.time()))),
            ("shop_cipher", call.shop.cipher),
            *call.query.items(),
        ]
        query.append(("sign", sign_request(settings.app_secret, call.path, query, body)))
        headers = {
            "content-type": "application/json",
            "x-tts-access-token": pair.access_token,
        }
        return f"{settings.api_url}{call.path}?{encode_query(query)}", headers, body

    def _pause(self, call: Call, problem: Problem, patience: Patience, attempt: int) -> None:
        asked_s = read_retry_after(problem.retry_after, date=problem.date)
        if asked_s is None:
            self._leases.sleep(self._jitter.pause_s(patience, attempt))
        else:
            wait_s = max(
                self._jitter.after_s(patience, asked_s), self._jitter.pause_s(patience, attempt)
            )
            self._pauses.set(call.scope, wait_s=wait_s, cause=problem.cause)

    def _give_up(self, call: Call, problem: Problem) -> CallError:
        patience = self._settings().patience
        asked_s = read_retry_after(problem.retry_after, date=problem.date)
        if asked_s is None and problem.code == _HOURLY_QUOTA:
            asked_s = seconds_to_full_hour(time.time())
        if asked_s is not None:
            wait_s = self._jitter.after_s(patience, asked_s)
            self._pauses.set(call.scope, wait_s=wait_s, cause=problem.cause)
        message = self._journal.scrub(problem.message)
        self._alerts.report(problem.cause, call.scope, message)
        is_unknown = call.changes and problem.repeat is Repeat.READS_ONLY
        kind = UnknownOutcomeError if is_unknown else CallError
        return kind(
            message,
            cause=problem.cause,
            operation=call.name,
            code=problem.code,
            status=problem.status,
        )


def _may_repeat(call: Call, problem: Problem) -> bool:
    if problem.repeat is Repeat.READS_ONLY:
        return not call.changes
    return problem.repeat is Repeat.SAFE


def _hurried(patience: Patience) -> Patience:
    """One try that leaves time to answer within the three seconds a webhook sender waits."""
    return replace(
        patience,
        attempts=1,
        wait_limit_s=0.0,
        connect_s=min(patience.connect_s, 0.8),
        read_s=min(patience.read_s, 1.5),
        total_s=min(patience.total_s, 2.0),
    )
