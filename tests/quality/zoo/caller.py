"""What the zoo's own integration keeps, and how it calls: one sealed file, one token pair, retries.

All it knows is one document, written whole and encrypted after each change.
"""

from __future__ import annotations

import json
import logging
import re
import ssl
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import httpx
from cryptography.fernet import Fernet
from tests.quality.zoo.manners import Json, Manners, Trouble

from tts_chaos.typing import ShopAccess, TwinConnection

__all__ = ["REFRESH_PATH", "WAIT_LIMIT_S", "Caller", "scope_of", "trust"]

REFRESH_PATH = "/api/v2/token/refresh"
WAIT_LIMIT_S = 120.0
"""A longer pause that the platform asks for ends the call."""

# httpx logs whole addresses at level INFO, and a token call carries the app's secret there.
logging.getLogger("httpx").setLevel(logging.WARNING)


@lru_cache
def trust(ca_file: str | None) -> ssl.SSLContext:
    """Return a verifying context; making one reads hundreds of certificates, so it is kept."""
    return ssl.create_default_context(cafile=ca_file) if ca_file else httpx.create_ssl_context()


class Caller(Manners):
    """Keeps state and makes calls.

    Args:
        connection: Where and who.
        folder: Where its file lies.
    """

    def __init__(self, connection: TwinConnection, folder: Path) -> None:
        super().__init__(connection)
        self.file = folder / "connector.sealed"
        self.safe = Fernet(Fernet.generate_key())
        self.start()

    def start(self) -> None:
        """Take up from what is on disk, or begin."""
        self.lock = threading.RLock()
        self.open_connections()
        self.not_before: dict[tuple[str, str], float] = {}
        self.open_alerts: set[str] = set()
        self.log_lines: list[str] = []
        self.state = self.load() if self.file.exists() else self.first_state()

    def first_state(self) -> Json:
        """Return the state of an integration that was never run."""
        names = ("orders", "marks", "levels", "outbox", "shipments")
        pair = self.pair_of_settings()
        return {**{name: {} for name in names}, "seen": [], "inbox": [], "alerts": [], **pair}

    def pair_of_settings(self) -> Json:
        """Return the token pair of the settings."""
        pair = {
            "access_token": self.connection.access_token,
            "refresh_token": self.connection.refresh_token,
            "access_token_expires_at": self.connection.access_token_expires_at,
        }
        return {"tokens": pair, "is_dead": False}

    def load(self) -> Json:
        """Return the state that is on disk."""
        state: Json = json.loads(self.unseal(self.file.read_bytes()))
        return state

    def save(self) -> None:
        """Write the state whole, so that it is never half."""
        with self.lock:
            part = self.file.with_suffix(".part")
            part.write_bytes(self.seal(json.dumps(self.state).encode()))
            part.replace(self.file)

    def seal(self, text: bytes) -> bytes:
        """Encrypt what goes to disk."""
        return self.safe.encrypt(text)

    def unseal(self, text: bytes) -> bytes:
        """Decrypt what comes from disk."""
        return self.safe.decrypt(text)

    # -- the wire -------------------------------------------------------------------------------

    def open_connections(self) -> None:
        """Make the connection pool."""
        patience = httpx.Timeout(15.0, connect=5.0)
        verify = trust(self.connection.ca_file)
        self.client = httpx.Client(timeout=patience, verify=verify, trust_env=False)

    def exchange(
        self, method: str, url: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Send one request; returns status, headers with names in lower case, and body.

        Raises:
            Trouble: If no complete answer came.
        """
        try:
            answer = self.client.request(method, url, headers=headers, content=body or None)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise Trouble("network", type(error).__name__, kind="wait") from error
        except httpx.HTTPError as error:
            cause = "slowness" if isinstance(error, httpx.TimeoutException) else "network"
            raise Trouble(cause, type(error).__name__, kind="unknown") from error
        return answer.status_code, dict(answer.headers), answer.content

    @contextmanager
    def noting(self, method: str, path: str) -> Iterator[None]:
        """Log one call: verb, path and what came of it, nothing secret."""
        try:
            yield
        except Trouble as trouble:
            self.note(f"{method} {path}", f"failed: {trouble}")
            raise
        self.note(f"{method} {path}", "ok")

    def note(self, call: str, outcome: str) -> None:
        """Write one line."""
        self.log_lines.append(f"{call} {outcome}")

    def logs(self) -> list[str]:
        """Return what was logged."""
        return list(self.log_lines)

    def call(
        self,
        method: str,
        path: str,
        shop: ShopAccess,
        *,
        query: Iterable[tuple[str, str]] = (),
        json_body: Json | None = None,
        changes: bool = False,
    ) -> Json:
        """Make one call, in as many tries as are safe; returns its data.

        Raises:
            Trouble: If it failed for good.
        """
        body = json.dumps(json_body).encode() if json_body is not None else b""
        is_renewed = False
        attempt = 1
        while True:
            try:
                token = self.token_for(path)
                self.wait_for_turn(path, shop)
                data = self.try_once(method, path, shop, query, body, token)
            except Trouble as trouble:
                if trouble.wait_s:
                    self.note_wait(path, shop, trouble)
                if trouble.kind == "token" and not is_renewed:
                    is_renewed = self.renew(token)
                    continue
                if not self.may_repeat(trouble, changes=changes) or attempt >= self.attempts:
                    self.alert(trouble.cause, str(trouble))
                    raise
                time.sleep(self.pause_s(trouble, attempt))
                attempt += 1
                continue
            self.open_alerts.clear()
            return data

    def try_once(
        self,
        method: str,
        path: str,
        shop: ShopAccess,
        query: Iterable[tuple[str, str]],
        body: bytes,
        token: str,
    ) -> Json:
        """Sign, send and judge one request."""
        url = self.address(path, shop, query, body)
        with self.noting(method, path):
            return self.judge(*self.exchange(method, url, self.headers(token), body))

    def wait_for_turn(self, path: str, shop: ShopAccess) -> None:
        """Sit out a pause that the platform asked for in an earlier call."""
        left_s = self.not_before.get(scope_of(path, shop), 0.0) - time.time()
        if left_s > WAIT_LIMIT_S:
            raise Trouble("rate_limit", f"{left_s:.0f} s to wait")
        if left_s > 0:
            time.sleep(left_s)

    def note_wait(self, path: str, shop: ShopAccess, trouble: Trouble) -> None:
        """Keep a pause that the platform asked for."""
        self.not_before[scope_of(path, shop)] = time.time() + trouble.wait_s

    def alert(self, cause: str, message: str) -> None:
        """Tell a person, once per trouble."""
        if cause not in self.open_alerts:
            self.open_alerts.add(cause)
            self.state["alerts"].append({"cause": cause, "message": message, "at": time.time()})

    # -- tokens ---------------------------------------------------------------------------------

    def token_for(self, path: str) -> str:
        """Return an access token that may be used."""
        if self.state["is_dead"]:
            raise self.dead()
        pair = self.state["tokens"]
        if time.time() > pair["access_token_expires_at"] - 600:
            self.renew(pair["access_token"])
        token: str = self.state["tokens"]["access_token"]
        return token

    def dead(self) -> Trouble:
        """Return the trouble of having no usable token."""
        return Trouble("credentials", "the refresh token was refused; authorise the app anew")

    def renew(self, refused: str) -> bool:
        """Replace a refused access token, unless somebody was faster.

        Raises:
            Trouble: If there is no new pair to be had.
        """
        with self.lock:
            if self.state["tokens"]["access_token"] == refused:
                if self.state["is_dead"]:
                    raise self.dead()
                try:
                    self.keep(self.ask_for_pair(self.state["tokens"]["refresh_token"]))
                except Trouble as trouble:
                    self.note_failed_refresh(trouble)
                    raise
        return True

    def ask_for_pair(self, refresh_token: str) -> Json:
        """Refresh, in at most three tries."""
        for attempt in (1, 2):
            try:
                return self.refresh_once(refresh_token)
            except Trouble as trouble:
                if trouble.kind not in ("wait", "unknown"):
                    raise
                time.sleep(self.pause_s(trouble, attempt))
        return self.refresh_once(refresh_token)

    def refresh_once(self, refresh_token: str) -> Json:
        """Ask for a new pair once."""
        with self.noting("GET", REFRESH_PATH):
            return self.judge(*self.exchange("GET", self.refresh_address(refresh_token), {}, b""))

    def keep(self, data: Json) -> None:
        """Store both tokens of a new pair before either is used."""
        self.state["tokens"] = {
            "access_token": data["access_token"],
            "refresh_token": data["refresh_token"],
            "access_token_expires_at": self.expiry_of(data),
        }
        self.save()

    def note_failed_refresh(self, trouble: Trouble) -> None:
        """Give a refused refresh token up, and tell a person."""
        self.state["is_dead"] = trouble.kind == "never" and trouble.cause != "endpoint"
        self.alert("credentials" if trouble.kind == "never" else trouble.cause, str(trouble))
        self.save()

    # -- the operator ---------------------------------------------------------------------------

    def restart(self) -> None:
        """Stop, and start again from what is on disk."""
        self.close()
        self.start()

    def reconfigure(self, **changes: Any) -> None:
        """Take new keys or a new pair; either is a reason to try again."""
        if "access_token" in changes:
            pair = {name: changes.pop(name) for name in ("access_token", "refresh_token")}
            self.state["tokens"] = {**pair, "access_token_expires_at": int(time.time()) + 604_800}
        self.settings.update(changes)
        self.state["is_dead"] = False
        self.not_before.clear()
        self.save()

    def close(self) -> None:
        """Close the connections."""
        self.client.close()


def scope_of(path: str, shop: ShopAccess) -> tuple[str, str]:
    """Return what shares a limit: the endpoint whatever the id in it, and the shop."""
    return re.sub(r"\d{10,}", "*", path), shop.id
