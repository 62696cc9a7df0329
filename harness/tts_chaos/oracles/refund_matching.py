"""Refunds of one order as two sides have them: which belong together, and what is left over.

An integration may tell the platform's ids or not, and one entry per refund, per line or per order.
So entries are matched by id, then by amount, then by their sum.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from tts_chaos.oracles.refunds import Refund

__all__ = ["Matched", "match"]


class Matched(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it.

    Attributes:
        twice: Told more often than given.
        unequal: Told with another amount or currency, each with what was given.
        extra: Told, and not given.
        missing: Given, and not told.
    """

    twice: tuple[Refund, ...] = ()
    unequal: tuple[tuple[Refund, Refund], ...] = ()
    extra: tuple[Refund, ...] = ()
    missing: tuple[Refund, ...] = ()


def match(told: Sequence[Refund], given: Sequence[Refund]) -> Matched:
    """Match what is told of one order with what was given back for it."""
    if told and given and _sum(told) == _sum(given) and _are_alike(told, given):
        return Matched()
    left, twice, unequal = list(given), list[Refund](), list[tuple[Refund, Refund]]()
    unmatched: list[Refund] = []
    by_id = {request.id: request for request in given}
    for refund in told:
        true = by_id.get(refund.id)
        if true is None:
            unmatched.append(refund)
        elif true not in left:
            twice.append(refund)
        else:
            left.remove(true)
            if not _is_equal(refund, true):
                unequal.append((refund, true))
    extra: list[Refund] = []
    for refund in unmatched:
        same = next((request for request in left if _is_equal(refund, request)), None)
        if same is not None:
            left.remove(same)
        else:
            extra.append(refund)
    return _settle(extra, left, given, twice, unequal)


def _settle(
    extra: list[Refund],
    left: list[Refund],
    given: Sequence[Refund],
    twice: list[Refund],
    unequal: list[tuple[Refund, Refund]],
) -> Matched:
    """Divide what fits nothing: another amount for what is left, or one told again."""
    if extra and left and _sum(extra) == _sum(left) and _are_alike(extra, left):
        return Matched(twice=tuple(twice), unequal=tuple(unequal))
    while extra and left:
        unequal.append((extra.pop(0), left.pop(0)))
    again = [r for r in extra if not r.id and any(_is_equal(r, request) for request in given)]
    return Matched(
        twice=(*twice, *again),
        unequal=tuple(unequal),
        extra=tuple(refund for refund in extra if refund not in again),
        missing=tuple(left),
    )


def _is_equal(refund: Refund, request: Refund) -> bool:
    return refund.amount == request.amount and _is_currency(refund, request)


def _is_currency(refund: Refund, request: Refund) -> bool:
    return refund.currency in ("", request.currency)


def _are_alike(told: Sequence[Refund], given: Sequence[Refund]) -> bool:
    """Whether sums may be compared: one currency, and no entry that the platform's id tells twice.

    Entries with ids of their own are matched one by one, so that two wrong ones cannot even out.
    """
    ids = {request.id for request in given}
    return all(_is_currency(refund, given[0]) for refund in told) and not any(
        refund.id in ids for refund in told
    )


def _sum(refunds: Sequence[Refund]) -> Decimal:
    return sum((refund.amount or Decimal(0) for refund in refunds), Decimal(0))
