"""Without --tts-chaos the plugin adds no measurable start-up time and imports nothing heavy.

Pairs of runs with and without the plugin, in turn, each a whole process; the median difference is
held against the spread of the runs without it.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PAIRS = 25
HEAVY = ("httpx", "respx", "hypothesis", "locust", "schemathesis")
TEST = f"""
import sys

def test_nothing_heavy_is_imported():
    assert [name for name in {HEAVY!r} if name in sys.modules] == []
"""


def main() -> int:
    """Measure, print the figure, return 0 where the cost is below the noise."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "test_light.py").write_text(TEST, encoding="utf-8")
        for plugin in (True, False):
            _run(folder, plugin=plugin)
        pairs = [(_run(folder, plugin=True), _run(folder, plugin=False)) for _ in range(PAIRS)]
    without = [bare for _, bare in pairs]
    added_ms = statistics.median(loaded - bare for loaded, bare in pairs) * 1000
    quartiles = statistics.quantiles(without, n=4)
    noise_ms = (quartiles[2] - quartiles[0]) * 1000
    share = added_ms / (statistics.median(without) * 1000)
    print(
        f"the plugin adds {added_ms:.1f} ms to {statistics.median(without) * 1000:.0f} ms "
        f"({share:.1%}; spread of runs without it: {noise_ms:.1f} ms) and imports none of "
        f"{', '.join(HEAVY)}"
    )
    return 0 if added_ms <= max(noise_ms, 0.05 * statistics.median(without) * 1000) else 1


def _run(folder: str, *, plugin: bool) -> float:
    arguments = ["-p", "tts_chaos.pytest_plugin.plugin"] if plugin else []
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    started = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments],
        cwd=folder, env=environment, check=True, capture_output=True,
    )  # fmt: skip
    return time.perf_counter() - started


if __name__ == "__main__":
    sys.exit(main())
