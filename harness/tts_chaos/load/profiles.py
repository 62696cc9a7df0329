"""The profiles: smoke, steady, peak-sale, flash-sale, soak; as tables, at any rate and length."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from tts_chaos.load.choosing import choose
from tts_chaos.load.plan import Stage
from tts_chaos.scenarios.shape import Place, convert

__all__ = ["PROFILES", "Profile", "find_profile", "read_profile"]


class Profile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A course of load.

    Attributes:
        summary: One sentence.
        stages: In order; rates are multiples of `rate`, times are seconds.
        rate: Requests per second that the factor 1 stands for, all areas together.
        peak: Name of the stage in which fault scripts act.
        model: `open` or `closed`.
        users: Shoppers of a closed model; 0 derives the reserve of an open one from its rate.
        drain_s: How long the backlog may take to be worked off afterwards.
    """

    summary: str
    stages: tuple[Stage, ...]
    rate: float
    peak: str
    model: Literal["open", "closed"] = "open"
    users: int = 0
    drain_s: float = 60.0

    def stretched(self, *, rate: float | None, duration_s: float | None) -> tuple[Stage, ...]:
        """Return the stages at a rate, in a length; None keeps the profile's own.

        Backlogs grow and shrink with the rate.
        """
        plain = rate or self.rate
        by = plain / self.rate
        whole_s = sum(stage.for_s for stage in self.stages)
        factor = duration_s / whole_s if duration_s else 1.0
        return tuple(
            msgspec.structs.replace(
                stage,
                for_s=stage.for_s * factor,
                rate=stage.rate * plain,
                end_rate=None if stage.end_rate is None else stage.end_rate * plain,
                backlog=round(stage.backlog * by),
            )
            for stage in self.stages
        )


def _stage(name: str, for_s: float, rate: float, end: float | None = None, **more: Any) -> Stage:
    return Stage(name=name, for_s=for_s, rate=rate, end_rate=end, **more)


PROFILES: dict[str, Profile] = {
    "smoke": Profile(
        summary="half a minute: is everything plugged in, and are budgets held at all",
        stages=(
            _stage("warm-up", 3, 0.5, 1, judged=False),
            _stage("plateau", 25, 1),
        ),
        rate=30,
        peak="plateau",
    ),
    "steady": Profile(
        summary="an ordinary day's rate for five minutes",
        stages=(_stage("warm-up", 15, 0.2, 1, judged=False), _stage("plateau", 300, 1)),
        rate=50,
        peak="plateau",
    ),
    "peak-sale": Profile(
        summary="a sale's day: ramp, plateau, spike, cool-down",
        stages=(
            _stage("warm-up", 10, 0.1, 0.3, judged=False),
            _stage("ramp", 45, 0.3, 1),
            _stage("plateau", 90, 1),
            _stage("spike", 20, 1.5),
            _stage("cool-down", 30, 1, 0.3),
        ),
        rate=60,
        peak="plateau",
        drain_s=120,
    ),
    "flash-sale": Profile(
        summary="everybody comes at once, and the platform's post after them",
        stages=(
            _stage("warm-up", 5, 0.3, judged=False),
            _stage("before", 20, 0.5),
            _stage("flash", 30, 1.5, 1, backlog=100),
            _stage("after", 30, 0.5),
        ),
        rate=60,
        peak="flash",
        drain_s=120,
    ),
    "soak": Profile(
        summary="two hours at an ordinary rate: leaks, and what only comes with time",
        stages=(_stage("warm-up", 60, 0.2, 1, judged=False), _stage("plateau", 7200, 1)),
        rate=30,
        peak="plateau",
        drain_s=300,
    ),
}


def find_profile(name: str, own: Mapping[str, Profile] | None = None) -> Profile:
    """Return the profile of this name.

    Raises:
        UsageError: If there is none.
    """
    return choose("profile", name, {**PROFILES, **(own or {})})


def read_profile(value: Any, place: Place) -> Profile:
    """Return the profile that a table of a configuration describes.

    Raises:
        UsageError: If it makes no sense.
    """
    profile = convert(value, Profile, place)
    if not profile.stages:
        raise place.at("stages").error("expected at least one stage")
    for number, stage in enumerate(profile.stages):
        here = place.at("stages").at(number)
        if stage.for_s <= 0 or stage.rate < 0 or stage.last_rate < 0 or stage.backlog < 0:
            raise here.error("expected for_s above 0, and no negative rate or backlog")
    if not any(stage.judged for stage in profile.stages):
        raise place.at("stages").error("no stage is judged; a profile of warm-ups proves nothing")
    if profile.rate <= 0 or max(max(s.rate, s.last_rate) for s in profile.stages) <= 0:
        raise place.at("rate").error("expected a rate above 0")
    if profile.model == "closed" and profile.users < 1:
        raise place.at("users").error("a closed model needs its number of users")
    if profile.peak not in {stage.name for stage in profile.stages}:
        raise place.at("peak").error(f"there is no stage {profile.peak!r}")
    return profile
