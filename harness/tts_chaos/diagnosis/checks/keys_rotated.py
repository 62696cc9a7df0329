"""Were the keys renewed within the last 30 days?

Source: the article, row 15 (renew keys every 30 days).
"""

from __future__ import annotations

from collections.abc import Iterable

from tts_chaos.diagnosis.check import Remark, check, error, note, warning
from tts_chaos.diagnosis.checks.tokens_alive import DAY_S, instant_of
from tts_chaos.diagnosis.observed import Observed
from tts_chaos.diagnosis.roles import Role

__all__ = ["look"]

RENEW_AFTER_DAYS = 30
_HOW = (
    "make a new app secret in Partner Center, put it in place, try a call, and note the day as "
    "TTS_SECRET_ROTATED_AT"
)


def _without_secret(seen: Observed) -> str:
    return "" if Role.APP_SECRET in seen.binding else "there is no app secret"


@check(
    name="keys_rotated",
    family="credentials",
    asks="were the keys renewed within 30 days?",
    unless=_without_secret,
)
def look(seen: Observed) -> Iterable[Remark]:
    """Yield a reminder once the app secret is older than 30 days, or its age is not known."""
    stated = seen.binding.get(Role.ROTATED_AT)
    if stated is not None:
        renewed_s = instant_of(stated.value)
        if renewed_s is None or renewed_s > seen.now_s + DAY_S:
            yield error(
                f"{stated.name} is {stated.value!r}, which is no past day",
                "write a date such as 2027-01-31",
                stated.where,
            )
        elif (days := (seen.now_s - renewed_s) // DAY_S) > RENEW_AFTER_DAYS:
            yield warning(f"the app secret is {days} days old", _HOW, stated.where)
        return
    secret = seen.binding[Role.APP_SECRET]
    changed = {file.path: file.modified_s for file in seen.files}.get(secret.where.file)
    if changed is None:
        yield note("nothing tells how old the app secret is", _HOW, secret.where)
    elif (days := (seen.now_s - changed) // DAY_S) > RENEW_AFTER_DAYS:
        yield warning(
            f"the app secret is at least {days} days old: its file was not changed since",
            _HOW,
            secret.where,
        )
