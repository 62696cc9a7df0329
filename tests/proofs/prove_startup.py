"""What collecting the catalogue costs beside an empty run, and making the page of 500 scenarios.

Processes alternate in one measurement, so that a busy machine slows both alike; the target is a
ratio, and times are only printed.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.support.report_documents import lossy_history, many_rows, report_of, timelines_of

from tts_chaos.reporting.charts import chart_library
from tts_chaos.reporting.scenario_page import scenario_page

PAIRS = 5
RUNS = 500
RATIO_MOST = 12.0
"""Collecting reads every scenario and the contracts; an empty run of pytest does nothing at all."""


def main() -> int:
    """Measure and print; 0 where the ratio is kept."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "test_empty.py").write_text("")
        pairs = [(_collect(folder), _empty(folder)) for _ in range(PAIRS)]
    collecting = statistics.median(chaos for chaos, _ in pairs)
    empty = statistics.median(bare for _, bare in pairs)
    ratio = statistics.median(chaos / bare for chaos, bare in pairs)
    library_s, page_s, size = _page()
    print(f"pytest that collects nothing: {empty:.2f} s; the whole catalogue: {collecting:.2f} s")
    print(f"the chart library, from its cache: {library_s:.3f} s")
    print(f"the page of {RUNS} scenarios: {page_s:.2f} s, {size / 1e6:.1f} MB")
    print(
        f"collecting costs {ratio:.1f} times an empty run of pytest (at most {RATIO_MOST:.0f}); "
        f"the page of {RUNS} scenarios is made in {page_s:.2f} s"
    )
    return 0 if ratio <= RATIO_MOST else 1


def _collect(folder: str) -> float:
    return _run(folder, "--tts-chaos", "--collect-only", expect=0)


def _empty(folder: str) -> float:
    return _run(folder, "--collect-only", expect=5)


def _run(folder: str, *arguments: str, expect: int) -> float:
    plugin = ["-p", "tts_chaos.pytest_plugin.plugin", "-p", "no:cacheprovider"]
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *plugin, *arguments],
        cwd=folder,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    took_s = time.perf_counter() - started
    if done.returncode != expect:
        raise SystemExit(f"pytest {arguments} ended with {done.returncode}\n{done.stdout}")
    return took_s


def _page() -> tuple[float, float, int]:
    chart_library()
    started = time.perf_counter()
    chart_library()
    library_s = time.perf_counter() - started
    rows = many_rows(RUNS)
    timelines = timelines_of(rows, lossy_history())
    started = time.perf_counter()
    page = scenario_page(report_of(*rows), timelines, gate=None)
    return library_s, time.perf_counter() - started, len(page.encode())


if __name__ == "__main__":
    sys.exit(main())
