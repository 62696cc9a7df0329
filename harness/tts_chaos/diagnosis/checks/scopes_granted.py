"""Does the token have every scope that the integration's operations need?

What is needed comes from the paths in the program and from `operations` of the configuration; what
is granted from a stored answer of the token host, or from read-only calls.

Source: protocol facts, section 2.3; pitfall C13.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from tts_chaos.contracts.operation import Operation, matches_operation
from tts_chaos.diagnosis.check import Remark, check, error, note
from tts_chaos.diagnosis.finding import Place
from tts_chaos.diagnosis.mentions import segments_of
from tts_chaos.diagnosis.observed import Observed
from tts_chaos.diagnosis.roles import Role
from tts_chaos.diagnosis.spelling import operations_at
from tts_chaos.wire.codes import is_permission_refusal

__all__ = ["look", "needed_scopes"]


def needed_scopes(seen: Observed) -> Mapping[str, tuple[Operation, Place | None]]:
    """Return each scope that is needed, with an operation that needs it and where that is asked."""
    needed: dict[str, tuple[Operation, Place | None]] = {}
    for operation, where in _operations(seen):
        for scope in operation.scopes:
            needed.setdefault(scope, (operation, where))
    return needed


def _operations(seen: Observed) -> Iterable[tuple[Operation, Place | None]]:
    for name in seen.operations:
        for row in seen.contracts.operations.values():
            if matches_operation(name, row.id):
                yield row, None
    for mention in seen.mentions:
        if mention.complete:
            for row in operations_at(seen.contracts, segments_of(mention.path), host=mention.host):
                yield row, mention.where


def _unknown(seen: Observed) -> str:
    if not needed_scopes(seen):
        return "no operation is named in the program or under `operations` of the configuration"
    if Role.GRANTED_SCOPES in seen.binding or any(answer.scope for answer in seen.answers):
        return ""
    return "nothing tells what was granted: store granted_scopes, or ask the platform"


@check(
    name="scopes_granted",
    family="credentials",
    asks="does the token have every scope that is needed?",
    unless=_unknown,
)
def look(seen: Observed) -> Iterable[Remark]:
    """Yield the scopes that are needed and not granted."""
    stored = seen.binding.get(Role.GRANTED_SCOPES)
    granted = set(re.findall(r"[a-z_]+(?:\.[a-z_]+)+", stored.value)) if stored else None
    probed = {a.scope: a for a in seen.answers if a.scope and not a.failure}
    for scope, (operation, where) in needed_scopes(seen).items():
        answer = probed.get(scope)
        if answer is not None:
            lacking = is_permission_refusal(answer.code)
        elif granted is not None:
            lacking = scope not in granted
        else:
            yield note(
                f"whether the token has {scope}, which {operation.id} needs, cannot be found out "
                "without writing",
                "look into granted_scopes of the token host's last answer, and store it",
                where,
            )
            continue
        if lacking:
            yield error(
                f"the token lacks the scope {scope}, which {operation.id} needs",
                "add it to the app in Partner Center, then have the seller consent anew: a token "
                "does not gain scopes by refreshing",
                where,
            )
