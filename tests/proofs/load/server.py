"""A fake integration whose latency is known: one process, one loop, answers by timers.

    python -m tests.proofs.load.server MODE [PORT [ADDRESS]]

It prints its port, answers every request with 200 and `{}`, and how late, the mode says:

    quick              at once
    stall              at once, but for one second in every ten it stands still
    planted            after a wait drawn for each request; the waits it really made are told at GET
                       /truth, in milliseconds, sorted
    schedule           40 ms, give or take; in segments named by POST /schedule, reads of stock take
                       a tenth longer
    cut                at once, but every fifth connection is closed without an answer
    storm              works off one request at a time, 8 ms each; a caller's patience of 400 ms is
                       over, it asks again while the old work is still done: a retry storm
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import sys
import time
from collections import deque
from typing import Any, ClassVar

__all__ = ["STALL_EVERY_S", "STALL_S", "main"]

STALL_S, STALL_EVERY_S = 1.0, 10.0
_ANSWER = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}"
_BASE_S = 0.040
_WORK_S = 0.008
_PATIENCE_S = 0.4
_MOST_TRIES = 6


class Behaviour:
    """How late an answer is; one per process."""

    def __init__(self) -> None:
        self.truth: list[float] = []
        self.came_s = 0.0

    def answer(self, target: str, body: bytes, reply: Any) -> None:
        """Answer at once."""
        reply(_ANSWER)


class Stall(Behaviour):
    """Stands still at the begin of every tenth second, by the clock on the wall."""

    def answer(self, target: str, body: bytes, reply: Any) -> None:
        into_s = time.time() % STALL_EVERY_S
        if into_s < STALL_S:
            asyncio.get_running_loop().call_later(STALL_S - into_s, reply, _ANSWER)
        else:
            reply(_ANSWER)


class Planted(Behaviour):
    """Waits 5 to 50 ms, one in a hundred 200 ms, one in a thousand 500 ms."""

    def __init__(self) -> None:
        super().__init__()
        self._chance = random.Random(1)

    def answer(self, target: str, body: bytes, reply: Any) -> None:
        drawn = self._chance.random()
        wait_s = 0.5 if drawn < 0.002 else 0.2 if drawn < 0.012 else 0.005 + 0.045 * drawn
        came_s = self.came_s

        def done() -> None:
            reply(_ANSWER)
            self.truth.append((time.perf_counter() - came_s) * 1000)

        asyncio.get_running_loop().call_later(wait_s, done)


class Schedule(Behaviour):
    """Changes by segments of time: `{"begin_unix_s", "segment_s", "slow": [true, ...]}`."""

    def __init__(self) -> None:
        super().__init__()
        self._chance = random.Random(2)
        self._table: dict[str, Any] | None = None

    def answer(self, target: str, body: bytes, reply: Any) -> None:
        if target == "/schedule":
            self._table = json.loads(body)
            reply(_ANSWER)
            return
        wait_s = self._chance.gauss(_BASE_S, _BASE_S / 20)
        if target.startswith("/inventory") and self._is_slow():
            wait_s *= 1.1
        asyncio.get_running_loop().call_later(max(0.0, wait_s), reply, _ANSWER)

    def _is_slow(self) -> bool:
        if self._table is None:
            return False
        into_s = time.time() - self._table["begin_unix_s"]
        number = int(into_s / self._table["segment_s"])
        slow = self._table["slow"]
        return into_s >= 0 and number < len(slow) and slow[number]


class Cut(Behaviour):
    """Closes a connection instead of every fifth answer."""

    def __init__(self) -> None:
        super().__init__()
        self._asked = 0

    def answer(self, target: str, body: bytes, reply: Any) -> None:
        self._asked += 1
        reply(b"" if self._asked % 5 == 0 else _ANSWER)


class Storm(Behaviour):
    """One worker for all; work whose caller has lost patience is done all the same."""

    def __init__(self) -> None:
        super().__init__()
        self._queue: deque[dict[str, Any]] = deque()
        self._is_working = False

    def answer(self, target: str, body: bytes, reply: Any) -> None:
        work = 0 if target in ("/health", "/export/orders") else 1
        if not work:
            reply(_ANSWER)
            return
        self._ask({"reply": reply, "answered": False}, tries=1)

    def _ask(self, request: dict[str, Any], *, tries: int) -> None:
        self._queue.append(request)
        loop = asyncio.get_running_loop()
        if tries < _MOST_TRIES:
            loop.call_later(_PATIENCE_S, self._ask_again, request, tries)
        if not self._is_working:
            self._is_working = True
            loop.call_later(_WORK_S, self._work)

    def _ask_again(self, request: dict[str, Any], tries: int) -> None:
        if not request["answered"]:
            self._ask(request, tries=tries + 1)

    def _work(self) -> None:
        request = self._queue.popleft()
        if not request["answered"]:
            request["answered"] = True
            request["reply"](_ANSWER)
        self._is_working = bool(self._queue)
        if self._queue:
            asyncio.get_running_loop().call_later(_WORK_S, self._work)


MODES: dict[str, type[Behaviour]] = {
    "quick": Behaviour, "stall": Stall, "planted": Planted, "schedule": Schedule, "storm": Storm,
    "cut": Cut,
}  # fmt: skip


class _Connection(asyncio.Protocol):
    behaviour: ClassVar[Behaviour]

    def connection_made(self, transport: Any) -> None:
        self._transport, self._data = transport, b""

    def data_received(self, data: bytes) -> None:
        self.behaviour.came_s = time.perf_counter()
        self._data += data
        while b"\r\n\r\n" in self._data:
            head, _, rest = self._data.partition(b"\r\n\r\n")
            length = _length(head)
            if len(rest) < length:
                return
            body, self._data = rest[:length], rest[length:]
            target = head.split(b" ", 2)[1].decode()
            if target == "/truth":
                self._tell_truth()
            else:
                self.behaviour.answer(target, body, self._reply)

    def _reply(self, answer: bytes) -> None:
        if not answer:
            self._transport.close()
        elif not self._transport.is_closing():
            self._transport.write(answer)

    def _tell_truth(self) -> None:
        body = json.dumps(sorted(self.behaviour.truth)).encode()
        self._reply(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body))


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            return int(value)
    return 0


async def _serve(mode: str, port: int, address: str) -> None:
    _Connection.behaviour = MODES[mode]()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(_Connection, address, port, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def main(mode: str, port: int = 0, address: str = "127.0.0.1") -> None:
    """Serve until killed; by the quicker loop where there is one: its own time is nobody's."""
    with contextlib.suppress(ImportError):
        import uvloop

        uvloop.install()
    asyncio.run(_serve(mode, port, address))


if __name__ == "__main__":
    main(sys.argv[1], int((sys.argv[2:3] or ["0"])[0]), *sys.argv[3:4])
