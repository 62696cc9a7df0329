"""A door that answers by a script, and the simulated world in front of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from tts_chaos.core.clock import SkewedClock
from tts_chaos.injectors.simulated import SimulatedWorld
from tts_chaos.injectors.virtual_time import VirtualTime
from tts_chaos.typing import ShopAccess, TwinConnection
from tts_chaos.wire.delivery import Delivery, Fate
from tts_chaos.wire.message import ApiRequest, make_json_response


@dataclass
class ScriptedExchange:
    """One request at the scripted door."""

    request: ApiRequest
    delivery: Delivery
    fates: list[Fate] = field(default_factory=list)

    def conclude(self, fate: Fate) -> None:
        self.fates.append(fate)


class ScriptedDoor:
    """Answers each request by `answer`, and keeps what happened."""

    def __init__(self) -> None:
        self.exchanges: list[ScriptedExchange] = []
        self.answer: Callable[[ApiRequest], Delivery] = lambda _: Delivery(
            response=make_json_response({"code": 0})
        )

    def open(self, request: ApiRequest) -> ScriptedExchange:
        exchange = ScriptedExchange(request, self.answer(request))
        self.exchanges.append(exchange)
        return exchange

    def answers(self, *deliveries: Delivery) -> None:
        """Give these answers one after the other, the last one for ever."""
        queue = list(deliveries)
        self.answer = lambda _: queue.pop(0) if len(queue) > 1 else queue[0]

    @property
    def fates(self) -> list[Fate]:
        return [fate for exchange in self.exchanges for fate in exchange.fates]

    @property
    def paths(self) -> list[str]:
        return [exchange.request.path for exchange in self.exchanges]


CREDENTIALS = TwinConnection(
    api_url="",
    token_url="",
    app_key="key",
    app_secret="secret",
    access_token="access",
    refresh_token="refresh",
    access_token_expires_at=0,
    refresh_token_expires_at=0,
    shops=[ShopAccess(id="1", cipher="c", region="GB", name="Shop")],
)


@pytest.fixture
def door() -> ScriptedDoor:
    return ScriptedDoor()


@pytest.fixture
def world(door: ScriptedDoor) -> Iterator[SimulatedWorld]:
    world = SimulatedWorld(hang_limit_s=10)
    world.open(door, CREDENTIALS, SkewedClock(world.clock))
    yield world
    world.close()


@pytest.fixture
def hasty_world(door: ScriptedDoor) -> Iterator[SimulatedWorld]:
    """A world that calls a call hung after a fifth of a second."""
    world = SimulatedWorld(hang_limit_s=0.2)
    world.open(door, CREDENTIALS, SkewedClock(world.clock))
    yield world
    world.close()


@pytest.fixture
def virtual() -> Iterator[VirtualTime]:
    with VirtualTime() as virtual:
        yield virtual


@pytest.fixture
def connection() -> TwinConnection:
    return CREDENTIALS
