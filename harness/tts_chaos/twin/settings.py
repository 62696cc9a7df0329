"""Switches of the twin: what it does where the platform's behaviour is unknown or configurable."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["DAY_MS", "TwinSettings"]

DAY_MS = 86_400_000


@dataclass(slots=True)
class TwinSettings:
    """Mutable: commands turn these during a run.

    Attributes:
        rotate_refresh_tokens: Whether a refresh kills the refresh token used. The platform does
            not say (assumed either way), so it is a switch.
        access_token_life_ms: 7 days. Source: protocol facts, section 2.2 (documented).
        refresh_token_life_ms: A year, as in the documented sample; real values vary.
        profile: `documented` or `article`: which error codes are told.
        refusal_style: `http` tells gateway errors with their HTTP status, `ok` with 200.
        strict: Whether requests are refused that the platform probably tolerates.
        retired: Operation ids answered as retired versions.
        refused_scopes: Scopes that every token lacks for now.
        rate_per_s: Requests per second and operation for one app and shop; None for no limit.
    """

    rotate_refresh_tokens: bool = True
    access_token_life_ms: int = 7 * DAY_MS
    refresh_token_life_ms: int = 365 * DAY_MS
    profile: str = "documented"
    refusal_style: str = "http"
    strict: bool = True
    retired: set[str] = field(default_factory=set)
    refused_scopes: set[str] = field(default_factory=set)
    rate_per_s: int | None = None
