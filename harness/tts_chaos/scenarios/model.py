"""A scenario as a value: what is set up, done, broken, repaired, and expected.

Field names are the keys of the file, hyphens turned into underscores.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal, TypeAlias

import msgspec

from tts_chaos.core.history import Json
from tts_chaos.faults.fault import Fault, Trigger

__all__ = [
    "LONGEST_MS",
    "ActionStep",
    "Alert",
    "Expect",
    "FaultStep",
    "KillStep",
    "LiftStep",
    "Limits",
    "Need",
    "PlatformStep",
    "PostStep",
    "Probe",
    "Recovery",
    "Scenario",
    "Step",
    "TwinSetup",
    "WaitStep",
]

LONGEST_MS = 400 * 86_400_000
"""More than a year of one wait or window is a unit mistaken, not an experiment."""

MOST_CALLS = 100_000
"""More requests than this no run could keep in memory."""

MOST_ORDERS = 10_000
MOST_PRODUCTS = 1_000
MOST_SHOPS = 20
MOST_REPEATS = 1_000
MOST_PARALLEL = 100
"""Threads that act at the same time; more says nothing more about a race."""

Milliseconds: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=LONGEST_MS)]
Pause: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=LONGEST_MS)]


class Need(StrEnum):
    """What a scenario asks of the world it runs in.

    `own-process`: that the integration is a program, which SIGKILL really ends.
    """

    VIRTUAL_TIME = "virtual-time"
    REAL_SOCKETS = "real-sockets"
    OWN_PROCESS = "own-process"


class _Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class Limits(_Strict, frozen=True, kw_only=True):
    """Bounds of a run. Times are virtual in the simulated world, real in the wire world.

    Attributes:
        action_ms: Longest that one action may take.
        wire_action_ms: The same on real sockets.
        fault_ms: Longest that any fault may stay armed; one without `for_ms` ends then at the
            latest, whatever else happens.
        wire_fault_ms: The same on real sockets.
        calls: Most requests.
    """

    action_ms: Milliseconds = 3_600_000
    wire_action_ms: Milliseconds = 30_000
    fault_ms: Milliseconds = 7 * 86_400_000
    wire_fault_ms: Milliseconds = 600_000
    calls: Annotated[int, msgspec.Meta(ge=1, le=MOST_CALLS)] = 5_000


class TwinSetup(_Strict, frozen=True, kw_only=True):
    """How the platform is set up before the run.

    Attributes:
        orders: Orders that exist in the main shop at the start, in believable states.
        products: Products in each shop, one to three SKUs each.
        shops: Authorised shops.
        regions: Region codes of the shops, repeated as needed; decides currency and rules.
        rotation: Whether a refresh kills the old refresh token (the platform does not say).
        token_life_ms: Life of an access token; None keeps the documented 7 days.
        profile: Error profile: `documented` or `article`.
        strict: Whether requests that the platform probably tolerates are refused.
    """

    orders: Annotated[int, msgspec.Meta(ge=0, le=MOST_ORDERS)] = 25
    products: Annotated[int, msgspec.Meta(ge=1, le=MOST_PRODUCTS)] = 8
    shops: Annotated[int, msgspec.Meta(ge=1, le=MOST_SHOPS)] = 1
    regions: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)] = ("GB",)
    rotation: bool = True
    token_life_ms: Milliseconds | None = None
    profile: Literal["documented", "article"] = "documented"
    strict: bool = True


class Probe(_Strict, frozen=True, kw_only=True):
    """One statement of the steady-state hypothesis: an oracle that must be VALID.

    Attributes:
        oracle: Its name.
    """

    oracle: str


class FaultStep(msgspec.Struct, frozen=True, kw_only=True):
    """Arm a fault. `id` names it for a later lift; by default the fault's name."""

    id: str
    fault: Fault
    trigger: Trigger


class LiftStep(msgspec.Struct, frozen=True, kw_only=True):
    """Lift the fault armed under `id`."""

    id: str


class ActionStep(msgspec.Struct, frozen=True, kw_only=True):
    """Make the integration do something.

    Attributes:
        action: One of `typing.ACTIONS`.
        arguments: Keyword values; strings starting with `$` are filled in at run time.
        repeat: How often in a row.
        parallel: How many at the same time, each in a thread of its own.
        every_ms: Pause between repeats.
    """

    action: str
    arguments: dict[str, Json] = {}
    repeat: Annotated[int, msgspec.Meta(ge=1, le=MOST_REPEATS)] = 1
    parallel: Annotated[int, msgspec.Meta(ge=1, le=MOST_PARALLEL)] = 1
    every_ms: Pause = 0


class PlatformStep(msgspec.Struct, frozen=True, kw_only=True):
    """Let a buyer or the platform act: one of the twin's commands."""

    command: str
    arguments: dict[str, Json] = {}


class WaitStep(msgspec.Struct, frozen=True, kw_only=True):
    """Let time pass; due webhooks are delivered meanwhile.

    Attributes:
        wait_ms: How long.
    """

    wait_ms: Milliseconds


class PostStep(msgspec.Struct, frozen=True, kw_only=True):
    """Let only the platform's post live through a time: its retries come, and nobody waits.

    Attributes:
        post_ms: How long.
    """

    post_ms: Milliseconds


class KillStep(msgspec.Struct, frozen=True, kw_only=True):
    """Kill the integration between two steps; it stays dead until a step restarts it."""

    kill: Literal[True] = True


Step = FaultStep | LiftStep | ActionStep | PlatformStep | WaitStep | PostStep | KillStep


class Recovery(_Strict, frozen=True, kw_only=True):
    """How recovery is measured.

    Attributes:
        rto_ms: Recovery time objective, from heal to whole (virtual time).
        wire_rto_ms: The same on real sockets, real time.
        tick_ms: Pause between two rounds of the integration's own schedule.
        wire_tick_ms: The same on real sockets.
        actions: What the integration's schedule does each round, where it is able to.
        canary: Whether a test order placed after recovery must arrive, too.
    """

    rto_ms: Milliseconds = 1_800_000
    wire_rto_ms: Milliseconds = 20_000
    tick_ms: Milliseconds = 60_000
    wire_tick_ms: Milliseconds = 200
    actions: tuple[str, ...] = ("sync_orders", "flush")
    canary: bool = True


class Alert(_Strict, frozen=True, kw_only=True):
    """An alert that must be raised: its cause and the detection time.

    Attributes:
        cause: What it must name.
        within_ms: From the first firing of a fault to the alert.
    """

    cause: str
    within_ms: Milliseconds = 900_000


class Expect(_Strict, frozen=True, kw_only=True):
    """What must hold at the end, beyond the rules that always hold.

    Attributes:
        oracles: Oracles that must be VALID; UNKNOWN makes the run inconclusive.
        alert: Alert that must be raised.
        options: Settings of single oracles: whole numbers by setting, by oracle name.
    """

    oracles: tuple[str, ...] = ("orders_complete", "orders_unique", "orders_exact")
    alert: Alert | None = None
    options: dict[str, Json] = {}


class Scenario(msgspec.Struct, frozen=True, kw_only=True):
    """A chaos experiment.

    Attributes:
        id: Path of the file below its scenario folder, without suffix: `auth/token-expired-401`.
        path: The file, for messages.
        title: What happens, in one line.
        description: What exactly, in a sentence or two.
        why: Why it is worth playing: the incident it stands for.
        tags: Words by which it is chosen and judged.
        needs: What it asks of the world it runs in; without any it runs in all.
        limits: Bounds of the run.
        twin: How the platform is set up before the run.
        steady_state: What must hold before anything is broken, else the run is aborted.
        method: Steps, in order: faults, actions, what buyers and the platform do, waits.
        rollback: What an operator does where the integration cannot heal alone.
        recovery: How recovery is measured.
        expect: What must hold at the end, beyond the rules that always hold.
    """

    id: str
    path: str
    title: str
    description: str
    why: str
    tags: tuple[str, ...] = ()
    needs: tuple[Need, ...] = ()
    limits: Limits = Limits()
    twin: TwinSetup = TwinSetup()
    steady_state: tuple[Probe, ...] = ()
    method: tuple[Step, ...] = ()
    rollback: tuple[Step, ...] = ()
    recovery: Recovery = Recovery()
    expect: Expect = Expect()
