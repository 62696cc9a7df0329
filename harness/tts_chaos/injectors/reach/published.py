"""Ports of a program in a private network, made reachable on this machine under the same number.

A port is open here exactly as long as the program listens on it in there, so that whoever waits for
the program to be ready is not deceived.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable

from tts_chaos.errors import BackendUnavailableError
from tts_chaos.injectors.reach.relay import Relay
from tts_chaos.injectors.reach.room import Room

__all__ = ["PublishedPorts"]

LOOK_EVERY_S = 0.02


class PublishedPorts:
    """The published ports of one private network.

    Args:
        relay: A running relay.
        room: The network.
    """

    def __init__(self, relay: Relay, room: Room) -> None:
        self._relay = relay
        self._room = room
        self._bound: dict[int, socket.socket] = {}
        self._release: dict[int, Callable[[], None]] = {}

    def add(self, port: int) -> None:
        """Publish a port; twice does nothing.

        Raises:
            BackendUnavailableError: If it is in use here.
        """
        if port in self._bound:
            return
        try:
            self._bound[port] = _bind(port)
        except OSError as error:
            raise BackendUnavailableError(
                f"port {port} of this machine cannot be given to the program: {error.strerror}"
            ) from None
        if len(self._bound) == 1:
            self._relay.keep(self._follow())

    async def _follow(self) -> None:
        while True:
            listened = self._room.listened_ports()
            for port in list(self._bound):
                if port in listened and port not in self._release:
                    self._open(port)
                elif port not in listened and port in self._release:
                    self._close(port)
            await asyncio.sleep(LOOK_EVERY_S)

    def _open(self, port: int) -> None:
        opened = self._bound[port]
        opened.listen()
        self._release[port] = self._relay.begin_forward(opened, lambda: self._dial(port))

    def _close(self, port: int) -> None:
        """Stop listening, and keep the port for the program's next start."""
        self._release.pop(port)()
        self._bound[port].close()
        with contextlib.suppress(OSError):
            self._bound[port] = _bind(port)

    async def _dial(self, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        try:
            return await self._connect(socket.AF_INET, ("127.0.0.1", port))
        except ConnectionRefusedError:
            return await self._connect(socket.AF_INET6, ("::1", port))

    async def _connect(
        self, family: socket.AddressFamily, address: tuple[str, int]
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        opened = self._room.make_socket(family)
        opened.setblocking(False)
        try:
            await asyncio.get_running_loop().sock_connect(opened, address)
        except BaseException:
            opened.close()
            raise
        return await asyncio.open_connection(sock=opened)

    def close(self) -> None:
        """Free the ports."""
        for opened in self._bound.values():
            opened.close()


def _bind(port: int) -> socket.socket:
    opened = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind(("127.0.0.1", port))
    except BaseException:
        opened.close()
        raise
    return opened
