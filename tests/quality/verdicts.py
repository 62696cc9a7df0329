"""What the zoo's runs show: what is caught, what the first finding names, which rules are idle."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.quality.playing import CAUGHT, play_once
from tests.quality.zoo.catalogue import ZOO, Member
from tests.quality.zoo.naming import names_defect

from tts_chaos.core.verdict import Outcome
from tts_chaos.engine.result import RunResult
from tts_chaos.oracles.catalogue import ORACLES

__all__ = ["ECHO", "IMPLIED", "OUT_OF_REACH", "RULES", "Shown", "idle_rules", "is_grave", "show"]

RULES = [f"{name}.{rule}" for name, oracle in ORACLES.items() for rule in oracle.rules]

ECHO = "recovered_in_time.not_recovered"
"""Follows from any liveness rule that is still broken at the end; no finding of its own."""

OUT_OF_REACH: Mapping[str, str] = {
    "no_oversell.stock_below_zero": "the twin refuses to sell or to set less than nothing; the rule"
    " judges histories recorded elsewhere",
    "no_double_shipment.shipped_twice": "the twin refuses the second shipment of a parcel; the rule"
    " judges histories recorded elsewhere",
}
"""Rules that no integration can break in a run against the twin, and why."""

_DELIVERIES = (
    "whatever breaks it breaks a rule about the same list at the same moment; it stays, for it"
    " names repeated deliveries as the cause"
)
IMPLIED: Mapping[str, str] = {
    ECHO: "it sums up what a liveness rule found at the end, and is the outcome's own name",
    "webhooks_once.booked_twice": _DELIVERIES,
    "webhooks_once.units_booked_twice": _DELIVERIES,
    "webhooks_once.conversion_told_twice": _DELIVERIES,
    "pages_read_to_end.page_not_followed": "what the pages hid is lost as well; the rule names the"
    " page that was not asked for as the cause",
    "pages_read_to_end.page_token_in_body": "the platform does not look there, so the first page"
    " comes again without end, which is a rule of its own; this one names the reason",
    "retries_freshly_signed.stale_signature": "the timestamp is part of what is signed, so one that"
    " is sent again brings the old timestamp with it; the rule says that nothing was signed anew",
}
"""Rules that always come with another one, and what they are for all the same."""

GRAVE_ORACLES = frozenset(
    {
        "no_double_shipment",
        "no_oversell",
        "orders_complete",
        "orders_unique",
        "refunds_as_asked",
        "refunds_complete",
        "refunds_true",
        "stock_converges",
        "token_pair_kept",
        "token_refreshed_once",
        "unsafe_writes_not_retried",
        "webhooks_once",
    }
)
GRAVE_MODULES = ("signing_broken", "tokens_broken")
"""Lost, doubled, oversold, signature and token defects: by what must catch them, or where they are
defined."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What one run of one member showed.

    Attributes:
        member: The member, in the scenario chosen to show it.
        outcome: How the run ended.
        found: Every finding in the order of the report: its rule as `oracle.rule`, and its words.
    """

    member: Member
    outcome: Outcome
    found: tuple[tuple[str, str], ...]

    @property
    def is_caught(self) -> bool:
        """Whether the outcome tells a user that the integration is at fault."""
        return self.outcome in CAUGHT

    @property
    def is_named(self) -> bool:
        """Whether the finding that the report shows first names the planted defect."""
        member = self.member
        return bool(self.found) and names_defect(member.name, member.rule, *self.found[0])

    @property
    def only_rule(self) -> str:
        """The rule without which nothing would have been found; "" where there is none such.

        What `ECHO` says is left out: it repeats what another rule found, and falls with it.
        """
        rules = {rule for rule, _ in self.found} - {ECHO}
        return next(iter(rules)) if len(rules) == 1 else ""


def is_grave(member: Member) -> bool:
    """Whether a defect loses, doubles or oversells, or is about signatures or tokens."""
    oracle = member.rule.partition(".")[0]
    module = getattr(member.make, "__module__", "").rpartition(".")[2]
    return oracle in GRAVE_ORACLES or module in GRAVE_MODULES


def show(place: int) -> list[Any]:
    """Play the member at `place` of the zoo; returns outcome and findings, as JSON."""
    member = ZOO[place]
    result = play_once(member.make, member.scenario, member.world)
    return [result.outcome.value, [[rule, text] for rule, text in found_in(result)]]


def found_in(result: RunResult) -> Iterable[tuple[str, str]]:
    """Yield the findings in the order in which a report shows them."""
    oracle_of = {id(f): report.oracle for report in result.reports for f in report.findings}
    for finding in result.findings:
        words = f"{finding.message}; {finding.expected}; {finding.actual}; {finding.defect}"
        yield f"{oracle_of[id(finding)]}.{finding.rule}", words


def idle_rules(all_shown: Iterable[Shown]) -> list[str]:
    """Return the rules that could be switched off without letting any member through.

    A rule is not idle where there is a member that, in the scenario chosen to show it, only this
    rule catches.
    """
    alone = {shown.only_rule for shown in all_shown}
    return [rule for rule in RULES if rule not in alone]
