"""Does everything go by HTTPS?

Source: protocol facts, section 3 (HTTPS only since 2026-06-17; plain http is refused); the article,
row 6.
"""

from __future__ import annotations

from collections.abc import Iterable

from tts_chaos.diagnosis.check import Remark, check, error
from tts_chaos.diagnosis.observed import Observed
from tts_chaos.diagnosis.roles import Role
from tts_chaos.diagnosis.spelling import KNOWN_HOSTS, right_host

__all__ = ["look"]

_LOOPBACK = ("http://localhost", "http://127.", "http://[::1]")
_FIX = "write https://; plain http is refused since 2026-06-17, and shows the secret to all"


@check(name="https_only", family="endpoint", asks="does everything go by HTTPS?")
def look(seen: Observed) -> Iterable[Remark]:
    """Yield addresses of the platform that begin with http://."""
    told = set()
    for setting in seen.settings:
        if setting.role not in (Role.API_URL, Role.TOKEN_URL):
            continue
        if setting.value.startswith("http://") and not setting.value.startswith(_LOOPBACK):
            told.add(setting.where)
            yield error(f"{setting.name} begins with http://", _FIX, setting.where)
    for mention in seen.mentions:
        if mention.scheme != "http" or mention.where in told:
            continue
        if mention.host in KNOWN_HOSTS or right_host(mention.host, mention.path):
            yield error(f"http://{mention.host} is asked in the open", _FIX, mention.where)
