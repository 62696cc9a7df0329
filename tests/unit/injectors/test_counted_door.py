"""The end of a call waits until what it asked of the platform has been recorded."""

from __future__ import annotations

import threading
import time

from tts_chaos.injectors.counted_door import CountedDoor
from tts_chaos.wire.delivery import Delivery, Fate
from tts_chaos.wire.message import ApiRequest, ApiResponse

REQUEST = ApiRequest(method="GET", path="/order/202309/orders")
LONG_S = 30.0


class Exchange:
    """Says what it was concluded with."""

    def __init__(self) -> None:
        self.delivery = Delivery(response=ApiResponse(status=200))
        self.fate: Fate | None = None

    def conclude(self, fate: Fate) -> None:
        """Keep the fate."""
        self.fate = fate


class Inner:
    """Hands out exchanges."""

    def __init__(self) -> None:
        self.exchanges: list[Exchange] = []

    def open(self, _request: ApiRequest) -> Exchange:
        """Make one."""
        self.exchanges.append(Exchange())
        return self.exchanges[-1]


def test_an_exchange_goes_through_as_it_is() -> None:
    inner = Inner()

    opened = CountedDoor(inner).open(REQUEST)
    opened.conclude(Fate.CUT_SHORT)

    assert opened.delivery is inner.exchanges[0].delivery
    assert inner.exchanges[0].fate is Fate.CUT_SHORT


def test_one_under_way_is_waited_for() -> None:
    inner = Inner()
    door = CountedDoor(inner)
    opened = door.open(REQUEST)
    later = threading.Timer(0.05, lambda: opened.conclude(Fate.ANSWERED))
    later.start()

    door.await_ends(LONG_S)

    assert inner.exchanges[0].fate is Fate.ANSWERED
    later.join()


def test_one_that_is_held_open_is_not_waited_for_without_end() -> None:
    door = CountedDoor(Inner())
    door.open(REQUEST)
    began_s = time.monotonic()

    door.await_ends(0.05)

    assert time.monotonic() - began_s < LONG_S


def test_one_that_begins_meanwhile_is_not_waited_for() -> None:
    door = CountedDoor(Inner())
    first = door.open(REQUEST)

    def go_on() -> None:
        door.open(REQUEST)
        first.conclude(Fate.ANSWERED)

    later = threading.Timer(0.05, go_on)
    later.start()
    began_s = time.monotonic()

    door.await_ends(LONG_S)

    assert time.monotonic() - began_s < LONG_S
    later.join()
