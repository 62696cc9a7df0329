"""Tokens: what the token host answers, and the life of a token as a transition table.

Knows nothing of who holds a token or where it is stored. Instants of the wire are Unix seconds and
absolute, although their names end in `_expire_in`.

Source: protocol facts, section 2.2 (documented).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import msgspec

from tts_chaos.errors import ProtocolError
from tts_chaos.wire.codes import ApiCode
from tts_chaos.wire.envelope import TOKEN_SUCCESS, Envelope, parse_envelope

__all__ = [
    "ACCESS_REFUSALS",
    "REFRESH_REFUSALS",
    "TOKEN_MOVES",
    "TokenEvent",
    "TokenGrant",
    "TokenState",
    "UserType",
    "events_of",
    "make_token_envelope",
    "next_token_state",
    "parse_token_response",
]


class TokenState(StrEnum):
    """Where a token is in its life.

    `SUPERSEDED` is a token that a newer one replaced and that no longer works; a platform that lets
    the old one live on does not supersede it. `MALFORMED` is a token that the platform cannot read
    for the time being.
    """

    VALID = "valid"
    EXPIRED = "expired"
    REVOKED = "revoked"
    MALFORMED = "malformed"
    SUPERSEDED = "superseded"


class TokenEvent(StrEnum):
    """What may happen to a token."""

    EXPIRE = "expire"
    REVOKE = "revoke"
    REPLACE = "replace"
    CORRUPT = "corrupt"
    RESTORE = "restore"


TOKEN_MOVES: Mapping[tuple[TokenState, TokenEvent], TokenState] = {
    (TokenState.VALID, TokenEvent.EXPIRE): TokenState.EXPIRED,
    (TokenState.VALID, TokenEvent.REVOKE): TokenState.REVOKED,
    (TokenState.VALID, TokenEvent.REPLACE): TokenState.SUPERSEDED,
    (TokenState.VALID, TokenEvent.CORRUPT): TokenState.MALFORMED,
    # Expiry is told rather than replacement, as a client that waited too long would see it.
    (TokenState.EXPIRED, TokenEvent.REPLACE): TokenState.EXPIRED,
    (TokenState.EXPIRED, TokenEvent.REVOKE): TokenState.REVOKED,
    (TokenState.MALFORMED, TokenEvent.RESTORE): TokenState.VALID,
    (TokenState.MALFORMED, TokenEvent.REVOKE): TokenState.REVOKED,
    (TokenState.MALFORMED, TokenEvent.REPLACE): TokenState.SUPERSEDED,
    (TokenState.MALFORMED, TokenEvent.EXPIRE): TokenState.EXPIRED,
    (TokenState.SUPERSEDED, TokenEvent.REVOKE): TokenState.REVOKED,
}
"""Every move of a token; what is not here cannot happen. Nothing leads out of `REVOKED`."""

ACCESS_REFUSALS: Mapping[TokenState, tuple[ApiCode, str]] = {
    TokenState.EXPIRED: (ApiCode.TOKEN_EXPIRED, ""),
    TokenState.REVOKED: (ApiCode.TOKEN_INVALID, ""),
    TokenState.MALFORMED: (ApiCode.BAD_REQUEST, "token_invalid"),
    TokenState.SUPERSEDED: (ApiCode.BAD_REQUEST, "token_invalid"),
}
"""Code, and variant of the error table, with which an access token in each state is refused.

Source: error table; for superseded tokens assumed, as no source tells their refusal.
"""

REFRESH_REFUSALS: Mapping[TokenState, ApiCode] = {
    TokenState.EXPIRED: ApiCode.REFRESH_TOKEN_EXPIRED,
    TokenState.REVOKED: ApiCode.REFRESH_TOKEN_UNKNOWN,
    TokenState.MALFORMED: ApiCode.REFRESH_TOKEN_UNKNOWN,
    TokenState.SUPERSEDED: ApiCode.REFRESH_TOKEN_UNKNOWN,
}
"""Code with which a refresh token in each state is refused, under HTTP 200.

Source: error table; for malformed and superseded tokens assumed.
"""


def next_token_state(state: TokenState, event: TokenEvent) -> TokenState:
    """Return the state after `event`.

    Raises:
        ProtocolError: If a token in `state` cannot undergo `event`.
    """
    try:
        return TOKEN_MOVES[state, event]
    except KeyError:
        possible = ", ".join(events_of(state)) or "nothing"
        raise ProtocolError(
            f"a token that is {state} cannot {event}; possible here: {possible}"
        ) from None


def events_of(state: TokenState) -> list[TokenEvent]:
    """Return what may happen to a token in `state`, sorted."""
    return sorted(event for source, event in TOKEN_MOVES if source is state)


class UserType:
    """Who authorised a token, as numbers on the wire."""

    SELLER = 0
    CREATOR = 1
    PARTNER = 3


class TokenGrant(msgspec.Struct, frozen=True, kw_only=True):
    """A pair of tokens as the token host tells it.

    Attributes:
        access_token_expires_at_s: Unix seconds, `access_token_expire_in` on the wire.
        refresh_token_expires_at_s: Unix seconds, `refresh_token_expire_in` on the wire.
        open_id: Account that gave consent.
        user_type: One of `UserType`.
        granted_scopes: Scopes the account granted.
    """

    access_token: str
    access_token_expires_at_s: int = msgspec.field(name="access_token_expire_in")
    refresh_token: str
    refresh_token_expires_at_s: int = msgspec.field(name="refresh_token_expire_in")
    open_id: str = ""
    seller_name: str = ""
    seller_base_region: str = ""
    user_type: int = UserType.SELLER
    granted_scopes: tuple[str, ...] = ()

    def to_data(self) -> dict[str, Any]:
        """Return `$.data` of the token host's answer."""
        data: dict[str, Any] = msgspec.to_builtins(self)
        return data


def parse_token_response(body: bytes) -> TokenGrant | None:
    """Return the grant in the token host's answer; None for a refusal or anything else."""
    envelope = parse_envelope(body)
    if envelope is None or not envelope.succeeded:
        return None
    try:
        return msgspec.convert(envelope.data, TokenGrant)
    except msgspec.ValidationError:
        return None


def make_token_envelope(grant: TokenGrant, *, request_id: str) -> Envelope:
    """Return the envelope in which the token host tells a grant."""
    return Envelope(code=0, message=TOKEN_SUCCESS, request_id=request_id, data=grant.to_data())
