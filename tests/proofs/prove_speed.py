"""The simulated catalogue against the time it covers, and the wire catalogue against its limit."""

from __future__ import annotations

import subprocess
import sys
import time

from tests.proofs.catalogue_runs import bundled, play

RATIO_TARGET = 20
SIMULATED_LIMIT_S = 15
WIRE_LIMIT_S = 180


def main() -> int:
    """Measure, print the figures, return 0 where all targets are met."""
    simulated_s, ratio, lowest = _measure_simulated()
    started = time.perf_counter()
    wire = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--tts-chaos", "--tts-world", "wire", "-n", "2",
         "scenarios"], check=False,
    )  # fmt: skip
    wire_s = time.perf_counter() - started
    print(
        f"simulated {simulated_s:.1f} s (limit {SIMULATED_LIMIT_S}), "
        f"{ratio:.0f} times faster than virtual time in total and {lowest:.0f} times in the least "
        f"lucky scenario (target {RATIO_TARGET}), "
        f"wire {wire_s:.0f} s with -n 2 (limit {WIRE_LIMIT_S})"
    )
    met = lowest >= RATIO_TARGET and simulated_s < SIMULATED_LIMIT_S and wire_s < WIRE_LIMIT_S
    return 0 if met and wire.returncode == 0 else 1


def _measure_simulated() -> tuple[float, float, float]:
    """Return seconds for the catalogue, its ratio to virtual time, and the lowest single ratio."""
    spent_s = covered_s = 0.0
    ratios = {}
    for scenario in bundled():
        started = time.perf_counter()
        own_s = play(scenario).covered_ms / 1000
        took_s = time.perf_counter() - started
        spent_s += took_s
        covered_s += own_s
        ratios[scenario.id] = own_s / took_s
    slowest = min(ratios, key=lambda id: ratios[id])
    print(f"simulated: {spent_s:.1f} s for {covered_s:.0f} s of virtual time", flush=True)
    print(f"least lucky: {slowest}, {ratios[slowest]:.0f} times", flush=True)
    return spent_s, covered_s / spent_s, ratios[slowest]


if __name__ == "__main__":
    sys.exit(main())
