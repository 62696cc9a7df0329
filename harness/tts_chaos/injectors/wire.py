"""The wire world: the platform on real sockets, TLS included, behind the fault proxy, in real time.

    integration --TLS--> fault proxy --TLS--> listeners of the platform --> door

Faults of single requests are realised by the listeners, byte for byte; faults of the line as such
(refused, black-holed, slow, narrow) by the proxy, for every byte and every client alike.
"""

from __future__ import annotations

import dataclasses
import hashlib
import re
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from typing import Any, Protocol, TypeVar

from tts_chaos.core.clock import SkewedClock
from tts_chaos.core.entropy import Entropy
from tts_chaos.engine.ports import Completion, Door
from tts_chaos.errors import ChaosError, InjectionError, InternalError, UsageError
from tts_chaos.faults.effect import BreakConnection, Moment, Toxic
from tts_chaos.faults.fault import Fault, Trigger
from tts_chaos.injectors.client_environment import ClientEnvironment
from tts_chaos.injectors.loopback_guard import LoopbackGuard
from tts_chaos.injectors.real_calls import RealCalls
from tts_chaos.serving.fault_proxy import FaultProxy
from tts_chaos.serving.http_writing import CONNECT_LEVEL
from tts_chaos.serving.platform_server import PlatformServer
from tts_chaos.typing import TwinConnection
from tts_chaos.wire.message import ApiRequest

__all__ = ["Proxy", "RealClock", "WireWorld"]

T = TypeVar("T")

_LISTENERS_OF_HOST = {None: ("api", "token"), "api": ("api",), "auth": ("token",)}


class RealClock:
    """The machine's time, in steps that never go backwards within one run."""

    def __init__(self) -> None:
        self._wall_ms = time.time_ns() // 1_000_000
        self._started_ns = time.monotonic_ns()

    def now_ms(self) -> int:
        """Return the wall-clock instant of the start plus the time that has passed since."""
        return self._wall_ms + (time.monotonic_ns() - self._started_ns) // 1_000_000


class Proxy(Protocol):
    """What this world asks of a fault proxy; `serving.fault_proxy.FaultProxy` is one."""

    @property
    def engine(self) -> str:
        """Which engine runs."""
        ...

    def add(self, name: str, upstream: tuple[str, int]) -> tuple[str, int]:
        """Put a proxy before `upstream`; returns the address to use instead."""
        ...

    def apply(self, name: str, fault_id: str, toxics: Sequence[Toxic]) -> None:
        """Arm toxics."""
        ...

    def clear(self, name: str, fault_id: str) -> None:
        """Lift the toxics of one fault."""
        ...

    def verify_clear(self) -> list[str]:
        """Return a sentence for each toxic still there."""
        ...

    def stop(self) -> None:
        """End."""
        ...


class WireWorld:
    """Implements `engine.ports.World` on real sockets.

    Args:
        toxiproxy_url: Control interface of a Toxiproxy server that runs; None takes one that is
            found, or else the embedded engine.
        allowed_hosts: Hosts beyond this machine that the integration may reach.
        start_proxy: Starts the fault proxy, for worlds that bring their own.
    """

    name = "wire"

    def __init__(
        self,
        *,
        toxiproxy_url: str | None = None,
        allowed_hosts: Iterable[str] = (),
        start_proxy: Callable[[], Proxy] | None = None,
    ) -> None:
        self.clock = RealClock()
        self._start_proxy = start_proxy or (lambda: FaultProxy.start(toxiproxy_url))
        self._guard = LoopbackGuard(allowed_hosts)
        self._calls = RealCalls()
        self._undo = ExitStack()
        self._platform: PlatformServer | None = None
        self._proxy: Proxy | None = None
        self._armed: dict[str, tuple[str, ...]] = {}
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
            self._platform = PlatformServer(door).start()
            undo.callback(self._platform.stop)
            self._proxy = self._start_proxy()
            undo.callback(self._proxy.stop)
            self.proxy_engine = self._proxy.engine
            ports = {
                name: self._proxy.add(name, address)[1]
                for name, address in self._platform.addresses.items()
            }
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
        self._armed.clear()

    # -- faults ---------------------------------------------------------------------------------

    def refusal(self, fault: Fault, trigger: Trigger) -> str | None:
        """Say why a fault cannot be realised on real sockets, or None where it can."""
        broken = _connection_broken_by(fault)
        if broken is None or self.uses_proxy(fault, trigger):
            return None
        if not fault.toxics():
            return (
                f"fault {fault.name!r} makes a connection {broken}, which neither the platform's "
                "sockets nor the fault proxy can do; it runs in the simulated world"
            )
        return (
            f"fault {fault.name!r} makes a connection {broken} before its request is known, so it "
            "cannot single out requests here; leave out operation, shop, call, times and every, "
            "and limit it by host, after_ms or for_ms, or run it in the simulated world"
        )

    def uses_proxy(self, fault: Fault, trigger: Trigger) -> bool:
        """Whether the fault is one of the line as such, and the fault proxy's affair."""
        return bool(fault.toxics()) and not trigger.is_per_request

    def arm(self, id: str, fault: Fault, trigger: Trigger) -> None:
        """Arm a fault on the proxies of the hosts that its trigger names.

        Raises:
            InjectionError: If the proxy refuses.
        """
        proxy = self._running_proxy()
        names = _LISTENERS_OF_HOST[trigger.host]
        self._armed[id] = names
        for name in names:
            proxy.apply(name, _proxy_id(id), fault.toxics())

    def lift(self, id: str) -> None:
        """Lift a fault and see for oneself that it is gone.

        Raises:
            InjectionError: If something of it is left.
        """
        proxy = self._running_proxy()
        for name in self._armed.pop(id, ()):
            proxy.clear(name, _proxy_id(id))
        # While other faults are armed, what they hold is not left over.
        own = "" if not self._armed else f"toxic '{_proxy_id(id)}-"
        leftovers = [sentence for sentence in proxy.verify_clear() if own in sentence]
        if leftovers:
            raise InjectionError(f"fault {id!r} was lifted, and yet: {'; '.join(leftovers)}")

    def _running_proxy(self) -> Proxy:
        if self._proxy is None:
            raise UsageError("the wire world is not open; call open() first")
        return self._proxy

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
        self._raise_platform_failure()
        return completion

    def call_together(
        self, works: Sequence[Callable[[], Any]], *, limit_ms: int
    ) -> list[Completion]:
        """Make several calls at the same moment; see `engine.ports.World.call_together`.

        Raises:
            ChaosError: If the platform itself failed meanwhile.
        """
        completions = self._calls.run_together(works, limit_ms=limit_ms)
        self._raise_platform_failure()
        return completions

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


def _connection_broken_by(fault: Fault) -> str | None:
    """Return how a fault breaks connections before a request, in words; None where it does not."""
    if fault.target != "requests":
        return None
    moment = Moment(
        request=ApiRequest(method="GET", path="/"),
        operation="",
        shop="",
        now_ms=0,
        hits=0,
        entropy=Entropy(fault.name),
    )
    for effect in fault.effects(moment):
        if isinstance(effect, BreakConnection) and effect.connection in CONNECT_LEVEL:
            return effect.connection.value.replace("_", " ")
    return None


def _proxy_id(id: str) -> str:
    """Return a fault's id in the letters that proxies allow, different for different ids."""
    plain = re.sub(r"[^A-Za-z0-9_-]", "_", id)
    if plain == id:
        return id
    return f"{plain}-{hashlib.sha256(id.encode()).hexdigest()[:8]}"
