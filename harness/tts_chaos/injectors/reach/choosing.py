"""Which reach a program gets: the one that was asked for, or the best that works."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from tts_chaos.core.registry import nearest
from tts_chaos.errors import BackendUnavailableError, ConfigError
from tts_chaos.injectors.reach.namespace import NamespaceReach
from tts_chaos.injectors.reach.proxy import ProxyReach
from tts_chaos.injectors.reach.runtimes import Runtime, runtime_of
from tts_chaos.injectors.reach.shim import ShimReach
from tts_chaos.injectors.reach_faults import ReachFaults
from tts_chaos.subjects.reach import REACHES, DirectReach, Reach

__all__ = ["choose_reach"]

_MAKERS: dict[str, Callable[[Runtime, Iterable[int], ReachFaults | None], Reach]] = {
    "environment": lambda _runtime, _ports, _faults: DirectReach(),
    "namespace": lambda _runtime, ports, faults: NamespaceReach(ports, faults),
    "shim": lambda runtime, _ports, _faults: ShimReach(runtime),
    "proxy": lambda runtime, _ports, faults: ProxyReach(runtime, faults),
}

_BEST_FIRST = ("namespace", "shim", "proxy")
"""A private network lets nothing past; a redirect nothing of its interpreter; a proxy only sees
what asks it."""


def choose_reach(
    how: str,
    argv: Sequence[str],
    *,
    folder: Path | None = None,
    local_ports: Iterable[int] = (),
    faults: ReachFaults | None = None,
) -> Reach:
    """Return a reach that works for a program, not yet opened.

    Args:
        how: One of `REACHES`.
        argv: The program's command; empty where it is not started by us.
        folder: Where the program is started.
        local_ports: Ports of this machine that it needs.
        faults: What a world arms on the way; None where nothing ever is.

    Raises:
        ConfigError: If `how` is unknown, or there is no command to start.
        BackendUnavailableError: If it cannot work here; the message says what is missing.
    """
    if how not in REACHES:
        close = nearest(how, REACHES)
        hint = f" Did you mean {close!r}?" if close else ""
        raise ConfigError(f"there is no reach {how!r}.{hint} Known: {', '.join(REACHES)}")
    if how != "environment" and not argv:
        raise ConfigError(
            f"reach {how!r} works on programs that are started by the harness, and there is no "
            "command to start; give `start`, or leave the reach out"
        )
    runtime = runtime_of(argv, folder)
    candidates = _BEST_FIRST if how == "auto" else (how,)
    problems = {}
    for name in candidates:
        reach = _MAKERS[name](runtime, local_ports, faults)
        problem = reach.probe()
        if problem is None:
            return reach
        problems[name] = problem
    said = "; ".join(f"{name}: {problem}" for name, problem in problems.items())
    raise BackendUnavailableError(
        f"{' '.join(argv)!r} cannot be brought to the twin by reach {how!r} ({said}); let the "
        "program take its addresses from the environment, or use another reach of "
        f"{', '.join(REACHES[1:])}"
    )
