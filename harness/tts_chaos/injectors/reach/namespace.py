"""Reach by a private network: every program, whatever its language, and nothing gets past it.

    in the private network                            here
    program --443 of 127.84.84.1--> listening socket --> fault proxy --> twin
    program's own port <-- socket made inside <---------- port of the same number
    program --any name, any address--> noted and refused

Linux only, and only where an ordinary user may make namespaces.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import socket
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from tts_chaos.errors import BackendUnavailableError
from tts_chaos.injectors.client_environment import PROXY_VARIABLES
from tts_chaos.injectors.reach.destinations import (
    HTTPS_PORT,
    Address,
    Refusals,
    twin_addresses,
)
from tts_chaos.injectors.reach.disguise import disguise
from tts_chaos.injectors.reach.folder import make_folder, remove_folder
from tts_chaos.injectors.reach.name_server import answer
from tts_chaos.injectors.reach.published import PublishedPorts
from tts_chaos.injectors.reach.relay import Relay, Stream
from tts_chaos.injectors.reach.room import Room, RoomOrder, entry_command
from tts_chaos.injectors.reach.room_names import RoomNames
from tts_chaos.injectors.reach.trust import Trust
from tts_chaos.injectors.reach.witness import destination_of
from tts_chaos.injectors.reach_faults import ReachFaults
from tts_chaos.typing import TwinConnection

__all__ = ["NamespaceReach"]

_DATAGRAM_BYTES = 4096


class NamespaceReach:
    """Implements `subjects.reach.Reach` by namespaces of the kernel.

    Args:
        local_ports: Ports of this machine's loopback that the program needs, for example a
            database's.
        faults: What is armed on look-ups of the platform's hosts; None where nothing ever is.
    """

    name = "namespace"

    def __init__(self, local_ports: Iterable[int] = (), faults: ReachFaults | None = None) -> None:
        self._local_ports, self._faults = tuple(local_ports), faults
        self._refusals = Refusals()
        self._undo = ExitStack()
        self._trust: Trust | None = None
        self._room: Room | None = None
        self._published: PublishedPorts | None = None

    def probe(self) -> str | None:
        """Make a private network and say what the system refused, if it did."""
        return _probe()

    def open(self, connection: TwinConnection) -> None:
        """Make the private network and connect it with the twin.

        Raises:
            BackendUnavailableError: If the system does not allow it.
        """
        twins = twin_addresses(connection)
        assert connection.ca_file is not None, "a twin on sockets speaks TLS"
        names = RoomNames(twins, self._faults)
        ways = {
            (names.hosts[host], HTTPS_PORT): functools.partial(_dial, twin)
            for host, twin in twins.items()
        }
        ways |= {
            (address, HTTPS_PORT): functools.partial(self._dial_stranger, host)
            for host, address in names.strangers.items()
        }
        # A program that takes one address from its environment finds the twin there as well.
        here = [*twins.values(), *(("127.0.0.1", port) for port in self._local_ports)]
        ways |= {address: functools.partial(_dial, address) for address in here}
        with ExitStack() as undo:
            folder = make_folder()
            undo.callback(remove_folder, folder)
            self._trust = Trust(connection.ca_file, folder)
            mounts = disguise(folder, names.hosts, connection.ca_file)
            room = Room(RoomOrder(folder=folder, mounts=mounts, listen=list(ways)))
            undo.callback(room.close)
            relay = Relay()
            self._published = PublishedPorts(relay, room)
            undo.callback(self._published.close)
            # Ends first, as it uses all the others.
            undo.callback(relay.start().stop)
            for listening, dial in zip(room.listening, ways.values(), strict=True):
                relay.forward(listening, dial)
            relay.keep(self._serve_names(room.name_server, names))
            relay.keep(self._watch(room.witness))
            self._room = room
            self._undo = undo.pop_all()

    async def _serve_names(self, opened: socket.socket, names: RoomNames) -> None:
        loop = asyncio.get_running_loop()
        opened.setblocking(False)
        with opened:
            while True:
                with contextlib.suppress(OSError):
                    question, client = await loop.sock_recvfrom(opened, _DATAGRAM_BYTES)
                    reply = answer(question, names.find, self._refusals.add)
                    if reply:
                        await loop.sock_sendto(opened, reply, client)

    async def _dial_stranger(self, host: str) -> Stream:
        if self._faults is None:
            raise ConnectionRefusedError(f"nobody stands for {host}")
        return await _dial(self._faults.stranger_for(host))

    async def _watch(self, witness: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        witness.setblocking(False)
        with witness:
            while True:
                destination = destination_of(await loop.sock_recv(witness, _DATAGRAM_BYTES))
                if destination is not None:
                    self._refusals.add(destination)

    def environment(self, before: Mapping[str, str]) -> dict[str, str]:
        """Return `before` with trust, and without proxies, which nobody would answer."""
        assert self._trust is not None, "environment() is asked for after open()"
        after = self._trust.environment(before)
        for name in PROXY_VARIABLES:
            after.pop(name, None)
            after.pop(name.upper(), None)
        return after

    def wrap(self, argv: Sequence[str]) -> list[str]:
        """Return the command that runs `argv` in the private network."""
        assert self._room is not None, "wrap() is called after open()"
        return entry_command(self._room.process, argv)

    def publish(self, port: int) -> None:
        """Listen on a port of this machine whenever the program listens on it in there.

        Raises:
            BackendUnavailableError: If the port is in use.
        """
        assert self._published is not None, "publish() is called after open()"
        self._published.add(port)

    def refused(self) -> tuple[str, ...]:
        """Return names looked up and addresses packets were sent to, in vain."""
        return self._refusals.all()

    def close(self) -> None:
        """End the network with every process in it, the thread, and the files."""
        self._undo.close()


async def _dial(target: Address) -> Stream:
    return await asyncio.open_connection(*target)


@functools.cache
def _probe() -> str | None:
    if sys.platform != "linux":
        return f"private networks are made by Linux, and this is {sys.platform}"
    folder = make_folder()
    source = folder / "probe"
    source.write_text("", encoding="ascii")
    mounts = [(source, Path("/etc/hosts"))] if Path("/etc/hosts").exists() else []
    try:
        room = Room(RoomOrder(folder=folder, mounts=mounts, listen=[("127.84.84.1", HTTPS_PORT)]))
    except BackendUnavailableError as error:
        return f"{error}; on a system of your own, set user.max_user_namespaces above 0"
    else:
        for each in (*room.listening, room.name_server, room.witness):
            each.close()
        room.close()
    finally:
        remove_folder(folder)
    return None
