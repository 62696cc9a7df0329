"""Which finding explains which, so that a report shows the cause before what came of it.

A run that breaks one rule often breaks others by it: a token that nothing refreshes loses orders.
The table says which rules tell a cause and which tell what comes of it; everything else keeps its
order, the gravest first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase

from tts_chaos.oracles.oracle import Finding, OracleReport

__all__ = ["CONSEQUENCES", "explains", "in_order"]

_TOKENS = ("token_refreshed_once.*", "token_pair_kept.*")
_OF_TOKENS = (
    "alert_raised.*",
    "degraded_reads.*",
    "orders_complete.order_lost",
    "orders_exact.wrong_status",
    "permanent_errors_not_retried.*",
    "retries_bounded.*",
    "retries_spaced.*",
    "stock_converges.*",
)
_WEBHOOKS = ("forged_webhooks_ignored.*", "foreign_webhooks_ignored.*", "webhooks_once.*")
_OF_WEBHOOKS = (
    "conversions_valid.*",
    "orders_complete.order_unexpected",
    "orders_exact.*",
    "orders_unique.*",
    "status_never_backwards.*",
    "stock_converges.*",
)

CONSEQUENCES: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (
        ("token_pair_kept.old_*",),
        ("token_refreshed_once.refresh_storm", "token_refreshed_once.refresh_repeated_in_vain"),
    ),
    (_TOKENS, _OF_TOKENS),
    (_WEBHOOKS, _OF_WEBHOOKS),
    (("orders_complete.order_unexpected", "orders_exact.*"), ("conversions_valid.*",)),
    (("orders_complete.orders_unreadable",), ("degraded_reads.read_failed",)),
    (
        ("https_only.redirect_followed",),
        ("alert_raised.*", "permanent_errors_not_retried.*", "retries_bounded.*"),
    ),
)
"""Patterns of rules, `oracle.rule`, and of the rules that they explain. No rule explains itself by
way of others."""


def explains(cause: str, effect: str) -> bool:
    """Whether a finding of the rule `cause` explains one of the rule `effect`."""
    return any(
        _matches(cause, causes) and _matches(effect, effects) for causes, effects in CONSEQUENCES
    )


def in_order(reports: Iterable[OracleReport]) -> tuple[Finding, ...]:
    """Return all findings: in the order of the reports, but each after those that explain it."""
    waiting = [(f"{each.oracle}.{f.rule}", f) for each in reports for f in each.findings]
    return tuple(finding for _, finding in _sorted(waiting))


def _sorted(waiting: list[tuple[str, Finding]]) -> Iterator[tuple[str, Finding]]:
    while waiting:
        rules = [rule for rule, _ in waiting]
        place = next(
            (
                place
                for place, rule in enumerate(rules)
                if not any(explains(other, rule) for other in rules)
            ),
            0,
        )
        yield waiting.pop(place)


def _matches(rule: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(rule, pattern) for pattern in patterns)
