"""`FaultProxy`: a fault proxy with one meaning, whichever engine runs it."""

from __future__ import annotations

import contextlib
import os
import secrets
import select
import socket
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Literal

from tts_chaos.errors import BackendUnavailableError, InjectionError, UsageError
from tts_chaos.faults.effect import Toxic
from tts_chaos.serving.fault_proxy.client import (
    ProxyState,
    ToxicState,
    ToxiproxyClient,
    check_name,
)
from tts_chaos.serving.fault_proxy.engine import EmbeddedEngine
from tts_chaos.serving.fault_proxy.engine.address import bind
from tts_chaos.serving.fault_proxy.engine.refusal import RefusedError
from tts_chaos.serving.fault_proxy.joined import Remnants
from tts_chaos.serving.fault_proxy.server import HOW_TO_GET, ServerProcess, locate_server

__all__ = ["FaultProxy", "Preference"]

Preference = Literal["auto", "embedded", "toxiproxy"]
_PREFERENCES: tuple[Preference, ...] = ("auto", "embedded", "toxiproxy")
_GRACE_S = 0.5
DOWN = "down"
"""Kind of a toxic that is none: the proxy refuses connections."""
UNREACHABLE = "unreachable"
"""Kind of a toxic that is none: the proxy's port swallows attempts to connect."""
_CLOSED = (DOWN, UNREACHABLE)
_PLUGS_MAX = 16
_PLUGGED_S = 0.05
"""A connection on loopback that is not there by then will not come."""


@dataclass(slots=True)
class _Route:
    """One proxy of ours: its name on the server, its toxics by fault, and who holds it down.

    `reserved` keeps the port from other programs while a real server does not listen on it: it is
    bound and does not listen, so connections are still refused. `plugs` fill its queue where it
    shall swallow them.
    """

    remote_name: str
    listen: str
    toxics: dict[str, list[str]] = field(default_factory=dict)
    held_down_by: list[str] = field(default_factory=list)
    ever_down_by: set[str] = field(default_factory=set)
    reserved: socket.socket | None = None
    unreachable_by: set[str] = field(default_factory=set)
    plugs: list[socket.socket] = field(default_factory=list)

    def plug(self) -> None:
        """Let the port swallow attempts to connect.

        A listening socket whose queue is full drops what comes in: the system then answers as a
        firewall does that drops packets, and clients try again until they give up. No privilege
        is needed for it.

        Raises:
            InjectionError: If the system answers nevertheless.
        """
        if self.plugs:
            return
        if self.reserved is None:
            self.reserve()
        if self.reserved is None:
            raise InjectionError(f"port {self.listen} was taken by another program meanwhile")
        self.reserved.listen(0)
        address = self.reserved.getsockname()
        while len(self.plugs) < _PLUGS_MAX:
            plug = socket.socket(self.reserved.family)
            self.plugs.append(plug)
            plug.setblocking(False)
            plug.connect_ex(address)
            if not select.select([], [plug], [], _PLUGGED_S)[1]:
                return
        self.unplug()
        raise InjectionError(
            f"this system does not let port {self.listen} swallow attempts to connect; "
            'use at = "stream"'
        )

    def unplug(self) -> None:
        """Refuse connections again."""
        while self.plugs:
            self.plugs.pop().close()
        self.release()

    def reserve(self) -> None:
        """Keep the port, where it is one of this machine and nobody was faster."""
        with contextlib.suppress(RefusedError):
            self.reserved = bind(self.listen)

    def release(self) -> None:
        """Let go of the port."""
        while self.plugs:
            self.plugs.pop().close()
        if self.reserved is not None:
            self.reserved.close()
            self.reserved = None


class FaultProxy:
    """Stands between an integration and the platform and makes the line between them bad.

    To be used by one thread at a time. A real server needs version 2.6 or newer.

    Attributes:
        engine: Which engine runs: `embedded`, or `toxiproxy` and its version.
        url: URL of its control interface.
    """

    def __init__(
        self,
        client: ToxiproxyClient,
        *,
        engine: str,
        backend: EmbeddedEngine | ServerProcess | None,
    ) -> None:
        self.engine = engine
        self.url = client.url
        self._client = client
        self._backend = backend
        # A server that was there before us may serve others: our names must not meet theirs.
        self._prefix = "" if backend else f"tts-{os.getpid()}-{secrets.token_hex(3)}-"
        self._routes: dict[str, _Route] = {}
        self._is_stopped = False
        # What we started ourselves has a watchdog of its own.
        self._remnants = None if backend else Remnants(*client.address, self._prefix)

    @classmethod
    def start(
        cls, url: str | None = None, prefer: Preference = "auto", seed: int = 0
    ) -> FaultProxy:
        """Start a fault proxy, or join a server that runs.

        Args:
            url: Control interface of a running server; only proxies of our own are made and
                deleted there. None takes the environment variable TOXIPROXY_URL, unless
                `embedded` is preferred.
            prefer: `auto` takes a real server where one is found, and else the embedded engine.
            seed: Of the embedded engine; the real server draws without one.

        Raises:
            BackendUnavailableError: If the server asked for is not there.
            UsageError: If `prefer` or `url` is malformed.
        """
        if prefer not in _PREFERENCES:
            raise UsageError(f"prefer={prefer!r} is unknown; expected one of {_PREFERENCES}")
        if url is None and prefer != "embedded":
            url = os.environ.get("TOXIPROXY_URL") or None
        if url is not None:
            return cls._join(url)
        path = None if prefer == "embedded" else locate_server()
        if path is None and prefer == "toxiproxy":
            raise BackendUnavailableError(f"no toxiproxy-server was found. {HOW_TO_GET}")
        if path is None:
            engine = EmbeddedEngine.start(seed=seed)
            return cls(ToxiproxyClient(engine.url), engine="embedded", backend=engine)
        server = ServerProcess.start(path)
        client = ToxiproxyClient(server.url, explain=lambda: server.problem(_GRACE_S))
        return cls._with_server(client, server)

    @classmethod
    def _join(cls, url: str) -> FaultProxy:
        return cls._with_server(ToxiproxyClient(url), None)

    @classmethod
    def _with_server(cls, client: ToxiproxyClient, server: ServerProcess | None) -> FaultProxy:
        try:
            return cls(client, engine=f"toxiproxy {client.version()}", backend=server)
        except BaseException:
            client.close()
            if server is not None:
                server.stop()
            raise

    def add(self, name: str, upstream: tuple[str, int]) -> tuple[str, int]:
        """Put a proxy in front of `upstream`; returns the host and port to use instead.

        The port stays the same for as long as this object lives.

        Raises:
            UsageError: If the name is malformed or in use here.
            InjectionError: If the server refuses.
        """
        check_name(name, "proxy")
        if name in self._routes:
            raise UsageError(f"there is a proxy {name!r} already; give this one another name")
        remote_name = f"{self._prefix}{name}"
        state = self._client.create(remote_name, _join_address(*upstream))
        self._routes[name] = _Route(remote_name, state.listen)
        host, _, port = state.listen.rpartition(":")
        return host.strip("[]"), int(port)

    def apply(self, name: str, fault_id: str, toxics: Sequence[Toxic]) -> None:
        """Arm the toxics of one fault, on open connections too.

        Toxics are named `<fault_id>-<n>`, n from 0. Kinds `down` and `unreachable` disable
        the proxy until no fault holds it down any more. Where one toxic is refused, none of
        them stays.

        Raises:
            UsageError: If the proxy is unknown, or the fault's id malformed or applied already.
            InjectionError: If the server refuses, or armed something else than asked for.
        """
        route = self._route(name)
        check_name(fault_id, "fault")
        if fault_id in route.toxics:
            raise UsageError(f"fault {fault_id!r} is applied to proxy {name!r} already")
        route.toxics[fault_id] = []
        try:
            for number, toxic in enumerate(toxics):
                self._arm(route, fault_id, f"{fault_id}-{number}", toxic)
            self._check_armed(route, fault_id, toxics)
        except InjectionError:
            self.clear(name, fault_id)
            raise

    def _arm(self, route: _Route, fault_id: str, toxic_name: str, toxic: Toxic) -> None:
        if toxic.kind in _CLOSED:
            route.held_down_by.append(fault_id)
            route.ever_down_by.add(fault_id)
            self._client.update(route.remote_name, enabled=False)
            if toxic.kind == UNREACHABLE:
                route.unreachable_by.add(fault_id)
                route.plug()
            elif self.engine != "embedded" and route.reserved is None:
                route.reserve()
            return
        self._client.add_toxic(
            route.remote_name,
            toxic_name,
            toxic.kind,
            stream=toxic.stream,
            attributes=toxic.attributes,
        )
        route.toxics[fault_id].append(toxic_name)

    def _check_armed(self, route: _Route, fault_id: str, toxics: Sequence[Toxic]) -> None:
        """Compare with the server: it ignores attributes it does not know without a word."""
        state = self._client.proxy(route.remote_name)
        armed = {toxic.name: toxic for toxic in state.toxics}
        for number, toxic in enumerate(toxics):
            if toxic.kind in _CLOSED:
                if state.enabled:
                    raise InjectionError(f"fault {fault_id!r} did not disable {state.name!r}")
                continue
            _compare(armed.get(f"{fault_id}-{number}"), toxic, fault_id)

    def clear(self, name: str, fault_id: str) -> None:
        """Lift one fault; lifting twice does nothing.

        Raises:
            UsageError: If the proxy is unknown.
            InjectionError: If the server refuses, as when the port was taken meanwhile.
        """
        route = self._route(name)
        problem = self._remove_toxics(route, route.toxics.pop(fault_id, []))
        if fault_id in route.held_down_by:
            route.held_down_by = [holder for holder in route.held_down_by if holder != fault_id]
            route.unreachable_by.discard(fault_id)
            if route.plugs and not route.unreachable_by:
                route.unplug()
                if route.held_down_by and self.engine != "embedded":
                    route.reserve()
            if not route.held_down_by:
                route.release()
                self._client.update(route.remote_name, enabled=True)
        if problem is not None:
            raise InjectionError(f"fault {fault_id!r} was not lifted: {problem}") from problem

    def _remove_toxics(self, route: _Route, names: list[str]) -> InjectionError | None:
        """Remove all that can be removed; returns the last problem that left a toxic behind."""
        problem = None
        for name in names:
            try:
                self._client.remove_toxic(route.remote_name, name)
            except InjectionError as error:
                present = {toxic.name for toxic in self._client.toxics(route.remote_name)}
                problem = error if name in present else problem
        return problem

    def verify_clear(self) -> list[str]:
        """Ask the server what is left on our proxies; returns a sentence for each leftover."""
        states = self._client.proxies()
        leftovers = []
        for name, route in self._routes.items():
            leftovers += _leftovers(name, states.get(route.remote_name))
        return leftovers

    def hits(self, name: str, fault_id: str | None = None) -> int | None:
        """Return how many connections were hit, or None where the engine cannot tell.

        Args:
            name: The proxy.
            fault_id: Count only connections that this fault's toxics acted on (of several
                toxics, the one that acted on most); a lifted fault keeps its count. A refused
                connection reaches no engine, so for a `down` fault the count is that of the
                connections it cut, and None where it cut none.
        """
        route = self._route(name)
        counts = self._client.counts(route.remote_name)
        if counts is None:
            return None
        if fault_id is None:
            return counts.hit + counts.cut
        if fault_id in route.ever_down_by:
            return counts.cut or None
        own = [n for toxic, n in counts.toxics.items() if toxic.rpartition("-")[0] == fault_id]
        return max(own, default=0)

    def stop(self) -> None:
        """Remove our proxies and end what `start` started; calling it again does nothing."""
        if self._is_stopped:
            return
        self._is_stopped = True
        for route in self._routes.values():
            route.release()
        try:
            if self._backend is None:
                self._delete_own_proxies()
        finally:
            if self._remnants is not None:
                self._remnants.stop()
            self._client.close()
            if self._backend is not None:
                self._backend.stop()

    def _delete_own_proxies(self) -> None:
        # A server that is gone or was reset by its owner has none of our proxies left.
        with contextlib.suppress(BackendUnavailableError):
            for route in self._routes.values():
                with contextlib.suppress(InjectionError):
                    self._client.delete_proxy(route.remote_name)

    def _route(self, name: str) -> _Route:
        if name not in self._routes:
            known = ", ".join(self._routes) or "none"
            raise UsageError(f"there is no proxy {name!r}; known: {known}. Make it with add()")
        return self._routes[name]

    def __enter__(self) -> FaultProxy:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()


def _join_address(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _compare(armed: ToxicState | None, wanted: Toxic, fault_id: str) -> None:
    if armed is None:
        raise InjectionError(f"toxic {wanted.kind!r} of fault {fault_id!r} is not on the server")
    for attribute, value in wanted.attributes.items():
        if armed.attributes.get(attribute) != value:
            known = ", ".join(armed.attributes) or "none"
            raise InjectionError(
                f"toxic {wanted.kind!r} of fault {fault_id!r} was armed without "
                f"{attribute}={value}; attributes of this toxic: {known}"
            )


def _leftovers(name: str, state: ProxyState | None) -> list[str]:
    if state is None:
        return [f"proxy {name!r} is gone from the server"]
    left = [] if state.enabled else [f"proxy {name!r} is disabled"]
    return left + [
        f"proxy {name!r} still has toxic {toxic.name!r} ({toxic.type}, {toxic.stream})"
        for toxic in state.toxics
    ]
