"""The calm run: does the integration work at all, and which calls does its work make."""

from __future__ import annotations

import msgspec

from tts_chaos.core.verdict import Outcome
from tts_chaos.engine.result import RunResult
from tts_chaos.engine.run import Run
from tts_chaos.errors import ChaosError
from tts_chaos.faults.credentials import TokenExpired
from tts_chaos.faults.fault import Trigger
from tts_chaos.scenarios.model import Scenario
from tts_chaos.search.player import Played, Player
from tts_chaos.search.schedule import Planned, Schedule, to_scenario
from tts_chaos.search.sites import RequestSite, Sites, spy_on
from tts_chaos.search.work import Work, calm_day

__all__ = ["EXPIRY", "Calm", "CalmRunFailedError", "look_around"]

ORDERS, PRODUCTS = 3, 2
EXPIRY = Planned(fault=TokenExpired(), trigger=Trigger(host="api", times=1))
"""Brings the refresh of a token about, which a calm run never needs."""


class CalmRunFailedError(ChaosError):
    """The integration does not pass with nothing broken; carries the run."""

    def __init__(self, result: RunResult, scenario: Scenario) -> None:
        self.result = result
        self.scenario = scenario
        super().__init__(
            f"with nothing broken at all the run ended {result.outcome.value}"
            f"{f': {result.reason}' if result.reason else ''}; a search would only find that again"
        )


class Calm(msgspec.Struct, frozen=True, kw_only=True):
    """What calm runs showed.

    Attributes:
        capabilities: What the integration offers.
        schedule: What was played: some twenty calls.
        result: How it ended.
        sites: Requests and deliveries where faults can act.
        refresh: The refresh of a token, where one was seen once the token had expired.
        most_shops: How many shops it serves: it may be made for one.
    """

    capabilities: frozenset[str]
    schedule: Schedule
    result: RunResult
    sites: Sites
    refresh: RequestSite | None
    most_shops: int = 1


def look_around(play: Player) -> Calm:
    """Play without faults, watched by spies, with an expired token, and with two shops.

    Raises:
        CalmRunFailedError: If the integration does not pass with nothing broken.
    """
    first = Schedule(work=(Work(name="sync"),), orders=ORDERS, products=PRODUCTS)
    able = _calm(play, to_scenario(first, ())).capabilities
    day = msgspec.structs.replace(first, work=calm_day(able) or first.work)
    result = _calm(play, to_scenario(day, able)).result
    _, sites = _watched(play, day, able)
    expiring = msgspec.structs.replace(day, faults=(EXPIRY,))
    _, more = _watched(play, expiring, able)
    refresh = next((s for s in more.requests if s.operation.startswith("token.")), None)
    two = play(to_scenario(msgspec.structs.replace(first, shops=2), able)).result
    return Calm(
        capabilities=able,
        schedule=day,
        result=result,
        sites=sites,
        refresh=refresh,
        most_shops=2 if two.outcome is Outcome.PASSED else 1,
    )


def _calm(play: Player, scenario: Scenario) -> Played:
    played = play(scenario)
    if played.result.outcome is not Outcome.PASSED:
        raise CalmRunFailedError(played.result, scenario)
    return played


def _watched(play: Player, day: Schedule, able: frozenset[str]) -> tuple[RunResult, Sites]:
    sites = []

    def prepare(run: Run) -> None:
        sites.append(spy_on(run))

    result = play(to_scenario(day, able), prepare).result
    return result, sites[0](result)
