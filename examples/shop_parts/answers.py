"""What an answer means: data, or a problem with its cause and what may be done about it.

Success is code 0 in a readable envelope under a 2xx status, and nothing else. Codes come before
statuses: a limit or an expired token is told as an HTTP status or inside a 200.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

__all__ = ["NEVER", "READS", "SAFE", "CallError", "read_answer"]

NEVER = "never"
"""It would be refused again."""
SAFE = "safe"
"""It was certainly not carried out."""
READS = "reads"
"""Perhaps it was carried out: only reads may simply be sent again."""


class CallError(Exception):
    """A call that failed; `cause` is the word by which an alert names what is wrong."""

    def __init__(
        self,
        cause: str,
        message: str,
        *,
        retry: str = NEVER,
        code: int | None = None,
        about_token: bool = False,
        wait_s: float | None = None,
    ) -> None:
        super().__init__(message)
        self.cause = cause
        self.retry = retry
        self.code = code
        self.about_token = about_token
        self.wait_s = wait_s
        self.unknown = False
        """A change was sent and nobody knows whether it took effect."""


Meaning = tuple[str, str, bool]
TOKEN: Meaning = ("credentials", NEVER, True)
CREDENTIALS: Meaning = ("credentials", NEVER, False)
PERMISSION: Meaning = ("permission", NEVER, False)
ENDPOINT: Meaning = ("endpoint", NEVER, False)
VERSION: Meaning = ("version", NEVER, False)
CLOCK: Meaning = ("clock", NEVER, False)
CONTRACT: Meaning = ("contract", NEVER, False)
UNREADABLE: Meaning = ("contract", READS, False)
RATE_LIMIT: Meaning = ("rate_limit", SAFE, False)
HOURLY_QUOTA: Meaning = ("rate_limit", NEVER, False)  # no pause between tries outlasts it
OUTAGE: Meaning = ("outage", READS, False)
SLOWNESS: Meaning = ("slowness", READS, False)

BY_CODE = {
    **dict.fromkeys((105001, 105002, 10001, 10002, 401), TOKEN),
    **dict.fromkeys((106001, 101000, 10003, 36004001, 36004004, 36004005), CREDENTIALS),
    **dict.fromkeys((36009043, 36009044), CREDENTIALS),
    **dict.fromkeys((105005, 36009033, 403), PERMISSION),
    **dict.fromkeys((36009009, 36009010), ENDPOINT),
    36009014: VERSION,
    36009002: RATE_LIMIT,
    36009037: HOURLY_QUOTA,
    36009003: OUTAGE,
    36009007: SLOWNESS,
}
AMBIGUOUS = 36009004
"""One code stands for a dozen failures; its message tells them apart."""
BY_WORD = {
    "timestamp": CLOCK,
    "version": VERSION,
    "access_token": TOKEN,
    "access-token": TOKEN,
    "app_key": CREDENTIALS,
    "sign": CREDENTIALS,
}
BY_STATUS = {
    401: TOKEN,
    403: PERMISSION,
    404: ENDPOINT,
    405: ENDPOINT,
    407: ("network", NEVER, False),
    408: SLOWNESS,
    410: VERSION,
    429: RATE_LIMIT,
}


def read_answer(status: int, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    """Return the data of a success.

    Raises:
        CallError: If it is anything else.
    """
    envelope = _envelope(body)
    if envelope is not None and envelope["code"] == 0 and 200 <= status < 300:
        return envelope.get("data") or {}
    cause, retry, about_token = _meaning(status, envelope)
    said = "no readable envelope" if envelope is None else f"{envelope.get('message')}"
    code = None if envelope is None else envelope["code"]
    raise CallError(
        cause,
        f"{said} (code {code}, HTTP {status})",
        retry=retry,
        code=code,
        about_token=about_token,
        wait_s=_retry_after_s(headers),
    )


def _meaning(status: int, envelope: dict[str, Any] | None) -> Meaning:
    if envelope is not None:
        if envelope["code"] == AMBIGUOUS:
            message = str(envelope.get("message")).lower()
            return next((BY_WORD[word] for word in BY_WORD if word in message), CONTRACT)
        if envelope["code"] in BY_CODE:
            return BY_CODE[envelope["code"]]
    if status >= 500:
        return OUTAGE
    if status in BY_STATUS:
        return BY_STATUS[status]
    if envelope is not None:
        return CONTRACT
    # A 200 without an envelope is a page of something in between, or half an answer.
    return ENDPOINT if status >= 300 else UNREADABLE


def _envelope(body: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(body.decode(), object_pairs_hook=_without_duplicates)
    except (ValueError, RecursionError):
        return None
    has_code = isinstance(value, dict) and type(value.get("code")) is int
    return value if has_code else None


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse an object that says the same thing twice: nobody knows which one was meant."""
    if len(dict(pairs)) != len(pairs):
        raise ValueError("an object names a key twice")
    return dict(pairs)


def _retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Read seconds, or a date by the clock of the answer itself."""
    value = headers.get("retry-after", "")
    try:
        if value.replace(".", "", 1).isdigit():
            return float(value)
        date = headers.get("date")
        now = parsedate_to_datetime(date).timestamp() if date else time.time()
        return max(0.0, parsedate_to_datetime(value).timestamp() - now)
    except (ValueError, TypeError):
        return None
