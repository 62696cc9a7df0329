"""Do secrets stand in other files as well: logs, notes, tests, recordings?

Source: pitfall C16 and the article, row 6.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from tts_chaos.core.secrets import SecretBook
from tts_chaos.diagnosis.check import Remark, check, error, warning
from tts_chaos.diagnosis.finding import Place, fingerprint
from tts_chaos.diagnosis.observed import Observed, ProjectFile

__all__ = ["look"]

_TOKEN = re.compile(r"\b(?:TTP|GCP|ROW)_[A-Za-z0-9_\-]{24,}")
"""A token, or a cipher, that is in no setting. Shorter words like it are constants of programs."""

_VARIED = re.compile(r"(?=.*[a-z])(?=.*[0-9]|.*[A-Z])")
_REDACTED = re.compile(r"\A.{0,40}^x-tts:", re.MULTILINE | re.DOTALL)
"""Begins a cassette of `tts-chaos record` or `import`: what looks like a token there is a label."""

MOST_PER_FILE = 5
"""Lines of one file that are told one by one; a log may hold thousands."""


@check(
    name="secrets_copied",
    family="credentials",
    asks="does any other file hold a secret in plain text?",
)
def look(seen: Observed) -> Iterable[Remark]:
    """Yield each line that holds a known secret, and each word that looks like an unknown one."""
    yield from _known(seen)
    yield from _unknown(seen)


def _known(seen: Observed) -> Iterable[Remark]:
    book, labels = SecretBook(), {}
    for value, role in seen.secrets.items():
        book.add(value, fingerprint(value))
        labels["{" + fingerprint(value) + "}"] = f"{role} {fingerprint(value)}"
    at_home = _at_home(seen)
    for file in seen.files:
        # One look at the whole file first: hardly any has a secret.
        if not labels or not book.find(file.text):
            continue
        found = [
            _remark(file, labels[leak.secret], number)
            for number, line in _lines(file)
            if (file.path, number) not in at_home
            for leak in book.find(line)
        ]
        yield from found[:MOST_PER_FILE]
        if len(found) > MOST_PER_FILE:
            yield _remark(file, f"a secret, {len(found) - MOST_PER_FILE} times more,", 0)


def _unknown(seen: Observed) -> Iterable[Remark]:
    at_home, places = _at_home(seen), dict[str, list[tuple[ProjectFile, int]]]()
    for file in seen.files:
        if not _TOKEN.search(file.text) or _REDACTED.search(file.text):
            continue
        for number, line in _lines(file):
            for word in _TOKEN.findall(line):
                is_told = word in seen.secrets or (file.path, number) in at_home
                if _VARIED.match(word[4:]) and not is_told:
                    places.setdefault(word, []).append((file, number))
    for word, found in places.items():
        file, number = found[0]
        more = f" (and in {len(found) - 1} more places)" if len(found) > 1 else ""
        yield warning(
            f"what looks like a token or a cipher ({fingerprint(word)}) stands in plain text{more}",
            "if it is real, take it out and have it replaced; if it is made up, make it shorter",
            Place(file.path, number),
        )


def _lines(file: ProjectFile) -> Iterable[tuple[int, str]]:
    """Return the lines with their numbers; a database is one, and has no number."""
    return [(0, file.text)] if file.is_database else enumerate(file.text.splitlines(), 1)


def _at_home(seen: Observed) -> set[tuple[str, int]]:
    """Return the lines that hold settings: those are told by other checks."""
    return {(setting.where.file, setting.where.line) for setting in seen.settings}


def _remark(file: ProjectFile, name: str, number: int) -> Remark:
    where = Place(file.path, number)
    if file.tracked:
        return error(
            f"{name} stands in a file that git keeps",
            "take it out and have it replaced: history keeps it",
            where,
        )
    if file.is_database:
        return warning(
            f"{name} stands in a database, not encrypted",
            "encrypt what the store keeps, and keep the key where the database is not",
            where,
        )
    return warning(
        f"{name} stands in plain text",
        "take it out; if it is a log or a recording, keep secrets from being written there",
        where,
    )
