"""Are the values of the kind that they should be?

Source: protocol facts, sections 2.2 and 3; pitfalls A18, C17, C19, D3. That app keys are shorter
than ids, and secrets longer than ten characters, is assumed from samples.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from tts_chaos.diagnosis.check import Remark, check, error, needs_credentials, note, warning
from tts_chaos.diagnosis.finding import Place, fingerprint
from tts_chaos.diagnosis.observed import Observed, Setting
from tts_chaos.diagnosis.roles import CREDENTIALS, SECRETS, Role

__all__ = ["FORMS", "PLACEHOLDERS", "look"]

_TOKENS = (Role.ACCESS_TOKEN, Role.REFRESH_TOKEN)
_PREFIXED = (*_TOKENS, Role.SHOP_CIPHER)
_ALL = (*CREDENTIALS, Role.SHOP_CIPHER)
_PREFIX = re.compile(r"(TTP|GCP|ROW)_")
PLACEHOLDERS = re.compile(
    r"(your|my|the)[-_ ]|change[-_ ]?me|replace[-_ ]?me|placeholder|example|x{4,}|\*{3,}|\.{3}|"
    r"^(todo|tbd|none|null|undefined|nan|secret|token|dummy|fake)$",
    re.IGNORECASE,
)
"""Texts that stand where a value should be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A way in which a value is not what it should be."""

    roles: tuple[Role, ...]
    broken: Callable[[str], bool]
    make: Callable[[str, str, Place | None], Remark]
    what: str
    fix: str


FORMS: tuple[Form, ...] = (
    Form(
        roles=_ALL,
        broken=lambda value: value != value.strip(),
        make=error,
        what="has white space around it",
        fix="take it away: signatures made with it are refused with 106001, although the testing "
        "tool of Partner Center works",
    ),
    Form(
        roles=_ALL,
        broken=lambda value: bool(re.search(r"\s", value.strip())),
        make=error,
        what="has white space within it",
        fix="copy it once more, in one piece",
    ),
    Form(
        roles=_ALL,
        broken=lambda value: bool(PLACEHOLDERS.search(value.strip())),
        make=error,
        what="still holds the text of a template",
        fix="put the real value there",
    ),
    Form(
        roles=_ALL,
        broken=lambda value: value[:1] in "\"'`“‘" or value[-1:] in "\"'`”’",
        make=error,
        what="has a quotation mark in it",
        fix="take the mark away; whatever reads this file keeps it as part of the value",
    ),
    Form(
        roles=_ALL,
        broken=lambda value: not value.isascii() or not value.isprintable(),
        make=error,
        what="has characters that no key or token has",
        fix="copy it once more; a word processor or a chat may have changed it",
    ),
    Form(
        roles=_TOKENS,
        broken=lambda value: value.lower().startswith("bearer "),
        make=error,
        what="begins with Bearer",
        fix="keep the token alone: it travels in the header x-tts-access-token, without Bearer",
    ),
    Form(
        roles=_PREFIXED,
        broken=lambda value: bool(re.search(r"%[0-9A-Fa-f]{2}", value)),
        make=warning,
        what="is percent-encoded",
        fix="keep it decoded; it is encoded when a URL is made of it, and signed decoded",
    ),
    Form(
        roles=(Role.APP_KEY,),
        broken=lambda value: value.isdecimal() and len(value) >= 16,
        make=warning,
        what="looks like a service_id or a shop's id",
        fix="take the app key from the page of your app; the service_id is for the consent page",
    ),
    Form(
        roles=(Role.APP_SECRET,),
        broken=lambda value: 0 < len(value.strip()) < 10,
        make=warning,
        what="is shorter than any app secret that is known",
        fix="copy it once more, from the page of your app",
    ),
    Form(
        roles=(Role.SHOP_CIPHER,),
        broken=lambda value: value.isdecimal(),
        make=error,
        what="looks like a shop's id",
        fix="take the field `cipher` of GET /authorization/202309/shops, not `id`",
    ),
    Form(
        roles=(Role.APP_SECRET,),
        broken=lambda value: bool(_PREFIX.match(value)),
        make=error,
        what="is a token",
        fix="take the app secret from the page of your app in Partner Center",
    ),
)
"""Each way, for the roles to which it applies."""


@check(
    name="credentials_formed",
    family="credentials",
    asks="do keys, tokens and ciphers look as they should?",
    unless=needs_credentials,
)
def look(seen: Observed) -> Iterable[Remark]:
    """Yield what no key, token or cipher looks like."""
    for setting in seen.binding.values():
        if setting.value.strip():
            yield from _misformed(setting)
    yield from _mixed_up(seen)


def _misformed(setting: Setting) -> Iterable[Remark]:
    shown = f" ({fingerprint(setting.value)})" if setting.role in SECRETS else ""
    for form in FORMS:
        if setting.role in form.roles and form.broken(setting.value):
            yield form.make(f"{setting.name}{shown} {form.what}", form.fix, setting.where)


def _mixed_up(seen: Observed) -> Iterable[Remark]:
    held = {role: s for role, s in seen.binding.items() if s.value.strip()}
    pairs = (
        (Role.ACCESS_TOKEN, Role.REFRESH_TOKEN),
        (Role.APP_KEY, Role.APP_SECRET),
        (Role.APP_SECRET, Role.ACCESS_TOKEN),
    )
    for one, other in pairs:
        if one in held and other in held and held[one].value == held[other].value:
            yield error(
                f"{held[one].name} and {held[other].name} hold the same value",
                "one of them was pasted twice; copy both once more",
                held[other].where,
            )
    yield from _of_different_regions(held)


def _of_different_regions(held: dict[Role, Setting]) -> Iterable[Remark]:
    """Yield a note where prefixes of tokens and cipher differ: they tell the region."""
    found = {
        role: match.group(1)
        for role in _PREFIXED
        if role in held and (match := _PREFIX.match(held[role].value))
    }
    if len(set(found.values())) > 1:
        told = ", ".join(f"{role.value} {prefix}_" for role, prefix in found.items())
        last = held[list(found)[-1]]
        yield warning(
            f"tokens and cipher are of different regions: {told}",
            "take all of them from one consent of one seller",
            last.where,
        )
    for role in _TOKENS:
        if role in held and role not in found and not _is_odd(held[role].value):
            yield note(
                f"{held[role].name} ({fingerprint(held[role].value)}) begins with none of TTP_, "
                "GCP_ and ROW_",
                "tokens of today have such a prefix; if this one is old, refresh it",
                held[role].where,
            )


def _is_odd(value: str) -> bool:
    """Whether something graver was already said of a token."""
    return bool(PLACEHOLDERS.search(value)) or value != value.strip() or " " in value
