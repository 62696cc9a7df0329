"""Calls through the unmodified SDK, with what it leaves to its user: retries, tokens, alerts."""

from __future__ import annotations

import random
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
from shop_parts.kept import Kept
from tiktok_shop_api import TikTokShop, TikTokShopAuth, TikTokShopError

__all__ = ["CallFailedError", "Patience", "SdkCalls"]

TOKEN_CODES = {105001, 105002, 10001, 10002, 401}
DEAD_REFRESH_CODES = {36004001, 36004004, 36004005, 10001, 10002}
CAUSES = {
    105005: "permission",
    403: "permission",
    36009033: "permission",
    10003: "credentials",
    101000: "credentials",
    106001: "credentials",
    400: "endpoint",
    404: "endpoint",
    36009009: "endpoint",
    36009010: "endpoint",
    36009014: "version",
    429: "rate_limit",
    36009002: "rate_limit",
    36009037: "rate_limit",
}
WORDS = {
    "timestamp": "clock",
    "version": "version",
    "app_key": "credentials",
    "signature": "credentials",
}
RETRIED = {"rate_limit", "outage", "network", "slowness", "contract"}


@dataclass(frozen=True)
class Patience:
    """Waits in seconds; `attempts` counts the first try."""

    base_s: float
    cap_s: float
    attempts: int
    timeout: httpx.Timeout


PATIENT = Patience(1.0, 60.0, 6, httpx.Timeout(15.0, connect=5.0))
QUICK = Patience(0.05, 1.0, 5, httpx.Timeout(2.0, connect=1.0))


class CallFailedError(Exception):
    """A call failed for good; `cause` is the word an alert uses."""

    def __init__(self, message: str, cause: str) -> None:
        super().__init__(message)
        self.cause = cause


class _NotingTransport(httpx.BaseTransport):
    """Notes `Retry-After`, which the SDK's errors do not carry."""

    def __init__(self, inner: httpx.BaseTransport) -> None:
        self._inner = inner
        self._noted = threading.local()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self._noted.wait_s = None
        response = self._inner.handle_request(request)
        self._noted.wait_s = _read_retry_after(response)
        return response

    def wait_s(self) -> float | None:
        return getattr(self._noted, "wait_s", None)

    def close(self) -> None:
        self._inner.close()


class SdkCalls:
    """Makes calls, refreshes tokens, raises alerts."""

    def __init__(self, connection: Any, kept: Kept) -> None:
        self._kept = kept
        self._patience = PATIENT if connection.world == "simulated" else QUICK
        self._chance = random.Random(connection.access_token)
        self._refreshing = threading.Lock()
        context = ssl.create_default_context(cafile=connection.ca_file)
        self._transport = _NotingTransport(httpx.HTTPTransport(verify=context))
        self.settings = {
            "app_key": connection.app_key,
            "app_secret": connection.app_secret,
            "api_url": connection.api_url,
            "token_url": connection.token_url,
        }
        if kept.get("tokens") is None:
            self.keep_tokens(
                connection.access_token,
                connection.refresh_token,
                connection.access_token_expires_at,
            )

    def keep_tokens(self, access: str, refresh: str, expires_at: int) -> None:
        """Keep both tokens at once, before either is used."""
        number = (self._kept.get("tokens") or {"number": 0})["number"] + 1
        pair = {"access": access, "refresh": refresh, "expires_at": expires_at, "number": number}
        self._kept.put("tokens", "", {**pair, "refused": False, "dead": False, "not_before": 0.0})

    def close(self) -> None:
        self._transport.close()

    # The SDK binds a token to its client, so each try gets a client of its own; they all share one
    # transport and with it the connections.
    def call(
        self, name: str, cipher: str, ask: Callable[[TikTokShop], Any], *, tries: int | None = None
    ) -> dict[str, Any]:
        """Return the reply's `data`; tries again where that helps."""
        attempts = tries or self._patience.attempts
        may_refresh, attempt = True, 0
        while True:
            self._wait_for_turn(name)
            pair = self._usable_pair()
            attempt += 1
            try:
                reply = ask(self._client(pair["access"], cipher))
                data = reply.to_dict().get("data")
                return data if isinstance(data, dict) else {}
            except TikTokShopError as error:
                cause, is_about_token = _judge(error)
                if is_about_token:
                    self._kept.put("tokens", "", {**self._kept.get("tokens"), "refused": True})
                    if may_refresh:
                        may_refresh, attempt = False, attempt - 1
                        continue
                if cause not in RETRIED or attempt >= attempts:
                    self._note_wait(name)
                    raise self._failed(name, cause, f"{error.message} ({error.code})") from error
                self._pause(name, attempt)

    def alert(self, cause: str, subject: str, message: str) -> None:
        """Raise an alert, once an hour while the trouble lasts."""
        now, topic = time.time(), f"{cause} {subject}"
        last = self._kept.get("last alert", topic)
        if last and now - last["at"] < 3600:
            return
        value = {"cause": cause, "message": f"{subject}: {message}", "at": now}
        self._kept.put("alert", f"{topic} {now}", value)
        self._kept.put("last alert", topic, value)

    def _client(self, access_token: str, cipher: str) -> TikTokShop:
        return TikTokShop(
            self.settings["app_key"],
            self.settings["app_secret"],
            access_token=access_token,
            shop_cipher=cipher,
            base_url=self.settings["api_url"],
            timeout=self._patience.timeout,
            transport=self._transport,
        )

    def _failed(self, name: str, cause: str, message: str) -> CallFailedError:
        self.alert(cause, name, message[:200])
        return CallFailedError(f"{name}: {message}", cause)

    def _pause(self, name: str, attempt: int) -> None:
        if not self._note_wait(name):
            bound = min(self._patience.cap_s, self._patience.base_s * 2 ** (attempt - 1))
            time.sleep(bound * self._chance.uniform(0.5, 1))

    def _note_wait(self, name: str) -> bool:
        """Keep the wait the platform asked for, so that it holds for later calls as well."""
        asked_s = self._transport.wait_s()
        if asked_s is None:
            return False
        until = time.time() + asked_s + self._chance.uniform(0.1, 1.0) * self._patience.base_s
        self._kept.put("wait", name, until)
        return True

    def _wait_for_turn(self, name: str) -> None:
        left_s = (self._kept.get("wait", name) or 0.0) - time.time()
        if left_s > 2 * self._patience.cap_s:
            raise self._failed(name, "rate_limit", f"asked to wait for {left_s:.0f} s more")
        if left_s > 0:
            time.sleep(left_s)

    def _usable_pair(self) -> dict[str, Any]:
        pair = self._kept.get("tokens")
        if not pair["refused"] and time.time() < pair["expires_at"] - 300:
            return pair
        while not self._refreshing.acquire(blocking=False):
            time.sleep(0.02)
        try:
            now = self._kept.get("tokens")
            if now["number"] != pair["number"] and not now["refused"]:
                return now
            return self._refresh(now)
        finally:
            self._refreshing.release()

    def _refresh(self, pair: dict[str, Any]) -> dict[str, Any]:
        if pair["dead"] or time.time() < pair["not_before"]:
            raise self._failed("tokens", "credentials", "no usable token; authorise the app anew")
        auth = TikTokShopAuth(
            self.settings["app_key"],
            self.settings["app_secret"],
            base_url=self.settings["token_url"],
            timeout=self._patience.timeout,
            transport=self._transport,
        )
        for attempt in (1, 2, 3):
            try:
                fresh = auth.refresh(pair["refresh"])
            except TikTokShopError as error:
                cause, _ = _judge(error)
                if cause in RETRIED and attempt < 3:
                    self._pause("tokens", attempt)
                    continue
                dead = error.code in DEAD_REFRESH_CODES
                later = time.time() + 2 * self._patience.cap_s
                self._kept.put("tokens", "", {**pair, "dead": dead, "not_before": later})
                self.alert(cause, "tokens", error.message)
                raise self._failed("tokens", "credentials", "the refresh failed") from error
            self.keep_tokens(fresh.access_token, fresh.refresh_token, fresh.access_token_expire_in)
            return self._kept.get("tokens")
        raise AssertionError("the last attempt returns or raises")


def _judge(error: TikTokShopError) -> tuple[str, bool]:
    """Return the cause, and whether a new token may help."""
    message, code, status = error.message.lower(), error.code, error.http_status
    if code == -1:
        if status is not None:
            return "contract", False
        is_late = isinstance(error.__cause__, httpx.ReadTimeout)
        return ("slowness" if is_late else "network"), False
    if code in TOKEN_CODES or (code == 36009004 and "token" in message):
        return "credentials", True
    if code == 36009004:
        return next((WORDS[word] for word in WORDS if word in message), "contract"), False
    if code in CAUSES:
        return CAUSES[code], False
    if code in (36009003, 36009007) or (status or 0) >= 500:
        return "outage", False
    return "refused", False


def _read_retry_after(response: httpx.Response) -> float | None:
    value = response.headers.get("retry-after", "")
    try:
        if value.isdigit():
            return float(value)
        now = response.headers.get("date")
        since = parsedate_to_datetime(now).timestamp() if now else time.time()
        return max(0.0, parsedate_to_datetime(value).timestamp() - since)
    except (ValueError, TypeError):
        return None
