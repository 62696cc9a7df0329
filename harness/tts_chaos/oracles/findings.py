"""Collects what an oracle finds, rule by rule, into few findings that a person can act on.

A broken rule is reported once, however often it was broken: with a count, the first record that
shows it and the worst one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from tts_chaos.oracles.oracle import Finding, Rule

__all__ = ["Findings", "name_few", "spell_ms"]

FEW = 5
"""Names listed in a sentence before it says how many more there are."""


def name_few(names: Iterable[object], limit: int = FEW) -> str:
    """Return the first names, separated by commas, and how many more there are.

    >>> name_few(["a", "b", "c"], limit=2)
    'a, b and 1 more'
    """
    words = [str(name) for name in names]
    if len(words) <= limit:
        return ", ".join(words)
    return f"{', '.join(words[:limit])} and {len(words) - limit} more"


_UNITS = ((86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1000, "s"))


def spell_ms(duration_ms: float) -> str:
    """Return a duration as people say it: its two largest units, or milliseconds.

    >>> spell_ms(1_800_000), spell_ms(5_430_000), spell_ms(61_500), spell_ms(2_500), spell_ms(50)
    ('30 min', '1 h 30 min', '1 min 1 s', '2.5 s', '50 ms')
    """
    whole_ms = round(duration_ms)
    if whole_ms < 1000:
        return f"{whole_ms} ms"
    if whole_ms < 60_000:
        return f"{whole_ms / 1000:g} s"
    words = []
    for unit_ms, name in _UNITS:
        count, whole_ms = divmod(whole_ms, unit_ms)
        if count:
            words.append(f"{count} {name}")
        elif words:
            break
    return " ".join(words[:2])


class _Offence(msgspec.Struct, frozen=True):
    message: str
    expected: str
    actual: str
    defect: str
    index: int
    weight: float


class Findings:
    """What was found so far.

    Args:
        rules: The oracle's table of rules, gravest first.
    """

    def __init__(self, rules: Mapping[str, Rule]) -> None:
        self._rules = rules
        self._offences: dict[str, list[_Offence]] = {}

    def __bool__(self) -> bool:
        return bool(self._offences)

    def add(
        self,
        rule: str,
        message: str,
        *,
        actual: str = "",
        expected: str = "",
        defect: str = "",
        index: int = -1,
        weight: float = 0,
    ) -> None:
        """Note that `rule` was broken once.

        Args:
            rule: A name from the table of rules.
            message: What happened, one sentence without its final stop.
            actual: What was, short.
            expected: What should have been, where the table's words are too general.
            defect: The likely defect, where more is known than the table says.
            index: Record that shows it.
            weight: How bad it is; the worst offence gives the finding its words.

        Raises:
            KeyError: If the table has no such rule.
        """
        stated = self._rules[rule]
        offence = _Offence(
            message, expected or stated.expected, actual, defect or stated.defect, index, weight
        )
        self._offences.setdefault(rule, []).append(offence)

    def all(self) -> tuple[Finding, ...]:
        """Return one finding per broken rule, in the order of the table."""
        return tuple(
            _merge(rule, self._offences[rule]) for rule in self._rules if rule in self._offences
        )


def _merge(rule: str, offences: list[_Offence]) -> Finding:
    first = min(offences, key=lambda offence: offence.index)
    worst = max(offences, key=lambda offence: (offence.weight, -offence.index))
    more = len(offences) - 1
    return Finding(
        rule=rule,
        message=f"{worst.message} (and {more} more such)" if more else worst.message,
        expected=worst.expected,
        actual=worst.actual,
        defect=worst.defect,
        count=len(offences),
        first=first.index,
        worst=worst.index,
    )
