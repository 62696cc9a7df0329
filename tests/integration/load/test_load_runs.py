"""Real loads by a real Locust, kept short; the proofs do the same at length."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from importlib.util import find_spec
from pathlib import Path

import pytest
from tests.proofs.load.running import fake_integration, load, wait_for_begin
from tests.proofs.load.server import STALL_S
from tests.proofs.prove_load_honesty import true_percentile_ms

from tts_chaos.load.estimates import Record
from tts_chaos.load.locust_process import LocustRun
from tts_chaos.load.plan import AREAS, Stage
from tts_chaos.load.results import load_result

needs_locust = pytest.mark.skipif(
    find_spec("locust") is None, reason="Locust is not installed: pip install -e '.[load]'"
)
pytestmark = [pytest.mark.slow, needs_locust]


def test_a_stall_is_measured_from_when_requests_were_due(tmp_path: Path) -> None:
    # Eleven seconds hold one stall, wherever they begin.
    with fake_integration("stall") as address:
        plan, measured, folder = load(
            address,
            Stage(name="plateau", for_s=11, rate=40),
            results=tmp_path,
            model="closed",
            users=6,
        )

    due = sum(plan.arrivals(area).count for area in AREAS)
    assert len(measured.samples) == due
    assert measured.began_unix_s is not None
    truth_ms = true_percentile_ms(plan, measured.began_unix_s, 0.95)
    assert truth_ms > STALL_S * 1000 / 4
    # Nothing that waited is recorded as quicker than it can have been.
    assert Record(measured.samples).percentile_ms(0.95) >= truth_ms * 0.98
    assert (folder / "locust_stats.csv").is_file()
    assert (folder / "locust.html").is_file()


def test_a_connection_that_breaks_is_no_answer_and_is_not_repeated_in_silence(
    tmp_path: Path,
) -> None:
    with fake_integration("cut") as address:
        _, measured, _ = load(
            address, Stage(name="plateau", for_s=3, rate=50), results=tmp_path, users=20
        )

    assert Counter(sample.outcome for sample in measured.samples) == {"ok": 120, "no_answer": 30}


def test_a_load_that_is_ended_early_ends_in_order_and_keeps_its_record(tmp_path: Path) -> None:
    def end(run: LocustRun, folder: Path) -> None:
        wait_for_begin(folder)
        while (folder / "samples.bin").stat().st_size == 0:
            time.sleep(0.05)
        run.stop()

    with fake_integration("quick") as address:
        plan, measured, folder = load(
            address, Stage(name="plateau", for_s=60, rate=50), meanwhile=end, results=tmp_path,
            users=20,
        )  # fmt: skip

    assert 0 < len(measured.samples) < sum(plan.arrivals(area).count for area in AREAS)
    assert (folder / "locust.html").is_file()


def test_a_whole_rehearsal_ends_with_a_verdict_and_its_reports(tmp_path: Path) -> None:
    (tmp_path / "tts-chaos.toml").write_text(
        "[load]\norders = 8\n[load.budgets]\ncheckout = { p95 = 0.001 }\n", encoding="utf-8"
    )
    results = tmp_path / "results"
    command = [
        sys.executable, "-m", "tts_chaos.cli.main", "load", "--rate", "15", "--duration", "6",
        "--faults", "slow-responses", "--results", str(results), "--quiet", "--no-abort",
    ]  # fmt: skip

    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert (results / "result.json").is_file(), done.stderr
    result = load_result(results / "result.json")
    # On a busy machine the generator says that it cannot judge; it never passes this.
    assert (result.verdict.value, done.returncode) in {("fail", 16), ("cannot_tell", 13)}
    assert result.sent == result.due > 30
    assert result.after is not None
    assert (result.after.orders_lost, result.after.oversold_units) == (0, 0)
    assert [band.name for band in result.bands] == ["answer_slow"]
    assert all(line in done.stdout for line in ("checkout p95", "After the peak", "index.html"))
    assert json.loads((results / "locust.json").read_text(encoding="utf-8"))
    for name in ("index.html", "junit.xml", "summary.md", "latency.hlog", "samples.bin"):
        assert (results / name).stat().st_size > 0


def test_plain_locust_says_what_it_lacks(tmp_path: Path) -> None:
    locustfile = Path(__file__).parents[3] / "locustfile.py"
    command = [sys.executable, "-m", "locust", "-f", str(locustfile), "--headless", "-t", "1s"]

    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert "say what to drive: --host" in done.stderr


def test_the_locustfile_is_short() -> None:
    locustfile = Path(__file__).parents[3] / "locustfile.py"

    assert len(locustfile.read_text(encoding="utf-8").splitlines()) <= 40
