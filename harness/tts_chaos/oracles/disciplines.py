"""What a well-behaved client does on the wire, and the rules that measure it there.

Every rule named here is judged from requests and answers alone: no observation of the integration
is needed, so it holds for a program in any language that offers nothing but one action.
"""

from __future__ import annotations

__all__ = ["DISCIPLINES"]

DISCIPLINES: dict[str, tuple[str, ...]] = {
    "`Retry-After` is honoured": ("retry_after_honoured.retry_after_ignored",),
    "pauses before retries have jitter": ("retries_jittered.pauses_without_jitter",),
    "retries leave room": (
        "retries_spaced.retry_storm",
        "retries_spaced.retry_without_pause",
    ),
    "attempts are bounded": (
        "retries_bounded.too_many_attempts",
        "retries_bounded.endless_loop",
        "token_refreshed_once.refresh_repeated_in_vain",
    ),
    "the rate falls under overload": ("rate_falls_under_overload.rate_kept_under_overload",),
    "each try has a signature and a timestamp of its own": (
        "retries_freshly_signed.stale_signature",
        "retries_freshly_signed.stale_timestamp",
    ),
    "an idempotency key is stable over retries": (
        "idempotency_key_stable.idempotency_key_renewed",
        "idempotency_key_stable.idempotency_key_shared",
    ),
    "no write of unknown outcome is repeated blindly": (
        "unsafe_writes_not_retried.unsafe_write_retried",
    ),
    "no refresh for errors that are not about tokens": (
        "token_refreshed_once.refresh_for_other_error",
        "token_refreshed_once.refresh_without_need",
    ),
    "permanent errors are not retried": (
        "permanent_errors_not_retried.permanent_error_retried",
        "permanent_errors_not_retried.dead_token_retried",
    ),
    "one refresh under parallel expiry": ("token_refreshed_once.refresh_storm",),
    "lists are read to their end": ("pages_read_to_end.page_not_followed",),
    "page size and page token are in the query": (
        "pages_read_to_end.page_size_in_body",
        "pages_read_to_end.page_token_in_body",
    ),
    "no call with a token known dead": (
        "token_refreshed_once.call_with_dead_token",
        "token_refreshed_once.old_token_used",
    ),
}
"""Discipline, in words, and the rules (`oracle.rule`) whose findings say that it was not kept."""
