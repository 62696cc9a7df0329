"""A schedule: some work, some faults, some data. It is a plain value, and a scenario."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Sequence

import msgspec

from tts_chaos.faults.fault import Fault, Trigger
from tts_chaos.scenarios.model import (
    ActionStep,
    Expect,
    FaultStep,
    LiftStep,
    Need,
    PlatformStep,
    Recovery,
    Scenario,
    Step,
    TwinSetup,
)
from tts_chaos.search.variants import describe, operator_steps
from tts_chaos.search.work import Work, steps_of

__all__ = ["FOUND_FOLDER", "Planned", "Schedule", "as_found", "to_scenario"]

FOUND_FOLDER = "found"
"""First part of the id of every scenario that a search makes."""

_RECOVERY = Recovery(tick_ms=180_000)
"""Ten rounds within the objective: enough for any pause between tries, few enough to be quick."""

_SLOW_RECOVERY = Recovery(tick_ms=600_000, rto_ms=7_200_000)
_LASTING = frozenset({"quota_exhausted"})
"""What an integration learns to wait out for an hour, even if it ends before."""

_LOSES_ANSWERS = frozenset({"ambiguous outcomes", "network", "slowness", "body", "intermediary"})
_ORDERS = ("orders_complete", "orders_unique", "orders_exact")


class Planned(msgspec.Struct, frozen=True, kw_only=True):
    """A fault in a schedule.

    Attributes:
        fault: The fault.
        trigger: Where and when it acts.
        before: Index of the piece of work before which it is armed.
        until: Index of the piece of work before which it is lifted; None lifts it at the end.
    """

    fault: Fault
    trigger: Trigger
    before: int = 0
    until: int | None = None

    @property
    def key(self) -> tuple[str, str]:
        """What it is and where: the fault's name and the operation."""
        return self.fault.name, self.trigger.operation or ""


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """What is played.

    Attributes:
        work: Pieces of work, in order.
        faults: Faults, in order of arming.
        orders: Orders that exist at the start.
        products: Products of each shop.
        shops: Shops.
    """

    work: tuple[Work, ...]
    faults: tuple[Planned, ...] = ()
    orders: int = 1
    products: int = 1
    shops: int = 1

    @property
    def keys(self) -> tuple[tuple[str, str], ...]:
        """The keys of its faults, sorted."""
        return tuple(sorted(planned.key for planned in self.faults))

    @property
    def weight(self) -> tuple[int, int, int]:
        """Faults, pieces of work, data: what shrinking makes small, in this order."""
        forms = sum(work.number for work in self.work)
        return len(self.faults), len(self.work), self.orders + self.products + self.shops + forms


def to_scenario(schedule: Schedule, capabilities: Collection[str]) -> Scenario:
    """Return the schedule as a scenario, under an id that is the same for equal schedules.

    Args:
        schedule: What is played.
        capabilities: What the integration offers; what it cannot do is not expected of it.
    """
    method = tuple(_method(schedule, capabilities))
    body = Scenario(
        id="",
        path="",
        title=_title(schedule),
        description=_description(schedule),
        why="A search found that this breaks the integration.",
        tags=("found",),
        needs=(Need.VIRTUAL_TIME,),
        twin=TwinSetup(
            orders=schedule.orders,
            products=schedule.products,
            shops=schedule.shops,
            rotation=not any(_may_lose_a_pair(planned) for planned in schedule.faults),
        ),
        method=method,
        rollback=tuple(_rollback(schedule)),
        recovery=_SLOW_RECOVERY if _has_lasting(schedule) else _RECOVERY,
        expect=Expect(oracles=_expected(method, capabilities)),
    )
    name = _name(schedule, body)
    return msgspec.structs.replace(body, id=f"{FOUND_FOLDER}/{name}", path=f"{name}.toml")


def as_found(scenario: Scenario) -> Scenario:
    """Return a scenario of the folder of found ones under the id that a search gave it."""
    return msgspec.structs.replace(scenario, id=f"{FOUND_FOLDER}/{scenario.id}")


def _method(schedule: Schedule, capabilities: Collection[str]) -> Iterator[Step]:
    if "deliver_webhook" in capabilities:
        yield PlatformStep(command="subscribe_webhooks")
    ids = _ids(schedule.faults)
    last = len(schedule.work) - 1
    for index, work in enumerate(schedule.work):
        for planned, id in zip(schedule.faults, ids, strict=True):
            if planned.until == index and min(planned.before, last) < index:
                yield LiftStep(id=id)
        for planned, id in zip(schedule.faults, ids, strict=True):
            if min(planned.before, last) == index:
                yield FaultStep(id=id, fault=planned.fault, trigger=planned.trigger)
        yield from steps_of(work)


def _ids(faults: Sequence[Planned]) -> list[str]:
    return [f"{planned.fault.name}-{n}" for n, planned in enumerate(faults, 1)]


def _rollback(schedule: Schedule) -> Iterator[Step]:
    steps: list[Step] = []
    for planned in schedule.faults:
        steps.extend(step for step in operator_steps(planned.fault) if step not in steps)
    yield from steps


def _may_lose_a_pair(planned: Planned) -> bool:
    """Whether a refresh may be done whose answer is never read.

    Where refresh tokens rotate, only an operator heals that; no rule asks it of an integration.
    """
    if planned.trigger.operation is not None and not planned.trigger.operation.startswith("token."):
        return False
    return planned.fault.family in _LOSES_ANSWERS or planned.fault.name.startswith("refresh_")


def _has_lasting(schedule: Schedule) -> bool:
    return any(planned.fault.name in _LASTING for planned in schedule.faults)


def _expected(method: Sequence[Step], capabilities: Collection[str]) -> tuple[str, ...]:
    actions = {step.action for step in method if isinstance(step, ActionStep)}
    names = list(_ORDERS) if "orders" in capabilities else []
    if "push_stock" in actions and "stock" in capabilities:
        names.append("stock_converges")
    if "ship" in actions:
        names.append("no_double_shipment")
    return tuple(names)


def _title(schedule: Schedule) -> str:
    return " and ".join(planned.fault.name for planned in schedule.faults) or "No fault at all"


def _description(schedule: Schedule) -> str:
    told = "; ".join(_told(planned) for planned in schedule.faults)
    work = ", ".join(work.name for work in schedule.work)
    return f"While it does {work}: {told or 'nothing is broken'}."


def _told(planned: Planned) -> str:
    trigger = planned.trigger
    where = trigger.operation or "any call"
    nth = f", from match {trigger.call} on" if trigger.call > 1 else ""
    times = "" if trigger.times is None else f", {trigger.times} times"
    return f"{describe(planned.fault)} at {where}{nth}{times}"


def _name(schedule: Schedule, body: Scenario) -> str:
    """Return a name that people can tell apart, and that only equal schedules share."""
    digest = hashlib.sha256(repr(msgspec.structs.replace(body, title="")).encode()).hexdigest()[:8]
    names = [planned.fault.name.replace("_", "-") for planned in schedule.faults]
    return "-and-".join([*dict.fromkeys(names), digest])
