"""Addresses of the API in a project's files: whole URLs, bare host names, and paths in quotes.

Any language will do: what is looked for is text in quotes or after a scheme. Prose is passed over,
as a page that explains a wrong address is not wrong; so are tests and samples.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from tts_chaos.diagnosis.aside import is_aside
from tts_chaos.diagnosis.finding import Place

__all__ = ["PLACEHOLDER", "Mention", "mentions_in", "segments_of"]

PLACEHOLDER = "{}"
"""Stands in a path for whatever the program puts there."""

_PROSE = (
    ".md", ".rst", ".txt", ".html", ".htm", ".adoc", ".har", ".lock", ".sum", ".log", ".csv",
    ".map", ".svg",
)  # fmt: skip

_HOST = r"(?P<host>(?:[a-z0-9-]{1,63}\.){1,8}(?:com|us|net|org|io|cn|co))"
_REST = r"(?:\{[^}\n]*\}|[^\s\"'`<>)\\?#,;{])*"
"""What a path is made of; what a program inserts may have quotes of its own."""
_END = r"(?=[\"'`?\s\\]|$)"
_PATTERNS = (
    re.compile(rf"(?P<scheme>https?)://{_HOST}(?P<port>:\d+)?(?P<path>/{_REST})?", re.IGNORECASE),
    re.compile(rf"(?:[\"'`=]|:\s){_HOST}(?P<path>/{_REST})?{_END}", re.IGNORECASE),
    re.compile(rf"[\"'`}}](?P<path>/[a-z_]{{3,40}}/(?:v\d|\d{{6}})(?:/{_REST})?){_END}"),
    re.compile(rf"[\"'`}}](?P<path>/api/(?:v\d/)?[a-zA-Z_]+(?:/{_REST})?){_END}"),
)
"""Whole URLs, bare hosts, paths with a version, paths of the token host and of the API of old."""

_INSERTED = re.compile(
    r"\$\{[^}]*\}|#\{[^}]*\}|\{\{[^}]*\}\}|\{[^}]*\}|%[sdv]|<[^>]*>|(?<=/):[A-Za-z_]\w*|\$\w+"
)
_JOINED = re.compile(r"\s*(\+|\.|~|\|\|)")

_DESCRIPTION = re.compile(r"[\"']?(openapi|swagger)[\"']?\s*:")
"""Begins a description of an API, which has paths that nobody asks."""

LARGEST_CHARACTERS = 1_000_000
"""A larger file is data or generated."""

LONGEST_LINE = 4_000
"""A longer line is a bundle or data; looking through it costs time and tells nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """One address as a file has it.

    Attributes:
        host: Lower-case host, "" for a path alone.
        scheme: `https`, `http`, or "" where none is written.
        path: Path as written, "" for a host alone.
        complete: Whether the path ends here; False where the program goes on adding to it.
        line: The whole line, for what stands around it.
        where: File and line.
    """

    host: str = ""
    scheme: str = ""
    path: str = ""
    complete: bool = True
    line: str = ""
    where: Place


def mentions_in(file: str, text: str) -> Iterator[Mention]:
    """Yield the addresses in a file, in order of lines.

    Args:
        file: Its path; the ending tells whether it is prose.
        text: Its contents.
    """
    if file.lower().endswith(_PROSE) or is_aside(file) or len(text) > LARGEST_CHARACTERS:
        return
    if _DESCRIPTION.search(text, 0, 500):
        return
    for number, line in enumerate(text.splitlines(), 1):
        if len(line) > LONGEST_LINE or ("/" not in line and "." not in line):
            continue
        where = Place(file, number)
        taken: list[tuple[int, int]] = []
        for pattern in _PATTERNS:
            for match in pattern.finditer(line):
                if any(begin < match.end() and match.start() < end for begin, end in taken):
                    continue
                taken.append(match.span())
                yield _mention(match, line, where)


def _mention(match: re.Match[str], line: str, where: Place) -> Mention:
    groups = match.groupdict()
    path = groups.get("path") or ""
    after = line[match.end("path") if path else match.end() :].lstrip("\"'`")
    return Mention(
        host=(groups.get("host") or "").lower(),
        scheme=(groups.get("scheme") or "").lower(),
        path=path.rstrip(".") if path != "/" else "",
        complete=not (path.endswith("/") or _is_joined(after)),
        line=line,
        where=where,
    )


def _is_joined(after: str) -> bool:
    """Whether the program joins more to a text in quotes."""
    return bool(_JOINED.match(after))


@lru_cache(maxsize=4_096)
def segments_of(path: str) -> tuple[str, ...]:
    """Return the parts of a path, with `{}` for each that the program fills in.

    >>> segments_of("/order/202309/orders/${id}/packages")
    ('order', '202309', 'orders', '{}', 'packages')
    """
    plain = _INSERTED.sub(PLACEHOLDER, path)
    return tuple(
        PLACEHOLDER if PLACEHOLDER in segment else segment
        for segment in plain.strip("/").split("/")
        if segment
    )
