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
    started = time.perf_counter()
    covered_s = sum(play(scenario).covered_ms for scenario in bundled()) / 1000
    simulated_s = time.perf_counter() - started
    ratio = covered_s / simulated_s
    print(f"simulated: {simulated_s:.1f} s for {covered_s:.0f} s of virtual time", flush=True)
    started = time.perf_counter()
    wire = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--tts-chaos", "--tts-world", "wire", "-n", "2",
         "scenarios"], check=False,
    )  # fmt: skip
    wire_s = time.perf_counter() - started
    print(
        f"simulated {simulated_s:.1f} s (limit {SIMULATED_LIMIT_S}), "
        f"{ratio:.0f} times faster than virtual time (target {RATIO_TARGET}), "
        f"wire {wire_s:.0f} s with -n 2 (limit {WIRE_LIMIT_S})"
    )
    met = ratio >= RATIO_TARGET and simulated_s < SIMULATED_LIMIT_S and wire_s < WIRE_LIMIT_S
    return 0 if met and wire.returncode == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
