"""A twin on real sockets, and programs that have the platform's addresses written into them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.integration.serving.conftest import ScriptedDoor
from tests.integration.serving.test_wire_world import CREDENTIALS

from tts_chaos.core.clock import SkewedClock
from tts_chaos.injectors.reach.choosing import choose_reach
from tts_chaos.injectors.reach.namespace import NamespaceReach
from tts_chaos.injectors.wire import WireWorld
from tts_chaos.subjects.reach import Reach
from tts_chaos.typing import TwinConnection
from tts_chaos.wire.message import API_HOST, AUTH_HOST

PROGRAMS = Path(__file__).with_name("programs")
API_URL, AUTH_URL = f"https://{API_HOST}/api", f"https://{AUTH_HOST}/token"
OUTSIDE = "outside.example"

COMMANDS = {
    "python-urllib": (sys.executable, "urllib_get.py"),
    "python-requests": (sys.executable, "requests_get.py"),
    "python-httpx": (sys.executable, "httpx_get.py"),
    "node-fetch": ("node", "fetch_get.mjs"),
    "node-https": ("node", "https_get.cjs"),
    "go": ("go", "get.go"),
    "curl": ("curl", "-sS"),
    "php-curl": ("php", "curl_get.php"),
    "php-stream": ("php", "stream_get.php"),
    "java": ("java", "Get.java"),
}
RUN_LIMIT_S = 120


@dataclass(frozen=True, slots=True)
class Twin:
    world: WireWorld
    door: ScriptedDoor
    connection: TwinConnection

    def hosts_asked(self) -> list[str]:
        return [request.host for request in self.door.requests]


@pytest.fixture
def twin() -> Iterator[Twin]:
    world, door = WireWorld(), ScriptedDoor()
    connection = world.open(door, CREDENTIALS, SkewedClock(world.clock))
    yield Twin(world, door, connection)
    world.close()


@pytest.fixture(scope="session")
def go_program(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], str]:
    """Builds when first asked: a test that needs no Go does not wait for it."""
    target = tmp_path_factory.mktemp("go") / "get"

    def build() -> str:
        if not target.exists():
            subprocess.run(["go", "build", "-o", target, PROGRAMS / "get.go"], check=True)
        return str(target)

    return build


@pytest.fixture
def command_of(go_program: Callable[[], str]) -> Callable[[str], list[str]]:
    """Returns the command of a program, without its URLs; skips where its runtime is missing."""

    def command(program: str) -> list[str]:
        runtime, *rest = COMMANDS[program]
        if shutil.which(runtime) is None:
            pytest.skip(f"{runtime} is not installed")
        if runtime == "php" and b"curl" not in subprocess.check_output(["php", "-m"]):
            pytest.skip("this PHP has no curl")
        if runtime == "go":
            return [go_program()]
        return [runtime, *(str(PROGRAMS / r) if (PROGRAMS / r).exists() else r for r in rest)]

    return command


Start = Callable[[str, Sequence[str]], Reach]


@pytest.fixture
def opened(twin: Twin) -> Iterator[Start]:
    """Opens a reach for a command, and closes it afterwards; skips where it cannot work here."""
    with ExitStack() as undo:

        def start(how: str, argv: Sequence[str]) -> Reach:
            problem = NamespaceReach().probe() if how == "namespace" else None
            if problem is not None:
                pytest.skip(problem)
            reach = choose_reach(how, argv)
            reach.open(twin.connection)
            undo.callback(reach.close)
            return reach

        yield start


def run_in(reach: Reach, argv: Sequence[str]) -> subprocess.CompletedProcess[str]:
    # What every program needs, and nothing that could help it to the twin.
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        reach.wrap(argv),
        env=reach.environment(kept),
        capture_output=True,
        text=True,
        timeout=RUN_LIMIT_S,
        check=False,
    )
