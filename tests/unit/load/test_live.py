"""A load while it runs: its lines, and when it is hopeless."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from tts_chaos.load.budgets import Budget
from tts_chaos.load.live import Live
from tts_chaos.load.packages import NEEDED, require_packages
from tts_chaos.load.plan import Plan, Stage, Target
from tts_chaos.load.samples import pack

P95 = Budget(subject="checkout", key="p95", limit=500)
PLAN = Plan(
    profile="own",
    stages=(Stage(name="plateau", for_s=10, rate=100),),
    target=Target(base_url="", operations={}),
    shares={"checkout": 1.0, "inventory": 0.0, "orders": 0.0},
)


def _folder(path: Path, *, slow: int, quick: int, still_ms: float = 0.0) -> Path:
    rows = [pack("checkout.quote", "ok", 0, 0.0, 1.0, 0.9)] * slow
    rows += [pack("checkout.quote", "ok", 0, 0.0, 1.0, 0.1)] * quick
    (path / "samples.bin").write_bytes(b"".join(rows))
    watch = {"worker": 0, "at_s": 1.0, "cpu_ratio": 0.1, "stills_ms": [still_ms]}
    (path / "generator.jsonl").write_text(json.dumps({"watch": watch}) + "\n", encoding="utf-8")
    begin = json.dumps({"begin_unix_s": time.time() - 5})
    (path / "begin.json").write_text(begin, encoding="utf-8")
    return path


def test_before_its_begin_there_is_nothing_to_tell(tmp_path: Path) -> None:
    assert Live(PLAN, [P95], None).look(tmp_path, ()) is None


def test_a_line_tells_rate_percentiles_budgets_faults_and_time_left(tmp_path: Path) -> None:
    told: list[str] = []
    Live(PLAN, [P95], told.append).look(_folder(tmp_path, slow=10, quick=10), ["outage"])

    assert all(
        part in told[0]
        for part in ("5 s plateau", "5 s left", "checkout p95 900!/500 ms", "0 of 20 failed",
                     "0 waiting", "faults: outage")
    )  # fmt: skip


@pytest.mark.parametrize(("slow", "is_hopeless"), [(51, False), (52, True)])
def test_it_is_hopeless_once_even_perfection_cannot_mend_it(
    tmp_path: Path, slow: int, is_hopeless: bool
) -> None:
    live = Live(PLAN, [P95], None)
    live.look(_folder(tmp_path, slow=slow, quick=100), ())

    assert bool(live.hopeless) is is_hopeless


def test_it_goes_on_while_the_generator_could_not_be_believed(tmp_path: Path) -> None:
    live = Live(PLAN, [P95], None)
    live.look(_folder(tmp_path, slow=900, quick=0, still_ms=200.0), ())

    assert live.hopeless == ""


def test_hopeless_cases_can_be_let_go_on(tmp_path: Path) -> None:
    live = Live(PLAN, [P95], None, aborts=False)
    live.look(_folder(tmp_path, slow=900, quick=0), ())

    assert live.hopeless == ""


def test_only_what_is_new_is_read_again(tmp_path: Path) -> None:
    live = Live(PLAN, [P95], None)
    folder = _folder(tmp_path, slow=0, quick=5)
    live.look(folder, ())
    with (folder / "samples.bin").open("ab") as file:
        file.write(pack("checkout.quote", "failed", 0, 0.0, 2.0, 0.1) + b"half")
    live.look(folder, ())

    assert (live.sent, live.failed) == (6, 1)


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tts_chaos.load.packages.NEEDED", (*NEEDED, "no_such_package"))

    with pytest.raises(Exception, match=r"load needs no_such_package: pip install 'pytest-tts"):
        require_packages()
