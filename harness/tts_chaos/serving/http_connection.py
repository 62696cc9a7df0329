"""One HTTP/1.1 connection: requests in order through the door, answers as their delivery wants.

The life of a connection: bytes are read into requests; requests wait in a queue; the first goes
through the door, its answer is played (`serving.http_writing`), its fate is concluded, then the
next. So answers to pipelined requests keep their order, and a request whose client left before its
turn never reaches the platform.

What the server can know of a fate: an answer counts as `answered` once the operating system has
taken its last byte while the client was still there. A client that leaves earlier has given up
waiting: `read_timed_out`.
"""

from __future__ import annotations

import asyncio
import socket
from collections import deque
from dataclasses import dataclass
from typing import cast

from tts_chaos.engine.ports import Door, OpenExchange
from tts_chaos.serving.entrance import Retirable
from tts_chaos.serving.http_accepting import RESET_ON_CLOSE, HttpProtocol
from tts_chaos.serving.http_reading import Incoming, Origin, RefusedRequestError, RequestReader
from tts_chaos.serving.http_writing import Answer, Ending, Send, encode_refusal, plan_answer
from tts_chaos.wire.delivery import Fate

__all__ = ["HttpConnection"]

PIPELINE_MAX = 32
"""Requests read ahead of the one being answered; more wait in the operating system."""

REQUEST_PATIENCE_S = 30.0
"""Silence in the middle of a request after which it is given up with 408."""

LINGER_S = 1.0
"""How long the rest of a refused request is read and thrown away: closing with unread bytes would
reset the connection and could destroy the refusal on its way."""

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


@dataclass(slots=True)
class _Answering:
    exchange: OpenExchange
    answer: Answer


class HttpConnection(HttpProtocol):
    """The server's side of one connection.

    Args:
        door: Where requests go.
        origin: What the listener stands for.
        connections: The server's set of open connections, kept by this object.
    """

    def __init__(self, door: Door, origin: Origin, connections: set[Retirable]) -> None:
        self._door = door
        self._connections = connections
        self._loop = asyncio.get_running_loop()
        self._reader = RequestReader(origin)
        self._queue: deque[Incoming] = deque()
        self._current: _Answering | None = None
        self._refusal: RefusedRequestError | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._patience: asyncio.TimerHandle | None = None
        self._is_writable = True
        self._is_writing = False
        self._is_reading = True
        self._is_closing = False
        self._is_retiring = False

    # -- called by the event loop ---------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client has connected."""
        # uvloop's transports have the methods without the base class.
        self._transport = transport = cast("asyncio.Transport", transport)
        # With no room in the buffer, "writable" means that everything written so far is gone. The
        # limit is 1 and not 0 because TLS transports count an empty buffer as full at 0.
        transport.set_write_buffer_limits(high=1, low=0)
        self._connections.add(self)

    def data_received(self, data: bytes) -> None:
        """Bytes have arrived."""
        if self._is_closing or self._refusal is not None:
            return
        try:
            self._queue.extend(self._reader.feed(data))
        except RefusedRequestError as refusal:
            self._queue.extend(self._reader.take_complete())
            self._refusal = refusal
        self._watch_patience()
        if self._is_reading and len(self._queue) > PIPELINE_MAX:
            self._is_reading = False
            self._transport.pause_reading()
        self._go_on()

    def eof_received(self) -> bool:
        """The client has left, or will send no more; either way it is not waited for."""
        return False

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """The connection is gone."""
        self._connections.discard(self)
        self._is_closing = True
        self._queue.clear()
        for timer in (self._timer, self._patience):
            if timer is not None:
                timer.cancel()
        self._conclude(Fate.READ_TIMED_OUT)

    def pause_writing(self) -> None:
        """Something written is still on its way out."""
        self._is_writable = False

    def resume_writing(self) -> None:
        """Everything written is gone."""
        self._is_writable = True
        if self._current is not None and self._timer is None and not self._is_writing:
            self._play()

    # -- called by the server -------------------------------------------------------------------

    def abandon(self) -> None:
        """Drop the connection because the server ends; an exchange under way stays unfinished."""
        self._conclude(Fate.UNFINISHED)
        self._is_closing = True
        self._transport.abort()

    def retire(self) -> None:
        """Close once nothing is under way: at once, or after the answer that is."""
        self._is_retiring = True
        is_idle = self._current is None and not self._queue and not self._reader.is_mid_message
        if is_idle and not self._is_closing:
            self._close(Ending.CLOSE)

    # -- requests -------------------------------------------------------------------------------

    def _go_on(self) -> None:
        """Answer what waits, as far as that is possible now."""
        while self._current is None and self._queue and not self._is_closing:
            self._take(self._queue.popleft())
        if self._current is not None or self._is_closing:
            return
        if self._refusal is not None:
            self._refuse(self._refusal)
        elif self._reader.is_waiting_to_continue:
            self._reader.is_waiting_to_continue = False
            self._write(_CONTINUE)
        if not self._is_reading and not self._is_closing:
            self._is_reading = True
            self._transport.resume_reading()

    def _take(self, incoming: Incoming) -> None:
        is_planned = False
        try:
            exchange = self._door.open(incoming.request)
            answer = plan_answer(
                exchange.delivery,
                method=incoming.request.method,
                keep_alive=incoming.keep_alive,
            )
            is_planned = True
        finally:
            # A defect of the platform must not look like an answer of it; the server keeps the
            # exception, the client sees its connection end.
            if not is_planned:
                self._close(Ending.RESET)
        self._current = _Answering(exchange, answer)
        self._play()

    def _watch_patience(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None
        if self._reader.is_mid_message and self._refusal is None:
            self._patience = self._loop.call_later(REQUEST_PATIENCE_S, self._give_up)

    def _give_up(self) -> None:
        self._refusal = RefusedRequestError(408, "the rest of the request did not arrive")
        self._go_on()

    def _refuse(self, refusal: RefusedRequestError) -> None:
        self._transport.write(encode_refusal(refusal.status, refusal.reason))
        self._is_closing = True
        if self._transport.can_write_eof():
            self._transport.write_eof()
        self._loop.call_later(LINGER_S, self._transport.close)

    # -- answers --------------------------------------------------------------------------------

    def _play(self) -> None:
        """Do the acts of the current answer until one of them has to be waited for."""
        self._timer = None
        assert self._current is not None
        for act in self._current.answer.acts:
            if isinstance(act, Send):
                self._write(act.data)
                if not self._is_writable:
                    return
            elif act.duration_ms:
                self._timer = self._loop.call_later(act.duration_ms / 1000, self._play)
                return
        self._end(self._current.answer)

    def _end(self, answer: Answer) -> None:
        if answer.ending is Ending.HANG:
            return
        self._conclude(answer.fate)
        if answer.ending is not Ending.STAY:
            self._close(answer.ending)
        elif self._is_retiring and not self._queue:
            self._close(Ending.CLOSE)
        elif self._queue or self._refusal is not None or self._reader.is_waiting_to_continue:
            # By way of the loop: a long pipeline must not become a deep call stack.
            self._loop.call_soon(self._go_on)

    def _write(self, data: bytes) -> None:
        # A transport may say "writable again" before `write` returns; then nobody has to be woken.
        self._is_writing = True
        self._transport.write(data)
        self._is_writing = False

    def _close(self, ending: Ending) -> None:
        self._is_closing = True
        if ending is Ending.RESET:
            raw: socket.socket = self._transport.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
            self._transport.abort()
        else:
            self._transport.close()

    def _conclude(self, fate: Fate) -> None:
        current, self._current = self._current, None
        if current is not None:
            current.exchange.conclude(fate)
