"""Memory of the standalone twin over a million signed requests."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tests.proofs.twin_speed.servers import load, signed_mix, twin_running
from tests.support.http_bytes import as_bytes

MILLION = 1_000_000
STEPS = 10
GROWTH_TARGET = 0.05
CONNECTIONS = 16
SLICE = 20_000
"""Requests under one timestamp: seconds of load, far within the platform's five minutes."""


def main() -> int:
    """Send, print memory at each tenth; 0 where the last half grew by less than the target."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=MILLION)
    options = parser.parse_args()
    step = options.requests // STEPS
    sizes_mib = []
    with twin_running() as twin:
        for number in range(1, STEPS + 1):
            left = step
            while left:
                count = min(left, SLICE)
                requests = [as_bytes(row) for row in signed_mix(twin.described)]
                load(twin.port, requests, CONNECTIONS, duration_s=1e9, requests_max=count)
                left -= count
            sizes_mib.append(_resident_mib(twin.process.pid))
            print(f"{number * step:9} requests  {sizes_mib[-1]:7.1f} MiB resident", flush=True)
    growth = sizes_mib[-1] / sizes_mib[STEPS // 2 - 1] - 1
    print(
        f"{options.requests} signed requests: the last half grew by {growth:.1%} "
        f"(target below {GROWTH_TARGET:.0%})"
    )
    return 0 if growth < GROWTH_TARGET else 1


def _resident_mib(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    sys.exit(main())
