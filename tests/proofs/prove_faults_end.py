"""A run that is killed by `kill -9` in the middle of a fault leaves nothing behind after 5 s.

    make prove-faults-end [KILLS=50]

Each kill hits a pytest process, with and without workers, on each engine in turn, while the
integration has children of its own: a server, a daemon in a session of its own, a program in a
network namespace of its own, and one started under the watchdog.
"""

from __future__ import annotations

import itertools
import os
import random
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.support.killed_run import FAULTS, LIMIT_S, Killed, Left, has_namespaces, kill_in_mid_run

from tts_chaos.serving.fault_proxy.server import HOW_TO_GET, locate_server

AT_ONCE = 3
SEED = 20


def main(kills: int) -> int:
    """Print what was killed and what was left; return 0 where that is nothing."""
    if sys.platform != "linux":
        print("skipped: what is left of a process is read from /proc, which only Linux has")
        return 0
    server = locate_server()
    engines = ["embedded", "child", "joined"] if server else ["embedded"]
    if server is None:
        print(f"no toxiproxy-server: only the embedded engine is proven. {HOW_TO_GET}")
    if not has_namespaces():
        print("no network namespaces on this machine: their end is not proven")
    cases = list(itertools.islice(_cases(engines), kills))
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(AT_ONCE) as pool:
        found = list(
            pool.map(
                lambda numbered: kill_in_mid_run(
                    numbered[1], Path(folder) / str(numbered[0]), server
                ),
                enumerate(cases),
            )
        )
    for case, left in zip(cases, found, strict=True):
        for problem in left.problems:
            print(f"MISS {case}: {problem}")
    _summarise(cases, found, engines)
    return int(any(left.problems for left in found))


def _cases(engines: list[str]) -> Iterator[Killed]:
    chance = random.Random(SEED)
    faults = itertools.cycle(FAULTS)
    for number in itertools.count():
        yield Killed(
            fault=next(faults),
            engine=engines[number % len(engines)],
            workers=number % 5 == 4,
            after_s=chance.uniform(0, 1.5),
        )


def _summarise(cases: list[Killed], found: list[Left], engines: list[str]) -> None:
    processes = sum(len(left.processes) for left in found)
    ports = sum(len(left.ports) for left in found)
    namespaces = sum(len(left.namespaces) for left in found)
    clean = sum(not left.problems for left in found)
    slowest_s = max(left.took_s for left in found)
    print(f"engines {', '.join(engines)}; faults {', '.join(sorted({c.fault for c in cases}))}")
    print(f"killed with {sum(case.workers for case in cases)} of them under workers")
    print(
        f"{clean} of {len(found)} kills left nothing of {processes} processes, {ports} listening "
        f"ports and {namespaces} namespaces; slowest {slowest_s:.2f} s of {LIMIT_S:.0f} s"
    )


if __name__ == "__main__":
    sys.exit(main(int(os.environ.get("KILLS", "50"))))
