"""Minting, refreshing and spoiling tokens. States move only along the table of `wire.tokens`.

Every secret is declared before it is stored, because whoever watches changes sees the value.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from tts_chaos.twin.domains.authorization.entities import Account, AuthCode, TokenPair
from tts_chaos.twin.handler import TwinEnv
from tts_chaos.twin.regions import region_of
from tts_chaos.wire.tokens import TokenEvent, TokenState, events_of, next_token_state

__all__ = [
    "access_state",
    "issue_auth_code",
    "issue_pair",
    "newest_pair",
    "pair_of_refresh_token",
    "refresh_pair",
    "refresh_state",
    "spoil_tokens",
]

ACCESS_TOKEN_LENGTH = 72
REFRESH_TOKEN_LENGTH = 56
AUTH_CODE_LENGTH = 40


def access_state(pair: TokenPair, now_s: int) -> TokenState:
    """Return the state of the access token at that instant; time alone expires it."""
    return _state_at(pair.access_state, pair.access_expires_at_s, now_s)


def refresh_state(pair: TokenPair, now_s: int) -> TokenState:
    """Return the state of the refresh token at that instant; time alone expires it."""
    return _state_at(pair.refresh_state, pair.refresh_expires_at_s, now_s)


def newest_pair(env: TwinEnv, account_id: str) -> TokenPair:
    """Return the pair issued last to an account."""
    pairs = reversed(env.store.list(TokenPair))
    return next(pair for pair in pairs if pair.account_id == account_id)


def pair_of_refresh_token(env: TwinEnv, token: str) -> TokenPair | None:
    """Return the newest pair with that refresh token, or None."""
    pairs = reversed(env.store.list(TokenPair))
    return next((pair for pair in pairs if pair.refresh_token == token), None)


def issue_pair(env: TwinEnv, account: Account) -> TokenPair:
    """Issue a pair after consent, for the whole authorisation period."""
    expires_at_s = env.now_s() + env.settings.refresh_token_life_ms // 1000
    pair = _mint(env, account, refresh_token="", refresh_expires_at_s=expires_at_s)
    return env.store.put(pair, change="token.issued")


def refresh_pair(env: TwinEnv, old: TokenPair, account: Account) -> TokenPair:
    """Issue a new pair for a valid refresh token.

    The end of the authorisation stays where it was: refreshing does not prolong consent (inferred
    from the documented sample). Whether the tokens used up die is a matter of settings.
    """
    rotates = env.settings.rotate_refresh_tokens
    pair = _mint(
        env,
        account,
        refresh_token="" if rotates else old.refresh_token,
        refresh_expires_at_s=old.refresh_expires_at_s,
    )
    _retire(env, old, rotates=rotates)
    return env.store.put(pair, change="token.refreshed")


def issue_auth_code(env: TwinEnv, account: Account) -> AuthCode:
    """Issue an authorisation code, as the consent page does."""
    number = len(env.store.list(AuthCode)) + 1
    code = _prefix(account) + env.entropy.token(AUTH_CODE_LENGTH)
    env.declare_secret(code, f"auth_code:{number}")
    entity = AuthCode(
        id=str(number),
        code=code,
        account_id=account.id,
        expires_at_s=env.now_s() + env.settings.auth_code_life_ms // 1000,
    )
    return env.store.put(entity, change="auth_code.issued")


def spoil_tokens(env: TwinEnv, event: TokenEvent, *, which: str, change: str) -> int:
    """Let `event` happen to every token that can undergo it, and return how many did.

    Args:
        env: The twin's environment.
        event: What happens.
        which: `access` or `refresh`.
        change: Name under which each change is reported.
    """
    spoilt = 0
    now_s = env.now_s()
    for pair in env.store.list(TokenPair):
        state = access_state(pair, now_s) if which == "access" else refresh_state(pair, now_s)
        if event in events_of(state):
            env.store.update(TokenPair, "", pair.id, _moved(which, state, event), change=change)
            spoilt += 1
    return spoilt


def _moved(which: str, state: TokenState, event: TokenEvent) -> Callable[[TokenPair], TokenPair]:
    after = str(next_token_state(state, event))
    return lambda pair: msgspec.structs.replace(pair, **{f"{which}_state": after})


def _retire(env: TwinEnv, old: TokenPair, *, rotates: bool) -> None:
    states = {}
    if rotates:
        state = refresh_state(old, env.now_s())
        states["refresh_state"] = str(next_token_state(state, TokenEvent.REPLACE))
    state = access_state(old, env.now_s())
    if not env.settings.old_access_token_survives and TokenEvent.REPLACE in events_of(state):
        states["access_state"] = str(next_token_state(state, TokenEvent.REPLACE))
    if states:
        after = msgspec.structs.replace(old, **states)
        env.store.put(after, change="token.superseded")


def _mint(
    env: TwinEnv, account: Account, *, refresh_token: str, refresh_expires_at_s: int
) -> TokenPair:
    number = len(env.store.list(TokenPair)) + 1
    access_token = _prefix(account) + env.entropy.token(ACCESS_TOKEN_LENGTH)
    env.declare_secret(access_token, f"access_token:{number}")
    if not refresh_token:
        refresh_token = _prefix(account) + env.entropy.token(REFRESH_TOKEN_LENGTH)
        env.declare_secret(refresh_token, f"refresh_token:{number}")
    return TokenPair(
        id=str(number),
        account_id=account.id,
        access_token=access_token,
        refresh_token=refresh_token,
        access_expires_at_s=env.now_s() + env.settings.access_token_life_ms // 1000,
        refresh_expires_at_s=refresh_expires_at_s,
        access_state=str(TokenState.VALID),
        refresh_state=str(TokenState.VALID),
    )


def _prefix(account: Account) -> str:
    return region_of(account.base_region).token_prefix


def _state_at(state: str, expires_at_s: int, now_s: int) -> TokenState:
    current = TokenState(state)
    if now_s >= expires_at_s and TokenEvent.EXPIRE in events_of(current):
        return next_token_state(current, TokenEvent.EXPIRE)
    return current
