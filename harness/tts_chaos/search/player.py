"""What a search asks of its caller: play one scenario, with fresh everything."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeAlias

import msgspec

from tts_chaos.core.verdict import Outcome
from tts_chaos.engine.result import RunResult
from tts_chaos.engine.run import Run
from tts_chaos.scenarios.model import Scenario

__all__ = ["BROKEN", "Played", "Player", "Prepare", "Sight", "sight_of"]

BROKEN = frozenset({Outcome.SAFETY_VIOLATED, Outcome.NOT_RECOVERED, Outcome.ABORTED})
"""Outcomes that are a failure of the integration's; one in calm is of its work and data."""

ENDLESS = "endless"
"""Stands for a rule where a run ended because of its length, before any judge was asked."""

Prepare: TypeAlias = Callable[[Run], None]
"""Called with the opened run before it is played."""


class Played(msgspec.Struct, frozen=True, kw_only=True):
    """A finished run, and what the integration offered."""

    result: RunResult
    capabilities: frozenset[str]


class Player(Protocol):
    """Plays scenarios; each with a platform, a world and an integration of its own."""

    def __call__(self, scenario: Scenario, prepare: Prepare | None = None) -> Played:
        """Play one scenario in the simulated world, under the seed of the search."""
        ...


class Sight(msgspec.Struct, frozen=True, kw_only=True):
    """What a run showed, as far as a search cares.

    Attributes:
        outcome: How it ended.
        rules: Broken rules as `oracle.rule`, the first one the gravest; () where nothing broke.
        reason: Why it ended so.
        silent: Ids of faults that never fired.
        calls: Requests that the integration sent.
    """

    outcome: Outcome
    rules: tuple[str, ...] = ()
    reason: str = ""
    silent: tuple[str, ...] = ()
    calls: int = 0

    @property
    def is_broken(self) -> bool:
        """Whether the integration failed."""
        return self.outcome in BROKEN


def sight_of(result: RunResult) -> Sight:
    """Return what a run showed."""
    rules: tuple[str, ...] = ()
    if result.outcome in BROKEN:
        found = (f"{r.oracle}.{finding.rule}" for r in result.reports for finding in r.findings)
        rules = tuple(dict.fromkeys(found)) or (ENDLESS,)
    return Sight(
        outcome=result.outcome,
        rules=rules,
        reason=result.reason,
        silent=tuple(receipt.fault for receipt in result.receipts if not receipt.fired),
        calls=result.calls,
    )
