"""Nothing of a run outlives a `kill -9` of the process that plays it; `make prove-faults-end`."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from tests.support.killed_run import Killed, kill_in_mid_run

from tts_chaos.serving.fault_proxy.server import HOW_TO_GET, locate_server


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc to see what is left")
@pytest.mark.parametrize(
    ("engine", "workers"),
    [
        pytest.param("embedded", True, id="embedded-under-workers"),
        pytest.param("child", False, id="own-server"),
        pytest.param("joined", False, id="server-that-was-there"),
    ],
)
def test_nothing_is_left_of_a_killed_run(engine: str, workers: bool, tmp_path: Path) -> None:
    server = locate_server()
    if engine != "embedded" and server is None:
        pytest.skip(f"no toxiproxy-server found. {HOW_TO_GET}")
    killed = Killed(fault="port_black_holed", engine=engine, workers=workers, after_s=0.3)

    left = kill_in_mid_run(killed, tmp_path / "project", server)

    assert left.problems == []
