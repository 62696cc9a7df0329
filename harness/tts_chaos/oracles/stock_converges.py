"""The stock the integration believes in is what the platform sells."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise

from tts_chaos.core.history import Exchange, History, Observed
from tts_chaos.oracles.actions import actions_of
from tts_chaos.oracles.beliefs import (
    believed_stock,
    observations,
    true_orders,
    true_stock,
    truth_beside,
)
from tts_chaos.oracles.codes import describe
from tts_chaos.oracles.findings import Findings
from tts_chaos.oracles.oracle import JudgeSettings, OracleReport, Rule, oracle, report
from tts_chaos.oracles.stock_writes import StockWrite, instructed, stock_writes

__all__ = ["judge"]

NAME = "stock_converges"
RULES = {
    "stock_differs": Rule(
        expected="the platform's available quantity",
        defect="the last change of this SKU never reached the other side",
    ),
    "sku_unknown": Rule(
        expected="SKU ids the platform has",
        defect="stock is kept under a wrong id: the seller's SKU or another shop's",
    ),
    "push_lost": Rule(
        expected="the quantity that push_stock() was asked to set",
        defect="a push that fails is forgotten: there is no outbox, and nothing sends it again",
    ),
    "quantity_unreadable": Rule(
        expected="a whole number per SKU",
        defect="quantities are kept as text or fractions, or were never filled in",
    ),
}


@oracle(
    name=NAME,
    kind="liveness",
    summary="For each SKU the integration holds, its quantity is what the platform sells.",
    observes=("stock",),
    rules=RULES,
)
def judge(history: History, _settings: JudgeSettings) -> OracleReport:
    """Compare the last told stock with the ledger beside it, and wishes with what became of them.

    SKUs that are neither told nor asked for are not judged.
    """
    told = observations(history, "stock")
    truth = truth_beside(history, told[-1]) if told else None
    if truth is None:
        return report(NAME, saw=0, reason="stock() was never answered, or the ledger never read")
    last, findings = told[-1], Findings(RULES)
    believed = believed_stock(last)
    if believed is None:
        actual = f"a {type(last.value).__name__}"
        findings.add(
            "quantity_unreadable", "stock() is no mapping", actual=actual, index=last.index
        )
        return report(NAME, saw=1, findings=findings.all())
    exists = true_stock(truth)
    sold = [order.units() for order in true_orders(truth).values()]
    writes = stock_writes(history)
    for sku, quantity in believed.items():
        if not isinstance(quantity, int):
            findings.add(
                "quantity_unreadable",
                f"SKU {sku} has quantity {quantity!r}",
                actual=repr(quantity),
                index=last.index,
            )
        elif sku not in exists:
            findings.add(
                "sku_unknown", f"SKU {sku} is not the platform's", actual=sku, index=last.index
            )
        elif quantity != exists[sku]:
            defect = _explain(
                [write for write in writes if write.sku == sku],
                believed=quantity,
                true=exists[sku],
                sold={units[sku] for units in sold},
                others={other for key, other in believed.items() if key != sku},
            )
            _add(findings, last, sku, believed=quantity, true=exists[sku], defect=defect)
    wished, lost = _find_lost(history, believed, exists, writes, findings)
    equal = sum(exists.get(sku) == quantity for sku, quantity in believed.items())
    return report(
        NAME,
        saw=len(believed) + wished,
        findings=findings.all(),
        counts={"compared": len(believed), "equal": equal, "lost": lost},
    )


def _find_lost(
    history: History,
    believed: Mapping[str, object],
    exists: Mapping[str, int],
    writes: Sequence[StockWrite],
    findings: Findings,
) -> tuple[int, int]:
    """Look for wishes that never arrived and that the integration no longer knows of.

    Returns how many wishes it judged, those for SKUs that are not told, and how many are lost.
    """
    wishes = {
        sku: (quantity, push)
        for push in actions_of(history).named("push_stock")
        for sku, quantity in instructed(push.arguments).items()
    }
    untold = {sku: wish for sku, wish in wishes.items() if sku not in believed}
    lost = 0
    for sku, (quantity, push) in untold.items():
        arrived = any(
            write.applied and write.sku == sku and write.exchange.index > push.begin
            for write in writes
        )
        if arrived or exists.get(sku) == quantity:
            continue
        lost += 1
        findings.add(
            "push_lost",
            f"SKU {sku} was to be set to {quantity}; the platform still sells {exists.get(sku)}",
            expected=str(quantity),
            actual=str(exists.get(sku)),
            index=push.end if push.end < len(history) else push.begin,
        )
    return len(untold), lost


def _add(
    findings: Findings, last: Observed, sku: str, *, believed: int, true: int, defect: str
) -> None:
    findings.add(
        "stock_differs",
        f"SKU {sku}: the integration believes {believed}, the platform sells {true}",
        expected=str(true),
        actual=str(believed),
        defect=defect,
        index=last.index,
        weight=abs(believed - true),
    )


def _explain(
    writes: Sequence[StockWrite],
    *,
    believed: int,
    true: int,
    sold: set[int],
    others: Collection[object],
) -> str:
    """Return the likeliest reason why two quantities of one SKU differ.

    Args:
        writes: What was written of it.
        believed: What the integration holds.
        true: What the platform sells.
        sold: Units of it in each order.
        others: What the integration holds of its other SKUs.
    """
    last = writes[-1] if writes else None
    if last is not None and last.refused:
        return (
            "the platform refused the SKU inside code 0 ($.data.errors[]) and the push was taken"
            " for done"
        )
    if last is not None and not last.exchange.succeeded and last.quantity == believed:
        return (
            f"the last push ended with {describe(last.exchange)}{_why(last.exchange)} and was never"
            " sent again, or was marked done although it failed"
        )
    if last is not None and last.applied and last.quantity < believed and true == last.quantity:
        return "the stock was lowered again by a failed attempt that was repeated (lowered twice)"
    if last is not None and last.applied and last.quantity != believed and last.quantity in others:
        return (
            f"the quantity of another SKU ({last.quantity}) was sent for this one: what several"
            " workers share while they build a push is not kept apart"
        )
    if _written_again(writes) and true - believed in sold:
        return (
            "a push whose answer was lost had arrived, and was repeated after some of it was sold"
            " meanwhile: the units that were sold since are for sale again"
        )
    if any(true - believed == units * times for units in sold for times in range(1, 5) if units):
        return (
            "a sale was booked twice (stock lowered twice): by a duplicate webhook, or by webhook"
            " and sync both, or lowered before a push that failed and was tried again"
        )
    if believed > true and believed - true in sold:
        return "a sale was never booked: its order or webhook was missed"
    if last is None:
        return "no push for this SKU ever reached the platform"
    return "a later change of this SKU never reached the other side"


def _why(exchange: Exchange) -> str:
    """Return what the platform knows about a refusal, in brackets."""
    return f" ({exchange.diagnosis})" if exchange.diagnosis else ""


def _written_again(writes: Sequence[StockWrite]) -> bool:
    """Whether a quantity was applied without an answer, and then applied once more."""
    applied = [write for write in writes if write.applied]
    return any(
        not before.exchange.succeeded and before.quantity == after.quantity
        for before, after in pairwise(applied)
    )
