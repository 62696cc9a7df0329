"""What the platform's ledger and the integration's last word say differently, as rows of a table.

Pure: a history in, values out. The oracles judge; this only shows, so it lists differences that no
rule forbids as well, and leaves out what the integration was never asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from tts_chaos.core.history import History, Json, Observed, Truth
from tts_chaos.oracles.beliefs import (
    Order,
    as_decimal,
    believed_orders,
    believed_stock,
    observations,
    true_orders,
    true_stock,
    truth_beside,
)
from tts_chaos.oracles.refunds import (
    Refund,
    believed_refunds,
    left_to_the_platform,
    requests_of,
)

__all__ = ["ROWS_MOST", "Difference", "Ledger", "compare_ledgers", "ledger_rows"]

ROWS_MOST = 60
"""Differences shown of one ledger: enough to see the pattern; the history has all of them."""


class Difference(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that the two sides say differently; "" where a side does not know it at all."""

    about: str
    field: str
    platform: str = ""
    integration: str = ""


class Ledger(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One ledger, both sides.

    Attributes:
        name: The observation it was compared with: `orders`, `stock`, ...
        platform: Entries that the platform has.
        integration: Entries that the integration told.
        equal: Entries that both have and that do not differ.
        differences: The first `ROWS_MOST`, or all where all were asked for.
        more: Differences beyond those.
        unreadable: Why nothing could be compared, "" where it could.
    """

    name: str
    platform: int = 0
    integration: int = 0
    equal: int = 0
    differences: tuple[Difference, ...] = ()
    more: int = 0
    unreadable: str = ""


class _Sides(msgspec.Struct, frozen=True, kw_only=True):
    """Entries by name, each with its fields as text."""

    platform: Mapping[str, Mapping[str, str]]
    integration: Mapping[str, Mapping[str, str]]
    doubled: tuple[str, ...] = ()


def compare_ledgers(history: History, *, most: int | None = ROWS_MOST) -> tuple[Ledger, ...]:
    """Return one ledger per observation that was answered, in a fixed order.

    Args:
        history: A run.
        most: Differences to list of each ledger; None for all.
    """
    return tuple(_compared(history, most))


def ledger_rows(history: History) -> list[dict[str, Json]]:
    """Return every difference as `{ledger, id, field, platform, integration}`, in a fixed order.

    A side that does not know the thing at all is "". A ledger that cannot be read is one row, which
    says so.
    """
    rows: list[dict[str, Json]] = []
    for ledger in compare_ledgers(history, most=None):
        if ledger.unreadable:
            rows.append(_row(ledger, Difference(about="", field="", integration=ledger.unreadable)))
        rows += [_row(ledger, difference) for difference in ledger.differences]
    return rows


def _row(ledger: Ledger, difference: Difference) -> dict[str, Json]:
    return {
        "ledger": ledger.name,
        "id": difference.about,
        "field": difference.field,
        "platform": difference.platform,
        "integration": difference.integration,
    }


def _compared(history: History, most: int | None) -> Iterator[Ledger]:
    for name, read in _READERS.items():
        told = observations(history, name)
        truth = truth_beside(history, told[-1]) if told else None
        if truth is None:
            continue
        sides = read(told[-1], truth)
        if sides is None:
            yield Ledger(name=name, unreadable=f"{name}() told what cannot be read as {name}")
        else:
            yield _ledger(name, sides, most)


def _ledger(name: str, sides: _Sides, most: int | None) -> Ledger:
    rows = list(_differences(name, sides))
    both = sides.platform.keys() & sides.integration.keys()
    unequal = {row.about for row in rows}
    return Ledger(
        name=name,
        platform=len(sides.platform),
        integration=len(sides.integration),
        equal=sum(entry not in unequal for entry in both),
        differences=tuple(rows[:most]),
        more=0 if most is None else max(0, len(rows) - most),
    )


def _differences(name: str, sides: _Sides) -> Iterator[Difference]:
    noun = _NOUNS[name]
    for entry in sides.platform:
        if entry not in sides.integration:
            yield Difference(about=entry, field=noun, platform="has it")
    for entry in sides.integration:
        if entry not in sides.platform:
            yield Difference(about=entry, field=noun, integration="has it")
    for entry in sides.doubled:
        yield Difference(about=entry, field=noun, platform="once", integration="more than once")
    for entry, fields in sides.integration.items():
        for field, told in fields.items():
            true = sides.platform.get(entry, {}).get(field, told)
            if true != told:
                yield Difference(about=entry, field=field, platform=true, integration=told)


def _orders(observed: Observed, truth: Truth) -> _Sides | None:
    believed = believed_orders(observed)
    if believed is None:
        return None
    ids = [order.id for order in believed]
    true = {
        id: order
        for id, order in true_orders(truth).items()
        # Nobody has to know an order that was never paid.
        if id in ids or order.raw.get("status") != "UNPAID"
    }
    return _Sides(
        platform={id: _order_fields(order) for id, order in true.items()},
        integration={order.id: _order_fields(order) for order in believed},
        doubled=tuple(sorted({id for id in ids if ids.count(id) > 1})),
    )


def _order_fields(order: Order) -> dict[str, str]:
    """Return the fields that an order tells; money as a number, so that 5.0 equals 5.00."""
    fields = {name: str(order.raw[name]) for name in ("status", "currency") if order.has(name)}
    total = as_decimal(order.raw.get("total_amount"))
    if total is not None:
        fields["total_amount"] = f"{total.normalize():f}"
    if order.lines:
        fields["units"] = str(order.units().total())
    return fields


def _stock(observed: Observed, truth: Truth) -> _Sides | None:
    """Compare the SKUs that the integration tells; it need not hold every one."""
    believed = believed_stock(observed)
    if believed is None:
        return None
    exists = true_stock(truth)
    return _Sides(
        platform={s: {"available": str(exists[s])} for s in believed if s in exists},
        integration={sku: {"available": _text(told)} for sku, told in believed.items()},
    )


def _shipments(observed: Observed, truth: Truth) -> _Sides | None:
    if not isinstance(observed.value, list | tuple):
        return None
    rows = [row for row in observed.value if isinstance(row, Mapping) and row.get("order_id")]
    shops: Mapping[str, Any] = truth.ledger.get("shops") or {}
    taken = [row for shop in shops.values() for row in shop.get("shipments") or ()]
    # One that shipped elsewhere, before the integration came to be, is not the integration's.
    told = {str(row["order_id"]): _shipment_fields(row) for row in rows}
    exist = {str(row["order_id"]): _shipment_fields(row) for row in taken}
    return _Sides(platform={o: f for o, f in exist.items() if o in told}, integration=told)


def _shipment_fields(row: Mapping[str, Any]) -> dict[str, str]:
    return {"package": str(row["package_id"])} if row.get("package_id") else {}


def _refunds(observed: Observed, truth: Truth) -> _Sides | None:
    """Compare what went back per order; how many entries it takes is the integration's affair."""
    believed = believed_refunds(observed)
    if believed is None:
        return None
    given = {
        order_id: [request for request in requests if request.amount]
        for order_id, requests in requests_of(truth).items()
    }
    return _Sides(
        platform={id: _refund_fields(rows) for id, rows in given.items() if rows},
        integration={
            id: _refund_fields(rows)
            for id, rows in believed.items()
            if not left_to_the_platform(truth, id)
        },
    )


def _refund_fields(refunds: Sequence[Refund]) -> dict[str, str]:
    amounts = [refund.amount for refund in refunds if refund.amount is not None]
    told = "/".join(dict.fromkeys(refund.currency for refund in refunds if refund.currency))
    total = f"{sum(amounts, Decimal(0)).normalize():f}"
    return {"given back": total} | ({"currency": told} if told else {})


def _tokens(observed: Observed, truth: Truth) -> _Sides | None:
    if not isinstance(observed.value, Mapping):
        return None
    # Labels stand in for the values in both, so nothing secret is compared or shown.
    true: Mapping[str, Any] = truth.ledger.get("tokens") or {}
    names = [name for name in ("access_token", "refresh_token") if observed.value.get(name)]
    return _Sides(
        platform={name: {"held": _text(true[name])} for name in names if name in true},
        integration={name: {"held": _text(observed.value[name])} for name in names},
    )


def _text(value: Json) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


_READERS: dict[str, Callable[[Observed, Truth], _Sides | None]] = {
    "orders": _orders,
    "stock": _stock,
    "shipments": _shipments,
    "refunds": _refunds,
    "tokens": _tokens,
}

_NOUNS = {
    "orders": "the order",
    "stock": "the SKU",
    "shipments": "the shipment",
    "refunds": "a refund",
    "tokens": "it",
}
