"""Does every place that has a value have the same?"""

from __future__ import annotations

from collections.abc import Iterable

from tts_chaos.diagnosis.check import Remark, check, needs_credentials, warning
from tts_chaos.diagnosis.finding import fingerprint
from tts_chaos.diagnosis.observed import Observed
from tts_chaos.diagnosis.roles import CREDENTIALS, SECRETS, Role

__all__ = ["look"]

_SOURCES = ("environment", "env_file", "config")
_ROLES = (*CREDENTIALS, Role.SHOP_CIPHER, Role.API_URL, Role.TOKEN_URL)


@check(
    name="credentials_agree",
    family="credentials",
    asks="do the environment and the files agree on each value?",
    unless=needs_credentials,
)
def look(seen: Observed) -> Iterable[Remark]:
    """Yield the values that differ from the one that counts."""
    for role in _ROLES:
        rows = [s for s in seen.settings if s.role is role and s.source in _SOURCES]
        for other in rows[1:]:
            first = rows[0]
            if other.value.strip() == first.value.strip():
                continue
            yield warning(
                f"{other.name} ({_shown(role, other.value)}) differs from {first.name} in "
                f"{first.where} ({_shown(role, first.value)}), which counts here",
                "keep one of them; which one a program takes depends on how it is started",
                other.where,
            )


def _shown(role: Role, value: str) -> str:
    return fingerprint(value) if role in SECRETS or role is Role.SHOP_CIPHER else repr(value)
