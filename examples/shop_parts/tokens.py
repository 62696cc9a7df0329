"""The token pair: both are kept before either is used, and nothing is sent with a dead one."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from shop_parts.alerts import Alerts
from shop_parts.answers import SAFE, CallError
from shop_parts.kept import Kept

__all__ = ["TokenStore"]

REFRESH_AHEAD_S = 600
DEAD_REFRESH_TOKEN = {36004001, 36004004, 36004005, 10001, 10002}


class TokenStore:
    """The pair in the file, and what is known of it.

    Args:
        kept: The file.
        alerts: Learns new tokens, so that they show in no message.
        settings: An operator's tokens; they replace the stored pair where they are new.
    """

    def __init__(self, kept: Kept, alerts: Alerts, settings: Mapping[str, Any]) -> None:
        self._kept, self._alerts = kept, alerts
        self.take(settings)

    def take(self, settings: Mapping[str, Any]) -> None:
        """Take the pair of the settings, unless the stored one descends from it and is newer."""
        pair = settings["access_token"], settings["refresh_token"]
        known = self._kept.get("tokens")
        if known is None or known["origin"] != list(pair):
            self._put(*pair, settings["access_token_expires_at"], pair)

    def current(self) -> dict[str, Any]:
        return self._kept.get("tokens")

    def is_fresh(self, tokens: Mapping[str, Any]) -> bool:
        """Whether the access token need not be refreshed yet."""
        return self.is_alive(tokens, margin_s=REFRESH_AHEAD_S)

    def is_alive(self, tokens: Mapping[str, Any], *, margin_s: float = 0) -> bool:
        return not tokens["refused"] and time.time() < tokens["expires_at"] - margin_s

    def refused(self, tokens: Mapping[str, Any]) -> None:
        """Note that the API refused this access token."""
        if self.current()["access"] == tokens["access"]:
            self._kept.put("tokens", "", {**tokens, "refused": True})

    def require_hope(self, tokens: Mapping[str, Any]) -> None:
        """Raise where a refresh would be in vain."""
        if tokens["dead"] or time.time() < tokens["not_before"]:
            text = "authorise the app anew" if tokens["dead"] else "it is tried again later"
            raise CallError("credentials", f"the refresh was refused; {text}")

    def renewed(self, data: Mapping[str, Any], tokens: Mapping[str, Any]) -> dict[str, Any]:
        """Keep the pair of an answer, and return it."""
        try:
            # The expiry is absolute, whatever its name says.
            fresh = data["access_token"], data["refresh_token"], data["access_token_expire_in"]
        except KeyError as missing:
            text = f"the refresh's answer lacks {missing}"
            raise CallError("contract", text, retry=SAFE) from None
        self._put(*fresh, tokens["origin"])
        return self.current()

    def failed(self, error: CallError, tokens: Mapping[str, Any], *, pause_s: float) -> CallError:
        """Note that a refresh failed, tell people, and return the error to raise."""
        dead = error.code in DEAD_REFRESH_TOKEN
        later = time.time() + max(pause_s, error.wait_s or 0.0)
        self._kept.put("tokens", "", {**tokens, "dead": dead, "not_before": later})
        text = f"the access token could not be refreshed: {error}"
        for cause in dict.fromkeys(("credentials", error.cause)):
            self._alerts.raise_(cause, "tokens", text)
        return CallError("credentials", text)

    def revive(self) -> None:
        """Give the pair another chance, after an operator changed the app's credentials."""
        fresh = {"refused": False, "dead": False, "not_before": 0.0}
        self._kept.put("tokens", "", {**self.current(), **fresh})

    def _put(self, access: str, refresh: str, expires_at: int, origin: Any) -> None:
        self._alerts.secrets += [access, refresh]
        pair = {"access": access, "refresh": refresh, "expires_at": expires_at, "origin": origin}
        self._kept.put("tokens", "", {**pair, "refused": False, "dead": False, "not_before": 0.0})
