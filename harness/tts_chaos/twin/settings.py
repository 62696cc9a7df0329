"""Switches of the twin: what it does where the platform's behaviour is unknown or configurable."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["DAY_MS", "MINUTE_MS", "OrderedRefusal", "TwinSettings"]

MINUTE_MS = 60_000
DAY_MS = 86_400_000


@dataclass(slots=True)
class OrderedRefusal:
    """Refusals that a command ordered.

    Attributes:
        operation: Which calls; `contracts.operation` has the patterns.
        code: Documented code.
        variant: Which refusal of those that share the code.
        left: How many calls are still to be refused.
    """

    operation: str
    code: int
    variant: str = ""
    left: int = 1


@dataclass(slots=True)
class TwinSettings:
    """Mutable: commands turn these during a run.

    Attributes:
        rotate_refresh_tokens: Whether a refresh kills the refresh token used. The platform does
            not say (assumed either way), so it is a switch.
        access_token_life_ms: 7 days. Source: protocol facts, section 2.2 (documented).
        refresh_token_life_ms: A year, as in the documented sample; real values vary.
        old_access_token_survives: Whether a refresh leaves the access token before it alive until
            its own expiry. The platform does not say (assumed either way), so it is a switch.
        auth_code_life_ms: 30 minutes. Source: protocol facts, section 2.1 (documented).
        hold_ms: How long a paid order rests in ON_HOLD: 1 hour. Source: protocol facts, section
            7.3 (documented).
        payment_timeout_ms: When an unpaid order is cancelled (documented that it is; the length is
            assumed).
        ship_deadline_ms: From payment to `cancel_order_sla_time`, when the platform cancels what
            was not shipped (documented that it does; the length is assumed and long, so that it
            does not surprise a scenario that waits for a token to expire).
        after_sales_ms: From delivery to COMPLETED (documented that it is; the length is assumed).
        audit_ms: From listing or editing a product to the end of its audit (documented that there
            is one; the length is assumed).
        listings_per_day: Products a shop may list within a day. Source: protocol facts, section 5
            (documented: 1000, for new sellers 100).
        audit_passes: How audits end that nobody decides.
        timestamp_behind_s: How old a `timestamp` may be: 5 minutes. Source: protocol facts, section
            3 (documented).
        timestamp_ahead_s: How far in the future it may be: 30 seconds. Source: same.
        refuse_ip: Whether the caller's address is off the app's allow list.
        profile: `documented` or `article`: which error codes are told.
        refusal_style: `http` tells gateway errors with their HTTP status, `ok` with 200.
        strict: Whether requests are refused that the platform probably tolerates.
        retired: Operations answered as retired versions; `contracts.operation` has the patterns.
        refused_scopes: Scopes that every token lacks for now.
        ordered_refusals: What a command ordered to be refused, oldest first.
        inactive_shops: Shops that are closed for the API.
        inactive_sellers: Open ids of accounts that are.
        sandbox_per_hour: Requests in a full hour over all shops, as for test shops; None for no
            quota. Source: protocol facts, section 5 (documented: 1000).
        rate_per_s: Requests per second and operation for one app and shop; None for no limit.
    """

    rotate_refresh_tokens: bool = True
    access_token_life_ms: int = 7 * DAY_MS
    refresh_token_life_ms: int = 365 * DAY_MS
    old_access_token_survives: bool = True
    auth_code_life_ms: int = 30 * MINUTE_MS
    hold_ms: int = 60 * MINUTE_MS
    payment_timeout_ms: int = DAY_MS
    ship_deadline_ms: int = 10 * DAY_MS
    after_sales_ms: int = 30 * DAY_MS
    audit_ms: int = 10 * MINUTE_MS
    listings_per_day: int = 1_000
    audit_passes: bool = True
    timestamp_behind_s: int = 300
    timestamp_ahead_s: int = 30
    refuse_ip: bool = False
    profile: str = "documented"
    refusal_style: str = "http"
    strict: bool = True
    retired: set[str] = field(default_factory=set)
    refused_scopes: set[str] = field(default_factory=set)
    ordered_refusals: list[OrderedRefusal] = field(default_factory=list)
    inactive_shops: set[str] = field(default_factory=set)
    inactive_sellers: set[str] = field(default_factory=set)
    sandbox_per_hour: int | None = None
    rate_per_s: int | None = None
