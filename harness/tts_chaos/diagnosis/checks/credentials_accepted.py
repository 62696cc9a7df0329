"""Does the platform accept the credentials? If not, which one is wrong?

Source: the error table, `contracts/errors.json`; pitfalls B5, C7 and C8: the code, not the HTTP
status, tells which of key, signature, clock, token and shop is at fault.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from tts_chaos.diagnosis.check import Remark, check, error, needs_answers, warning
from tts_chaos.diagnosis.observed import Answer, Observed
from tts_chaos.wire.codes import (
    ApiCode,
    ArticleCode,
    is_clock_refusal,
    is_permission_refusal,
    is_rate_limited,
    is_signature_refusal,
    is_token_expired,
    is_token_refused,
    is_version_refused,
)

__all__ = ["look"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """What a refusal means."""

    applies: Callable[[Answer], bool]
    what: str
    fix: str


CAUSES: tuple[Cause, ...] = (
    Cause(
        applies=lambda a: is_clock_refusal(a.code, a.message),
        what="the timestamp is outside the platform's window",
        fix="set this machine's clock by a time server; send whole Unix seconds; the token is in "
        "order, leave it alone",
    ),
    Cause(
        applies=lambda a: is_token_expired(a.code),
        what="the access token has ended",
        fix="refresh it with GET /api/v2/token/refresh, and store both tokens of the answer",
    ),
    Cause(
        applies=lambda a: is_token_refused(a.code, a.message),
        what="the access token is unknown, malformed or withdrawn",
        fix="compare it with what was stored last; if the seller removed the app, ask for consent "
        "anew",
    ),
    Cause(
        applies=lambda a: is_signature_refusal(a.code),
        what="the signature is refused, so the app secret is wrong",
        fix="copy the app secret once more from the page of your app, without white space; check "
        "that it belongs to the app key",
    ),
    Cause(
        applies=lambda a: (
            a.code == ArticleCode.CLIENT_KEY_WRONG
            or (a.code == ApiCode.BAD_REQUEST and "app_key" in a.message)
        ),
        what="the app key is unknown",
        fix="copy it once more from the page of your app; it is not the service_id",
    ),
    Cause(
        applies=lambda a: a.code == ApiCode.IP_REFUSED,
        what="this machine's address is not on the app's allow list",
        fix="add the address to the list in Partner Center, or call from a machine that is on it",
    ),
    Cause(
        applies=lambda a: is_permission_refusal(a.code),
        what="the token lacks the permission to list shops",
        fix="add the scope seller.authorization.info to the app, and have the seller consent anew",
    ),
    Cause(
        applies=lambda a: a.code in (ApiCode.SHOP_INACTIVE, ApiCode.SELLER_INACTIVE),
        what="the shop or its seller is not active",
        fix="have the seller look into Seller Center; the token is in order, do not refresh it",
    ),
    Cause(
        applies=lambda a: a.code == ApiCode.IDENTITY_MISMATCH,
        what="the token is of another kind of account, or of another shop",
        fix="use a seller's token for seller calls, and the cipher of one of its own shops",
    ),
    Cause(
        applies=lambda a: is_version_refused(a.code, a.message),
        what="the version is not served any more",
        fix="update this package, then look at what versions_current says",
    ),
)
"""Refusals in the order in which they are tried."""


@check(
    name="credentials_accepted",
    family="credentials",
    asks="does the platform accept key, secret, clock and token?",
    unless=needs_answers,
)
def look(seen: Observed) -> Iterable[Remark]:
    """Yield why the first call was refused."""
    answer = seen.answers[0]
    if answer.failure or answer.code is None or answer.code == 0:
        return
    told = f"HTTP {answer.status}, code {answer.code}"
    if is_rate_limited(answer.status, answer.code):
        yield warning(
            f"the call was refused for its rate ({told})",
            "wait as long as Retry-After says; something else uses up the quota of this app",
        )
        return
    for cause in CAUSES:
        if cause.applies(answer):
            yield error(f"{cause.what} ({told})", cause.fix)
            return
    row = seen.contracts.errors.get(answer.code)
    meaning = f": {row.meaning}" if row else f": {answer.message[:120]!r}"
    yield error(
        f"the first call was refused ({told}){meaning}",
        "look the code up in docs/errors.md" if row else "look the code up in Partner Center",
    )
