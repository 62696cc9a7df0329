"""The bundled reference integration through `peak-sale`, with and without slow answers.

And once with a front door that refuses what is asked, where the verdict must be fail; that a
collapse fails shows `prove_flash_sale`.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

__all__ = ["main"]

RATE = 40.0
"""Requests a second at the plateau; the README states it."""


def main() -> int:
    """Print the verdicts; returns 0 where they are as they should be."""
    told = []
    for title, expected, options, table in (
        ("peak-sale", "pass", [], ""),
        ("peak-sale, slow answers", "pass", ["--faults", "slow-responses"], ""),
        ("a front door that refuses", "fail", ["--duration", "40"],
         '[load.operations]\n"inventory.read" = "GET /nothing"\n"orders.list" = "GET /orders"\n'),
    ):  # fmt: skip
        got, reason, rests_on = play(options, table)
        told.append(got == expected)
        sign = "as it should be" if got == expected else f"EXPECTED {expected}"
        print(f"  {title}: {got} ({sign}): {reason}; {rests_on}", flush=True)
    print(f"{sum(told)} of {len(told)} verdicts as they should be, at {RATE:g} requests a second")
    return 0 if all(told) else 1


def play(options: list[str], table: str) -> tuple[str, str, str]:
    """Return verdict, reason and what it rests on of one rehearsal."""
    folder = Path(tempfile.mkdtemp(prefix="tts-load-proof-"))
    if table:
        (folder / "tts-chaos.toml").write_text(table, encoding="utf-8")
    command = [
        sys.executable, "-m", "tts_chaos.cli.main", "load", "--profile", "peak-sale",
        "--rate", str(RATE), "--results", str(folder / "results"), "--quiet", *options,
    ]  # fmt: skip
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    file = folder / "results" / "result.json"
    if not file.is_file():
        return "nothing", done.stderr.strip(), ""
    result = json.loads(file.read_text(encoding="utf-8"))
    return result["verdict"], result["reason"], result["rests_on"]


if __name__ == "__main__":
    sys.exit(main())
