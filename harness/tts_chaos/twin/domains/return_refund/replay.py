"""Decisions that carry an idempotency key.

Source: protocol facts, section 7.2 (documented: in the query, at most 255 characters). What a
replay answers is not documented; here it gets the first answer again and changes nothing, as long
as it repeats the decision it was first sent with: assumed.
"""

from __future__ import annotations

from tts_chaos.twin.handler import Call, RefusalError

__all__ = ["answer_of", "is_replay"]

INVALID_PARAMETER = 36009004
LONGEST_KEY = 255


def answer_of(call: Call, decision: str) -> str:
    """Return what to remember of this decision: "" where the call carries no key.

    Raises:
        RefusalError: 36009004 if the key is too long.
    """
    key = call.query.get("idempotency_key") or ""
    if len(key) > LONGEST_KEY:
        text = f"Invalid idempotency_key. It must not exceed {LONGEST_KEY} characters."
        raise RefusalError(INVALID_PARAMETER, text)
    return f"{decision} {key}" if key else ""


def is_replay(answers: tuple[str, ...], answer: str) -> bool:
    """Whether this very decision was taken before with the same key."""
    return bool(answer) and answer in answers
