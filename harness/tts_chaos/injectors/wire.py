"""The wire world: the platform on real sockets, TLS included, behind the fault proxy, in real time.

    integration --TLS--> fault proxy --TLS--> listeners of the platform --> door

Faults of single requests are realised by the listeners, byte for byte; faults of the line as such
(refused, black-holed, slow, narrow) by the proxy, for every byte and every client alike; those of
TLS and of filters by the way in which the listeners receive connections; look-ups of names by a
seam in this process, or by the private network in which a program is; and what a proxy says that is
asked for tunnels by the one through which a program comes.

What a proxy blurs: it passes the end of a connection on in order, so that a reset by the platform
reaches the client as an ordinary close before the answer, unless the engine passes resets on.
"""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from typing import Any, TypeVar

from tts_chaos.core.clock import SkewedClock
from tts_chaos.engine.ports import Completion, Door
from tts_chaos.errors import ChaosError, InternalError, UsageError
from tts_chaos.faults.fault import Fault, Trigger
from tts_chaos.injectors.client_environment import ClientEnvironment
from tts_chaos.injectors.counted_door import CountedDoor
from tts_chaos.injectors.loopback_guard import LoopbackGuard
from tts_chaos.injectors.reach_faults import MECHANISM_OF_REACH, ReachFaults
from tts_chaos.injectors.real_calls import RealCalls
from tts_chaos.injectors.resolver import Resolver
from tts_chaos.processes import RunGuard
from tts_chaos.serving.fault_proxy import FaultProxy
from tts_chaos.serving.line import (
    ALL_MECHANISMS,
    KILLING,
    Line,
    Mechanism,
    Proxy,
    kill_refusal,
    refusal,
    uses_proxy,
)
from tts_chaos.serving.platform_server import PlatformServer
from tts_chaos.serving.real_clock import RealClock
from tts_chaos.typing import TwinConnection

__all__ = ["WireWorld"]

T = TypeVar("T")

SETTLE_S = 0.25
"""Longest wait, after a call, for exchanges that the platform is still noting down."""


class WireWorld:
    """Implements `engine.ports.World` on real sockets.

    Args:
        toxiproxy_url: Control interface of a Toxiproxy server that runs; None takes one that is
            found, or else the embedded engine.
        allowed_hosts: Hosts beyond this machine that the integration may reach.
        start_proxy: Starts the fault proxy, for worlds that bring their own.
        seed: What the embedded engine draws from; a real server has no seed.
        tests_program: Whether the integration is a program of its own. It can be killed; names it
            looks up in the system, where this process cannot make look-ups go wrong.
        reach: The word of the reach by which that program comes, "" for none. Each realises faults
            of its own, by `reach_faults`.
        http3: Whether the platform is served over HTTP/3 as well; needs aioquic.

    Attributes:
        reach_faults: What the reach has to ask; to be handed to it.
    """

    name = "wire"

    def __init__(
        self,
        *,
        toxiproxy_url: str | None = None,
        allowed_hosts: Iterable[str] = (),
        start_proxy: Callable[[], Proxy] | None = None,
        seed: int = 0,
        tests_program: bool = False,
        reach: str = "",
        http3: bool = False,
    ) -> None:
        self.clock = RealClock()
        self.tests_program, self._http3 = tests_program, http3
        lacks = {"tunnel", "resolver" if tests_program else KILLING, *(() if http3 else ("udp",))}
        self._mechanisms = (ALL_MECHANISMS - lacks) | (
            {MECHANISM_OF_REACH[reach]} if reach in MECHANISM_OF_REACH else set()
        )
        self._start_proxy = start_proxy or (
            lambda: FaultProxy.start(toxiproxy_url or None, seed=seed)
        )
        self._resolver = Resolver(self._meet_stranger, self._retire)
        self.reach_faults = ReachFaults(reach, self._meet_stranger, self._retire)
        self._guard = LoopbackGuard(allowed_hosts, self._resolver.answer)
        self._calls = RealCalls()
        self._undo = ExitStack()
        self._door: CountedDoor | None = None
        self._platform: PlatformServer | None = None
        self._line: Line | None = None
        self._own_threads: set[threading.Thread] = set()
        self.proxy_engine = ""

    # -- life -----------------------------------------------------------------------------------

    def open(
        self,
        door: Door,
        credentials: TwinConnection,
        platform_clock: SkewedClock,  # noqa: ARG002 - the door reads it; nothing here does
    ) -> TwinConnection:
        """Listen, put the proxy in front, and point this process's HTTP clients at it.

        Raises:
            BackendUnavailableError: If the fault proxy asked for is not there.
        """
        with ExitStack() as undo:
            undo.callback(self._calls.close)
            guard = RunGuard()
            undo.callback(guard.stop)
            guard.start()
            self._door = CountedDoor(door)
            self._platform = PlatformServer(self._door, http3=self._http3).start()
            undo.callback(self._platform.stop)
            self._line = Line(self._start_proxy(), self._others(self._platform))
            undo.callback(self._line.close)
            self.proxy_engine = self._line.engine
            addresses = self._platform.addresses
            ports = {name: self._line.add(name, addresses[name])[1] for name in addresses}
            self._resolver.serve(ports)
            self.reach_faults.serve(ports)
            undo.callback(self._resolver.close)
            ca_file = self._platform.ca_file
            assert ca_file is not None, "the platform of a wire world speaks TLS"
            environment = ClientEnvironment()
            undo.callback(environment.restore)
            environment.install(ca_file)
            undo.callback(self._guard.remove)
            self._guard.install()
            self._undo = undo.pop_all()
        self._own_threads = set(threading.enumerate())
        return dataclasses.replace(
            credentials,
            api_url=f"https://localhost:{ports['api']}",
            token_url=f"https://localhost:{ports['token']}",
            ca_file=ca_file,
            world=self.name,
        )

    def close(self) -> None:
        """Undo everything in reverse order; a part that fails does not keep the others."""
        self._undo.close()

    # -- faults ---------------------------------------------------------------------------------

    def refusal(self, fault: Fault, trigger: Trigger) -> str | None:
        """Say why a fault cannot be realised on real sockets, or None where it can."""
        return refusal(fault, trigger, mechanisms=self._mechanisms)

    def kill_refusal(self) -> str | None:
        """Say why the integration cannot be killed here, or None where it can."""
        return kill_refusal(self._mechanisms)

    def uses_proxy(self, fault: Fault, trigger: Trigger) -> bool:
        """Whether the fault is one of the line as such, and the fault proxy's affair."""
        return uses_proxy(fault, trigger)

    def arm(self, id: str, fault: Fault, trigger: Trigger) -> None:
        """Arm a fault on the proxies of the hosts that its trigger names.

        Raises:
            InjectionError: If the proxy refuses.
        """
        self._running_line().arm(id, fault, trigger)

    def lift(self, id: str) -> None:
        """Lift a fault and see for oneself that it is gone.

        Raises:
            InjectionError: If something of it is left.
        """
        self._running_line().lift(id)

    def hits(self, id: str) -> int:
        """Return how many connections or look-ups an armed fault met, 0 where nobody counts."""
        return self._running_line().hits(id)

    def _others(self, platform: PlatformServer) -> list[Mechanism]:
        """Return what realises faults beside the proxy; who comes first takes a kind."""
        over_udp = [platform.udp] if self._http3 else []
        return [platform.entrances, self.reach_faults, self._resolver, *over_udp]

    def _meet_stranger(self, port: int) -> tuple[str, int]:
        assert self._platform is not None, "names are looked up while the world is open"
        return self._platform.stranger(port)

    def _retire(self, name: str) -> None:
        if self._platform is not None:
            self._platform.retire(name)

    def _running_line(self) -> Line:
        if self._line is None:
            raise UsageError("the wire world is not open; call open() first")
        return self._line

    # -- time and calls -------------------------------------------------------------------------

    def sleep(self, duration_ms: int) -> None:
        """Let real time pass."""
        time.sleep(duration_ms / 1000)

    def call(self, work: Callable[[], T], *, limit_ms: int) -> Completion:
        """Make one call of the integration; see `engine.ports.World.call`.

        Raises:
            ChaosError: If the platform itself failed meanwhile; no verdict may rest on that.
        """
        completion = self._calls.run(work, limit_ms=limit_ms)
        self._settle()
        return completion

    def call_together(
        self, works: Sequence[Callable[[], Any]], *, limit_ms: int
    ) -> list[Completion]:
        """Make several calls at the same moment; see `engine.ports.World.call_together`.

        Raises:
            ChaosError: If the platform itself failed meanwhile.
        """
        completions = self._calls.run_together(works, limit_ms=limit_ms)
        self._settle()
        return completions

    def _settle(self) -> None:
        """Let what a call asked of the platform be in the history before the call's end is."""
        if self._door is not None:
            self._door.await_ends(SETTLE_S)
        self._raise_platform_failure()

    def _raise_platform_failure(self) -> None:
        failure = self._platform.failure if self._platform else None
        if failure is None:
            return
        if isinstance(failure, ChaosError):
            raise failure
        raise InternalError(
            f"the platform failed while it served a request: {type(failure).__name__}: {failure}"
        ) from failure

    # -- evidence -------------------------------------------------------------------------------

    def refused_destinations(self) -> tuple[str, ...]:
        """Return outside hosts that the integration tried to reach, each once."""
        return self._guard.refused

    def leftover_threads(self) -> tuple[str, ...]:
        """Return names of threads that the integration started and did not end."""
        left = [t for t in threading.enumerate() if t not in self._own_threads and t.is_alive()]
        # The pool of the event loop kept here ends with the loop.
        own = ("tts-chaos", "asyncio_")
        return tuple(sorted(t.name for t in left if not t.name.startswith(own)))
