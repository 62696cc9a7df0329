"""What an answer of the API means for the client that received it. Tables, and one walk over them.

Codes, statuses and words are facts of the API; which of them a client may try again is our reading
of them. Source: protocol facts, sections 2.2, 4, 5 and 8; the article's simplified codes beside
them.
"""

from __future__ import annotations

import re
from enum import StrEnum

from tts_chaos.core.history import Exchange

__all__ = ["Meaning", "describe", "is_outcome_unknown", "meaning_of"]


class Meaning(StrEnum):
    """What the client knows after an exchange.

    `SUCCESS` done; `TOKEN` refused for the sake of the access or refresh token; `RATE` told to
    slow down; `TRANSIENT` may work when sent again; `PERMANENT` will be refused as often as it is
    sent; `LOST` no complete answer arrived.
    """

    SUCCESS = "success"
    TOKEN = "token"  # noqa: S105 - a word, no password
    RATE = "rate"
    TRANSIENT = "transient"
    PERMANENT = "permanent"
    LOST = "lost"


_MEANINGS: dict[int, Meaning] = {
    # Access token: past its time, or unknown, malformed, revoked. The article's 401, 10001, 10002.
    105001: Meaning.TOKEN,
    105002: Meaning.TOKEN,
    401: Meaning.TOKEN,
    10001: Meaning.TOKEN,
    10002: Meaning.TOKEN,
    # Refresh token or code: no further try can change the answer.
    36004001: Meaning.PERMANENT,
    36004004: Meaning.PERMANENT,
    36004005: Meaning.PERMANENT,
    # Gateway: who is calling, from where, for whom.
    10003: Meaning.PERMANENT,
    403: Meaning.PERMANENT,
    101000: Meaning.PERMANENT,
    105005: Meaning.PERMANENT,
    106001: Meaning.PERMANENT,
    106013: Meaning.PERMANENT,
    36009033: Meaning.PERMANENT,
    36009043: Meaning.PERMANENT,
    36009044: Meaning.PERMANENT,
    # Gateway: what is called, and how.
    36009004: Meaning.PERMANENT,
    36009009: Meaning.PERMANENT,
    36009010: Meaning.PERMANENT,
    36009014: Meaning.PERMANENT,
    36009021: Meaning.PERMANENT,
    36009022: Meaning.PERMANENT,
    36009023: Meaning.PERMANENT,
    # Gateway: later.
    36009002: Meaning.RATE,
    36009037: Meaning.RATE,
    36009003: Meaning.TRANSIENT,
    36009007: Meaning.TRANSIENT,
    # Business answers that say "not yet": a label before its time, a lock held by somebody else.
    11034037: Meaning.TRANSIENT,
    21023035: Meaning.TRANSIENT,
    21042104: Meaning.TRANSIENT,
    25001028: Meaning.TRANSIENT,
}

_TOKEN_WORDS = re.compile(r"access[ _-]token|(?<!page[ _])\btoken (?:is|has|expired)")
"""36009004 is one code for a dozen failures: only its message tells a dead token from a bad field.
Source: protocol facts, section 4 (documented)."""

_LATER_WORDS = ("try again", "retry", "later", "timeout", "timed out", "busy", "internal", "system")
"""Business codes are too many for a table; these words mark those that may pass."""

_FIRST_BUSINESS_CODE = 1_000_000
_TRANSIENT_STATUSES = frozenset({408, 425, 500, 502, 503, 504})


def meaning_of(exchange: Exchange) -> Meaning:
    """Return what the client knows after `exchange`."""
    if exchange.fate != "answered":
        return Meaning.LOST
    if exchange.succeeded:
        return Meaning.SUCCESS
    if exchange.code is not None and exchange.code != 0:
        return _meaning_of_code(exchange)
    return _meaning_of_status(exchange.status)


def _meaning_of_code(exchange: Exchange) -> Meaning:
    code, words = exchange.code or 0, exchange.message.lower()
    if exchange.status == 429:
        return Meaning.RATE
    if code == 36009004 and _TOKEN_WORDS.search(words):
        return Meaning.TOKEN
    if code in _MEANINGS:
        return _MEANINGS[code]
    if exchange.status in _TRANSIENT_STATUSES:
        return Meaning.TRANSIENT
    if code >= _FIRST_BUSINESS_CODE and not any(word in words for word in _LATER_WORDS):
        return Meaning.PERMANENT
    return Meaning.TRANSIENT


def _meaning_of_status(status: int) -> Meaning:
    """Judge an answer without a readable envelope by its status alone."""
    if status == 429:
        return Meaning.RATE
    if status == 401:
        return Meaning.TOKEN
    if 300 <= status < 500 and status not in _TRANSIENT_STATUSES:
        return Meaning.PERMANENT
    return Meaning.TRANSIENT


def is_outcome_unknown(exchange: Exchange) -> bool:
    """Whether the client cannot know if the platform did what it asked.

    A connection that never came about, a refusal with a code, a 429 and a 503 (overload protection)
    did nothing; a lost answer, another 5xx, 36009003, 36009007 and an unreadable body leave it
    open.
    """
    if exchange.fate in ("refused", "connect_timed_out", "dns_failed", "tls_failed"):
        return False
    meaning = meaning_of(exchange)
    if meaning is Meaning.LOST:
        return True
    return meaning is Meaning.TRANSIENT and exchange.status != 503


def describe(exchange: Exchange) -> str:
    """Return an exchange's end in few words: `401 with code 105002`, `answer lost (reset)`."""
    if exchange.fate != "answered":
        return f"no answer ({exchange.fate.replace('_', ' ')})"
    if exchange.code is None:
        return f"HTTP {exchange.status} without a readable envelope"
    return f"HTTP {exchange.status} with code {exchange.code}"
