"""Is it the platform that answers, and not something on the way?

Source: the article, row 8 (layer-7 rules that recognise the platform); protocol facts, section 4
(5xx and edge errors may not be JSON).
"""

from __future__ import annotations

from collections.abc import Iterable

from tts_chaos.diagnosis.check import Remark, check, error, needs_answers
from tts_chaos.diagnosis.observed import Observed

__all__ = ["look"]

PROXY_LOGIN = 407


@check(
    name="answers_genuine",
    family="network",
    asks="does the platform itself answer?",
    unless=needs_answers,
)
def look(seen: Observed) -> Iterable[Remark]:
    """Yield a call that got no answer, or somebody else's."""
    for answer in seen.answers:
        if answer.failure:
            yield error(
                f"a signed call got no answer: {answer.failure}",
                "see what the checks of the network say; if they are clean, a filter may cut calls "
                "by their content",
            )
        elif answer.status == PROXY_LOGIN:
            yield error(
                "a proxy demands a login (HTTP 407)",
                "give its user and password, or have the platform's hosts exempted",
            )
        elif answer.code is None:
            yield error(
                f"HTTP {answer.status} with {answer.content_type or 'no media type'} is not how "
                "the API answers",
                "a login page, a filter or a wrong host answers in its place: open the address in "
                "a browser on this machine, and have the platform's hosts exempted",
            )
        else:
            continue
        return
