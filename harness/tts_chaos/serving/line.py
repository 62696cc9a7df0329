"""The line between integration and platform: faults of every byte alike, by the fault proxy.

A proxy knows neither requests nor windows of time. What needs the first is refused when declared;
the second is kept here, in an agenda: a fault with `after_ms` begins late, one with `for_ms` ends
by itself, whether or not anybody sends a request meanwhile.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from tts_chaos.core.entropy import Entropy
from tts_chaos.errors import ChaosError, InjectionError, UsageError
from tts_chaos.faults.effect import (
    ENTRANCE_KINDS,
    RESOLVER_KINDS,
    TUNNEL_KINDS,
    UDP_KINDS,
    BreakConnection,
    Moment,
    Toxic,
)
from tts_chaos.faults.fault import Fault, Trigger
from tts_chaos.serving.agenda import Agenda
from tts_chaos.serving.http_writing import CONNECT_LEVEL
from tts_chaos.wire.delivery import Connection
from tts_chaos.wire.message import ApiRequest

__all__ = [
    "ALL_MECHANISMS",
    "KILLING",
    "Line",
    "Mechanism",
    "Proxy",
    "kill_refusal",
    "lacking",
    "refusal",
    "uses_proxy",
]

_LISTENERS_OF_HOST = {None: ("api", "token"), "api": ("api",), "auth": ("token",)}


KILLING = "process"
"""The mechanism that ends the integration itself."""

ALL_MECHANISMS = frozenset({"proxy", "entrance", "resolver", "tunnel", "udp", KILLING})

_LACKING = {
    KILLING: "kills the integration, which on real sockets has to be a program of its own that the "
    "harness has started; one in Python, in the same process, is killed in the simulated world",
    "udp": "is one of UDP, and the platform is not served over HTTP/3 here; that needs the setting "
    "tts_http3 = true and the extra http3",
    "proxy": "is one of the line, and no fault proxy stands before it",
    "entrance": "is one of TLS, and the platform is served without it",
    "resolver": "is one of the look-up of names, which only Python code of this process and a "
    "private network let us change; it runs in the simulated world, and on real sockets for an "
    'integration in Python or a program with [integration.reach] how = "namespace"',
    "tunnel": "is one of a proxy that is asked for tunnels, and nothing comes through one here; "
    'that needs a program of its own with [integration.reach] how = "proxy"',
}

_NO_SINGLE_REQUESTS = (
    "cannot single out requests here; leave out operation, shop, call, times and every, and limit "
    "it by host, after_ms or for_ms"
)


def uses_proxy(fault: Fault, trigger: Trigger) -> bool:
    """Whether a fault is one of the line as such, so that no single request is concerned."""
    return bool(fault.toxics()) and not trigger.is_per_request


def lacking(fault: Fault, mechanisms: Collection[str]) -> str:
    """Return the mechanism that the toxics of `fault` need and `mechanisms` has not, or ""."""
    needed = (_mechanism_of(toxic.kind) for toxic in fault.toxics())
    return next((name for name in needed if name not in mechanisms), "")


def _mechanism_of(kind: str) -> str:
    if kind in ENTRANCE_KINDS:
        return "entrance"
    if kind in UDP_KINDS:
        return "udp"
    if kind in TUNNEL_KINDS:
        return "tunnel"
    return "resolver" if kind in RESOLVER_KINDS else "proxy"


def refusal(
    fault: Fault, trigger: Trigger, *, mechanisms: Collection[str] = ALL_MECHANISMS
) -> str | None:
    """Say why a fault cannot be realised on real sockets, or None where it can.

    Args:
        fault: The fault.
        trigger: Where and when it acts.
        mechanisms: What there is beside the platform's listeners: `proxy`, `entrance`, `resolver`,
            `tunnel`, `udp`, `process`.
    """
    if KILLING not in mechanisms and _breaks_by(fault) is Connection.CLIENT_KILLED:
        return f"fault {fault.name!r} {_LACKING[KILLING]}"
    is_of_the_line = uses_proxy(fault, trigger)
    missing = lacking(fault, mechanisms)
    if is_of_the_line and not missing:
        return None
    broken = _connection_broken_by(fault)
    acts_on_requests = type(fault).effects is not Fault.effects
    if is_of_the_line and (broken is not None or not acts_on_requests):
        return f"fault {fault.name!r} {_LACKING[missing]}"
    if fault.toxics() and not acts_on_requests:
        return f"fault {fault.name!r} acts on whoever comes, so it {_NO_SINGLE_REQUESTS}"
    if broken is None:
        return None
    if not fault.toxics():
        return (
            f"fault {fault.name!r} makes a connection {broken}, which neither the platform's "
            "sockets nor the fault proxy can do; it runs in the simulated world"
        )
    return (
        f"fault {fault.name!r} makes a connection {broken} before its request is known, so it "
        f"{_NO_SINGLE_REQUESTS}, or run it in the simulated world"
    )


class Mechanism(Protocol):
    """What realises toxics of some kinds."""

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds."""
        ...

    def apply(self, name: str, fault_id: str, toxics: Sequence[Toxic]) -> None:
        """Arm toxics on the listener `name`; returns once they act."""
        ...

    def clear(self, name: str, fault_id: str) -> None:
        """Lift the toxics of one fault; nothing to do where it has none."""
        ...

    def verify_clear(self) -> list[str]:
        """Return a sentence for each toxic still there."""
        ...

    def hits(self, name: str, fault_id: str) -> int:
        """Return how many connections or look-ups the fault met since it was armed."""
        ...


class Proxy(Protocol):
    """What a line asks of a fault proxy; `serving.fault_proxy.FaultProxy` is one."""

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


@dataclass(slots=True, eq=False)
class _Armed:
    names: tuple[str, ...]
    is_applied: bool = False
    parts: list[Proxy | Mechanism] = field(default_factory=list)
    problem: ChaosError | None = None


class Line:
    """What stands between client and platform, with the faults armed on it. Thread-safe.

    Args:
        proxy: A running proxy, which belongs to this object from now on; None for none.
        others: Further mechanisms; toxics of their kinds go to them and not to the proxy.
    """

    def __init__(self, proxy: Proxy | None, others: Sequence[Mechanism] = ()) -> None:
        self._proxy = proxy
        self._others = others
        self._armed: dict[str, _Armed] = {}
        self._lock = threading.RLock()
        self._agenda = Agenda("tts-chaos-line")

    @property
    def engine(self) -> str:
        """Which engine of the fault proxy runs, "" for none."""
        return self._proxy.engine if self._proxy is not None else ""

    def add(self, name: str, upstream: tuple[str, int]) -> tuple[str, int]:
        """Put the proxy before the listener `api` or `token`; returns the address to use."""
        return self._proxy.add(name, upstream) if self._proxy is not None else upstream

    def arm(self, id: str, fault: Fault, trigger: Trigger) -> None:
        """Arm a fault on the proxies of the hosts that its trigger names.

        Raises:
            UsageError: If the id is taken.
            InjectionError: If the proxy refuses.
        """
        with self._lock:
            if id in self._armed:
                raise UsageError(f"a fault with id {id!r} is on the line already")
            armed = self._armed[id] = _Armed(names=_LISTENERS_OF_HOST[trigger.host])
            toxics = fault.toxics()
            if trigger.after_ms:
                self._schedule(armed, trigger.after_ms, lambda: self._apply(id, armed, toxics))
            else:
                self._apply(id, armed, toxics)
            if trigger.for_ms is not None:
                end_ms = trigger.after_ms + trigger.for_ms
                self._schedule(armed, end_ms, lambda: self._clear(id, armed))

    def lift(self, id: str) -> None:
        """Lift a fault and see for oneself that it is gone; one that is gone already is checked.

        Raises:
            InjectionError: If something of it is left, or what was due by time met a problem.
        """
        with self._lock:
            armed = self._armed.pop(id, None)
            if armed is not None:
                self._clear(id, armed)
                if armed.problem is not None:
                    raise InjectionError(f"fault {id!r}: {armed.problem}") from armed.problem
            # While other faults are armed, what they hold is not left over.
            own = "" if not self._armed else f"toxic '{_proxy_id(id)}-"
            parts: list[Proxy | Mechanism] = [*self._others]
            parts += [self._proxy] if self._proxy is not None else []
            leftovers = [text for part in parts for text in part.verify_clear() if own in text]
            if leftovers:
                raise InjectionError(f"fault {id!r} was lifted, and yet: {'; '.join(leftovers)}")

    def close(self) -> None:
        """End what waits for its time, and the proxy."""
        with self._lock:
            self._armed.clear()
            self._agenda.clear()
        if self._proxy is not None:
            self._proxy.stop()

    def hits(self, id: str) -> int:
        """Return how many connections or look-ups an armed fault met.

        The proxy does not count here: what it does shows in requests, or in that none arrive.
        """
        with self._lock:
            armed = self._armed.get(id)
            if armed is None or not armed.is_applied:
                return 0
            return sum(
                part.hits(name, _proxy_id(id))
                for part in self._others
                for name in armed.names
                if part in armed.parts
            )

    def _apply(self, id: str, armed: _Armed, toxics: Sequence[Toxic]) -> None:
        armed.is_applied = True
        for part, own in self._split(toxics):
            armed.parts.append(part)
            for name in armed.names:
                part.apply(name, _proxy_id(id), own)

    def _split(self, toxics: Sequence[Toxic]) -> Iterator[tuple[Proxy | Mechanism, list[Toxic]]]:
        """Return who realises which toxics."""
        rest = list(toxics)
        for part in self._others:
            own = [toxic for toxic in rest if toxic.kind in part.kinds]
            if own:
                rest = [toxic for toxic in rest if toxic not in own]
                yield part, own
        if rest and self._proxy is not None:
            yield self._proxy, rest

    def _clear(self, id: str, armed: _Armed) -> None:
        if armed.is_applied:
            armed.is_applied = False
            for part in armed.parts:
                for name in armed.names:
                    part.clear(name, _proxy_id(id))

    def _schedule(self, armed: _Armed, after_ms: int, act: Callable[[], None]) -> None:
        def run() -> None:
            # One that was lifted meanwhile is no longer here, and has nothing to do.
            with self._lock:
                if armed not in self._armed.values():
                    return
                try:
                    act()
                except ChaosError as error:
                    armed.problem = error

        self._agenda.add(after_ms, run)


def kill_refusal(mechanisms: Collection[str]) -> str | None:
    """Say why an integration cannot be killed on real sockets, or None where it can."""
    return None if KILLING in mechanisms else f"a step {_LACKING[KILLING]}"


def _connection_broken_by(fault: Fault) -> str | None:
    """Return how a fault breaks connections before a request, in words; None where it does not."""
    broken = _breaks_by(fault)
    return broken.value.replace("_", " ") if broken in CONNECT_LEVEL else None


def _breaks_by(fault: Fault) -> Connection | None:
    """Return what a fault does to the connection of a request; None where it leaves it alone."""
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
        if isinstance(effect, BreakConnection):
            return effect.connection
    return None


def _proxy_id(id: str) -> str:
    """Return a fault's id in the letters that proxies allow, different for different ids."""
    plain = re.sub(r"[^A-Za-z0-9_-]", "_", id)
    if plain == id:
        return id
    return f"{plain}-{hashlib.sha256(id.encode()).hexdigest()[:8]}"
