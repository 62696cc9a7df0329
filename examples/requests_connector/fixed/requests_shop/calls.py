"""Calls of the Open API: signed afresh for each try, repeated only where that is safe."""

from __future__ import annotations

import hashlib
import hmac
import json
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import requests

from requests_shop.alerts import Alerts
from requests_shop.answers import NEVER, READS, SAFE, CallError, read_answer
from requests_shop.kept import Kept

__all__ = ["Calls", "Patience", "is_genuine"]

REFRESH_ATTEMPTS = 3
REFRESH_AHEAD_S = 600
DEAD_REFRESH_TOKEN = {36004001, 36004004, 36004005, 10001, 10002}
MOST_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True)
class Patience:
    """Waits in seconds. `total_s` bounds one try as a whole: an answer may only trickle."""

    base_s: float = 1.0
    cap_s: float = 60.0
    attempts: int = 6
    longest_wait_s: float = 120.0
    connect_s: float = 5.0
    read_s: float = 15.0
    total_s: float = 60.0


HURRIED = Patience(attempts=1, longest_wait_s=0.0, connect_s=0.8, read_s=1.5, total_s=2.0)
"""For a webhook: the platform waits three seconds for our answer."""


class Calls:
    """Makes calls and keeps the tokens. One thread at a time: see `Connector`.

    Args:
        settings: {api_url, token_url, app_key, app_secret, access_token, refresh_token,
            access_token_expires_at}.
        patience: How long to wait and how often to try.
        kept: Where tokens and pauses are kept.
        alerts: Where to tell people.
        ca_file: Certificate authority to trust, None for the usual ones.
    """

    def __init__(
        self,
        settings: dict[str, Any],
        patience: Patience,
        kept: Kept,
        alerts: Alerts,
        ca_file: str | None = None,
    ) -> None:
        self.settings = settings
        self.patience = patience
        self._kept = kept
        self._alerts = alerts
        self._session = requests.Session()
        # No adapter with urllib3's Retry: it would send the old signature and time stamp again.
        self._session.trust_env = False  # requests would read proxies and .netrc
        self._session.verify = ca_file or True
        self.take_tokens()

    def close(self) -> None:
        self._session.close()

    def call(
        self,
        name: str,
        method: str,
        path: str,
        *,
        cipher: str = "",
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
            cipher: Of the shop.
            query: Further parameters.
            body: JSON.
            changes: Whether it changes anything; then it is not sent again when nobody knows
                whether it took effect.
            hurried: Try once and briefly.

        Raises:
            CallError: If it failed for good.
        """
        patience = HURRIED if hurried else self.patience
        attempt, may_refresh = 0, True
        while True:
            self._wait_for_turn(name, patience)
            tokens = self._usable_tokens()
            attempt += 1
            try:
                url, data = self._sign(path, {**(query or {})}, cipher, body)
                headers = {
                    "content-type": "application/json",
                    "x-tts-access-token": tokens["access"],
                }
                return self._exchange(method, url, patience, headers, data)
            except CallError as problem:
                if problem.wait_s is not None:
                    self._note_wait(name, problem.wait_s)
                if problem.about_token:
                    self._kept.put("tokens", "", {**tokens, "refused": True})
                    if may_refresh:
                        may_refresh, attempt = False, attempt - 1
                        continue
                may_repeat = problem.retry == SAFE or (problem.retry == READS and not changes)
                if not may_repeat or attempt >= patience.attempts:
                    problem.unknown = changes and problem.retry == READS
                    self._alerts.raise_(problem.cause, name, str(problem))
                    raise
                if problem.wait_s is None:
                    self.pause(attempt)

    def pause(self, attempt: int) -> None:
        """Wait at random, up to a bound that doubles: many clients must not come back at once."""
        bound = min(self.patience.cap_s, self.patience.base_s * 2**attempt)
        time.sleep(random.uniform(self.patience.base_s, bound))

    def _sign(
        self, path: str, query: dict[str, str], cipher: str, body: Any
    ) -> tuple[str, bytes | None]:
        """Return address and body. What is signed is what is sent, stamped with the time of now."""
        data = None if body is None else json.dumps(body).encode()
        query |= {"app_key": self.settings["app_key"], "timestamp": str(int(time.time()))}
        if cipher:
            query["shop_cipher"] = cipher
        secret = self.settings["app_secret"].encode()
        text = path + "".join(key + query[key] for key in sorted(query))
        message = secret + text.encode() + (data or b"") + secret
        query["sign"] = hmac.new(secret, message, hashlib.sha256).hexdigest()
        return f"{self.settings['api_url']}{path}?{_encode(query)}", data

    def _exchange(
        self,
        method: str,
        url: str,
        patience: Patience,
        headers: Mapping[str, str] | None = None,
        data: bytes | None = None,
    ) -> dict[str, Any]:
        deadline = time.monotonic() + patience.total_s
        try:
            with self._session.request(
                method,
                url,
                headers=headers,
                data=data,
                timeout=(patience.connect_s, patience.read_s),
                # A signature holds for one path, and a token must not travel to another host.
                allow_redirects=False,
                stream=True,
            ) as response:
                received = bytearray()
                for piece in response.iter_content(65_536):
                    received += piece
                    if time.monotonic() > deadline or len(received) > MOST_BYTES:
                        raise CallError("slowness", "the answer only trickles", retry=READS)
                return read_answer(response.status_code, response.headers, bytes(received))
        except requests.RequestException as error:
            raise _describe(error) from None  # its text holds the address, app secret and all

    # Tokens: both are kept before either is used, and nothing is sent with a dead one.

    def take_tokens(self) -> None:
        """Take the pair of the settings, unless the stored one descends from it and is newer."""
        pair = self.settings["access_token"], self.settings["refresh_token"]
        known = self._kept.get("tokens")
        if known is None or known["origin"] != list(pair):
            self._keep_tokens(*pair, self.settings["access_token_expires_at"], pair)

    def revive(self) -> None:
        """Give the stored pair another chance, after an operator changed the app's credentials."""
        fresh = {"refused": False, "dead": False, "not_before": 0.0}
        self._kept.put("tokens", "", {**self._kept.get("tokens"), **fresh})

    def _keep_tokens(self, access: str, refresh: str, expires_at: int, origin: Any) -> None:
        self._alerts.secrets += [access, refresh]
        pair = {"access": access, "refresh": refresh, "expires_at": expires_at, "origin": origin}
        self._kept.put("tokens", "", {**pair, "refused": False, "dead": False, "not_before": 0.0})

    def _usable_tokens(self) -> dict[str, Any]:
        tokens = self._kept.get("tokens")
        now = time.time()
        if not tokens["refused"] and now < tokens["expires_at"] - REFRESH_AHEAD_S:
            return tokens
        try:
            return self._refresh(tokens)
        except CallError:
            if not tokens["refused"] and now < tokens["expires_at"]:
                return tokens  # ahead of time nothing is lost yet
            raise

    def _refresh(self, tokens: dict[str, Any]) -> dict[str, Any]:
        if tokens["dead"] or time.time() < tokens["not_before"]:
            text = "authorise the app anew" if tokens["dead"] else "it is tried again later"
            raise CallError("credentials", f"the refresh was refused; {text}")
        attempt = 0
        while True:
            attempt += 1
            try:
                return self._ask_for_tokens(tokens)
            except CallError as problem:
                if problem.retry != NEVER and attempt < REFRESH_ATTEMPTS:
                    if problem.wait_s is None:
                        self.pause(attempt)
                    else:
                        time.sleep(min(problem.wait_s, self.patience.longest_wait_s))
                    continue
                dead = problem.code in DEAD_REFRESH_TOKEN
                later = time.time() + max(self.patience.cap_s, problem.wait_s or 0.0)
                self._kept.put("tokens", "", {**tokens, "dead": dead, "not_before": later})
                text = f"the access token could not be refreshed: {problem}"
                for cause in {"credentials", problem.cause}:
                    self._alerts.raise_(cause, "tokens", text)
                raise CallError("credentials", text) from problem

    def _ask_for_tokens(self, tokens: dict[str, Any]) -> dict[str, Any]:
        query = {
            "app_key": self.settings["app_key"],
            "app_secret": self.settings["app_secret"],
            "refresh_token": tokens["refresh"],
            "grant_type": "refresh_token",
        }
        url = f"{self.settings['token_url']}/api/v2/token/refresh?{_encode(query)}"
        data = self._exchange("GET", url, self.patience)
        try:
            # The expiry is absolute, whatever its name says.
            fresh = data["access_token"], data["refresh_token"], data["access_token_expire_in"]
        except KeyError as missing:
            raise CallError(
                "contract", f"the refresh's answer lacks {missing}", retry=SAFE
            ) from None
        self._keep_tokens(*fresh, tokens["origin"])
        return self._kept.get("tokens")

    # Pauses that the platform asked for hold for later calls and over a restart.

    def _note_wait(self, name: str, wait_s: float) -> None:
        jitter_s = random.uniform(0.1, 1.0) * self.patience.base_s
        self._kept.put("pause", name, time.time() + wait_s + jitter_s)

    def _wait_for_turn(self, name: str, patience: Patience) -> None:
        left_s = (self._kept.get("pause", name) or 0.0) - time.time()
        if left_s > patience.longest_wait_s:
            raise CallError("rate_limit", f"a pause was asked for; {left_s:.0f} s are left of it")
        if left_s > 0:
            time.sleep(left_s)


def is_genuine(settings: Mapping[str, Any], body: bytes, signature: str) -> bool:
    """Whether a webhook was signed by the platform."""
    message = settings["app_key"].encode() + body
    expected = hmac.new(settings["app_secret"].encode(), message, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected.encode(), signature.encode())


def _encode(query: Mapping[str, str]) -> str:
    return "&".join(f"{key}={quote(value, safe='')}" for key, value in query.items())


def _describe(error: requests.RequestException) -> CallError:
    kind = type(error).__name__
    if isinstance(error, requests.ReadTimeout):
        return CallError("slowness", "no answer in time", retry=READS)
    if isinstance(error, requests.ConnectTimeout):
        return CallError("network", "no connection in time", retry=SAFE)
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return CallError("contract", "the answer was cut off", retry=READS)
    if isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.MissingSchema):
        return CallError("endpoint", "the address is unusable")
    return CallError("network", f"the connection failed ({kind})", retry=READS)
