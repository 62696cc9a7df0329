"""Same seed, same history, to the byte; and the same verdict in both worlds."""

from __future__ import annotations

import argparse
import sys

from tests.proofs.catalogue_runs import bundled, play, runs_on_sockets

from tts_chaos.injectors.wire import WireWorld

TARGET = 100


def main() -> int:
    """Play, compare, print the figure; 0 where it meets the target."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=TARGET, help="simulated runs to compare")
    parser.add_argument("--no-wire", action="store_true", help="skip the comparison of worlds")
    options = parser.parse_args()
    same = _same_bytes(options.runs)
    agree, compared = (0, 0) if options.no_wire else _same_verdicts()
    print(
        f"same history bytes in {same} of {options.runs} runs; "
        f"same verdict in both worlds in {agree} of {compared} scenarios"
    )
    return 0 if same == options.runs and agree == compared else 1


def _same_bytes(runs: int) -> int:
    """Return how many runs gave the same bytes as the first with their scenario.

    The runs go round the catalogue, so that parallel, restarting and webhook scenarios take part.
    """
    scenarios = list(bundled())
    digests: dict[str, str] = {}
    same = 0
    for number in range(runs):
        scenario = scenarios[number % len(scenarios)]
        first = digests.get(scenario.id) or play(scenario).history.digest()
        digests[scenario.id] = first
        if play(scenario).history.digest() == first:
            same += 1
        else:
            print(f"differs: {scenario.id}", flush=True)
        _show(number + 1, runs)
    return same


def _same_verdicts() -> tuple[int, int]:
    scenarios = [scenario for scenario in bundled() if runs_on_sockets(scenario)]
    agree = 0
    for number, scenario in enumerate(scenarios, 1):
        simulated = play(scenario).outcome
        wire = play(scenario, world=WireWorld()).outcome
        agree += simulated == wire
        if simulated != wire:
            print(f"{scenario.id}: simulated {simulated}, wire {wire}", flush=True)
        _show(number, len(scenarios))
    return agree, len(scenarios)


def _show(done: int, total: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{done}/{total}", end="\n" if done == total else "", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
