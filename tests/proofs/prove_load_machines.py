"""Load from several machines: each a network of its own, with its own address and folder.

Three network namespaces joined by a bridge take the place of the machines; what runs in them are
the commands of the chapter on load. Once everything goes well: the master's record is the sum of
what its workers kept on theirs. Once a machine's cable is pulled: the loss is told, and nothing
passes.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.proofs.load.running import wait_for_begin

from tts_chaos.load.samples import read_samples

__all__ = ["main"]

ROOT = Path(__file__).parents[2]
NETWORK = "10.77.0"
PORT = 8080
PROFILE = "smoke"
PULLED_AT_S = 8.0
"""Of the load."""
LIMIT_S = 180.0
MACHINES = ("master", "one", "two")


def main() -> int:
    """Print what both loads rest on; returns 0 where they are told as they were."""
    if not _can_make_networks():
        print("skipped: network namespaces need Linux, root and the command `ip`")
        return 0
    problems = []
    with _machines() as mark, tempfile.TemporaryDirectory() as name:
        result, recorded, kept = play(mark, Path(name) / "whole")
        print(f"two machines send: {recorded} recorded, {kept} kept by them; "
              f"{result['verdict']}: {result['rests_on']}", flush=True)  # fmt: skip
        if result["sent"] != result["due"] or sum(kept) != recorded or 0 in kept:
            problems.append("the record is not the sum of what the machines sent")
        result, recorded, kept = play(mark, Path(name) / "pulled", pull=True)
        print(f"one loses its cable: {recorded} recorded, {kept} kept by them; "
              f"{result['verdict']}: {result['rests_on']}")  # fmt: skip
        if result["verdict"] == "pass" or not any("lost" in told for told in result["events"]):
            problems.append("the loss of a machine was not told, or passed")
    for problem in problems:
        print(problem)
    print(f"{2 - len(problems)} of 2 loads of three machines told as they were")
    return 1 if problems else 0


def play(mark: str, folder: Path, *, pull: bool = False) -> tuple[dict[str, Any], int, list[int]]:
    """Run a load; returns its result, the rows recorded, and those that each machine kept."""
    address = f"{NETWORK}.1"
    server = ["-m", "tests.proofs.load.server", "quick", str(PORT), address]
    locust = ["-m", "locust", "-f", str(ROOT / "locustfile.py")]
    master = [
        "--master", "--expect-workers", "2", "--expect-workers-max-wait", "60", "--headless",
        "--host", f"http://{address}:{PORT}",
        "--tts-skus", "1,2,3", "--tts-profile", PROFILE, "--only-summary",
    ]  # fmt: skip
    with contextlib.ExitStack() as stack:
        stack.enter_context(_program(mark, "master", ROOT, server))
        first = stack.enter_context(_program(mark, "master", folder / "master", [*locust, *master]))
        for name in MACHINES[1:]:
            command = [*locust, "--worker", "--master-host", address]
            stack.enter_context(_program(mark, name, folder / name, command))
        if pull:
            begun_s = wait_for_begin(_results(folder / "master"))
            time.sleep(max(0.0, begun_s + PULLED_AT_S - time.time()))
            _ip(mark, "two", "link", "set", "cable", "down")
        first.wait(LIMIT_S)
    results = _results(folder / "master")
    recorded = len(read_samples(results.glob("samples*.bin")))
    kept = [len(read_samples((folder / name).rglob("worker-*.rows"))) for name in MACHINES[1:]]
    return json.loads((results / "result.json").read_text(encoding="utf-8")), recorded, kept


def _results(folder: Path) -> Path:
    """Return the folder of a master's results, once there is one."""
    end_s = time.monotonic() + LIMIT_S
    while time.monotonic() < end_s:
        if found := list(folder.glob("load-results/*")):
            return found[0]
        time.sleep(0.05)
    raise AssertionError(f"no results in {folder}")


@contextlib.contextmanager
def _program(
    mark: str, machine: str, folder: Path, arguments: list[str]
) -> Iterator[subprocess.Popen[bytes]]:
    folder.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'harness'}{os.pathsep}{ROOT}"}
    command = ["ip", "netns", "exec", f"{mark}-{machine}", sys.executable, *arguments]
    log = folder / "log.txt" if folder != ROOT else Path(os.devnull)
    with log.open("ab") as output:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=output, stderr=output
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@contextlib.contextmanager
def _machines() -> Iterator[str]:
    """Make a namespace for each machine, cabled to a bridge in the first one."""
    mark = f"tts{os.getpid()}"
    try:
        for name in MACHINES:
            _ip("", "", "netns", "add", f"{mark}-{name}")
            _ip(mark, name, "link", "set", "lo", "up")
        _ip(mark, "master", "link", "add", "bridge", "type", "bridge")
        _ip(mark, "master", "address", "add", f"{NETWORK}.1/24", "dev", "bridge")
        _ip(mark, "master", "link", "set", "bridge", "up")
        for number, name in enumerate(MACHINES[1:], start=2):
            _ip(mark, name, "link", "add", "cable", "type", "veth", "peer", "name", f"to-{name}",
                "netns", f"{mark}-master")  # fmt: skip
            _ip(mark, name, "address", "add", f"{NETWORK}.{number}/24", "dev", "cable")
            _ip(mark, name, "link", "set", "cable", "up")
            _ip(mark, "master", "link", "set", f"to-{name}", "master", "bridge")
            _ip(mark, "master", "link", "set", f"to-{name}", "up")
        yield mark
    finally:
        for name in MACHINES:
            subprocess.run(
                ["ip", "netns", "delete", f"{mark}-{name}"], check=False, capture_output=True
            )


def _ip(mark: str, machine: str, *words: str) -> None:
    inside = ["-netns", f"{mark}-{machine}"] if machine else []
    subprocess.run(["ip", *inside, *words], check=True, capture_output=True)


def _can_make_networks() -> bool:
    probe = f"tts{os.getpid()}-probe"
    try:
        _ip("", "", "netns", "add", probe)
        _ip("", "", "netns", "delete", probe)
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
