"""The integration never lets the platform sell what is not there."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping

from tts_chaos.core.history import Committed, History
from tts_chaos.oracles.actions import actions_of
from tts_chaos.oracles.beliefs import believed_stock, observations
from tts_chaos.oracles.findings import Findings
from tts_chaos.oracles.oracle import JudgeSettings, OracleReport, Rule, oracle, report
from tts_chaos.oracles.stock_writes import StockWrite, instructed, stock_writes

__all__ = ["judge"]

NAME = "no_oversell"
RULES = {
    "stock_below_zero": Rule(
        expected="no less than zero units to sell",
        defect="more units were sold than there are",
    ),
    "raised_above_belief": Rule(
        expected="no push of more units than the integration believes in",
        defect="an older quantity is sent after a newer one: a late retry or a queued push "
        "overwrites it, and the platform sells units that are gone",
    ),
}

_MIXED_UP = (
    "the quantity of another SKU was sent for this one: what several workers share while they build"
    " a push is not kept apart"
)


@oracle(
    name=NAME,
    kind="safety",
    summary="No push raises the platform's stock above what the integration believes in.",
    rules=RULES,
)
def judge(history: History, _settings: JudgeSettings) -> OracleReport:
    """Judge every stock write the platform took over, and every change of stock.

    A write is fine when its quantity is no more than the latest instruction, the belief told last
    before it, or the one told first after it. Where none of these is known it is not judged.
    """
    findings = Findings(RULES)
    changes = [record for record in history.of(Committed) if record.change.startswith("stock.")]
    for change in changes:
        available = change.after.get("available") if isinstance(change.after, Mapping) else None
        if isinstance(available, int) and available < 0:
            findings.add(
                "stock_below_zero",
                f"SKU {change.entity} fell to {available}",
                actual=str(available),
                index=change.index,
                weight=-available,
            )
    limits = _Limits(history)
    judged = 0
    for write in stock_writes(history):
        limit = limits.of(write) if write.applied else None
        if limit is None:
            continue
        judged += 1
        if write.quantity > limit:
            findings.add(
                "raised_above_belief",
                f"SKU {write.sku} was set to {write.quantity} although only {limit} are there",
                expected=f"at most {limit}",
                actual=str(write.quantity),
                defect=_MIXED_UP if write.quantity in limits.of_others(write) else "",
                index=write.exchange.index,
                weight=write.quantity - limit,
            )
    counts = {"writes": judged, "changes": len(changes)}
    return report(NAME, saw=judged + len(changes), findings=findings.all(), counts=counts)


class _Limits:
    """How many units of a SKU the integration may offer at a record of the history."""

    def __init__(self, history: History) -> None:
        self._pushes = [
            (action.begin, action.end, wanted)
            for action in actions_of(history).named("push_stock")
            if (wanted := instructed(action.arguments))
        ]
        told = [(record.index, believed_stock(record)) for record in observations(history, "stock")]
        self._told = [(index, stock) for index, stock in told if stock is not None]

    def of(self, write: StockWrite) -> int | None:
        """Return the most units that may be offered, or None where nothing is known."""
        index = write.exchange.index
        known = [*self._instructions(write.sku, index), *self._beliefs(write.sku, index)]
        return max(known, default=None)

    def of_others(self, write: StockWrite) -> set[int]:
        """Return what the actions under way were told to set other SKUs to."""
        index = write.exchange.index
        return {
            quantity
            for begin, end, wanted in self._pushes
            if begin < index < end and write.sku in wanted
            for sku, quantity in wanted.items()
            if sku != write.sku
        }

    def _instructions(self, sku: str, index: int) -> list[int]:
        """Return the latest instruction, and those of actions still under way."""
        asked = [(end, wanted[sku]) for begin, end, wanted in self._pushes
                 if begin < index and sku in wanted]  # fmt: skip
        under_way = [quantity for end, quantity in asked if end > index]
        return [*under_way, *(quantity for _, quantity in asked[-1:])]

    def _beliefs(self, sku: str, index: int) -> list[int]:
        position = bisect_left(self._told, index, key=lambda told: told[0])
        near = self._told[max(0, position - 1) : position + 1]
        quantities = [stock.get(sku) for _, stock in near]
        return [quantity for quantity in quantities if isinstance(quantity, int)]
