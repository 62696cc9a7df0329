"""Are hosts, paths and versions written right, in the settings and in the program?

Source: protocol facts, sections 2, 3 and 8; the article, row 7.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from urllib.parse import SplitResult, urlsplit

from tts_chaos.diagnosis.check import Remark, check, error, warning
from tts_chaos.diagnosis.finding import Place
from tts_chaos.diagnosis.mentions import Mention, segments_of
from tts_chaos.diagnosis.observed import Observed, Setting
from tts_chaos.diagnosis.roles import Role
from tts_chaos.diagnosis.spelling import DEAD_HOSTS, KNOWN_HOSTS, Spelling, right_host, spell_path
from tts_chaos.wire.message import API_HOST, AUTH_HOST

__all__ = ["look"]

_ROLES = {Role.API_URL: API_HOST, Role.TOKEN_URL: AUTH_HOST}
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


@check(
    name="addresses_spelt",
    family="endpoint",
    asks="are hosts, paths and versions spelt right?",
)
def look(seen: Observed) -> Iterable[Remark]:
    """Yield each address that is not the platform's, with the nearest one that is."""
    told: set[tuple[str, str]] = set()
    for setting in seen.settings:
        if setting.role in _ROLES:
            yield from _setting(setting)
            told.add((setting.where.file, str(setting.where.line)))
    for mention in seen.mentions:
        if (mention.where.file, str(mention.where.line)) not in told:
            yield from _mention(seen, mention)


def _setting(setting: Setting) -> Iterable[Remark]:
    value = setting.value.strip()
    if not value or _is_filled_in(value):
        return
    parts, host = _parts(value)
    expected = _ROLES[setting.role]
    if not host:
        yield error(
            f"{setting.name} is {value!r}, which is no address",
            f"write https://{expected}",
            setting.where,
        )
    elif host in _LOOPBACK:
        return
    elif meant := right_host(host, parts.path, is_base_url=True):
        yield error(*_wrong_host(host, meant), setting.where)
    elif host != expected and host in (API_HOST, AUTH_HOST):
        yield error(
            f"{setting.name} names {host}, which is for {KNOWN_HOSTS[host]}",
            f"write https://{expected}",
            setting.where,
        )
    elif parts.path.strip("/"):
        yield warning(
            f"{setting.name} has the path {parts.path!r}, which comes before every other",
            f"write https://{host} alone, or every call goes to a path that is not there",
            setting.where,
        )
    elif "://" not in value:
        yield warning(f"{setting.name} has no scheme", f"write https://{host}", setting.where)


def _parts(value: str) -> tuple[SplitResult, str]:
    """Return an address in parts and its host, "" where it is none."""
    try:
        parts = urlsplit(value if "://" in value else f"https://{value}")
        return parts, (parts.hostname or "").lower()
    except ValueError:
        return urlsplit(""), ""


def _wrong_host(host: str, meant: str) -> tuple[str, str]:
    why = "no longer answers" if host in DEAD_HOSTS else "is no host of TikTok Shop's API"
    return f"{host} {why}", f"write {meant}"


def _mention(seen: Observed, mention: Mention) -> Iterable[Remark]:
    host = mention.host
    meant = right_host(host, mention.path) if host else None
    if meant:
        what, fix = _wrong_host(host, meant)
        spelling = spell_path(seen.contracts, mention.path, host=meant, complete=mention.complete)
        if len(segments_of(mention.path)) > 1 and spelling.problem and spelling.right:
            fix = f"write https://{meant}{spelling.right}"
        yield error(what, fix, mention.where)
    elif _is_of_the_api(seen, host, segments_of(mention.path)):
        spelling = spell_path(seen.contracts, mention.path, host=host, complete=mention.complete)
        yield from _path(mention, spelling)


def _is_of_the_api(seen: Observed, host: str, segments: Sequence[str]) -> bool:
    """Whether a path is meant for this API: other programs have paths, too.

    A version of six digits is this API's own way; without a host, `/api/...` is anybody's.
    """
    if len(segments) < 2 or host not in (API_HOST, AUTH_HOST, ""):
        return False
    if host or segments[1].isdecimal():
        return True
    return segments[0] in seen.contracts.categories


def _path(mention: Mention, spelling: Spelling) -> Iterable[Remark]:
    where: Place = mention.where
    if spelling.problem == "version":
        known = ", ".join(spelling.versions)
        yield error(
            f"{mention.path}: there is no such version of it",
            f"write {spelling.right}; versions: {known}",
            where,
        )
    elif spelling.problem == "legacy":
        hint = f"; the nearest today is {spelling.right}" if spelling.right else ""
        yield error(
            f"{mention.path} is of the API before 202309, which was removed at the end of 2025",
            f"move to a path with a version, and to its way of signing{hint}",
            where,
        )
    elif spelling.problem == "path":
        hint = (
            f"write {spelling.right}"
            if spelling.right
            else "tts-chaos list operations has every path"
        )
        yield error(f"{mention.path} is no path of the API", hint, where)


def _is_filled_in(value: str) -> bool:
    return value.startswith(("{", "$", "<", "%"))
