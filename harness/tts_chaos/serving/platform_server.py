"""The platform on real sockets: one listener for the API host, one for the token host."""

from __future__ import annotations

import ssl
from collections.abc import Mapping

from tts_chaos.engine.ports import Door
from tts_chaos.errors import BackendUnavailableError
from tts_chaos.serving.entrance import Entrances
from tts_chaos.serving.http3 import Http3Server, TellingDoor, UdpGates
from tts_chaos.serving.http_reading import Origin
from tts_chaos.serving.http_server import HttpServer, Listener, LoopKind
from tts_chaos.serving.tls import WRONG_NAME, LocalAuthority
from tts_chaos.wire.message import API_HOST, AUTH_HOST

__all__ = ["ELSEWHERE", "PlatformServer"]

ELSEWHERE = "127.0.0.2"
"""A loopback address beside the platform's. Linux and Windows have all of 127.0.0.0/8; macOS does
not, and there somebody else stands at another port."""


class PlatformServer:
    """Both hosts of the platform, listening.

    The scheme of every request is recorded as `https` also without TLS: the listener stands for
    the platform's address, and what it lacks is the encryption, not the client's intention.

    Args:
        door: Where requests go.
        api_port: Port of the API host, 0 for a free one.
        token_port: Port of the token host, 0 for a free one.
        tls: Whether to speak TLS, with a certificate authority made for this object.
        loop: Event loop to use.
        http3: Whether to serve HTTP/3 as well, and to tell of it by `Alt-Svc`.

    Attributes:
        ca_file: Certificate authority to trust, None without TLS.
        entrances: How its listeners receive connections, for faults.
        udp: What blocks its UDP ports, for faults; blocks nothing where there are none.
    """

    def __init__(
        self,
        door: Door,
        *,
        api_port: int = 0,
        token_port: int = 0,
        tls: bool = True,
        loop: LoopKind = "auto",
        http3: bool = False,
    ) -> None:
        self._authority = LocalAuthority() if tls else None
        context = self._authority.server_context() if self._authority else None
        self.ca_file = str(self._authority.ca_file) if self._authority else None
        origins = {"api": Origin(host=API_HOST), "token": Origin(host=AUTH_HOST)}
        self._http3 = self._start_http3(door, origins) if http3 else {}
        self.udp = UdpGates(self._http3)
        ports = {"api": api_port, "token": token_port}
        listeners = [
            Listener(
                name=name,
                door=TellingDoor(door, self._http3[name].port) if http3 else door,
                origin=origin,
                port=ports[name],
                tls=context,
            )
            for name, origin in origins.items()
        ]
        self._door = door
        self._loop: LoopKind = loop
        self._strangers: dict[int, HttpServer] = {}
        self._server = HttpServer(listeners, loop=loop)
        self.entrances = Entrances(self._server, ("api", "token"), self._forge)

    def _start_http3(self, door: Door, origins: Mapping[str, Origin]) -> dict[str, Http3Server]:
        assert self._authority is not None, "HTTP/3 is never without TLS"
        files = self._authority.leaf_files()
        servers = {name: Http3Server(door, origin, *files) for name, origin in origins.items()}
        for server in servers.values():
            server.start()
        return servers

    def _forge(self, kind: str) -> ssl.SSLContext | None:
        return self._authority.faulty_context(kind) if self._authority is not None else None

    def start(self) -> PlatformServer:
        """Listen; returns this object.

        Raises:
            BackendUnavailableError: If a port is in use.
        """
        try:
            self._server.start()
        except BaseException:
            self.stop()
            raise
        return self

    @property
    def addresses(self) -> dict[str, tuple[str, int]]:
        """Host and port of `api` and of `token`."""
        return {name: self._server.address(name) for name in ("api", "token")}

    def stranger(self, port: int) -> tuple[str, int]:
        """Return the address of somebody else's server, which stands from the first call on.

        It shows a certificate of its own and, to clients that do not mind, answers as the platform
        answers for a host that is none of its own. It has the port that was meant where the system
        allows it: some clients take only the host of a look-up.

        Args:
            port: Where the client expects the platform.
        """
        if port not in self._strangers:
            try:
                self._strangers[port] = self._make_stranger(ELSEWHERE, port).start()
            except BackendUnavailableError:
                self._strangers[port] = self._make_stranger("127.0.0.1", 0).start()
        return self._strangers[port].address("stranger")

    def _make_stranger(self, address: str, port: int) -> HttpServer:
        listener = Listener(
            name="stranger",
            door=self._door,
            origin=Origin(host=WRONG_NAME),
            port=port,
            tls=self._forge("certificate_stranger"),
            address=address,
        )
        return HttpServer([listener], loop=self._loop)

    def retire(self, name: str) -> None:
        """End the connections of `api` or `token` once idle, so that clients connect anew."""
        self._server.retire(name)

    @property
    def failure(self) -> BaseException | None:
        """What went wrong inside the harness while serving, or None."""
        failures = (self._server.failure, *(server.failure for server in self._http3.values()))
        return next((failure for failure in failures if failure is not None), None)

    def stop(self) -> None:
        """Free the ports and remove the certificate authority."""
        try:
            for server in self._strangers.values():
                server.stop()
            self._server.stop()
            for over_udp in self._http3.values():
                over_udp.stop()
        finally:
            if self._authority is not None:
                self._authority.close()
