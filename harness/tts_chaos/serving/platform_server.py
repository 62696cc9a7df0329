"""The platform on real sockets: one listener for the API host, one for the token host."""

from __future__ import annotations

from tts_chaos.engine.ports import Door
from tts_chaos.serving.http_reading import Origin
from tts_chaos.serving.http_server import HttpServer, Listener, LoopKind
from tts_chaos.serving.tls import LocalAuthority
from tts_chaos.wire.message import API_HOST, AUTH_HOST

__all__ = ["PlatformServer"]


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

    Attributes:
        ca_file: Certificate authority to trust, None without TLS.
    """

    def __init__(
        self,
        door: Door,
        *,
        api_port: int = 0,
        token_port: int = 0,
        tls: bool = True,
        loop: LoopKind = "auto",
    ) -> None:
        self._authority = LocalAuthority() if tls else None
        context = self._authority.server_context() if self._authority else None
        self.ca_file = str(self._authority.ca_file) if self._authority else None
        listeners = [
            Listener(
                name="api", door=door, origin=Origin(host=API_HOST), port=api_port, tls=context
            ),
            Listener(
                name="token", door=door, origin=Origin(host=AUTH_HOST), port=token_port, tls=context
            ),
        ]
        self._server = HttpServer(listeners, loop=loop)

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

    @property
    def failure(self) -> BaseException | None:
        """What went wrong inside the harness while serving, or None."""
        return self._server.failure

    def stop(self) -> None:
        """Free the ports and remove the certificate authority."""
        try:
            self._server.stop()
        finally:
            if self._authority is not None:
                self._authority.close()
