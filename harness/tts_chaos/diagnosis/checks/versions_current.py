"""Does the program use versions that are served, and will be?

Source: protocol facts, section 8 (a version stays at least two months after its successor, and is
announced two months before it is removed).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from tts_chaos.contracts.operation import Operation
from tts_chaos.diagnosis.check import Remark, check, error, note, warning
from tts_chaos.diagnosis.finding import Place
from tts_chaos.diagnosis.mentions import segments_of
from tts_chaos.diagnosis.observed import Observed
from tts_chaos.diagnosis.spelling import operations_at

__all__ = ["look"]

NOTICE = timedelta(days=62)
"""Two months."""


def _without_calls(seen: Observed) -> str:
    if any(operation.version for operation, _ in _used(seen)):
        return ""
    return "no path of the API was found in the program"


def _used(seen: Observed) -> Iterable[tuple[Operation, Place]]:
    """Yield each operation once, where it is first asked."""
    told = set()
    for mention in seen.mentions:
        if not mention.complete:
            continue
        for row in operations_at(seen.contracts, segments_of(mention.path), host=mention.host):
            if not row.is_token_call and row.path not in told:
                told.add(row.path)
                yield row, mention.where


@check(
    name="versions_current",
    family="version",
    asks="are the versions used still served, and the newest?",
    unless=_without_calls,
)
def look(seen: Observed) -> Iterable[Remark]:
    """Yield versions that were removed, will be, or have a successor."""
    today = datetime.fromtimestamp(seen.now_s, tz=UTC).date()
    for operation, where in _used(seen):
        yield from _version(operation, today, where)


def _version(operation: Operation, today: date, where: Place) -> Iterable[Remark]:
    newer = operation.superseded_by
    fix = f"move to {re.sub(r'/[0-9]{6}/', f'/{newer}/', operation.path)}" if newer else ""
    fix = fix or "see the release notes in Partner Center for what takes its place"
    if operation.retired:
        last = date.fromisoformat(operation.retired)
        if last <= today:
            yield error(f"{operation.path} was removed on {last}", fix, where)
            return
        if last - today <= NOTICE:
            yield warning(f"{operation.path} will be removed on {last}", fix, where)
            return
    if not newer:
        return
    if today - _first_day(newer) > NOTICE:
        yield warning(
            f"{operation.path} has had a successor since {newer}: it may be removed with two "
            "months' notice",
            fix,
            where,
        )
    else:
        yield note(f"{operation.path} has a successor of {newer}", fix, where)


def _first_day(version: str) -> date:
    return date(int(version[:4]), int(version[4:6]), 1)
