"""Each of the four ambiguous outcomes, for every operation that changes anything.

A case of the surface is played twice: once undisturbed, and once with the call that it is about met
by a fault at the platform's door.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
from tests.support.shop_desk import Answer, Desk
from tests.surface.cases import Case, all_cases

from tts_chaos.contracts.loader import load_contracts
from tts_chaos.contracts.operation import is_write
from tts_chaos.core.clock import SkewedClock
from tts_chaos.core.entropy import Entropy
from tts_chaos.core.secrets import SecretBook
from tts_chaos.engine.gateway import Gateway
from tts_chaos.engine.recorder import Recorder
from tts_chaos.faults.fault import Fault, Trigger
from tts_chaos.faults.outcomes import (
    AppliedAnswerLost,
    AppliedLate,
    AppliedTwice,
    NotAppliedAnswerLost,
)
from tts_chaos.faults.plane import FaultPlane
from tts_chaos.twin.handler import HANDLERS
from tts_chaos.wire.delivery import Connection, Delivery, Fate
from tts_chaos.wire.message import ApiRequest

OPERATIONS = load_contracts().operations
DELAY_MS = 20_000
ONCE = Trigger(only="writes", times=1)


class _Done(Exception):
    """The call that a case is about was met."""


class _Counting(Desk):
    """Notes which call is the last of an operation, and what it changed."""

    about = ""
    calls = 0
    last = 0
    changed: tuple[tuple[str, str], ...] = ()

    def deliver(self, request: ApiRequest) -> Answer:
        self.calls += 1
        mark = len(self.changes)
        answer = super().deliver(request)
        if answer.handled.operation == self.about:
            self.last, self.changed = self.calls, _named(self, mark)
        return answer


@dataclass(frozen=True)
class _Undisturbed:
    last: int
    changes: tuple[tuple[str, str], ...]


@cache
def _undisturbed(case: Case) -> _Undisturbed:
    desk = case.open(_Counting)
    desk.about = case.operation
    case.act(desk, case.operation)
    return _Undisturbed(last=desk.last, changes=desk.changed)


def _named(desk: Desk, since: int) -> tuple[tuple[str, str], ...]:
    return tuple((change.what, change.id) for change in desk.changes[since:])


class _Faulty(Desk):
    """Sends the call that a case is about through a door with a fault armed."""

    fault: Fault
    last: int
    calls = 0
    mark = 0
    delivery: Delivery
    gateway: Gateway

    def deliver(self, request: ApiRequest) -> Answer:
        self.calls += 1
        if self.calls < self.last:
            return super().deliver(request)
        self.gateway = Gateway(
            clock=SkewedClock(self.clock),
            plane=FaultPlane(Entropy("outcomes")),
            recorder=Recorder(self.clock),
            secrets=SecretBook(),
        )
        self.gateway.attach(self.twin)
        self.gateway.arm("f", self.fault, ONCE)
        self.mark = len(self.changes)
        opened = self.gateway.open(request)
        opened.conclude(Fate.ANSWERED)
        self.delivery = opened.delivery
        raise _Done


def _play(case: Case, fault: Fault) -> _Faulty:
    def make(**settings: Any) -> _Faulty:
        desk = _Faulty(**settings)
        desk.fault, desk.last = fault, _undisturbed(case).last
        return desk

    desk = case.open(make)
    with pytest.raises(_Done):
        case.act(desk, case.operation)
    return desk


def changes_of(case: Case) -> tuple[tuple[str, str], ...]:
    """Return what the call that a case is about changes, where nothing disturbs it."""
    return _undisturbed(case).changes


def _writes() -> list[Case]:
    """Return the first accepted case of each operation that changes anything."""
    chosen: dict[str, Case] = {}
    for case in all_cases():
        operation = OPERATIONS.get(case.operation)
        if operation is None or case.code:
            continue
        if operation.is_token_call or is_write(operation.method, operation.path):
            chosen.setdefault(case.operation, case)
    return list(chosen.values())


WRITES = _writes()
every_write: Callable[[Callable[..., None]], Callable[..., None]] = pytest.mark.parametrize(
    "case", WRITES, ids=lambda case: case.operation
)


def stateful_writes() -> set[str]:
    """Return every operation with state behind it that changes something, token calls too."""
    return {
        id
        for id, operation in OPERATIONS.items()
        if (id in HANDLERS or operation.is_token_call)
        and (operation.is_token_call or is_write(operation.method, operation.path))
    }


def test_every_write_with_state_behind_it_is_played() -> None:
    assert {case.operation for case in WRITES} == stateful_writes()


@every_write
def test_a_write_is_done_and_its_answer_is_lost(case: Case) -> None:
    desk = _play(case, AppliedAnswerLost())

    assert desk.delivery.connection is Connection.RESET_BEFORE_ANSWER
    assert _named(desk, desk.mark) == _undisturbed(case).changes


@every_write
def test_a_write_is_not_done_and_nobody_says_so(case: Case) -> None:
    desk = _play(case, NotAppliedAnswerLost(lost_as="closed"))

    assert desk.delivery.connection is Connection.CLOSED_BEFORE_ANSWER
    assert _named(desk, desk.mark) == ()


@every_write
def test_a_write_is_sent_twice(case: Case) -> None:
    desk = _play(case, AppliedTwice())

    changes = _undisturbed(case).changes
    assert _named(desk, desk.mark)[: len(changes)] == changes
    assert desk.delivery.response is not None


@every_write
def test_a_write_is_done_late(case: Case) -> None:
    desk = _play(case, AppliedLate(delay_ms=DELAY_MS))
    at_once = _named(desk, desk.mark)

    desk.clock.advance(DELAY_MS)
    desk.gateway.ledger()

    assert desk.delivery.response is not None
    assert desk.delivery.response.status == 504
    assert at_once == ()
    assert _named(desk, desk.mark)[: len(_undisturbed(case).changes)] == _undisturbed(case).changes
