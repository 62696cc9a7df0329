"""Is everything there that a call needs?"""

from __future__ import annotations

from collections.abc import Iterable

from tts_chaos.diagnosis.check import Remark, check, error, note, warning
from tts_chaos.diagnosis.observed import Observed
from tts_chaos.diagnosis.roles import CREDENTIALS, Role

__all__ = ["look"]

_WHENCE = {
    Role.APP_KEY: "Partner Center, the page of your app",
    Role.APP_SECRET: "Partner Center, the page of your app",
    Role.ACCESS_TOKEN: "the token host, after the seller gave consent",
    Role.REFRESH_TOKEN: "the same answer of the token host; keep both tokens of it",
}


@check(
    name="credentials_present",
    family="credentials",
    asks="are app key, app secret and both tokens there?",
)
def look(seen: Observed) -> Iterable[Remark]:
    """Yield what is missing; where nothing is there at all, one line."""
    missing = [role for role in CREDENTIALS if role not in seen.binding]
    must_be_there = seen.target is not None and seen.target.is_real
    if len(missing) == len(CREDENTIALS) and not must_be_there:
        yield note(
            "no credentials were found in the environment or the project's files",
            "where they are kept elsewhere, name a file with --env-file, or put them into the "
            "environment as TTS_APP_KEY, TTS_APP_SECRET, TTS_ACCESS_TOKEN, TTS_REFRESH_TOKEN",
        )
        return
    for role in missing:
        yield error(
            f"there is no {role.value}",
            f"put it into the environment as TTS_{role.name}; it comes from {_WHENCE[role]}",
        )
    if Role.SHOP_CIPHER not in seen.binding:
        # Not stored by everybody: it can be asked for with each start.
        yield note(
            "there is no shop_cipher; calls about a shop need one",
            "set TTS_SHOP_CIPHER, or read it with GET /authorization/202309/shops at each start",
        )
    for setting in seen.settings:
        if setting.role in CREDENTIALS and not setting.value.strip():
            yield warning(
                f"{setting.name} is set and empty",
                "give it its value, or take the line away: some readers take the empty one",
                setting.where,
            )
