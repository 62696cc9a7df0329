"""Pauses between tries are spread by chance, so that many clients do not come back together.

One client shows it, too: without jitter the pause before its first retry is the same each time, and
so is the one before its second. Pauses that the platform asked for are left out, and short ones,
which are judged as a storm. It takes many pauses to say that none was left to chance.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from tts_chaos.core.history import Exchange, History
from tts_chaos.oracles.calls import LogicalCall, logical_calls
from tts_chaos.oracles.codes import Meaning, meaning_of
from tts_chaos.oracles.findings import Findings, spell_ms
from tts_chaos.oracles.oracle import JudgeSettings, OracleReport, Rule, oracle, report
from tts_chaos.oracles.retry_after_honoured import wait_ms

__all__ = ["judge"]

NAME = "retries_jittered"
RULES = {
    "pauses_without_jitter": Rule(
        expected="pauses that differ by chance",
        defect="the back-off is computed without chance: all workers and all customers of this "
        "program come back at the same moment, and knock the platform over again",
    ),
}
OPTIONS = {"repeats": 8, "shortest_ms": 50, "tolerance_ms": 3, "tolerance_percent": 2}

_BACKED_OFF = frozenset({Meaning.RATE, Meaning.TRANSIENT, Meaning.LOST})

_Turn: TypeAlias = tuple[int, Meaning]
"""Which retry of its call, and after what kind of failure: back-off may differ by either."""


@oracle(
    name=NAME,
    kind="safety",
    summary="Pauses before retries are not the same each time.",
    rules=RULES,
    options=OPTIONS,
)
def judge(history: History, settings: JudgeSettings) -> OracleReport:
    """Compare pauses at the same turn of different calls; one that differs clears them all."""
    options, findings = settings.chosen(NAME, OPTIONS), Findings(RULES)
    turns: dict[_Turn, list[tuple[int, Exchange]]] = {}
    for call in logical_calls(history):
        for turn, pause_ms, retry in _pauses(call):
            if pause_ms >= options["shortest_ms"]:
                turns.setdefault(turn, []).append((pause_ms, retry))
    repeats = sum(len(pauses) - 1 for pauses in turns.values())
    if repeats >= options["repeats"] and all(_are_alike(p, options) for p in turns.values()):
        pause_ms, retry = max(turns.values(), key=len)[-1]
        alike = {pause for pauses in turns.values() for pause, _ in pauses}
        findings.add(
            "pauses_without_jitter",
            f"{repeats + len(turns)} pauses before retries never differed by chance: "
            f"{_spell(turns)}",
            actual=f"{len(alike)} lengths in {repeats + len(turns)} pauses",
            index=retry.index,
            weight=pause_ms,
        )
    return report(
        NAME,
        saw=repeats if repeats >= options["repeats"] else 0,
        findings=findings.all(),
        counts={"pauses": repeats + len(turns), "turns": len(turns)},
        reason="" if repeats >= options["repeats"] else "too few pauses to tell chance from none",
    )


def _pauses(call: LogicalCall) -> Iterator[tuple[_Turn, int, Exchange]]:
    """Yield turn, length and the retry after it; calls of several clients mixed tell nothing."""
    if call.parallel > 1 or any(wait_ms(attempt) > 0 for attempt in call.attempts):
        return
    for number, (failed, retry) in enumerate(call.retries):
        meaning = meaning_of(failed)
        if meaning in _BACKED_OFF:
            yield (number, meaning), retry.started_ms - failed.at_ms, retry


def _are_alike(pauses: list[tuple[int, Exchange]], options: Mapping[str, int]) -> bool:
    """Whether pauses differ by no more than a scheduler's imprecision."""
    lengths_ms = [pause_ms for pause_ms, _ in pauses]
    bound_ms = max(options["tolerance_ms"], max(lengths_ms) * options["tolerance_percent"] / 100)
    return max(lengths_ms) - min(lengths_ms) <= bound_ms


def _spell(turns: Mapping[_Turn, list[tuple[int, Exchange]]]) -> str:
    longest = sorted(turns.items(), key=lambda item: item[0][0])[:3]
    return ", ".join(
        f"{len(pauses)} times {spell_ms(pauses[0][0])} before try {number + 2}"
        for (number, _), pauses in longest
    )
