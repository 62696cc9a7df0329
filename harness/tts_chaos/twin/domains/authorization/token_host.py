"""The token host: two unsigned GET calls, business failures under HTTP 200.

Source: protocol facts, section 2.2 (documented and recorded). Which code answers a wrong app
secret, a wrong `grant_type` or a missing parameter is assumed.
"""

from __future__ import annotations

import hmac

import msgspec

from tts_chaos.twin.domains.authorization.entities import Account, AuthCode, TokenPair
from tts_chaos.twin.domains.authorization.lookup import account_of, the_app
from tts_chaos.twin.domains.authorization.tokens import (
    issue_pair,
    pair_of_refresh_token,
    refresh_pair,
    refresh_state,
)
from tts_chaos.twin.handler import RefusalError, TwinEnv
from tts_chaos.wire.codes import ApiCode
from tts_chaos.wire.message import ApiRequest
from tts_chaos.wire.tokens import REFRESH_REFUSALS, TokenGrant, TokenState

__all__ = ["TOKEN_CALLS", "exchange_code", "refresh_tokens"]

INVALID_PARAMS = 98001004
"""Source: error table ("also reported on token calls", documented; which calls: assumed)."""

_GET_GRANT = "authorized_code"
_REFRESH_GRANTS = ("refresh_token", "authorized_code")


def exchange_code(env: TwinEnv, request: ApiRequest) -> TokenGrant:
    """Give tokens for an authorisation code, once and for 30 minutes."""
    _check_app(env, request)
    _check_grant(env, request, (_GET_GRANT,))
    sent = request.parameter("auth_code") or ""
    code = next((row for row in env.store.list(AuthCode) if _same(row.code, sent)), None)
    if code is None or code.used or env.now_s() >= code.expires_at_s:
        raise RefusalError(ApiCode.AUTH_CODE_INVALID)
    account = account_of(env.store, code.account_id)
    env.store.update(AuthCode, "", code.id, _spent, change="auth_code.used")
    return _grant(issue_pair(env, account), account)


def refresh_tokens(env: TwinEnv, request: ApiRequest) -> TokenGrant:
    """Give a new pair for a refresh token."""
    _check_app(env, request)
    _check_grant(env, request, _REFRESH_GRANTS)
    pair = pair_of_refresh_token(env, request.parameter("refresh_token") or "")
    if pair is None:
        raise RefusalError(ApiCode.REFRESH_TOKEN_UNKNOWN)
    state = refresh_state(pair, env.now_s())
    if state is not TokenState.VALID:
        raise RefusalError(REFRESH_REFUSALS[state], diagnosis=f"the refresh token is {state}")
    account = account_of(env.store, pair.account_id)
    return _grant(refresh_pair(env, pair, account), account)


TOKEN_CALLS = {"token.v2.get": exchange_code, "token.v2.refresh": refresh_tokens}
"""Operations of the token host."""


def _check_app(env: TwinEnv, request: ApiRequest) -> None:
    if env.settings.refuse_ip:
        raise RefusalError(ApiCode.IP_REFUSED)
    app = the_app(env.store)
    if request.parameter("app_key") != app.app_key:
        raise RefusalError(ApiCode.BAD_REQUEST, variant="app_key_invalid")
    if not _same(app.app_secret, request.parameter("app_secret") or ""):
        message = "Invalid credentials. Invalid `app_secret` query parameter."
        raise RefusalError(ApiCode.BAD_REQUEST, message, variant="app_key_invalid")


def _check_grant(env: TwinEnv, request: ApiRequest, accepted: tuple[str, ...]) -> None:
    sent = request.parameter("grant_type")
    if sent in accepted or (sent is None and not env.settings.strict):
        return
    raise RefusalError(
        INVALID_PARAMS, diagnosis=f"grant_type is {sent!r}, accepted: {', '.join(accepted)}"
    )


def _spent(code: AuthCode) -> AuthCode:
    return msgspec.structs.replace(code, used=True)


def _same(expected: str, sent: str) -> bool:
    return hmac.compare_digest(expected.encode(), sent.encode("utf-8", "surrogatepass"))


def _grant(pair: TokenPair, account: Account) -> TokenGrant:
    return TokenGrant(
        access_token=pair.access_token,
        access_token_expires_at_s=pair.access_expires_at_s,
        refresh_token=pair.refresh_token,
        refresh_token_expires_at_s=pair.refresh_expires_at_s,
        open_id=account.id,
        seller_name=account.seller_name,
        seller_base_region=account.base_region,
        user_type=account.user_type,
        granted_scopes=account.scopes,
    )
