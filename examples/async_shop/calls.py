"""Calls of the Open API: signed afresh for each try, repeated only where that is safe."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Protocol

from shop_parts.alerts import Alerts
from shop_parts.answers import NEVER, READS, SAFE, CallError, read_answer
from shop_parts.kept import Kept
from shop_parts.patience import HURRIED, Patience
from shop_parts.pauses import Pauses
from shop_parts.shops import Shop
from shop_parts.signing import refresh_url, signed_request
from shop_parts.tokens import TokenStore

__all__ = ["Calls", "Transport"]

REFRESH_ATTEMPTS = 3


class Transport(Protocol):
    """A connection pool of some HTTP library."""

    async def exchange(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        data: bytes | None,
        patience: Patience,
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Return status, headers by lower-case name, and body.

        Raises:
            CallError: If there is no whole answer; its text holds no address.
        """
        ...

    async def close(self) -> None: ...


class Calls:
    """Makes calls, one task at a time: see `Connector`.

    Args:
        settings: {api_url, token_url, app_key, app_secret, access_token, refresh_token,
            access_token_expires_at}.
        patience: How long to wait and how often to try.
        kept: Where tokens and pauses are kept.
        alerts: Where to tell people.
        transport: Connection pool.
    """

    def __init__(
        self,
        settings: dict[str, Any],
        patience: Patience,
        kept: Kept,
        alerts: Alerts,
        transport: Transport,
    ) -> None:
        self._settings, self._patience, self._alerts = settings, patience, alerts
        self.tokens = TokenStore(kept, alerts, settings)
        self._pauses = Pauses(kept)
        self._transport = transport

    async def close(self) -> None:
        await self._transport.close()

    async def call(
        self,
        name: str,
        method: str,
        path: str,
        *,
        shop: Shop | None = None,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        changes: bool = False,
        hurried: bool = False,
    ) -> dict[str, Any]:
        """Return the data of the answer.

        Args:
            name: For alerts and pauses.
            method: Verb.
            path: Path.
            shop: The shop, where the call is about one; each has its own limits.
            query: Further parameters.
            body: JSON.
            changes: Whether it changes anything; then it is not sent again when nobody knows
                whether it took effect.
            hurried: Try once and briefly.

        Raises:
            CallError: If it failed for good.
        """
        patience = HURRIED if hurried else self._patience
        name = f"{name} of shop {shop.id}" if shop else name
        attempt, may_refresh = 0, True
        while True:
            await asyncio.sleep(self._pauses.left_s(name, patience))
            tokens = await self._usable_tokens()
            attempt += 1
            try:
                url, data = signed_request(
                    self._settings, path, query or {}, shop.cipher if shop else "", body
                )
                headers = {
                    "content-type": "application/json",
                    "x-tts-access-token": tokens["access"],
                }
                return await self._exchange(method, url, patience, headers, data)
            except CallError as error:
                if error.wait_s is not None:
                    self._pauses.note(name, error.wait_s, self._patience)
                if error.about_token:
                    self.tokens.refused(tokens)
                    if may_refresh:
                        may_refresh, attempt = False, attempt - 1
                        continue
                may_repeat = error.retry == SAFE or (error.retry == READS and not changes)
                if not may_repeat or attempt >= patience.attempts:
                    error.unknown = changes and error.retry == READS
                    self._alerts.raise_(error.cause, name, str(error))
                    raise
                if error.wait_s is None:
                    await self.pause(attempt)

    async def pause(self, attempt: int) -> None:
        await asyncio.sleep(self._patience.pause_s(attempt))

    async def _exchange(
        self,
        method: str,
        url: str,
        patience: Patience,
        headers: Mapping[str, str] | None = None,
        data: bytes | None = None,
    ) -> dict[str, Any]:
        answer = await self._transport.exchange(
            method, url, headers=headers or {}, data=data, patience=patience
        )
        return read_answer(*answer)

    async def _usable_tokens(self) -> dict[str, Any]:
        tokens = self.tokens.current()
        if self.tokens.is_fresh(tokens):
            return tokens
        try:
            return await self._refresh(tokens)
        except CallError:
            if self.tokens.is_alive(tokens):
                return tokens  # ahead of time nothing is lost yet
            raise

    async def _refresh(self, tokens: dict[str, Any]) -> dict[str, Any]:
        self.tokens.require_hope(tokens)
        url = refresh_url(self._settings, tokens["refresh"])
        for attempt in range(1, REFRESH_ATTEMPTS + 1):
            try:
                return self.tokens.renewed(await self._exchange("GET", url, self._patience), tokens)
            except CallError as error:
                if error.retry == NEVER or attempt == REFRESH_ATTEMPTS:
                    raise self.tokens.failed(error, tokens, pause_s=self._patience.cap_s) from error
                wait_s = error.wait_s or self._patience.pause_s(attempt)
                await asyncio.sleep(min(wait_s, self._patience.longest_wait_s))
        raise AssertionError("the last attempt returns or raises")
