"""A retry storm: steady load shows nothing, the flash sale finds it.

The integration works off one request at a time, and asks itself again where an answer takes longer
than its patience, while the old work is still done. Below its patience that never happens; one push
over it, and the work of the retries keeps it there.
"""

from __future__ import annotations

import sys

from tests.proofs.load.running import fake_integration, load

from tts_chaos.load.budgets import read_budgets
from tts_chaos.load.plan import Stage
from tts_chaos.load.profiles import PROFILES
from tts_chaos.load.results import Result, result_of
from tts_chaos.load.verdicts import Call
from tts_chaos.scenarios.shape import Place

__all__ = ["main", "play"]

RATE = 100.0
"""Eight tenths of the 125 requests a second that it can do."""


def main() -> int:
    """Print both verdicts; returns 0 where only the flash sale fails."""
    steady = play("steady", rate=RATE, duration_s=50)
    flash = play("flash-sale", rate=RATE, duration_s=50)
    for name, result in (("steady", steady), ("flash-sale", flash)):
        told = ", ".join(
            f"{row.budget.name} {row.value:.0f} ms" if row.value is not None else row.budget.name
            for row in result.budgets
            if row.budget.key != "errors"
        )
        print(f"  {name:<10} {result.verdict.value:<12} {told}")
    after = [s for s in flash.seconds if s.at_s >= flash.stages[-1]["begin_s"]]
    still = sum(s.p50_ms.get("inventory", 1e9) > 400 for s in after)
    print(f"  {still} of {len(after)} seconds after the flash still beyond the budget")
    is_found = steady.verdict is Call.PASS and flash.verdict is Call.FAIL
    print(f"collapse found by the flash sale alone: {'yes' if is_found else 'NO'}")
    return 0 if is_found else 1


def play(profile: str, *, rate: float, duration_s: float) -> Result:
    """Return the result of a profile against the storm."""
    stages: tuple[Stage, ...] = PROFILES[profile].stretched(rate=rate, duration_s=duration_s)
    with fake_integration("storm") as address:
        plan, measured, _ = load(address, *stages, users=1000)
    return result_of(plan, measured, read_budgets({}, Place("", "budgets")))


if __name__ == "__main__":
    sys.exit(main())
