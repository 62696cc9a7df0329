"""The reference integration is a correct one: no bundled scenario may find fault with it.

A sample; `make chaos` plays them all, in both worlds.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tts_chaos.engine.run import Run
from tts_chaos.faults import catalogue as _faults  # noqa: F401 - scenarios name faults
from tts_chaos.injectors.simulated import SimulatedWorld
from tts_chaos.reference import make_reference
from tts_chaos.scenarios.loader import find_scenario_files, load_scenario, scenario_id
from tts_chaos.scenarios.model import Need
from tts_chaos.subjects.in_process import InProcessSubject

FOLDER = Path(__file__).parents[2] / "scenarios"
FILES = sorted(find_scenario_files(FOLDER))[::5]


@pytest.mark.parametrize("file", FILES, ids=[scenario_id(file, FOLDER) for file in FILES])
def test_the_reference_integration_passes(file: Path, tmp_path: Path) -> None:
    scenario = load_scenario(file, FOLDER)
    if Need.REAL_SOCKETS in scenario.needs:
        pytest.skip("needs real sockets; played in the wire world")
    run = Run(scenario, SimulatedWorld(), seed="reference", searched_paths=[tmp_path])

    with run:
        assert run.connection is not None
        with make_reference(run.connection, tmp_path) as integration:
            result = run.play(InProcessSubject(integration))

    assert (result.outcome.value, result.reason) == ("passed", "")


def test_one_seed_gives_one_history(tmp_path: Path) -> None:
    scenario = load_scenario(FOLDER / "overload" / "outage-503.toml", FOLDER)
    digests = set()
    for turn in ("first", "second"):
        run = Run(scenario, SimulatedWorld(), seed="again")
        with run:
            assert run.connection is not None
            with make_reference(run.connection, tmp_path / turn) as integration:
                digests.add(run.play(InProcessSubject(integration)).history.digest())

    assert len(digests) == 1
