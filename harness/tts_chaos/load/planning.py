"""Makes a plan of a profile and a target."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from tts_chaos.errors import UsageError
from tts_chaos.load.plan import AREAS, SHARES, Plan, Target
from tts_chaos.load.profiles import Profile
from tts_chaos.load.samples import area_of

__all__ = ["make_plan"]

_RESERVE_S = 5.0
"""An open model has users for so many seconds of its peak rate: enough to keep on sending at an
integration that answers no faster than this."""

_USERS_MIN, _USERS_MAX = 20, 2_000


def make_plan(
    name: str,
    profile: Profile,
    target: Target,
    *,
    results: Path,
    rate: float | None = None,
    duration_s: float | None = None,
    shares: Mapping[str, float] | None = None,
    seed: str = "0",
    workers: int = 1,
) -> Plan:
    """Return the plan.

    Args:
        name: The profile's name.
        profile: The course of load.
        target: Where it goes; areas of which it offers nothing get no share.
        results: Folder for the record.
        rate: Requests per second for the factor 1; None takes the profile's.
        duration_s: Length of the whole; None takes the profile's.
        shares: Share of each area.
        seed: Decides instants and data.
        workers: Processes that share it.

    Raises:
        UsageError: If nothing would be sent.
    """
    offered = {area_of(operation) for operation in target.operations}
    given = {**SHARES, **(shares or {})}
    kept = {area: given[area] if area in offered else 0.0 for area in AREAS}
    if not sum(kept.values()):
        raise UsageError("the target offers no operation of an area that has a share")
    plan = Plan(
        profile=name,
        stages=profile.stretched(rate=rate, duration_s=duration_s),
        target=target,
        model=profile.model,
        shares=kept,
        seed=seed,
        peak=profile.peak,
        workers=workers,
        results=str(results),
    )
    users = profile.users or round(plan.peak_rate * _RESERVE_S)
    if profile.model == "open":
        users = min(max(users, _USERS_MIN), _USERS_MAX)
    # Locust gives each worker at least one user of each area.
    return _with_users(plan, max(users, workers * len(AREAS)))


def _with_users(plan: Plan, users: int) -> Plan:
    return msgspec.structs.replace(plan, users=users)
