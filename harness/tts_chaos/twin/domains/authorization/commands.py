"""What may happen to tokens, to the app's keys and to consent."""

from __future__ import annotations

from typing import Annotated

import msgspec

from tts_chaos.twin.domains.authorization.lookup import account_of, find_shop, the_app
from tts_chaos.twin.domains.authorization.minting import mint_key, mint_secret
from tts_chaos.twin.domains.authorization.tokens import issue_auth_code as issue
from tts_chaos.twin.domains.authorization.tokens import issue_pair, spoil_tokens
from tts_chaos.twin.handler import TwinEnv, command
from tts_chaos.twin.settings import DAY_MS
from tts_chaos.wire.tokens import TokenEvent
from tts_chaos.wire.webhook import EventType

__all__ = [
    "deauthorize_app",
    "expire_access_tokens",
    "issue_auth_code",
    "issue_tokens",
    "malform_access_tokens",
    "replace_app_key",
    "restore_app_key",
    "revoke_access_tokens",
    "revoke_refresh_tokens",
    "rotate_app_secret",
    "set_consent_life",
]


@command("expire_access_tokens")
def expire_access_tokens(env: TwinEnv) -> int:
    """Let every living access token expire at once; returns how many did."""
    return spoil_tokens(env, TokenEvent.EXPIRE, which="access", change="token.expired")


@command("expire_refresh_tokens")
def expire_refresh_tokens(env: TwinEnv) -> int:
    """End the authorisation period of every living refresh token; returns how many."""
    return spoil_tokens(env, TokenEvent.EXPIRE, which="refresh", change="token.expired")


@command("revoke_access_tokens")
def revoke_access_tokens(env: TwinEnv) -> int:
    """Withdraw every access token; a refresh still helps. Returns how many were withdrawn."""
    return spoil_tokens(env, TokenEvent.REVOKE, which="access", change="token.revoked")


@command("malform_access_tokens")
def malform_access_tokens(env: TwinEnv) -> int:
    """Let the platform find every access token unreadable; returns how many."""
    return spoil_tokens(env, TokenEvent.CORRUPT, which="access", change="token.malformed")


@command("revoke_refresh_tokens")
def revoke_refresh_tokens(env: TwinEnv) -> int:
    """Withdraw every refresh token; only new consent helps. Returns how many."""
    return spoil_tokens(env, TokenEvent.REVOKE, which="refresh", change="token.revoked")


@command("set_consent_life")
def set_consent_life(env: TwinEnv, days: Annotated[int, msgspec.Meta(ge=1, le=40_000)]) -> None:
    """Let refresh tokens of pairs issued from now on live so many days: real values vary."""
    env.settings.refresh_token_life_ms = days * DAY_MS


@command("deauthorize_app")
def deauthorize_app(env: TwinEnv, shop: str = "") -> None:
    """Let the seller remove the app: every token dies, and webhook 6 is queued.

    Source: protocol facts, section 2.2 (documented).
    """
    owner = find_shop(env, shop)
    revoke_access_tokens(env)
    revoke_refresh_tokens(env)
    env.emit(EventType.SELLER_DEAUTHORIZATION, owner.id, {"message": "The seller removed the app."})


@command("issue_auth_code")
def issue_auth_code(env: TwinEnv, shop: str = "") -> dict[str, str]:
    """Let the seller of a shop give consent; returns `{"auth_code"}`, good for 30 minutes."""
    return {"auth_code": issue(env, account_of(env.store, find_shop(env, shop).account_id)).code}


@command("issue_tokens")
def issue_tokens(env: TwinEnv, shop: str = "") -> dict[str, str | int]:
    """Let the seller of a shop give consent and the operator fetch the new pair.

    Returns:
        `{"access_token", "refresh_token", "access_token_expires_at", "refresh_token_expires_at"}`.
    """
    pair = issue_pair(env, account_of(env.store, find_shop(env, shop).account_id))
    return {
        "access_token": pair.access_token,
        "refresh_token": pair.refresh_token,
        "access_token_expires_at": pair.access_expires_at_s,
        "refresh_token_expires_at": pair.refresh_expires_at_s,
    }


@command("rotate_app_secret")
def rotate_app_secret(env: TwinEnv) -> dict[str, str]:
    """Replace the app's secret in the platform's console; returns `{"app_secret"}`."""
    app = msgspec.structs.replace(the_app(env.store), app_secret=mint_secret(env))
    env.store.put(app, change="app.secret_rotated")
    return {"app_secret": app.app_secret}


@command("replace_app_key")
def replace_app_key(env: TwinEnv) -> dict[str, str]:
    """Let the platform know the app by another key and secret only; returns both."""
    app = the_app(env.store)
    former = (
        (app.former_key, app.former_secret) if app.former_key else (app.app_key, app.app_secret)
    )
    after = msgspec.structs.replace(
        app,
        app_key=mint_key(env),
        app_secret=mint_secret(env),
        former_key=former[0],
        former_secret=former[1],
    )
    env.store.put(after, change="app.key_replaced")
    return {"app_key": after.app_key, "app_secret": after.app_secret}


@command("restore_app_key")
def restore_app_key(env: TwinEnv) -> dict[str, str]:
    """Let the platform know the app by its first key and secret again; returns both."""
    app = the_app(env.store)
    if app.former_key:
        app = msgspec.structs.replace(
            app,
            app_key=app.former_key,
            app_secret=app.former_secret,
            former_key="",
            former_secret="",
        )
        env.store.put(app, change="app.key_restored")
    return {"app_key": app.app_key, "app_secret": app.app_secret}
