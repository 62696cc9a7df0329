"""Credentials go wrong: tokens expire, are revoked or garbled; keys and scopes change.

All but the lost and the raced refresh change the platform's state, so the integration is refused
for the same reason and in the same words as it would be by TikTok Shop. A disabled or deleted app
is told as `app_key_wrong`: the error table has one message for all of these.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from tts_chaos.faults.effect import (
    BreakConnection,
    Effect,
    Moment,
    PlatformCommand,
    RepeatRequest,
)
from tts_chaos.faults.fault import Fault, Trigger, register_fault
from tts_chaos.wire.delivery import Connection

__all__ = [
    "AddressNotListed",
    "AppKeyWrong",
    "AppRemoved",
    "KeysRotated",
    "OwnerClosed",
    "RefreshAnswerLost",
    "RefreshRaced",
    "RefreshTokenExpired",
    "ScopeMissing",
    "TokenExpired",
    "TokenMalformed",
    "TokenRevoked",
]

_SETS_IN_ONCE = Trigger(times=1)


def _told(told_as: str) -> PlatformCommand:
    return PlatformCommand(name="set_refusal_style", arguments={"style": told_as})


class _TokenFault(Fault, frozen=True, kw_only=True):
    """A token goes bad once.

    Attributes:
        told_as: `http` answers with the documented status (401), `ok` with 200 and the code in the
            envelope; clients that look at only one of them fail on the other. Lifting changes
            neither the token nor the way of telling: only a refresh mends it.
    """

    family: ClassVar[str] = "credentials"
    cause: ClassVar[str] = "credentials"
    default_trigger: ClassVar[Trigger] = _SETS_IN_ONCE
    command: ClassVar[str]

    told_as: Literal["http", "ok"] = "http"

    def begin(self) -> tuple[PlatformCommand, ...]:
        """Turn the way of telling, then spoil the tokens in use."""
        return (_told(self.told_as), PlatformCommand(name=self.command))


@register_fault
class TokenExpired(_TokenFault, frozen=True, kw_only=True):
    """Every access token in use has expired. Source: protocol facts, sections 2.2 and 4."""

    name: ClassVar[str] = "token_expired"
    summary: ClassVar[str] = "the access token has expired"
    command: ClassVar[str] = "expire_access_tokens"


@register_fault
class TokenRevoked(_TokenFault, frozen=True, kw_only=True):
    """Every access token in use is revoked before its time; the refresh token still works."""

    name: ClassVar[str] = "token_revoked"
    summary: ClassVar[str] = "the access token was revoked before its time"
    command: ClassVar[str] = "revoke_access_tokens"


@register_fault
class TokenMalformed(_TokenFault, frozen=True, kw_only=True):
    """The platform finds the access token in use corrupt; a fresh one is fine."""

    name: ClassVar[str] = "token_malformed"
    summary: ClassVar[str] = "the access token is refused as malformed"
    command: ClassVar[str] = "malform_access_tokens"


@register_fault
class AppKeyWrong(Fault, frozen=True, kw_only=True):
    """The app key that the integration uses is not the one the platform knows, until lifted."""

    name: ClassVar[str] = "app_key_wrong"
    family: ClassVar[str] = "credentials"
    cause: ClassVar[str] = "credentials"
    summary: ClassVar[str] = "the app key is not the one the platform knows"

    def begin(self) -> tuple[PlatformCommand, ...]:
        """Let the platform know the app under another key."""
        return (PlatformCommand(name="replace_app_key"),)

    def end(self) -> tuple[PlatformCommand, ...]:
        """Let the platform know the former key again."""
        return (PlatformCommand(name="restore_app_key"),)


@register_fault
class KeysRotated(Fault, frozen=True, kw_only=True):
    """A new app secret was made in the portal. Lifting changes nothing: an operator must act."""

    name: ClassVar[str] = "keys_rotated"
    family: ClassVar[str] = "credentials"
    cause: ClassVar[str] = "credentials"
    summary: ClassVar[str] = "the app secret was replaced in the portal"

    def begin(self) -> tuple[PlatformCommand, ...]:
        """Replace the app secret for good."""
        return (PlatformCommand(name="rotate_app_secret"),)


@register_fault
class ScopeMissing(Fault, frozen=True, kw_only=True):
    """The token lacks a scope until lifted.

    Attributes:
        scope: Scope key (`seller.order.info`); "" for every scope.
    """

    name: ClassVar[str] = "scope_missing"
    family: ClassVar[str] = "credentials"
    cause: ClassVar[str] = "permission"
    summary: ClassVar[str] = "the token lacks a scope the call needs"

    scope: str = ""

    def begin(self) -> tuple[PlatformCommand, ...]:
        """Take the scope away."""
        return (PlatformCommand(name="refuse_scope", arguments={"scope": self.scope}),)

    def end(self) -> tuple[PlatformCommand, ...]:
        """Give the scope back."""
        return (PlatformCommand(name="allow_scope", arguments={"scope": self.scope}),)


@register_fault
class RefreshAnswerLost(Fault, frozen=True, kw_only=True):
    """The platform issues a new pair, and the answer never arrives."""

    name: ClassVar[str] = "refresh_answer_lost"
    family: ClassVar[str] = "credentials"
    cause: ClassVar[str] = "credentials"
    summary: ClassVar[str] = "a token was refreshed and the answer was lost"
    default_trigger: ClassVar[Trigger] = Trigger(operation="token.refresh", times=1)

    def effects(self, moment: Moment) -> tuple[Effect, ...]:
        """Let the platform refresh, then reset the connection."""
        return (BreakConnection(connection=Connection.RESET_BEFORE_ANSWER, after_commit=True),)


@register_fault
class RefreshRaced(Fault, frozen=True, kw_only=True):
    """Somebody else who holds the same pair refreshes a moment earlier.

    Where refresh tokens rotate, the token is spent when the integration presents it (36004005, and
    an operator must act); where they do not, it gets a pair of its own (pitfall C5).
    """

    name: ClassVar[str] = "refresh_raced"
    family: ClassVar[str] = "credentials"
    cause: ClassVar[str] = "credentials"
    summary: ClassVar[str] = "somebody else refreshes the same pair first"
    default_trigger: ClassVar[Trigger] = Trigger(operation="token.refresh", times=1)

    def effects(self, moment: Moment) -> tuple[Effect, ...]:
        """Let the platform answer the other one first."""
        return (RepeatRequest(times=2, answer="last"),)


@register_fault
class RefreshTokenExpired(Fault, frozen=True, kw_only=True):
    """The period for which the seller gave consent is over, and the access token with it.

    Lifting changes nothing: only new consent helps. Source: protocol facts, section 2.2 and the
    error table (36004001, medium confidence).
    """

    name: ClassVar[str] = "refresh_token_expired"
    family: ClassVar[str] = "credentials"
    cause: ClassVar[str] = "credentials"
    summary: ClassVar[str] = "the seller's authorisation has ended, the refresh token with it"

    def begin(self) -> tuple[PlatformCommand, ...]:
        """End both tokens."""
        return (
            PlatformCommand(name="expire_access_tokens"),
            PlatformCommand(name="expire_refresh_tokens"),
        )


@register_fault
class AppRemoved(Fault, frozen=True, kw_only=True):
    """The seller removes the app: every token dies, and webhook 6 tells of it.

    Lifting changes nothing: only new consent helps. Source: pitfall C12, error table (105001).
    """

    name: ClassVar[str] = "app_removed"
    family: ClassVar[str] = "credentials"
    cause: ClassVar[str] = "credentials"
    summary: ClassVar[str] = "the seller has removed the app"

    def begin(self) -> tuple[PlatformCommand, ...]:
        """Withdraw the authorisation."""
        return (PlatformCommand(name="deauthorize_app"),)


@register_fault
class AddressNotListed(Fault, frozen=True, kw_only=True):
    """The address from which the integration calls is not on the app's allow list, until lifted.

    It holds on both hosts. Source: error table (36009033, 403), pitfall E12.
    """

    name: ClassVar[str] = "address_not_listed"
    family: ClassVar[str] = "credentials"
    cause: ClassVar[str] = "permission"
    summary: ClassVar[str] = "the caller's address is not on the app's allow list"

    def begin(self) -> tuple[PlatformCommand, ...]:
        """Refuse every caller."""
        return (PlatformCommand(name="refuse_ip"),)

    def end(self) -> tuple[PlatformCommand, ...]:
        """Let callers in again."""
        return (PlatformCommand(name="allow_ip"),)


@register_fault
class OwnerClosed(Fault, frozen=True, kw_only=True):
    """The main shop, or the seller's account behind it, is closed for the API until lifted.

    Told by 401 as well, and no refresh helps. Source: error table (36009043, 36009044), pitfall D5.

    Attributes:
        owner: What is closed: `shop` or `seller`.
    """

    name: ClassVar[str] = "owner_closed"
    family: ClassVar[str] = "credentials"
    cause: ClassVar[str] = "credentials"
    summary: ClassVar[str] = "the shop or the seller's account is inactive"

    owner: Literal["shop", "seller"] = "shop"

    def begin(self) -> tuple[PlatformCommand, ...]:
        """Close it."""
        return (PlatformCommand(name=f"deactivate_{self.owner}"),)

    def end(self) -> tuple[PlatformCommand, ...]:
        """Open it again."""
        return (PlatformCommand(name=f"reactivate_{self.owner}"),)
