"""Every field of every order is right: status, currency, cents, units, prices."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from decimal import Decimal

import msgspec

from tts_chaos.core.history import History
from tts_chaos.oracles.beliefs import (
    Line,
    Order,
    as_decimal,
    believed_orders,
    observations,
    true_orders,
    truth_beside,
)
from tts_chaos.oracles.findings import Findings, name_few
from tts_chaos.oracles.oracle import JudgeSettings, OracleReport, Rule, oracle, report
from tts_chaos.oracles.order_states import is_known_status
from tts_chaos.oracles.stale_orders import explain_stale

__all__ = ["judge"]

NAME = "orders_exact"
RULES = {
    "field_never_mapped": Rule(
        expected="id, status, currency, total_amount and lines of every order",
        defect="the field is read under a wrong name (camelCase, another API version, another "
        "nesting), so it is empty everywhere",
    ),
    "wrong_total": Rule(
        expected="the platform's total to the cent",
        defect="the total is computed anew, rounded, or taken from another field",
    ),
    "float_money": Rule(
        expected="amounts as decimals",
        defect="amounts are kept or added as floating point numbers and are off by a hair",
    ),
    "wrong_units": Rule(
        expected="as many units of each SKU as the platform sold",
        defect="each line item is one unit; lines of one SKU are merged or dropped as duplicates "
        "instead of counted",
    ),
    "wrong_price": Rule(
        expected="the platform's sale_price of each unit",
        defect="another price field is read (original price, price before discount), or prices "
        "are spread over lines",
    ),
    "wrong_status": Rule(
        expected="the platform's status once it is well again",
        defect="the last change of the order was missed, or the status words are mapped wrongly",
    ),
    "wrong_currency": Rule(
        expected="the currency of the order",
        defect="the currency is fixed in the code or taken from another shop",
    ),
    "wrong_shop": Rule(
        expected="the shop the order was placed in",
        defect="token, cipher or cache of another shop is used",
    ),
    "wrong_time": Rule(
        expected="the platform's create_time in Unix seconds",
        defect="local time is taken for UTC or the reverse",
    ),
    "field_missing": Rule(
        expected="the field in all orders that others have",
        defect="orders reach the store by two paths (search and detail, webhook and sync) and one "
        "of them does not fill the field",
    ),
}
REQUIRED = ("status", "currency", "total_amount", "lines")
OPTIONAL = ("buyer_email", "create_time", "shop_id")
CENT = Decimal("0.005")


@oracle(
    name=NAME,
    kind="liveness",
    summary="Status, currency, total, units and prices of every known order equal the platform's.",
    observes=("orders",),
    rules=RULES,
)
def judge(history: History, _settings: JudgeSettings) -> OracleReport:
    """Compare the last told orders with the platform's, field by field where a field is told."""
    findings = Findings(RULES)
    told = observations(history, "orders")
    truth = truth_beside(history, told[-1]) if told else None
    if truth is None:
        return report(NAME, saw=0, reason="orders() was never answered, or the ledger never read")
    last = told[-1]
    exists = true_orders(truth)
    pairs = [
        (order, exists[order.id]) for order in believed_orders(last) or () if order.id in exists
    ]
    _find_gaps([order for order, _ in pairs], last.index, findings)
    for order, true in pairs:
        for field, compare in _COMPARISONS:
            if not order.has(field):
                continue
            difference = compare(order, true)
            if difference is not None:
                findings.add(
                    difference.rule,
                    f"order {order.id}: {difference.message}",
                    expected=difference.expected,
                    actual=difference.actual,
                    defect=difference.defect or _explain(history, order, difference),
                    index=last.index,
                )
    broken = sum(finding.count for finding in findings.all())
    counts = {"compared": len(pairs), "differences": broken}
    return report(NAME, saw=len(pairs), findings=findings.all(), counts=counts)


def _explain(history: History, order: Order, difference: _Difference) -> str:
    """Return the likely defect where the history tells more than the table of rules."""
    if difference.rule != "wrong_status":
        return ""
    return explain_stale(history, order.id, difference.expected)


class _Difference(msgspec.Struct, frozen=True):
    rule: str
    message: str
    expected: str
    actual: str
    defect: str = ""


def _find_gaps(orders: list[Order], index: int, findings: Findings) -> None:
    """Tell a field that is mapped nowhere from one that is missing in some orders."""
    for field in (*REQUIRED, *OPTIONAL):
        without = [order.id for order in orders if not order.has(field)]
        if not without:
            continue
        if len(without) < len(orders):
            findings.add(
                "field_missing",
                f"{field} is missing in {len(without)} of {len(orders)} orders: "
                f"{name_few(without)}",
                actual=f"{len(orders) - len(without)} of {len(orders)} have it",
                index=index,
                weight=len(without),
            )
        elif field in REQUIRED:
            findings.add(
                "field_never_mapped",
                f"{field} is empty in all {len(orders)} orders",
                expected=field,
                actual="empty everywhere",
                index=index,
            )


def _compare_status(order: Order, true: Order) -> _Difference | None:
    expected, actual = str(true.raw.get("status")), str(order.raw.get("status"))
    if expected == actual:
        return None
    defect = ""
    if not is_known_status(actual):
        defect = f"{actual!r} is no status of the platform: the words are mapped wrongly"
    message = f"status is {actual}, the platform says {expected}"
    return _Difference("wrong_status", message, expected, actual, defect)


def _compare_currency(order: Order, true: Order) -> _Difference | None:
    expected, actual = str(true.raw.get("currency")), str(order.raw.get("currency"))
    if expected == actual:
        return None
    message = f"currency is {actual}, the platform says {expected}"
    return _Difference("wrong_currency", message, expected, actual)


def _compare_total(order: Order, true: Order) -> _Difference | None:
    told = order.raw.get("total_amount")
    expected = as_decimal(true.raw.get("total_amount"))
    actual = as_decimal(told)
    if expected is None or expected == actual:
        return None
    message = f"total is {told}, the platform says {expected}"
    near = actual is not None and abs(actual - expected) < CENT
    return _Difference("float_money" if near else "wrong_total", message, str(expected), str(told))


def _compare_units(order: Order, true: Order) -> _Difference | None:
    actual = order.units()
    if "" not in actual and dict.__eq__(actual, true.units()):
        # By far the most frequent case; comparing as counters would take as long as the rest.
        return None
    by_sku, by_seller_sku = _true_units(true.lines), _true_units(true.lines, seller=True)
    left = [line for line in true.lines if not _is_cancelled(line.id, true)]
    right = (by_sku, by_seller_sku, _true_units(left), _true_units(left, seller=True))
    if "" in actual:
        # No SKU is told: only the number of units can be compared.
        if actual.total() in (by_sku.total(), len(left)):
            return None
        expected = by_sku
    elif actual in right:
        return None
    else:
        expected = by_sku if actual.keys() & by_sku.keys() else by_seller_sku
    wrong = next((sku for sku in expected if expected[sku] != actual[sku]), "")
    message = f"{actual[wrong]} units of SKU {wrong}, the platform sold {expected[wrong]}"
    return _Difference("wrong_units", message, _spell(expected), _spell(actual))


def _is_cancelled(line_id: str, true: Order) -> bool:
    return any(
        raw.get("id") == line_id and raw.get("status") == "CANCELLED"
        for raw in true.raw.get("lines", ())
    )


def _true_units(lines: Iterable[Line], *, seller: bool = False) -> Counter[str]:
    units: Counter[str] = Counter()
    for line in lines:
        units[line.seller_sku if seller else line.sku] += line.quantity
    return units


def _spell(units: Counter[str]) -> str:
    return ", ".join(f"{count} × {sku or 'unnamed'}" for sku, count in sorted(units.items()))


def _compare_prices(order: Order, true: Order) -> _Difference | None:
    """Compare the prices of units, sorted, per SKU, where units and SKUs are told alike."""
    actual, expected = _prices(order), _prices(true)
    for sku, prices in actual.items():
        wanted = expected.get(sku)
        if wanted is None or len(wanted) != len(prices) or None in prices:
            continue
        if prices != wanted:
            told, right = _spell_prices(prices), _spell_prices(wanted)
            message = f"SKU {sku} was sold for {right}, told is {told}"
            return _Difference("wrong_price", message, right, told)
    return None


def _prices(order: Order) -> dict[str, list[Decimal | None]]:
    prices: dict[str, list[Decimal | None]] = {}
    for line in order.lines:
        prices.setdefault(line.sku, []).extend([as_decimal(line.price)] * line.quantity)
    for listed in prices.values():
        listed.sort(key=lambda price: (price is None, price or 0))
    return prices


def _spell_prices(prices: list[Decimal | None]) -> str:
    return ", ".join(str(price) for price in prices)


def _compare_shop(order: Order, true: Order) -> _Difference | None:
    if not true.shop or order.shop == true.shop:
        return None
    message = f"shop is {order.shop}, the platform says {true.shop}"
    return _Difference("wrong_shop", message, true.shop, order.shop)


def _compare_time(order: Order, true: Order) -> _Difference | None:
    expected, actual = (
        as_decimal(true.raw.get("created_at_s")),
        as_decimal(order.raw.get("create_time")),
    )
    # A date as text is the integration's own way of keeping time; only seconds can be compared.
    if expected is None or actual is None or actual == expected:
        return None
    message = f"create_time is {actual}, the platform says {expected}"
    hours = (actual - expected) / 3600
    defect = ""
    if hours == int(hours):
        defect = f"{hours} hours off: local time is taken for UTC or the reverse"
    return _Difference("wrong_time", message, str(expected), str(actual), defect)


_COMPARISONS: tuple[tuple[str, Callable[[Order, Order], _Difference | None]], ...] = (
    ("status", _compare_status),
    ("currency", _compare_currency),
    ("total_amount", _compare_total),
    ("lines", _compare_units),
    ("lines", _compare_prices),
    ("shop_id", _compare_shop),
    ("create_time", _compare_time),
)
