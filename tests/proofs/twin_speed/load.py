"""A load client in a process of its own: each connection has one request under way, no pipelining.

    python -m tests.proofs.twin_speed.load < job.json

It prints one JSON object. Frugal on purpose: one epoll loop and no HTTP library, so that it has
time to spare beside any server of this comparison.
"""

from __future__ import annotations

import json
import re
import select
import socket
import sys
import time
from collections.abc import Sequence
from typing import Any

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
RECEIVE_BYTES = 262_144
PATIENCE_S = 20.0


class _Line:
    """One connection and the request under way on it."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.socket = socket.create_connection(address, timeout=PATIENCE_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sent_s = 0.0
        self._received = b""

    def send(self, request: bytes) -> None:
        self._received = b""
        self.sent_s = time.perf_counter()
        self.socket.sendall(request)

    def receive(self) -> int:
        """Return the status once the answer is whole, 0 before."""
        data = self.socket.recv(RECEIVE_BYTES)
        if not data:
            raise ConnectionError("the server closed a connection that was to be kept")
        self._received = self._received + data if self._received else data
        return int(self._received[9:12]) if _is_whole(self._received) else 0


def _is_whole(answer: bytes) -> bool:
    end = answer.find(b"\r\n\r\n")
    if end < 0:
        return False
    length = _LENGTH.search(answer, 0, end)
    if length is None:
        return answer.endswith(b"\r\n0\r\n\r\n")
    return len(answer) >= end + 4 + int(length[1])


def drive(
    address: tuple[str, int], requests: Sequence[bytes], connections: int, *, requests_max: int,
    duration_s: float,
) -> dict[str, Any]:  # fmt: skip
    """Send requests in turn until time or number is up; returns counts, seconds and latencies."""
    lines = [_Line(address) for _ in range(connections)]
    by_number = {line.socket.fileno(): line for line in lines}
    waiting = select.epoll()
    statuses: dict[int, int] = {}
    latencies_s: list[float] = []
    sent = 0
    began_s = time.perf_counter()
    for line in lines:
        waiting.register(line.socket.fileno(), select.EPOLLIN)
        line.send(requests[sent % len(requests)])
        sent += 1
    done = 0
    while done < sent:
        ready = waiting.poll(PATIENCE_S)
        if not ready:
            raise TimeoutError(f"no answer in {PATIENCE_S} s")
        for number, _events in ready:
            line = by_number[number]
            status = line.receive()
            if not status:
                continue
            now_s = time.perf_counter()
            done += 1
            statuses[status] = statuses.get(status, 0) + 1
            latencies_s.append(now_s - line.sent_s)
            if sent < requests_max and now_s - began_s < duration_s:
                line.send(requests[sent % len(requests)])
                sent += 1
    took_s = time.perf_counter() - began_s
    for line in lines:
        line.socket.close()
    latencies_s.sort()
    return {
        "requests": done,
        "per_s": done / took_s,
        "p50_ms": latencies_s[done // 2] * 1000,
        "p99_ms": latencies_s[min(done - 1, done * 99 // 100)] * 1000,
        "statuses": statuses,
    }


def main() -> int:
    """Do the job given on standard input and print what was found."""
    job = json.load(sys.stdin)
    found = drive(
        (job["host"], job["port"]),
        [request.encode("latin-1") for request in job["requests"]],
        job["connections"],
        requests_max=job["requests_max"],
        duration_s=job["duration_s"],
    )
    json.dump(found, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
