"""How long do the tokens live, and was the platform's word for it understood?

Source: protocol facts, section 2.2 (`*_expire_in` is absolute Unix seconds; an access token lives 7
days by default; a refresh token as long as the seller consented to); pitfalls C3 and C20.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime

from tts_chaos.diagnosis.check import Remark, check, error, needs_credentials, note, warning
from tts_chaos.diagnosis.observed import Observed, Setting
from tts_chaos.diagnosis.roles import Role

__all__ = ["instant_of", "look"]

DAY_S = 86_400
YEAR_S = 365 * DAY_S
SOON_S = {Role.ACCESS_TOKEN_EXPIRES_AT: DAY_S, Role.REFRESH_TOKEN_EXPIRES_AT: 30 * DAY_S}
"""From when on a token is about to end: a refresh a day ahead leaves time for a second try; webhook
7 is sent from 30 days before the end of a consent."""
LONGEST_ACCESS_S = 60 * DAY_S
"""Assumed: no source knows of access tokens that live longer than weeks."""
EARLIEST_S = 1_500_000_000
"""July 2017. Smaller numbers are durations."""
MILLISECONDS_FROM = 100_000_000_000


@check(
    name="tokens_alive",
    family="credentials",
    asks="how long do the tokens still live?",
    unless=needs_credentials,
)
def look(seen: Observed) -> Iterable[Remark]:
    """Yield tokens that are past their time or near it, and times that were misread."""
    for role in SOON_S:
        setting = seen.binding.get(role)
        if setting is not None and setting.value.strip():
            yield from _lives(setting, seen.now_s)
    if _is_unknown(seen):
        yield note(
            "nothing tells until when the tokens live",
            "store access_token_expire_in and refresh_token_expire_in of the token host beside "
            "them, and refresh before the first one",
        )


def _is_unknown(seen: Observed) -> bool:
    has_token = Role.ACCESS_TOKEN in seen.binding
    return has_token and Role.ACCESS_TOKEN_EXPIRES_AT not in seen.binding


def instant_of(text: str) -> int | None:
    """Return a time as Unix seconds: whole seconds, or a date in ISO 8601; None for neither."""
    text = text.strip()
    if re.fullmatch(r"-?\d{1,18}(\.\d+)?", text):
        return int(float(text))
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def _lives(setting: Setting, now_s: int) -> Iterable[Remark]:
    name, where = setting.name, setting.where
    ends_s = instant_of(setting.value)
    if ends_s is None:
        yield error(
            f"{name} is no time",
            "store Unix seconds, as the token host tells them, or a date such as "
            "2027-01-31T12:00:00Z",
            where,
        )
    elif ends_s >= MILLISECONDS_FROM:
        yield error(
            f"{name} is in milliseconds",
            "divide by 1000: compared with seconds, a token of this time never ends, and is never "
            "refreshed",
            where,
        )
    elif ends_s < EARLIEST_S:
        yield error(
            f"{name} is a duration, not a time",
            "the platform's `*_expire_in` is a point in time in Unix seconds, despite its name; "
            "store it as it comes",
            where,
        )
    else:
        yield from _near_its_end(setting, ends_s, now_s)


def _near_its_end(setting: Setting, ends_s: int, now_s: int) -> Iterable[Remark]:
    left_s = ends_s - now_s
    is_access = setting.role is Role.ACCESS_TOKEN_EXPIRES_AT
    kind = "access token" if is_access else "refresh token"
    remedy = (
        "refresh it with GET /api/v2/token/refresh, and store both tokens of the answer"
        if is_access
        else "let the seller give consent anew; no refresh helps any more"
    )
    if left_s <= 0:
        yield error(f"the {kind} ended {_span(-left_s)} ago", remedy, setting.where)
    elif left_s <= SOON_S[setting.role]:
        ahead = "refresh now" if is_access else "ask the seller for a new consent in time"
        yield warning(f"the {kind} ends in {_span(left_s)}", ahead, setting.where)
    elif is_access and left_s > LONGEST_ACCESS_S:
        yield error(
            f"{setting.name} is {_span(left_s)} ahead; no access token lives so long",
            "`access_token_expire_in` was added to the present, it is a point in time itself; "
            "store it as it comes, or the token is never refreshed",
            setting.where,
        )


def _span(seconds: int) -> str:
    """Return a length of time in its greatest whole unit."""
    for unit_s, name in ((YEAR_S, "year"), (DAY_S, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= unit_s:
            count = seconds // unit_s
            return f"{count} {name}{'s' if count > 1 else ''}"
    return f"{seconds} seconds"
