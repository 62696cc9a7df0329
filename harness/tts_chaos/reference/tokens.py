"""The token pair: kept sealed, refreshed in time, by one at a time, and never used once dead.

    live ──refused by the API, or expired──► refused ──refresh──► live (next generation)
                                                └──refresh refused for good──► dead
    dead ──new tokens or app credentials from an operator──► live

Both tokens are stored before either is used. A pair carries a generation, so that of many callers
who were refused with the same token only the first refreshes.

Source: protocol facts, section 2.2: GET on the token host, unsigned, expiry absolute in Unix
seconds, both tokens in each reply (documented); that a spent refresh token is refused (assumed).
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tts_chaos.reference.alerts import Alerts
from tts_chaos.reference.answers import Answer, Problem, Repeat
from tts_chaos.reference.database import Database
from tts_chaos.reference.errors import CredentialsError
from tts_chaos.reference.journal import Journal
from tts_chaos.reference.leases import Leases
from tts_chaos.reference.pacing import Jitter, read_retry_after
from tts_chaos.reference.settings import Patience, ReferenceSettings
from tts_chaos.reference.signing import encode_query
from tts_chaos.reference.transport import Transport
from tts_chaos.reference.vault import Vault

__all__ = ["TokenKeeper", "TokenPair", "TokenStore"]

_SUBJECT = "tokens"
_NEVER = 9_999_999_999.0
_REFRESH_PATH = "/api/v2/token/refresh"
_REFRESH_ATTEMPTS = 3
_MARGIN_S = 600
_DEAD_CODES = frozenset({36004001, 36004004, 36004005, 10001, 10002})
"""The refresh token is expired or unknown: presenting it again cannot help."""

_EARLIEST_TIME = 1_000_000_000
"""A smaller number of Unix seconds is no date of this API but a duration."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenPair:
    """The two tokens and what is known of them. Times in Unix seconds."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    access_expires_at: int
    refresh_expires_at: int
    obtained_at: int
    generation: int
    state: str
    refresh_failures: int = 0
    refresh_not_before: float = 0.0

    @property
    def renew_at(self) -> float:
        """When to refresh ahead: ten minutes, or a tenth of its life, before it ends."""
        life_s = max(0, self.access_expires_at - self.obtained_at)
        return self.access_expires_at - min(_MARGIN_S, life_s / 10)


class TokenStore:
    """The pair in the database, sealed."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    def load(self) -> TokenPair:
        """Return the pair."""
        row = self._database.row("SELECT * FROM tokens")
        if row is None:
            raise CredentialsError("no tokens are stored; give a pair by the settings")
        access_token, refresh_token = self._vault.open(row["sealed"])
        return TokenPair(
            access_token=access_token,
            refresh_token=refresh_token,
            access_expires_at=row["access_expires_at"],
            refresh_expires_at=row["refresh_expires_at"],
            obtained_at=row["obtained_at"],
            generation=row["generation"],
            state=row["state"],
            refresh_failures=row["refresh_failures"],
            refresh_not_before=row["refresh_not_before"],
        )

    def seed(self, settings: ReferenceSettings) -> None:
        """Take the pair of the settings, unless it is the one taken before (it may be spent).

        Looked up and taken in one transaction: of processes that start together, the last would
        else put the pair of the settings over what the first has refreshed meanwhile.
        """
        tokens = [settings.access_token, settings.refresh_token]
        seed = self._vault.fingerprint(*tokens)
        sealed = self._vault.seal(tokens)
        with self._database.transaction() as connection:
            old = connection.execute("SELECT seed FROM tokens").fetchone()
            if old is None or old["seed"] != seed:
                _insert(
                    connection,
                    sealed,
                    access_expires_at=settings.access_token_expires_at,
                    refresh_expires_at=settings.refresh_token_expires_at,
                    seed=seed,
                )

    def save(
        self,
        access_token: str,
        refresh_token: str,
        *,
        access_expires_at: int,
        refresh_expires_at: int,
    ) -> None:
        """Store a refreshed pair as live, in one transaction."""
        sealed = self._vault.seal([access_token, refresh_token])
        with self._database.transaction() as connection:
            _insert(
                connection,
                sealed,
                access_expires_at=access_expires_at,
                refresh_expires_at=refresh_expires_at,
                seed=None,
            )

    def mark(self, generation: int, state: str) -> None:
        """Note that the pair of this generation is `refused`, `dead`, or `live` again."""
        self._database.write(
            "UPDATE tokens SET state = ? WHERE generation = ? AND state != 'dead'"
            if state != "live"
            else "UPDATE tokens SET state = ?, refresh_failures = 0, refresh_not_before = 0"
            " WHERE generation = ?",
            state,
            generation,
        )

    def note_failure(self, generation: int, *, not_before: float) -> None:
        """Count a failed refresh, and allow the next one from `not_before` on."""
        self._database.write(
            "UPDATE tokens SET refresh_failures = refresh_failures + 1, refresh_not_before = ?"
            " WHERE generation = ?",
            not_before,
            generation,
        )


class TokenKeeper:
    """Hands out a token that may be used, or says that there is none.

    Args:
        settings: Returns the settings in force; an operator may change them.
        store: Where the pair is kept.
        transport: Returns the connection pool in force.
        leases: Keeps refreshes apart.
        alerts: Where to tell people.
        journal: Where to log; learns each new token in order to scrub it.
        jitter: Pauses between tries.
    """

    def __init__(
        self,
        *,
        settings: Callable[[], ReferenceSettings],
        store: TokenStore,
        transport: Callable[[], Transport],
        leases: Leases,
        alerts: Alerts,
        journal: Journal,
        jitter: Jitter,
    ) -> None:
        self._settings = settings
        self._store = store
        self._transport = transport
        self._leases = leases
        self._alerts = alerts
        self._journal = journal
        self._jitter = jitter

    def current(self) -> TokenPair:
        """Return a pair whose access token may be used now, refreshed where it is time.

        Raises:
            CredentialsError: If there is none; nothing may be sent.
        """
        pair = self._store.load()
        now = time.time()
        is_usable = pair.state == "live" and now < pair.access_expires_at
        if is_usable and (now < pair.renew_at or now < pair.refresh_not_before):
            return pair
        try:
            return self._refresh(pair)
        except CredentialsError:
            # Refreshing ahead of time failed; until it ends the present token is as good as ever.
            if is_usable and self._store.load().generation == pair.generation:
                return pair
            raise

    def refused(self, pair: TokenPair) -> None:
        """Note that the API refused this pair's access token; the next call refreshes first."""
        self._store.mark(pair.generation, "refused")

    def revive(self) -> None:
        """Give the stored pair another chance, after an operator changed the app's credentials."""
        self._store.mark(self._store.load().generation, "live")

    def _refresh(self, seen: TokenPair) -> TokenPair:
        with self._leases.hold("token-refresh"):
            pair = self._store.load()
            if pair.generation != seen.generation and pair.state == "live":
                return pair
            self._require_hope(pair)
            problem = None
            for attempt in range(1, _REFRESH_ATTEMPTS + 1):
                self._leases.renew()
                problem = self._try_refresh(pair)
                if problem is None:
                    return self._store.load()
                if problem.repeat is Repeat.NEVER or attempt == _REFRESH_ATTEMPTS:
                    break
                self._leases.sleep(self._pause_s(problem, attempt))
            assert problem is not None
            raise self._give_up(pair, problem)

    def _require_hope(self, pair: TokenPair) -> None:
        if pair.state == "dead":
            raise CredentialsError("the refresh token is refused for good; authorise the app anew")
        wait_s = pair.refresh_not_before - time.time()
        if wait_s > 0:
            raise CredentialsError(
                f"the last refresh failed; the next one is due in {wait_s:.0f} s"
            )

    def _try_refresh(self, pair: TokenPair) -> Problem | None:
        """Ask once; on success both tokens are stored before anything else happens."""
        settings = self._settings()
        query = encode_query(
            [
                ("app_key", settings.app_key),
                ("app_secret", settings.app_secret),
                ("refresh_token", pair.refresh_token),
                ("grant_type", "refresh_token"),
            ]
        )
        answer = self._transport().exchange(
            "GET", f"{settings.token_url}{_REFRESH_PATH}?{query}", patience=settings.patience
        )
        problem = answer if isinstance(answer, Problem) else self._keep(answer, pair)
        if problem is not None:
            self._journal.warn(
                "token_refresh_failed",
                path=_REFRESH_PATH,
                outcome=problem.cause,
                code=problem.code,
                status=problem.status,
            )
        return problem

    def _keep(self, answer: Answer, pair: TokenPair) -> Problem | None:
        access_token = answer.data.get("access_token")
        if not isinstance(access_token, str) or not access_token:
            return Problem(
                cause="contract", message="the reply holds no access token", repeat=Repeat.SAFE
            )
        refresh_token = answer.data.get("refresh_token")
        if not isinstance(refresh_token, str) or not refresh_token:
            refresh_token = pair.refresh_token
        self._journal.hide(access_token, refresh_token)
        self._store.save(
            access_token,
            refresh_token,
            access_expires_at=_read_expiry(answer.data.get("access_token_expire_in")),
            refresh_expires_at=_read_expiry(answer.data.get("refresh_token_expire_in")),
        )
        self._journal.write("token_refreshed", path=_REFRESH_PATH, generation=pair.generation + 1)
        self._alerts.all_well(_SUBJECT)
        return None

    def _pause_s(self, problem: Problem, attempt: int) -> float:
        patience = self._settings().patience
        asked_s = read_retry_after(problem.retry_after, date=problem.date)
        if asked_s is None:
            return self._jitter.pause_s(patience, attempt)
        return self._jitter.after_s(patience, min(asked_s, patience.wait_limit_s))

    def _give_up(self, pair: TokenPair, problem: Problem) -> CredentialsError:
        is_dead = problem.code in _DEAD_CODES
        if is_dead and (pair.state == "refused" or time.time() >= pair.access_expires_at):
            self._store.mark(pair.generation, "dead")
        wait_s = _cool_down_s(self._settings().patience, pair.refresh_failures)
        asked_s = read_retry_after(problem.retry_after, date=problem.date) or 0.0
        not_before = _NEVER if is_dead else time.time() + max(wait_s, asked_s)
        self._store.note_failure(pair.generation, not_before=not_before)
        advice = "authorise the app anew" if is_dead else "it will be tried again"
        text = f"the access token could not be refreshed: {problem.message}; {advice}"
        self._alerts.report("credentials", _SUBJECT, text)
        if problem.cause != "credentials":
            self._alerts.report(problem.cause, _SUBJECT, text)
        return CredentialsError(self._journal.scrub(text))


def _insert(
    connection: sqlite3.Connection,
    sealed: str,
    *,
    access_expires_at: int,
    refresh_expires_at: int,
    seed: str | None,
) -> None:
    """Put a live pair in the place of the old one, as its next generation.

    Args:
        connection: An open transaction.
        sealed: Both tokens.
        access_expires_at: Unix seconds.
        refresh_expires_at: Unix seconds.
        seed: Fingerprint of the settings that the pair comes from; None keeps the one there.
    """
    old = connection.execute("SELECT generation, seed FROM tokens").fetchone()
    connection.execute(
        "INSERT OR REPLACE INTO tokens VALUES (1, ?, ?, ?, ?, ?, ?, 'live', 0, 0)",
        (
            sealed,
            seed if seed is not None else (old["seed"] if old else ""),
            access_expires_at,
            refresh_expires_at,
            int(time.time()),
            old["generation"] + 1 if old else 1,
        ),
    )


def _cool_down_s(patience: Patience, failures: int) -> float:
    """Return the time until the next refresh may be tried: longer each time, up to four caps."""
    return min(4.0, 2.0**failures) * patience.cap_s


def _read_expiry(value: Any) -> int:
    """Return an expiry as Unix seconds.

    The platform sends an absolute time. What is too small for one is taken as a duration, and what
    is no number as an hour: both make for an early refresh, never for a late one.
    """
    if not isinstance(value, int) or isinstance(value, bool):
        return int(time.time()) + 3_600
    return value if value >= _EARLIEST_TIME else int(time.time()) + value
