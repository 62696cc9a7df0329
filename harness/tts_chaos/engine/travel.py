"""What a client with given time-outs experiences of a delivery, and after how long. Pure.

Used by every seam of the simulated world, so that httpx and requests see the same network.
"""

from __future__ import annotations

import msgspec

from tts_chaos.wire.delivery import Connection, Delivery, Fate

__all__ = ["Journey", "Timeouts", "travel"]


class Timeouts(msgspec.Struct, frozen=True, kw_only=True):
    """A client's patience in milliseconds; None waits for ever. `read_ms` counts between bytes."""

    connect_ms: int | None = None
    read_ms: int | None = None


class Journey(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a delivery.

    Attributes:
        fate: What the client experiences.
        elapsed_ms: How long that takes; None for ever (the client set no time-out).
        body: Bytes of the body that arrived.
    """

    fate: Fate
    elapsed_ms: int | None
    body: bytes = b""


_AT_ONCE = {
    Connection.REFUSED: Fate.REFUSED,
    Connection.DNS_FAILED: Fate.DNS_FAILED,
    Connection.TLS_FAILED: Fate.TLS_FAILED,
    Connection.RESET_BEFORE_ANSWER: Fate.RESET,
    Connection.CLOSED_BEFORE_ANSWER: Fate.CLOSED,
}


def travel(delivery: Delivery, timeouts: Timeouts) -> Journey:
    """Return what the client experiences.

    >>> from tts_chaos.wire.message import ApiResponse
    >>> late = Delivery(response=ApiResponse(status=200, body=b"{}"), delay_ms=9000)
    >>> travel(late, Timeouts(read_ms=5000))
    Journey(fate=<Fate.READ_TIMED_OUT: 'read_timed_out'>, elapsed_ms=5000, body=b'')
    """
    if delivery.connection is Connection.BLACK_HOLED:
        return Journey(fate=Fate.CONNECT_TIMED_OUT, elapsed_ms=timeouts.connect_ms)
    if delivery.connection in _AT_ONCE:
        return Journey(fate=_AT_ONCE[delivery.connection], elapsed_ms=delivery.delay_ms)
    if delivery.connection is Connection.SILENT or delivery.response is None:
        return Journey(fate=Fate.READ_TIMED_OUT, elapsed_ms=timeouts.read_ms)
    patience = timeouts.read_ms
    if patience is not None and delivery.delay_ms > patience:
        return Journey(fate=Fate.READ_TIMED_OUT, elapsed_ms=patience)
    if delivery.cut_head_after_bytes is not None:
        fate = Fate.RESET if delivery.cut_by == "reset" else Fate.CLOSED
        return Journey(fate=fate, elapsed_ms=delivery.delay_ms)
    return _travel_body(delivery, delivery.response.body, patience)


def _travel_body(delivery: Delivery, body: bytes, patience: int | None) -> Journey:
    pieces = -(-len(body) // delivery.drip_bytes) if delivery.drip_bytes else 0
    dripping_ms = pieces * delivery.drip_interval_ms
    if pieces and patience is not None and delivery.drip_interval_ms > patience:
        return Journey(fate=Fate.READ_TIMED_OUT, elapsed_ms=delivery.delay_ms + patience)
    elapsed_ms = delivery.delay_ms + dripping_ms
    stall = delivery.stall_after_bytes
    if stall is not None and stall < len(body):
        stalled_ms = None if patience is None else elapsed_ms + patience
        return Journey(fate=Fate.READ_TIMED_OUT, elapsed_ms=stalled_ms, body=body[:stall])
    cut = delivery.cut_after_bytes
    if cut is not None and cut < len(body):
        fate = Fate.RESET if delivery.cut_by == "reset" else Fate.CUT_SHORT
        return Journey(fate=fate, elapsed_ms=elapsed_ms, body=body[:cut])
    return Journey(fate=Fate.ANSWERED, elapsed_ms=elapsed_ms, body=body)
