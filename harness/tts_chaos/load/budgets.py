"""Latency budgets and error shares: what must hold, and for which requests.

Source of the defaults: the guide this project starts from (docs/article.md): checkout under 500 ms,
inventory 400 ms with a limit of 700 ms, order management 600 ms with a limit of 900 ms.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from tts_chaos.core.registry import nearest
from tts_chaos.load.plan import AREAS
from tts_chaos.load.samples import OPERATIONS
from tts_chaos.scenarios.shape import Place

__all__ = ["ALL", "DEFAULTS", "ERRORS", "PERCENTILE", "SUBJECTS", "Budget", "read_budgets"]

ERRORS = "errors"
"""Key of the share of requests that may go wrong."""

ALL = "all"
"""Subject of what is asked of all requests together."""

PERCENTILE = r"p(\d{1,2}(?:\.\d{1,3})?)"
"""Key of a latency, in milliseconds."""

SUBJECTS = (ALL, *AREAS, *OPERATIONS)
"""What a budget may be for."""


class Budget(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that must hold.

    Attributes:
        subject: An area, an operation, or `all`.
        key: `p50`, `p95`, `p99.9`, or `errors`.
        limit: Milliseconds, or a share from 0 to 1.
    """

    subject: str
    key: str
    limit: float

    @property
    def name(self) -> str:
        """As reports call it."""
        return f"{self.subject} {self.key}"

    @property
    def allowed_ratio(self) -> float:
        """Share of the requests that may be slower, or go wrong."""
        return self.limit if self.key == ERRORS else 1 - float(self.key[1:]) / 100

    @property
    def bound(self) -> str:
        """In words."""
        if self.key == ERRORS:
            return f"at most {self.limit * 100:g} %"
        return f"at most {self.limit:g} ms"

    def covers(self, operation: str) -> bool:
        """Whether it is about an operation."""
        return self.subject in (ALL, operation) or operation.startswith(f"{self.subject}.")


DEFAULTS: dict[str, dict[str, float]] = {
    ALL: {ERRORS: 0.01},
    "checkout": {"p95": 500},
    "inventory": {"p50": 400, "p95": 700},
    "orders": {"p50": 600, "p95": 900},
}


def read_budgets(table: Mapping[str, Any], place: Place) -> tuple[Budget, ...]:
    """Return the default budgets with those of a table put over them.

    `false` takes a default away: `checkout.p95 = false`.

    Args:
        table: `{subject: {key: limit}}`, as in the file.
        place: Where it stands.

    Raises:
        UsageError: If a subject, key or limit is none.
    """
    chosen: dict[tuple[str, str], float] = {
        (subject, key): limit for subject, keys in DEFAULTS.items() for key, limit in keys.items()
    }
    for subject, keys in table.items():
        here = place.at(subject)
        _check_subject(subject, here)
        if not isinstance(keys, Mapping):
            raise here.error(f"expected a table such as {{ p95 = 500 }}, got {keys!r}")
        for key, limit in keys.items():
            _check_key(key, here.at(key))
            if limit is False:
                chosen.pop((subject, key), None)
                continue
            chosen[subject, key] = _checked_limit(key, limit, here.at(key))
    return tuple(Budget(subject=s, key=k, limit=limit) for (s, k), limit in sorted(chosen.items()))


def _check_subject(subject: str, place: Place) -> None:
    if subject not in SUBJECTS:
        close = nearest(subject, SUBJECTS)
        hint = f"did you mean {close!r}? " if close else ""
        known = ", ".join(SUBJECTS)
        raise place.error(f"{subject!r} is no area or operation; {hint}known: {known}")


def _check_key(key: str, place: Place) -> None:
    found = re.fullmatch(PERCENTILE, key)
    if key != ERRORS and (found is None or not 0 < float(found[1]) < 100):
        raise place.error(f"{key!r} is no budget; expected p50, p95, p99.9 and such, or {ERRORS}")


def _checked_limit(key: str, limit: Any, place: Place) -> float:
    is_number = isinstance(limit, int | float) and not isinstance(limit, bool)
    if key == ERRORS:
        if not is_number or not 0 <= limit < 1:
            raise place.error(f"expected a share from 0 to 1 such as 0.01, got {limit!r}")
    elif not is_number or not 0 < limit < float("inf"):
        raise place.error(f"expected milliseconds above 0, or false for none, got {limit!r}")
    return float(limit)
