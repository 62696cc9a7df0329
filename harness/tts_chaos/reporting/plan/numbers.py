"""The only place where a number of a plan is made: with its source, or not at all."""

from __future__ import annotations

from typing import Literal, TypeAlias

from tts_chaos.reporting.durations import say_duration
from tts_chaos.reporting.plan.model import Quantity, Source

__all__ = ["Numbers"]

Basis: TypeAlias = Literal["virtual time", "real sockets", "load", "given", "computed", "counted"]


class Numbers:
    """Numbers in order of appearance; the same one asked for twice is one."""

    def __init__(self) -> None:
        self._made: dict[tuple[str, str], Quantity] = {}

    def all(self) -> tuple[Quantity, ...]:
        """Return every number made so far."""
        return tuple(self._made.values())

    def make(
        self, about: str, value: float | str, unit: str, basis: Basis, source: Source
    ) -> Quantity:
        """Return the number that says `about`; `value` has the unit `unit`."""
        key = (about, repr(source))
        if key not in self._made:
            self._made[key] = Quantity(
                id=f"n{len(self._made) + 1}",
                about=about,
                value=value,
                unit=unit,
                text=spell(value, unit),
                basis=basis,
                source=source,
            )
        return self._made[key]

    def product(self, about: str, first: Quantity, factor: float, unit: str) -> Quantity:
        """Return a number times a factor."""
        value = _number(first) * factor
        source = Source(how="product", inputs=(first.id,), factor=factor)
        return self.make(about, value, unit, "computed", source)

    def times(self, about: str, first: Quantity, second: Quantity, unit: str) -> Quantity:
        """Return the product of two numbers."""
        source = Source(how="product", inputs=(first.id, second.id))
        return self.make(about, _number(first) * _number(second), unit, "computed", source)

    def largest(self, about: str, rows: list[Quantity]) -> Quantity:
        """Return the largest of numbers of one unit; a single one is itself."""
        found = max(rows, key=_number)
        if len(rows) == 1:
            return found
        source = Source(how="largest", inputs=tuple(dict.fromkeys(row.id for row in rows)))
        return self.make(about, found.value, found.unit, found.basis, source)


def _number(quantity: Quantity) -> float:
    assert not isinstance(quantity.value, str)
    return quantity.value


def spell(value: float | str, unit: str) -> str:
    """Return a number as people read it.

    >>> spell(5_400_000, "ms"), spell(2.5, "per_hour"), spell(1200.0, "GBP"), spell(7, "days")
    ('1 h 30 min', '2.5', '1,200.00 GBP', '7 days')
    """
    if isinstance(value, str):
        return value
    if unit == "ms":
        return say_duration(round(value))
    if unit == "days":
        return f"{value:g} day{'' if value == 1 else 's'}"
    if unit in ("count", "per_hour"):
        return f"{value:,.1f}".removesuffix(".0")
    if unit == "ratio":
        return f"{value:.2f}"
    return f"{value:,.2f} {unit}"
