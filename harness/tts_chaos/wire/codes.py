"""Numbers of the envelope that code has to name, and the groups a client must tell apart.

The table of all codes is `contracts/errors.json`; here are only those that the twin, faults or
oracles treat specially. Groups look at the message as well where a number is used for several
refusals.

Source: protocol facts, sections 2.2, 4 and 5 (documented unless a line says otherwise).
"""

from __future__ import annotations

from enum import IntEnum

__all__ = [
    "ApiCode",
    "ArticleCode",
    "is_clock_refusal",
    "is_permission_refusal",
    "is_rate_limited",
    "is_refresh_refused",
    "is_signature_refusal",
    "is_token_expired",
    "is_token_refused",
    "is_version_refused",
]


class ApiCode(IntEnum):
    """Codes of the gateway and of the token host."""

    SUCCESS = 0
    IDENTITY_MISMATCH = 101000
    TOKEN_INVALID = 105001
    TOKEN_EXPIRED = 105002
    SCOPE_MISSING = 105005
    SIGNATURE_INVALID = 106001
    SHOP_CIPHER_MISSING = 106013
    REFRESH_TOKEN_EXPIRED = 36004001
    AUTH_CODE_INVALID = 36004004
    REFRESH_TOKEN_UNKNOWN = 36004005
    RATE_LIMITED = 36009002
    INTERNAL = 36009003
    BAD_REQUEST = 36009004
    TIMEOUT = 36009007
    PATH_UNKNOWN = 36009009
    VERB_REFUSED = 36009010
    VERSION_REFUSED = 36009014
    FILE_TOO_LARGE = 36009021
    BODY_UNREADABLE = 36009022
    NOT_MULTIPART = 36009023
    IP_REFUSED = 36009033
    SANDBOX_QUOTA = 36009037
    SHOP_INACTIVE = 36009043
    SELLER_INACTIVE = 36009044


class ArticleCode(IntEnum):
    """The simplified codes of the article profile."""

    UNAUTHORISED = 401
    FORBIDDEN = 403
    TOKEN_MALFORMED = 10001
    TOKEN_EXPIRED = 10002
    CLIENT_KEY_WRONG = 10003


def is_token_expired(code: int | None) -> bool:
    """Whether the access token is past its time, so that a refresh will help."""
    return code in (ApiCode.TOKEN_EXPIRED, ArticleCode.TOKEN_EXPIRED)


def is_token_refused(code: int | None, message: str = "") -> bool:
    """Whether the access token is unknown, malformed or revoked, so that no wait will help.

    Args:
        code: Code of the envelope.
        message: Its message: code 36009004 is about the token only where the text says so.
    """
    if code == ApiCode.BAD_REQUEST:
        return "access_token" in message or "x-tts-access-token" in message
    return code in (ApiCode.TOKEN_INVALID, ArticleCode.TOKEN_MALFORMED)


def is_refresh_refused(code: int | None) -> bool:
    """Whether the token host refused a refresh token for good; only new consent helps."""
    return code in (ApiCode.REFRESH_TOKEN_EXPIRED, ApiCode.REFRESH_TOKEN_UNKNOWN)


def is_clock_refusal(code: int | None, message: str = "") -> bool:
    """Whether the timestamp lies outside the platform's window."""
    return code == ApiCode.BAD_REQUEST and "timestamp" in message.lower()


def is_signature_refusal(code: int | None) -> bool:
    """Whether the signature is wrong."""
    return code == ApiCode.SIGNATURE_INVALID


def is_permission_refusal(code: int | None) -> bool:
    """Whether the app or token lacks a scope, or the address is not on the allow list."""
    return code in (ApiCode.SCOPE_MISSING, ApiCode.IP_REFUSED, ArticleCode.FORBIDDEN)


def is_rate_limited(status: int, code: int | None = None) -> bool:
    """Whether a call was refused for its rate: by HTTP status, by code, or by both."""
    return status == 429 or code in (ApiCode.RATE_LIMITED, ApiCode.SANDBOX_QUOTA)


def is_version_refused(code: int | None, message: str = "") -> bool:
    """Whether the version in the path is retired or unknown, in today's wording or the older."""
    if code == ApiCode.BAD_REQUEST:
        return "api version" in message.lower()
    return code == ApiCode.VERSION_REFUSED
