"""The gates every call of the Open API passes, in order; the first that objects refuses the call.

One gate is one function and one reason. `API_GATES` is their order.

Source: protocol facts, section 1.3: that the path comes before the app key and the key before the
signature is recorded; the places of the later gates are assumed.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeAlias

from tts_chaos.contracts.operation import CipherRule, Operation, matches_operation
from tts_chaos.contracts.routing import TargetKind
from tts_chaos.twin.desk import Admission, Desk, EdgeAnswerError
from tts_chaos.twin.domains.authorization.entities import Account, Shop
from tts_chaos.twin.domains.authorization.lookup import (
    pair_of_access_token,
    shop_by_cipher,
    the_app,
)
from tts_chaos.twin.domains.authorization.operations import category_cipher_of
from tts_chaos.twin.domains.authorization.tokens import access_state
from tts_chaos.twin.handler import RefusalError
from tts_chaos.twin.parameters import read_parameters
from tts_chaos.wire.codes import ApiCode
from tts_chaos.wire.message import API_HOST
from tts_chaos.wire.signature_diagnosis import explain_mismatch
from tts_chaos.wire.signing import verify_request
from tts_chaos.wire.tokens import ACCESS_REFUSALS, TokenState

__all__ = ["API_GATES", "Gate"]

Gate: TypeAlias = Callable[[Desk, Admission], None]

# A plain-http call is refused since 2026-06-17. Source: protocol facts, section 3 (documented); how
# it is refused is not, so the edge answers as for a path it does not route (assumed).
_EDGE_ANSWER = "edge_unknown_category"


def known_host(_desk: Desk, admission: Admission) -> None:
    """Let calls in that came by HTTPS to the API's own host; others meet somebody else's edge."""
    request = admission.request
    if request.host != API_HOST or request.scheme != "https":
        raise EdgeAnswerError(_EDGE_ANSWER)


def known_path(desk: Desk, admission: Admission) -> None:
    """Find the operation; tell an unknown path, version, verb and category apart.

    Source: protocol facts, section 8 ("Answers to wrong targets").
    """
    target = desk.signpost.target(admission.request)
    if target.kind is TargetKind.UNKNOWN_CATEGORY:
        raise EdgeAnswerError(_EDGE_ANSWER)
    if target.kind is TargetKind.UNKNOWN_VERSION:
        raise RefusalError(ApiCode.VERSION_REFUSED)
    if target.kind is TargetKind.WRONG_VERB:
        raise RefusalError(ApiCode.VERB_REFUSED)
    if target.match is None:
        raise RefusalError(ApiCode.PATH_UNKNOWN)
    admission.operation = target.match.operation
    admission.path = target.match.values


def living_version(desk: Desk, admission: Admission) -> None:
    """Refuse versions that were removed, by the contract's date or by command."""
    operation, settings = admission.target, desk.env.settings
    by_command = any(matches_operation(pattern, operation.id) for pattern in settings.retired)
    if by_command or _is_past(operation.retired, desk.env.now_s()):
        raise RefusalError(ApiCode.VERSION_REFUSED)


def known_app(desk: Desk, admission: Admission) -> None:
    """Refuse an `app_key` that is missing or names no app."""
    if admission.request.parameter("app_key") != the_app(desk.env.store).app_key:
        raise RefusalError(ApiCode.BAD_REQUEST, variant="app_key_invalid")


def right_signature(desk: Desk, admission: Admission) -> None:
    """Refuse a signature that is missing or does not fit the bytes received."""
    request = admission.request
    if not request.parameter("sign"):
        raise RefusalError(ApiCode.BAD_REQUEST, variant="sign_missing")
    secret = the_app(desk.env.store).app_secret
    if verify_request(secret, request, lenient=not desk.env.settings.strict):
        return
    diagnosis = explain_mismatch(secret, request)
    raise RefusalError(
        ApiCode.SIGNATURE_INVALID,
        diagnosis=f"{diagnosis.mistake}: {diagnosis.text}" if diagnosis else "",
    )


def timely_request(desk: Desk, admission: Admission) -> None:
    """Refuse a timestamp outside the window: 5 minutes behind to 30 seconds ahead.

    Source: protocol facts, section 3 (documented).
    """
    text = admission.request.parameter("timestamp") or ""
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit()):
        message = "Invalid timestamp. The `timestamp` query parameter must be Unix time in seconds."
        raise RefusalError(ApiCode.BAD_REQUEST, message, variant="parameter_invalid")
    if text.startswith("-"):
        raise RefusalError(ApiCode.BAD_REQUEST, variant="timestamp_negative")
    settings, age_s = desk.env.settings, desk.env.now_s() - int(digits)
    off = _how_far_off(int(digits), age_s)
    if age_s > settings.timestamp_behind_s:
        raise RefusalError(ApiCode.BAD_REQUEST, variant="timestamp_too_old", diagnosis=off)
    if -age_s > settings.timestamp_ahead_s:
        raise RefusalError(ApiCode.BAD_REQUEST, variant="timestamp_too_far_ahead", diagnosis=off)


_LATEST_SECOND = 100_000_000_000
"""Larger than any sensible Unix second, smaller than the same instant in milliseconds."""


def _how_far_off(stamp: int, age_s: int) -> str:
    if stamp > _LATEST_SECOND:
        return "the timestamp counts milliseconds where seconds belong"
    return f"the timestamp is {abs(age_s)} s {'behind' if age_s > 0 else 'ahead of'} the platform"


def listed_address(desk: Desk, _admission: Admission) -> None:
    """Refuse callers that are off the app's IP allow list."""
    if desk.env.settings.refuse_ip:
        raise RefusalError(ApiCode.IP_REFUSED)


def living_token(desk: Desk, admission: Admission) -> None:
    """Refuse an access token that is missing, unknown, expired, revoked or unreadable."""
    token = admission.request.header("x-tts-access-token")
    if not token:
        raise RefusalError(ApiCode.BAD_REQUEST, variant="token_invalid", condition="token_missing")
    pair = pair_of_access_token(desk.env.store, token)
    if pair is None:
        raise RefusalError(ApiCode.BAD_REQUEST, variant="token_invalid")
    state = access_state(pair, desk.env.now_s())
    if state is not TokenState.VALID:
        code, variant = ACCESS_REFUSALS[state]
        raise RefusalError(code, variant=variant, diagnosis=f"the token is {state}")
    admission.account = desk.env.store.get(Account, "", pair.account_id)


def granted_scope(desk: Desk, admission: Admission) -> None:
    """Refuse a token that lacks a scope of the operation."""
    refused = desk.env.settings.refused_scopes
    granted = admission.account.scopes if admission.account else ()
    for scope in admission.target.scopes:
        if scope not in granted or scope in refused or "" in refused:
            raise RefusalError(ApiCode.SCOPE_MISSING, diagnosis=f"the scope {scope} is missing")


def right_shop(desk: Desk, admission: Admission) -> None:
    """Find the shop addressed; refuse a cipher that is missing, foreign or not wanted.

    Source: protocol facts, sections 3 and 4 (documented).
    """
    request, rule = admission.request, admission.target.cipher
    cipher = request.parameter("shop_cipher")
    _check_category_cipher(desk, admission)
    if rule is CipherRule.REFUSED:
        if cipher:
            raise RefusalError(ApiCode.BAD_REQUEST, variant="shop_cipher_unexpected")
        return
    _check_legacy_shop_id(desk, admission)
    if cipher:
        admission.shop = _own_shop(desk, admission, cipher)
    elif rule is CipherRule.REQUIRED:
        admission.shop = _only_shop(desk, admission)


def within_rate(desk: Desk, admission: Admission) -> None:
    """Refuse calls beyond the rate limit of the operation for this app and shop."""
    rate_per_s = desk.env.settings.rate_per_s
    shop_id = admission.shop.id if admission.shop else ""
    now_ms = desk.env.clock.now_ms()
    if rate_per_s and not desk.limiter.admits(
        admission.target.id, shop_id, now_ms, rate_per_s=rate_per_s
    ):
        raise RefusalError(ApiCode.RATE_LIMITED)


def within_sandbox_quota(desk: Desk, _admission: Admission) -> None:
    """Refuse calls beyond the quota of test shops, which counts by full hours.

    Source: protocol facts, section 5 (documented: per hour over all test shops; that the hour is
    one of the clock is assumed).
    """
    quota = desk.env.settings.sandbox_per_hour
    hour = desk.env.now_s() // 3_600
    if quota and not desk.hours.admits(hour, quota):
        raise RefusalError(ApiCode.SANDBOX_QUOTA)


def active_owner(desk: Desk, admission: Admission) -> None:
    """Refuse calls for a shop or an account that is closed. Source: error table (documented)."""
    settings = desk.env.settings
    if admission.account and admission.account.id in settings.inactive_sellers:
        raise RefusalError(ApiCode.SELLER_INACTIVE)
    if admission.shop and admission.shop.id in settings.inactive_shops:
        raise RefusalError(ApiCode.SHOP_INACTIVE)


def not_ordered_away(desk: Desk, admission: Admission) -> None:
    """Refuse what a command ordered to be refused."""
    ordered = desk.env.settings.ordered_refusals
    for row in ordered:
        if matches_operation(row.operation, admission.target.id):
            row.left -= 1
            if not row.left:
                ordered.remove(row)
            raise RefusalError(
                row.code, variant=row.variant, diagnosis="a command ordered it", is_ordered=True
            )


def _is_past(day: str, now_s: int) -> bool:
    return bool(day) and datetime.fromtimestamp(now_s, tz=UTC).date().isoformat() >= day


def _takes(operation: Operation, name: str) -> bool:
    return any(parameter.name == name for parameter in operation.parameters)


def _own_shops(desk: Desk, admission: Admission) -> list[Shop]:
    account_id = admission.account.id if admission.account else ""
    return [shop for shop in desk.env.store.list(Shop) if shop.account_id == account_id]


def _own_shop(desk: Desk, admission: Admission, cipher: str) -> Shop:
    shop = shop_by_cipher(desk.env.store, cipher)
    if shop is None or admission.account is None or shop.account_id != admission.account.id:
        raise RefusalError(
            ApiCode.IDENTITY_MISMATCH, diagnosis="the cipher is of no shop of this token"
        )
    return shop


def _only_shop(desk: Desk, admission: Admission) -> Shop:
    shops = _own_shops(desk, admission)
    if desk.env.settings.strict or len(shops) != 1:
        raise RefusalError(ApiCode.SHOP_CIPHER_MISSING)
    admission.notes.append("shop_cipher is missing; tolerated, as the token has one shop only")
    return shops[0]


def _check_category_cipher(desk: Desk, admission: Admission) -> None:
    """Refuse a category cipher where none is wanted, and its absence where one is.

    Source: protocol facts, section 3 (documented: on partner asset endpoints); what answers a
    missing one is assumed.
    """
    cipher = admission.request.parameter("category_asset_cipher")
    rule = admission.target.category_cipher
    if cipher and rule is CipherRule.REFUSED:
        raise RefusalError(ApiCode.BAD_REQUEST, variant="category_asset_cipher_unexpected")
    if not cipher and rule is CipherRule.REQUIRED:
        message = "Invalid parameter. param query.category_asset_cipher is missing"
        raise RefusalError(ApiCode.BAD_REQUEST, message, variant="parameter_invalid")
    if cipher and admission.account and cipher != category_cipher_of(desk.env, admission.account):
        raise RefusalError(
            ApiCode.IDENTITY_MISMATCH, diagnosis="the category cipher is not of this token"
        )


def _check_legacy_shop_id(desk: Desk, admission: Admission) -> None:
    shop_id = admission.request.parameter("shop_id")
    if not shop_id or _takes(admission.target, "shop_id"):
        return
    if all(shop.id != shop_id for shop in _own_shops(desk, admission)):
        raise RefusalError(ApiCode.BAD_REQUEST, variant="shop_id_invalid")


API_GATES: tuple[Gate, ...] = (
    known_host,
    known_path,
    living_version,
    known_app,
    right_signature,
    timely_request,
    listed_address,
    living_token,
    granted_scope,
    right_shop,
    active_owner,
    within_rate,
    within_sandbox_quota,
    read_parameters,
    not_ordered_away,
)
"""All gates of the Open API, in the order in which they judge."""
