"""Step two: what waits after an hour, a day and a week, and whether that long was rehearsed."""

from __future__ import annotations

from collections.abc import Iterator

from tts_chaos.reporting.plan.case import Case, play_command
from tts_chaos.reporting.plan.evidence import Played
from tts_chaos.reporting.plan.functions import Function
from tts_chaos.reporting.plan.model import (
    Block,
    Code,
    Paragraph,
    Quantity,
    Source,
    Table,
    Text,
    text,
)

__all__ = ["HORIZONS", "impact"]

HORIZONS = (("an hour", 1), ("a day", 24), ("a week", 168))
"""Each in words and in hours."""

_HOUR_MS = 3_600_000
_REHEARSALS = {
    1: "network/blocked-for-an-hour",
    24: "overload/down-for-a-day",
    168: "overload/down-for-a-week",
}
"""Bundled scenarios in which the platform is gone for that long."""


def impact(case: Case) -> Iterator[Block]:
    """Yield what waits, what it is worth, and what was rehearsed."""
    rates = {function.name: _rate(case, function) for function in case.functions}
    yield Table(
        caption="What is left undone while a function stands still",
        heads=(
            "Function",
            "In an hour as given or measured",
            *(f"After {words}" for words, _ in HORIZONS),
        ),
        rows=tuple(_waiting_row(case, f, rates[f.name]) for f in case.functions),
    )
    for function in case.functions:
        if rates[function.name] is None:
            yield _no_rate(case, function)
    yield from _worth(case, rates.get("orders"))
    yield Table(
        caption="Whether the platform was gone for that long in a passed run",
        heads=("Gone for", "Rehearsed", "Orders lost", "Whole again after it came back"),
        rows=tuple(_rehearsed_row(case, words, hours) for words, hours in HORIZONS),
    )
    for words, hours in HORIZONS:
        if _rehearsal(case, hours) is None:
            told = text("Not measured: what remains when the platform is gone for ", words)
            yield case.missing("impact", told, play_command(_REHEARSALS[hours]))
    yield from _work_off(case)


def _rate(case: Case, function: Function) -> Quantity | None:
    given: float | None = getattr(case.settings.rates, function.name)
    if given is not None:
        key = f"rates.{function.name}"
        return case.given(key, f"{function.waits} in an hour", given, "per_hour")
    return _measured_rate(case) if function.name == "orders" else None


def _measured_rate(case: Case) -> Quantity | None:
    for load in case.evidence.loads:
        placed = case.of_load(load, "orders placed in the load", "/after/orders_placed", "count")
        took = case.of_load(load, "length of the load", "/duration_s", "ms", 1000)
        if placed is not None and took is not None and placed.value and took.value:
            assert not isinstance(placed.value, str)
            assert not isinstance(took.value, str)
            source = Source(
                how="rate",
                inputs=(placed.id, took.id),
                note="the rate of the rehearsal, not of a day of business",
            )
            value = placed.value * _HOUR_MS / took.value
            return case.numbers.make(
                "orders in an hour of the load", value, "per_hour", "load", source
            )
    return None


def _no_rate(case: Case, function: Function) -> Block:
    told = text(
        "Not measured: how much of ", Code(function.name), " there is in an hour; ",
        case.set_in_settings(f"rates.{function.name}"),
    )  # fmt: skip
    return case.missing("impact", told)


def _waiting_row(case: Case, function: Function, rate: Quantity | None) -> tuple[Text, ...]:
    head = text(function.waits)
    if rate is None:
        return (head, text("not measured"), *(text("not measured") for _ in HORIZONS))
    cells = [
        case.numbers.product(f"{function.waits} after {words}", rate, hours, "count")
        for words, hours in HORIZONS
    ]
    note = " (rehearsal)" if rate.basis == "load" else ""
    return (head, text(rate, note), *(text(cell) for cell in cells))


def _worth(case: Case, orders: Quantity | None) -> Iterator[Block]:
    worth = case.settings.order_value
    if worth is None or orders is None:
        return
    each = case.given("order_value.amount", "value of an order", worth.amount, worth.currency)
    cells = []
    for words, hours in HORIZONS:
        waiting = case.numbers.product(
            f"orders that the shop does not know after {words}", orders, hours, "count"
        )
        about = f"worth of the orders that wait after {words}"
        cells.append(text(case.numbers.times(about, waiting, each, worth.currency)))
    yield Table(
        caption="What the waiting orders are worth",
        heads=("An order", *(f"After {words}" for words, _ in HORIZONS)),
        rows=((text(each), *cells),),
    )


def _rehearsal(case: Case, hours: int) -> Played | None:
    """Return the passed run with the shortest fault that was there for so long or longer."""
    long_enough = [
        (took.value, run)
        for run in case.evidence.runs
        if run.has_passed
        and any(row["name"] in _GONE for row in run.row.get("faults", ()))
        and (took := case.fault_time(run)) is not None
        and isinstance(took.value, int)
        and took.value >= hours * _HOUR_MS
    ]
    return min(long_enough, key=lambda row: row[0], default=(0, None))[1]


_GONE = frozenset({"platform_down", "port_black_holed", "port_refused", "name_not_found"})
"""Faults in which nothing of the platform can be had."""


def _rehearsed_row(case: Case, words: str, hours: int) -> tuple[Text, ...]:
    run = _rehearsal(case, hours)
    if run is None:
        return text(words), text("not measured"), text("not measured"), text("not measured")
    took, whole = case.fault_time(run), case.recovery(run)
    lost = case.judged(run, "orders lost", "orders_complete", "lost")
    assert took is not None
    return (
        text(words),
        text("for ", took, " in ", Code(run.name)),
        text("not judged") if lost is None else text(lost),
        text("not measured") if whole is None else text(whole, ", ", whole.basis),
    )


def _work_off(case: Case) -> Iterator[Block]:
    """Yield how long the backlog of a load took: measured, and never drawn out to other ones."""
    for load in case.evidence.loads:
        placed = case.of_load(load, "orders placed in the load", "/after/orders_placed", "count")
        drained = case.of_load(
            load, "time until the backlog was done", "/after/drain_s", "ms", 1000
        )
        lost = case.of_load(load, "orders lost in the load", "/after/orders_lost", "count")
        if placed is not None and drained is not None and lost is not None:
            yield Paragraph(
                text=text(
                    "Under load, ",
                    placed,
                    " orders were placed; once the load was over, the backlog was done after ",
                    drained,
                    ", and ",
                    lost,
                    " orders were lost.",
                )
            )
