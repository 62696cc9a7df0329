"""The standalone twin's speed over real sockets, beside other servers in the same run.

Medians of short rounds that take turns, so that a slow moment of the machine hits all alike. The
twin checks signatures, keeps state and records; the others answer the same bodies from a table, but
for uvicorn before the same twin, and a door that checks the signature and does nothing else.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from contextlib import ExitStack
from typing import Any

from tests.proofs.twin_speed.peers import start_peers
from tests.proofs.twin_speed.servers import (
    Server,
    free_port,
    load,
    running,
    signed_mix,
    twin_running,
)
from tests.support.http_bytes import as_bytes

CONNECTIONS = (1, 16, 64)
NO_OP_TARGET = 0.7
PEER_TARGET = 6.0
JUDGED_PEERS = ("Prism", "WireMock")
JUDGED_AT = 16
MODULES = "tests.proofs.twin_speed"


def main() -> int:
    """Measure, print every figure and the ratios; 0 where the targets are met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2.0, help="length of a round")
    options = parser.parse_args()
    with ExitStack() as stack:
        servers = _start(stack)
        found = _measure(servers, options.rounds, options.seconds)
    return _judge(found)


def _start(stack: ExitStack) -> dict[str, Server]:
    twin = stack.enter_context(twin_running())
    answers = _answers(twin)
    body_bytes = sum(len(body) for _request, body in answers) // len(answers)
    servers = {"twin": twin}
    for name, module, extra in (
        ("no-op door", "noop", (str(body_bytes),)),
        ("signature only", "noop", (str(body_bytes), twin.described["app_secret"])),
        ("uvicorn + twin", "under_uvicorn", ()),
    ):
        port = free_port()
        command = (sys.executable, "-m", f"{MODULES}.{module}", str(port), *extra)
        servers[name] = stack.enter_context(running(command, port))
    print(f"no-op door answers {body_bytes} bytes, the twin's mean", flush=True)
    return servers | start_peers(stack, answers)


def _answers(twin: Server) -> list[tuple[Any, bytes]]:
    from tests.proofs.twin_speed.peers import fetch

    return [(row, fetch(twin.port, as_bytes(row))) for row in signed_mix(twin.described)]


def _measure(
    servers: dict[str, Server], rounds: int, duration_s: float
) -> dict[tuple[str, int], float]:
    found: dict[tuple[str, int], float] = {}
    for connections in CONNECTIONS:
        rows: dict[str, list[dict[str, Any]]] = {name: [] for name in servers}
        for _ in range(rounds):
            for name, server in servers.items():
                requests = [as_bytes(row) for row in signed_mix(servers["twin"].described)]
                rows[name].append(load(server.port, requests, connections, duration_s=duration_s))
        for name, own in rows.items():
            typical = {
                key: statistics.median(row[key] for row in own)
                for key in ("per_s", "p50_ms", "p99_ms")
            }
            found[name, connections] = typical["per_s"]
            print(
                f"{connections:3} connections  {name:15} {typical['per_s']:8.0f} requests/s  "
                f"p50 {typical['p50_ms']:8.2f} ms  p99 {typical['p99_ms']:8.2f} ms",
                flush=True,
            )
    return found


def _worst_beside_no_op(found: dict[tuple[str, int], float], name: str) -> float:
    return min(found[name, count] / found["no-op door", count] for count in CONNECTIONS)


def _judge(found: dict[tuple[str, int], float]) -> int:
    no_op = _worst_beside_no_op(found, "twin")
    signature = _worst_beside_no_op(found, "signature only")
    print(f"checking the signature and nothing else leaves {signature:.2f} of the no-op door")
    twin = found["twin", JUDGED_AT]
    peers = {name: twin / found[name, JUDGED_AT] for name, c in found if c == JUDGED_AT}
    told = [f"{no_op:.2f} of the no-op door at worst (target {NO_OP_TARGET})"]
    met = no_op >= NO_OP_TARGET
    for name in JUDGED_PEERS:
        if name not in peers:
            told.append(f"{name} not measured")
            met = False
            continue
        told.append(f"{peers[name]:.1f} times {name} (target {PEER_TARGET:.0f})")
        met = met and peers[name] >= PEER_TARGET
    print(f"twin: {', '.join(told)}; {peers['uvicorn + twin']:.2f} times uvicorn")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
