"""The way of one request to the platform's door and back, for every seam of the simulated world."""

from __future__ import annotations

import asyncio
import functools
import ipaddress
from dataclasses import dataclass

from tts_chaos.engine.ports import Door, OpenExchange
from tts_chaos.engine.travel import Journey, Timeouts, travel
from tts_chaos.errors import BackendUnavailableError
from tts_chaos.injectors.virtual_time import active
from tts_chaos.injectors.virtual_time.guards import RunOverError, VirtualTimeError
from tts_chaos.injectors.virtual_time.slots import Ticket
from tts_chaos.wire.delivery import Connection, Delivery, Fate
from tts_chaos.wire.message import ApiRequest, ApiResponse

__all__ = [
    "Arrival",
    "is_loopback",
    "make_request",
    "to_patience_ms",
    "travel_async",
    "travel_sync",
]

NEVER_CONNECTED = frozenset(
    {Fate.REFUSED, Fate.CONNECT_TIMED_OUT, Fate.DNS_FAILED, Fate.TLS_FAILED}
)


@dataclass(frozen=True, slots=True)
class Arrival:
    """What reached the client.

    Attributes:
        fate: What it experiences.
        head: Status and headers, None where not even those arrived.
        body: Bytes of the body that arrived.
    """

    fate: Fate
    head: ApiResponse | None
    body: bytes

    @property
    def is_connected(self) -> bool:
        """Whether a connection came about."""
        return self.fate not in NEVER_CONNECTED


@functools.lru_cache(maxsize=256)
def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine's own."""
    bare = host.strip("[]").rstrip(".").lower()
    if bare == "localhost" or bare.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(bare.partition("%")[0]).is_loopback
    except ValueError:
        return False


def make_request(
    *,
    method: str,
    scheme: str,
    host: str,
    target: str,
    headers: list[tuple[str, str]],
    body: bytes,
) -> ApiRequest:
    """Return a request in the harness's form; `target` is path and query as on the wire."""
    path, _, query = target.partition("?")
    return ApiRequest(
        method=method.upper(),
        scheme=scheme,
        host=host.lower(),
        path=path or "/",
        query=query,
        headers=tuple((name.lower(), value) for name, value in headers),
        body=body,
    )


def to_patience_ms(timeout_s: float | None) -> int | None:
    """Return a client's time-out in milliseconds, at least one; None waits for ever.

    >>> to_patience_ms(2.5), to_patience_ms(None)
    (2500, None)
    """
    return None if timeout_s is None else max(round(timeout_s * 1000), 1)


def travel_sync(door: Door, request: ApiRequest, timeouts: Timeouts) -> Arrival:
    """Take a request to the door, let its time pass in the calling thread, and conclude it.

    Raises:
        VirtualTimeError: If the call is ended meanwhile; the exchange stays unfinished.
    """
    exchange, journey = _set_out(door, request, timeouts)
    try:
        _pass_time(journey, _describe_endless(request, journey))
    except BaseException as error:
        exchange.conclude(_fate_of_interruption(error))
        raise
    return _arrive(exchange, journey, timeouts)


async def travel_async(door: Door, request: ApiRequest, timeouts: Timeouts) -> Arrival:
    """Do the same in a task; a cancelled task concludes the exchange as one that timed out.

    Raises:
        BackendUnavailableError: If the task does not run on asyncio.
    """
    exchange, journey = _set_out(door, request, timeouts)
    try:
        await _await_time(journey, _describe_endless(request, journey))
    except BaseException as error:
        exchange.conclude(_fate_of_interruption(error))
        raise
    return _arrive(exchange, journey, timeouts)


def _set_out(door: Door, request: ApiRequest, timeouts: Timeouts) -> tuple[OpenExchange, Journey]:
    found = active.current()
    assert found is not None
    found[0].checkpoint()
    exchange = door.open(request)
    return exchange, travel(exchange.delivery, timeouts)


def _pass_time(journey: Journey, endless: str) -> None:
    found = active.current()
    assert found is not None
    scheduler, slot = found
    if journey.elapsed_ms is None:
        scheduler.wait(Ticket(slot), None, endless)
    elif journey.elapsed_ms:
        scheduler.sleep(slot, journey.elapsed_ms * 1000)
    else:
        # An answer that takes no time still lets others go first, as any network would.
        scheduler.yield_turn(slot)


async def _await_time(journey: Journey, endless: str) -> None:
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError as error:
        raise BackendUnavailableError(
            "the simulated world runs asyncio only; test a trio program in the wire world"
        ) from error
    if journey.elapsed_ms is not None:
        await asyncio.sleep(journey.elapsed_ms / 1000)
        return
    found = active.current()
    assert found is not None
    with found[0].endless_wait(endless):
        await loop.create_future()


def _arrive(exchange: OpenExchange, journey: Journey, timeouts: Timeouts) -> Arrival:
    exchange.conclude(journey.fate)
    delivery = exchange.delivery
    head = delivery.response if _has_begun(delivery, journey.fate, timeouts) else None
    return Arrival(fate=journey.fate, head=head, body=journey.body)


def _has_begun(delivery: Delivery, fate: Fate, timeouts: Timeouts) -> bool:
    """Whether at least the headers of the answer arrived."""
    if fate in (Fate.ANSWERED, Fate.CUT_SHORT):
        return True
    is_late = timeouts.read_ms is not None and delivery.delay_ms > timeouts.read_ms
    return fate is Fate.READ_TIMED_OUT and delivery.connection is Connection.OPEN and not is_late


def _fate_of_interruption(error: BaseException) -> Fate:
    if isinstance(error, VirtualTimeError | RunOverError | KeyboardInterrupt):
        return Fate.UNFINISHED
    return Fate.READ_TIMED_OUT


def _describe_endless(request: ApiRequest, journey: Journey) -> str:
    if journey.elapsed_ms is not None:
        return ""
    kind = "connect" if journey.fate is Fate.CONNECT_TIMED_OUT else "read"
    return (
        f"{request.method} {request.scheme}://{request.host}{request.path} is never answered, and "
        f"the client set no {kind} time-out"
    )
