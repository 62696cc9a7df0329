"""Requests per second and core: our users beside plain Locust's FastHttpUser, in turns in one run.

Both ask a fake integration that answers at once, with as many users, for as long as they can; what
counts is requests for each second of the generator's own processor time. Then the memory of 1,000
users.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.proofs.load.running import fake_integration, load, tell_if_busy, wait_for_begin

from tts_chaos.load.locust_process import LocustRun
from tts_chaos.load.plan import Stage

__all__ = ["main"]

TARGET = 0.9
ROUNDS, FOR_S, USERS = 5, 8.0, 16
"""Of each; the other areas of ours have users too, which have nothing to do."""
TOO_MANY_PER_S = 6_000.0
"""More than a core can send, so that every ticket is late and nobody ever waits."""

PLAIN = Path(__file__).parent / "load" / "plain_locustfile.py"


def main() -> int:
    """Print the figures; returns 0 where ours is at least 0.9 of plain Locust."""
    ratios = []
    with fake_integration("quick") as address:
        for number in range(ROUNDS):
            plain, own = plain_per_cpu_s(address), own_per_cpu_s(address)
            ratios.append(own / plain)
            print(f"  round {number + 1}: plain Locust {plain:6.0f}, ours {own:6.0f} requests for "
                  f"each second of a core: {own / plain:.2f}", flush=True)  # fmt: skip
        _, measured, _ = load(address, Stage(name="plateau", for_s=6, rate=200), users=1_000)
    most = max(watch.memory_bytes for watch in measured.watches) / 2**20
    print(f"  1,000 users: {most:.0f} MiB resident")
    tell_if_busy()
    ratio = statistics.median(ratios)
    print(f"ours is {ratio:.2f} of plain Locust, the median of {ROUNDS} (at least {TARGET})")
    return 0 if ratio >= TARGET else 1


def own_per_cpu_s(address: str) -> float:
    """Return requests for each second of processor time of our generator."""
    stage = Stage(name="plateau", for_s=FOR_S, rate=TOO_MANY_PER_S)
    shares = {"inventory": 1.0, "checkout": 0.0, "orders": 0.0}
    _, measured, _ = load(address, stage, meanwhile=_end_in_time, users=2 * USERS, shares=shares)
    seen = [watch for watch in measured.watches if 1.0 < watch.at_s <= FOR_S]
    begin_s, end_s = seen[0].at_s - 1, seen[-1].at_s
    ends = [s.due_s + s.latency_s for s in measured.samples]
    sent = sum(begin_s < at_s <= end_s for at_s in ends)
    # Each watch covers the time since the one before.
    marks = [begin_s, *(watch.at_s for watch in seen)]
    used = sum(w.cpu_ratio * (b - a) for w, a, b in zip(seen, marks, marks[1:], strict=False))
    return sent / used


def _end_in_time(run: LocustRun, folder: Path) -> None:
    """End with the plan: what was not sent by then would be sent for a while still."""
    time.sleep(max(0.0, wait_for_begin(folder) + FOR_S - time.time()))
    run.stop()


def plain_per_cpu_s(address: str) -> float:
    """Return the same of plain Locust."""
    told = Path(tempfile.mkdtemp(prefix="tts-load-proof-")) / "plain.json"
    command = [
        sys.executable, "-m", "locust", "-f", str(PLAIN), "--headless", "--host", address,
        "-u", str(USERS), "-r", str(USERS), "-t", f"{FOR_S:.0f}s", "--only-summary",
        "--exit-code-on-error", "0",
    ]  # fmt: skip
    environment = {**os.environ, "PLAIN_RESULT": str(told)}
    subprocess.run(command, check=True, env=environment, capture_output=True)
    row = json.loads(told.read_text(encoding="utf-8"))
    return float(row["requests"] / row["cpu_s"])


if __name__ == "__main__":
    sys.exit(main())
