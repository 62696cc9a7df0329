"""What a connector is told by the twin that it is tested against."""

from __future__ import annotations

from typing import Any

from shop_parts.patience import QUICK, Patience

__all__ = ["patience_for", "settings_of"]

NAMES = (
    "api_url",
    "token_url",
    "app_key",
    "app_secret",
    "access_token",
    "refresh_token",
    "access_token_expires_at",
)


def settings_of(twin: Any) -> dict[str, Any]:
    return {name: getattr(twin, name) for name in NAMES}


def patience_for(twin: Any) -> Patience:
    """As in production where time costs nothing."""
    return Patience() if twin.world == "simulated" else QUICK
