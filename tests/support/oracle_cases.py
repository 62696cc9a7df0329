"""Cases for oracles: a history, and what one oracle must say of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.support.histories import Story

from tts_chaos.core.history import History
from tts_chaos.core.verdict import Verdict
from tts_chaos.oracles.catalogue import ORACLES
from tts_chaos.oracles.oracle import JudgeSettings, OracleReport

__all__ = ["Case", "broken", "fine", "judge", "unseen"]


@dataclass(frozen=True, kw_only=True)
class Case:
    """One claim. `rules` are all that must be found broken, in order of gravity."""

    oracle: str
    claim: str
    history: History
    verdict: Verdict
    rules: tuple[str, ...] = ()
    settings: JudgeSettings = field(default_factory=JudgeSettings)

    @property
    def id(self) -> str:
        """The claim as a test id."""
        return f"{self.oracle}: {self.claim}".replace(" ", "-")


def broken(oracle: str, rules: str, claim: str, story: Story, **settings: Any) -> Case:
    """Return a case in which exactly `rules` (separated by spaces) must be found broken."""
    return Case(
        oracle=oracle,
        claim=claim,
        history=story.history(),
        verdict=Verdict.INVALID,
        rules=tuple(rules.split()),
        settings=JudgeSettings(**settings),
    )


def fine(oracle: str, claim: str, story: Story, **settings: Any) -> Case:
    """Return a case in which something was judged and nothing is broken."""
    return Case(
        oracle=oracle,
        claim=claim,
        history=story.history(),
        verdict=Verdict.VALID,
        settings=JudgeSettings(**settings),
    )


def unseen(oracle: str, claim: str, story: Story, **settings: Any) -> Case:
    """Return a case in which there is nothing to judge."""
    return Case(
        oracle=oracle,
        claim=claim,
        history=story.history(),
        verdict=Verdict.UNKNOWN,
        settings=JudgeSettings(**settings),
    )


def judge(oracle: str, story: Story, **settings: Any) -> OracleReport:
    """Let one oracle judge a story; what it raises is raised."""
    return ORACLES[oracle].judge(story.history(), JudgeSettings(**settings))
