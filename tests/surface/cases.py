"""Cases: small functions that make the twin accept or refuse one call, each with its claim.

    @accepted("order.202309.get_order_list")
    def finds_orders_page_by_page(desk: Desk, operation: str) -> Answer: ...

    @refused("return_refund.202309.approve_cancellation", 25011012)
    def approved_before(desk: Desk, operation: str) -> Answer: ...

A case arranges what it needs and returns the answer to the call it is about. Several ids share a
case where they agree. Cases are run by `test_surface.py`; the evidence of `contracts/` and the
table of errors are made of them.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias, TypeVar

from tests.support.shop_desk import Answer, Desk

from tts_chaos.core.clock import SIMULATED_EPOCH_MS

__all__ = ["GATEWAY", "TOKEN_HOST", "Case", "CaseFunction", "accepted", "all_cases", "refused"]

CaseFunction: TypeAlias = Callable[[Desk, str], Answer]
D = TypeVar("D", bound=Desk)

GATEWAY = "gateway"
"""Stands for the operation in cases about refusals that any call may meet."""

TOKEN_HOST = "token_host"
"""The same for the token host."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One claim about one operation.

    Attributes:
        operation: Id of the operation, `GATEWAY` or `TOKEN_HOST`.
        code: Code that the answer must have; 0 for acceptance.
        variant: Which refusal of those that share the code, by its name in the error table.
        region: Market of the shop.
        strict: Whether the twin reads requests strictly.
        day: Day on which it plays, YYYY-MM-DD; "" for the usual one.
        act: Arranges, calls, returns the answer.
    """

    operation: str
    code: int
    variant: str
    region: str
    strict: bool
    day: str
    act: CaseFunction

    @property
    def id(self) -> str:
        """Name that says operation, code and claim."""
        code = f"{self.code}.{self.variant}" if self.variant else str(self.code)
        return f"{self.operation}-{code}-{self.act.__name__}"

    def open(self, make: Callable[..., D]) -> D:
        """Return the fresh platform that the case plays on, with a desk of whichever kind."""
        start_ms = SIMULATED_EPOCH_MS
        if self.day:
            start_ms = int(datetime.fromisoformat(self.day).replace(tzinfo=UTC).timestamp()) * 1000
        return make(region=self.region, strict=self.strict, start_ms=start_ms)

    def play(self, desk: Desk | None = None) -> Answer:
        """Return the answer at a desk that the case opened."""
        return self.act(desk or self.open(Desk), self.operation)


_CASES: dict[str, Case] = {}


def accepted(
    *operations: str, region: str = "GB", strict: bool = True, day: str = ""
) -> Callable[[CaseFunction], CaseFunction]:
    """Register a case whose last call succeeds, by behaviour and within its contract."""
    return _register(operations, 0, "", region, strict, day)


def refused(
    operation: str | tuple[str, ...],
    code: int,
    variant: str = "",
    *,
    region: str = "GB",
    strict: bool = True,
    day: str = "",
) -> Callable[[CaseFunction], CaseFunction]:
    """Register a case whose last call is refused with exactly this code, by behaviour."""
    operations = (operation,) if isinstance(operation, str) else operation
    return _register(operations, code, variant, region, strict, day)


def _register(
    operations: tuple[str, ...], code: int, variant: str, region: str, strict: bool, day: str
) -> Callable[[CaseFunction], CaseFunction]:
    def register(act: CaseFunction) -> CaseFunction:
        for operation in operations:
            case = Case(
                operation=operation,
                code=code,
                variant=variant,
                region=region,
                strict=strict,
                day=day,
                act=act,
            )
            assert case.id not in _CASES, f"two cases are called {case.id}"
            _CASES[case.id] = case
        return act

    return register


def all_cases() -> tuple[Case, ...]:
    """Return every case of this folder, sorted by id."""
    folder = Path(__file__).parent
    for module in pkgutil.iter_modules([str(folder)]):
        if module.name.startswith("cases_"):
            importlib.import_module(f"tests.surface.{module.name}")
    return tuple(case for _, case in sorted(_CASES.items()))
