"""A door that knows which exchanges are under way on real sockets.

A client can have read an answer, and the integration can have reported the end of its work, before
the server has come to note how that answer ended. The history would then tell the exchange after
the action that made it, and no oracle would count it as that action's.
"""

from __future__ import annotations

import threading

from tts_chaos.engine.ports import Door, OpenExchange
from tts_chaos.wire.delivery import Delivery, Fate
from tts_chaos.wire.message import ApiRequest

__all__ = ["CountedDoor"]


class CountedDoor:
    """Implements `engine.ports.Door`; thread-safe.

    Args:
        door: Where requests really go.
    """

    def __init__(self, door: Door) -> None:
        self._door = door
        self._under_way: set[OpenExchange] = set()
        self._changed = threading.Condition()

    def open(self, request: ApiRequest) -> OpenExchange:
        """Take a request in."""
        exchange = _Counted(self._door.open(request), self)
        with self._changed:
            self._under_way.add(exchange)
        return exchange

    def end(self, exchange: OpenExchange) -> None:
        """Note that an exchange has been recorded."""
        with self._changed:
            self._under_way.discard(exchange)
            self._changed.notify_all()

    def await_ends(self, within_s: float) -> None:
        """Wait until the exchanges that are under way now have been recorded.

        One that the platform holds open on purpose is not waited for any longer than that.
        """
        with self._changed:
            begun = set(self._under_way)
            self._changed.wait_for(lambda: not begun & self._under_way, within_s)


class _Counted:
    def __init__(self, exchange: OpenExchange, door: CountedDoor) -> None:
        self._exchange = exchange
        self._door = door

    @property
    def delivery(self) -> Delivery:
        """How the answer travels."""
        return self._exchange.delivery

    def conclude(self, fate: Fate) -> None:
        """Record the exchange."""
        self._exchange.conclude(fate)
        self._door.end(self)
