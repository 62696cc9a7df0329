"""A client that went over to HTTP/3 falls back when UDP is blocked, and nothing is lost.

The client is niquests, in an environment of its own, as it would replace urllib3 in ours.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

from tests.support import small_shop
from tests.support.fault_scenarios import all_scenarios
from tests.support.http3_shop import program

from tts_chaos.core.verdict import Outcome
from tts_chaos.engine.run import Run
from tts_chaos.injectors.wire import WireWorld
from tts_chaos.serving.http3 import HOW_TO_GET
from tts_chaos.subjects.external.loader import load_configuration
from tts_chaos.subjects.external.subject import ExternalSubject

CLIENT = "niquests>=3.9,<4"
FOLDER = Path(__file__).parents[2] / ".tts-chaos" / "http3-client"
H3, H1 = "via 30", "via 11"


def main() -> int:
    """Print what the client did before and after; return 0 where it fell back without a loss."""
    if not importlib.util.find_spec("aioquic"):
        print(f"skipped: {HOW_TO_GET}")
        return 0
    python = _client_python()
    scenario = next(row for row in all_scenarios() if row.id == "network/udp-blocked")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "shop.py").write_text(program(), encoding="utf-8")
        file = folder / "tts-chaos.toml"
        told = small_shop.CONFIGURATION.replace("{python}", str(python))
        file.write_text(told, encoding="utf-8")
        workspace = folder / "work"
        workspace.mkdir()
        world = WireWorld(tests_program=True, http3=True)
        with Run(scenario, world, seed=11, searched_paths=[workspace]) as run:
            assert run.connection is not None
            with ExternalSubject(load_configuration(file), run.connection, workspace) as subject:
                result = run.play(subject)
                lines = [x for x in subject.stdout.text().splitlines() if x[:3] in ("via", "fai")]
    ways = "".join({H3: "3", H1: "1"}.get(line, "x") for line in lines)
    print("ways of its calls, in order (3: HTTP/3, 1: HTTP/1.1, x: failed):", ways)
    (receipt,) = result.receipts
    went_over = "3" in ways.partition("x")[0]
    fell_back = "1" in ways.partition("x")[2] and "3" not in ways.partition("x")[2]
    good = went_over and fell_back and receipt.fired > 0 and result.outcome is Outcome.PASSED
    print(
        f"HTTP/3 to HTTP/1.1 with UDP blocked: {ways.count('3')} calls over HTTP/3 before, "
        f"{ways.count('x')} failed, {ways.partition('x')[2].count('1')} over TCP after; "
        f"verdict {result.outcome.value}{': ' + result.reason if result.reason else ''}: "
        f"{'yes' if good else 'no'}"
    )
    return 0 if good else 1


def _client_python() -> Path:
    """Return the interpreter of the client's own environment, made where it is not there yet."""
    python = FOLDER / "bin" / "python"
    if not python.exists():
        print(f"making an environment with {CLIENT}", flush=True)
        venv.create(FOLDER, with_pip=True)
        plain = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        subprocess.run([python, "-m", "pip", "install", "-q", CLIENT], check=True, env=plain)
    return python


if __name__ == "__main__":
    sys.exit(main())
