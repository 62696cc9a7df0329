"""Who may call: the app, seller accounts, their shops, tokens and authorisation codes.

Secrets are entities like any other, so every change of them is observed; they are keyed by an
ordinal, never by their value, because ids appear in histories.
"""

from __future__ import annotations

import msgspec

__all__ = ["Account", "App", "AuthCode", "Shop", "TokenPair"]


class App(msgspec.Struct, frozen=True, kw_only=True):
    """The developer's app. One per twin; `id` is always `app`.

    Attributes:
        app_key: Names the app in every call.
        app_secret: Signs calls and webhooks.
        former_key: Key to return to once a replacement is undone; "" where nothing was replaced.
        former_secret: The secret that belongs to it.
    """

    app_key: str
    app_secret: str
    former_key: str = ""
    former_secret: str = ""
    id: str = "app"
    shop_id: str = ""


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """A seller who authorised the app. `id` is the open id; `scopes` were granted."""

    id: str
    seller_name: str
    base_region: str
    scopes: tuple[str, ...]
    user_type: int = 0
    shop_id: str = ""


class Shop(msgspec.Struct, frozen=True, kw_only=True):
    """A shop. `cipher` addresses it in calls; `account_id` is the open id of its owner.

    Source: protocol facts, section 2.3 (documented).
    """

    id: str
    cipher: str
    code: str
    name: str
    region: str
    account_id: str
    seller_type: str = "LOCAL"
    shop_id: str = ""


class TokenPair(msgspec.Struct, frozen=True, kw_only=True):
    """An access token and the refresh token issued with it.

    Attributes:
        id: Ordinal of the pair in order of minting, from "1".
        account_id: Open id of the account that authorised.
        access_state: State in the token lifecycle.
        refresh_state: State in the token lifecycle.
        *_expires_at_s: Unix seconds.
    """

    id: str
    account_id: str
    access_token: str
    refresh_token: str
    access_expires_at_s: int
    refresh_expires_at_s: int
    access_state: str
    refresh_state: str
    shop_id: str = ""


class AuthCode(msgspec.Struct, frozen=True, kw_only=True):
    """An authorisation code. Works once, for 30 minutes. Source: protocol facts, section 2.1."""

    id: str
    code: str
    account_id: str
    expires_at_s: int
    used: bool = False
    shop_id: str = ""
