"""Hosts and paths as they should be, and the nearest right one for each that is wrong.

Source: protocol facts, sections 2.1, 2.2, 3 and 8.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from tts_chaos.contracts.loader import Contracts
from tts_chaos.contracts.operation import Operation
from tts_chaos.diagnosis.mentions import PLACEHOLDER, segments_of
from tts_chaos.wire.message import API_HOST, AUTH_HOST

__all__ = ["DEAD_HOSTS", "KNOWN_HOSTS", "Spelling", "operations_at", "right_host", "spell_path"]

KNOWN_HOSTS: Mapping[str, str] = {
    API_HOST: "every API call",
    AUTH_HOST: "getting and refreshing tokens",
    "services.us.tiktokshop.com": "the consent page of sellers in the US",
    "services.tiktokshops.us": "the consent page of sellers in the US, other spelling",
    "services.tiktokshop.com": "the consent page of sellers outside the US",
    "partner.us.tiktokshop.com": "the consent page of partners in the US",
    "partner.tiktokshop.com": "the consent page of partners outside the US",
    "shop.tiktok.com": "the consent page of creators",
}
"""Hosts of the platform and what each is for."""

DEAD_HOSTS: Mapping[str, str] = {
    "open-api-sandbox.tiktokglobalshop.com": API_HOST,
    "auth-sandbox.tiktok-shops.com": AUTH_HOST,
}
"""Hosts that answer no longer, and the one that took each one's place: test shops live on the
production host since 202309."""

_API_LABEL = re.compile(r"(open[-_]?)?(api|apis|oauth|auth)([-.].*)?|open([-.].*)?")
_AUTH_LABEL = re.compile(r"(o?auth|token)")
_API_PATH = re.compile(r"/(api/|v\d+(/|$)|[a-z_]+/(\d{6}|v\d+)(/|$))")
_PLATFORM = re.compile(r"tik-?tok-?(global-?)?shops?|tik-?tok|titkok|tiktk|tktok")
LIKE_ENOUGH = 0.8
_TOKEN_PATH = re.compile(r"token|oauth|auth(/|$)")


def right_host(host: str, path: str = "", *, is_base_url: bool = False) -> str | None:
    """Return the host that was meant, None where `host` is right or is none of the platform's.

    Args:
        host: Lower-case name as written.
        path: Path that follows it.
        is_base_url: Whether it stands in a setting for the API's or the token host's address.
    """
    if host in KNOWN_HOSTS:
        return None
    if host in DEAD_HOSTS:
        return DEAD_HOSTS[host]
    if _is_page(host):
        return None
    meant_as_api = is_base_url or _API_LABEL.match(host) or _API_PATH.match(path)
    likest = max(_likeness(host, known) for known in (API_HOST, AUTH_HOST))
    if likest < LIKE_ENOUGH and not (meant_as_api and _PLATFORM.search(host)):
        return None
    return AUTH_HOST if _TOKEN_PATH.search(path) or _AUTH_LABEL.match(host) else API_HOST


def _likeness(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other, autojunk=False).ratio()


# Pages for people and other APIs of the company, which are no misspelling of this one.
_OTHER = re.compile(
    r"^(seller|www|business|ads|developers?|affiliate|partner|support)\b|tiktokapis|"
    r"^(open|business)-?api\.tiktok\.com$"
)


def _is_page(host: str) -> bool:
    return bool(_OTHER.search(host))


@dataclass(frozen=True, slots=True, kw_only=True)
class Spelling:
    """What a path turned out to be.

    Attributes:
        operations: Operations that it names, newest first; empty where it names none.
        problem: `""`, `version`, `legacy` (the API before 202309), or `path`.
        right: The nearest right path, "" where nothing is near.
        versions: Versions that know the path, where the version is the problem.
    """

    operations: tuple[Operation, ...] = ()
    problem: str = ""
    right: str = ""
    versions: tuple[str, ...] = ()


_VERSION = re.compile(r"\d{6}|v\d+")
_LEGACY = "api"


def spell_path(
    contracts: Contracts, path: str, *, host: str = "", complete: bool = True
) -> Spelling:
    """Return what a path names, or how it is written.

    Args:
        contracts: The operations that there are.
        path: As the program has it, placeholders in any language's way.
        host: Where it is asked; "" for either.
        complete: Whether it ends here; an incomplete path is right where it can be completed.
    """
    segments = segments_of(path)
    found = operations_at(contracts, segments, host=host, complete=complete)
    if found:
        return Spelling(operations=found)
    if len(segments) > 1 and _VERSION.fullmatch(segments[1]):
        anywhen = (segments[0], PLACEHOLDER, *segments[2:])
        others = operations_at(contracts, anywhen, host=host, complete=complete)
        if others:
            versions = tuple(sorted({row.version for row in others}))
            return Spelling(problem="version", right=others[0].path, versions=versions)
    close = _nearest_path(contracts, segments, host)
    legacy = segments[:1] == (_LEGACY,) and host != AUTH_HOST
    return Spelling(problem="legacy" if legacy else "path", right=close)


def operations_at(
    contracts: Contracts, segments: Sequence[str], *, host: str = "", complete: bool = True
) -> tuple[Operation, ...]:
    """Return the operations that a path names, newest first."""
    found = [
        row
        for row in contracts.operations.values()
        if (not host or row.host == host) and _fits(segments_of(row.path), segments, complete)
    ]
    return tuple(sorted(found, key=lambda row: (row.version, row.id), reverse=True))


def _fits(template: Sequence[str], given: Sequence[str], complete: bool) -> bool:
    if len(given) > len(template) or (complete and len(given) < len(template)):
        return False
    return all(
        own == one or one == PLACEHOLDER or (own == PLACEHOLDER and one.isdecimal())
        for own, one in zip(template, given, strict=False)
    )


NEAR_ENOUGH = 0.6


def _nearest_path(contracts: Contracts, segments: Sequence[str], host: str) -> str:
    """Return the path of the contracts most like this one, the newest of equals, "" for none."""
    wanted, version = _words(segments), segments[1] if len(segments) > 1 else ""
    scored = [
        (_likeness(wanted, _words(segments_of(row.path))), row.version == version, row.version, row)
        for row in _newest_of_each(contracts.operations.values(), host, version)
    ]
    if not scored:
        return ""
    best = max(scored, key=lambda entry: entry[:3])
    return best[3].path if best[0] >= NEAR_ENOUGH else ""


def _words(segments: Iterable[str]) -> str:
    return "/".join(s for s in segments if not _VERSION.fullmatch(s))


def _newest_of_each(
    operations: Iterable[Operation], host: str, version: str
) -> Iterable[Operation]:
    """Return the operations of a host that are in service, with those of the version asked for."""
    return [
        row
        for row in operations
        if (not host or row.host == host) and (row.version == version or not row.retired)
    ]
