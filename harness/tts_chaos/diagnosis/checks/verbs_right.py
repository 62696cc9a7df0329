"""Are paths asked with a verb that they take, and the token host as it wants to be asked?

Source: protocol facts, section 2.2 (the token calls are GET, a POST answers 404 with plain text;
`grant_type` is `authorized_code`); pitfalls C1 and C2.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from tts_chaos.diagnosis.aside import is_aside
from tts_chaos.diagnosis.check import Remark, check, error, warning
from tts_chaos.diagnosis.finding import Place
from tts_chaos.diagnosis.mentions import Mention, segments_of
from tts_chaos.diagnosis.observed import Observed
from tts_chaos.diagnosis.spelling import operations_at

__all__ = ["look"]

_VERB = re.compile(
    r"""(?:\.|\b)(get|post|put|delete|patch)\s*\(|["'`](GET|POST|PUT|DELETE|PATCH)["'`]|"""
    r"""Method(Get|Post|Put|Delete|Patch)\b"""
)
_PROSE = (".md", ".rst", ".txt", ".html", ".log")
_WRONG_GRANT = re.compile(r"""grant_type["']?\s*(?:[:=]|=>|,)\s*["']?(authorization_code)\b""")


@check(name="verbs_right", family="endpoint", asks="is each path asked with a verb it takes?")
def look(seen: Observed) -> Iterable[Remark]:
    """Yield calls whose verb stands in the same line and is not taken."""
    for mention in seen.mentions:
        yield from _verb(seen, mention)
    for file in seen.files:
        if file.is_database or is_aside(file.path) or file.path.endswith(_PROSE):
            continue
        if "auth_code" not in file.text:
            # Other platforms really want authorization_code.
            continue
        for number, line in enumerate(file.text.splitlines(), 1):
            if _WRONG_GRANT.search(line):
                yield error(
                    "the token host is asked with grant_type authorization_code",
                    "write authorized_code: the platform's own spelling",
                    Place(file.path, number),
                )


def _verb(seen: Observed, mention: Mention) -> Iterable[Remark]:
    verbs = {word.upper() for groups in _VERB.findall(mention.line) for word in groups if word}
    if len(verbs) != 1 or not mention.complete:
        return
    verb = verbs.pop()
    rows = operations_at(seen.contracts, segments_of(mention.path), host=mention.host)
    taken = sorted({row.method for row in rows})
    if not rows or verb in taken:
        return
    if any(row.is_token_call for row in rows):
        yield error(
            f"{mention.path} is asked with {verb}; the token host answers that with 404 and plain "
            "text",
            "ask with GET and everything in the query",
            mention.where,
        )
        return
    yield warning(
        f"{mention.path} is asked with {verb}; it takes {' and '.join(taken)}",
        f"ask with {taken[0]}",
        mention.where,
    )
