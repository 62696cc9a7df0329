"""A private network with nobody in it, made by a process of its own that then only holds it.

Run as a script by the harness, isolated, with the standard library only. Arguments: the number of
an inherited Unix socket, and JSON:

    {"mounts": [[source, target], ...], "listen": [[address, port], ...], "folder": "..."}

It makes a user, a mount and a network namespace, lays each source over its target, and opens
sockets inside; these it passes to the harness, which does all the rest:

    the listening sockets in the order asked for · a name server's · one that sees what is sent

All addresses of the world are its own, so that what a program sends anywhere comes back at once:
refused where nobody listens, and seen. Each byte that arrives later is answered with a new TCP
socket of the private network. When the harness ends, however it ends, every process in the network
is killed, the folder removed, and the network gone.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import json
import os
import shutil
import signal
import socket
import struct
import sys
from typing import Any

__all__ = ["main"]

# Numbers of <sched.h>, <sys/mount.h>, <linux/sockios.h>, <linux/rtnetlink.h>, <linux/filter.h>.
NEW_USER, NEW_NET, NEW_MOUNTS = 0x10000000, 0x40000000, 0x00020000
BIND, PRIVATE, RECURSIVE = 4096, 1 << 18, 16384
GET_FLAGS, SET_FLAGS, IS_UP = 0x8913, 0x8914, 1
NEW_ROUTE, REQUEST, ACKNOWLEDGE, CREATE, EXCLUSIVE = 24, 1, 4, 0x400, 0x200
TABLE_LOCAL, STATIC, SCOPE_HOST, LOCAL, OUTGOING_INTERFACE = 255, 4, 254, 2, 4
ATTACH_FILTER = 26
ALL_PROTOCOLS = 3

SEEN_BYTES = 128
NEW_SOCKET = {b"4": socket.AF_INET, b"6": socket.AF_INET6}
BACKLOG = 1024


def main(control_number: int, order: dict[str, Any]) -> int:
    """Make the network, hold it until the harness ends, and end all that is in it.

    Returns:
        0, or 1 where it could not be made; the harness was told why.
    """
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        # Our end comes by the socket; a Ctrl-C in the terminal is the harness's to handle.
        signal.signal(number, signal.SIG_IGN)
    control = socket.socket(fileno=control_number)
    try:
        opened = _make(order)
        socket.send_fds(control, [b"ready"], [each.fileno() for each in opened])
    except OSError as error:
        control.sendall(f"{error.strerror or error}: {error.filename or 'making it'}".encode())
        return 1
    for each in opened:
        each.close()
    _hold(control)
    _end_all()
    shutil.rmtree(order["folder"], ignore_errors=True)
    return 0


def _make(order: dict[str, Any]) -> list[socket.socket]:
    _enter_new_namespaces()
    for source, target in order["mounts"]:
        _mount(source, target, BIND | (RECURSIVE if os.path.isdir(source) else 0))  # noqa: PTH112
    _bring_up_loopback()
    _own_all_addresses()
    opened = [_listen(address, port) for address, port in order["listen"]]
    return [*opened, _bind_name_server(), _open_witness()]


def _hold(control: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while asked := control.recv(1):
            with socket.socket(NEW_SOCKET[asked], socket.SOCK_STREAM) as made:
                socket.send_fds(control, [asked], [made.fileno()])


def _end_all() -> None:
    """Kill every other process in this network, those that it starts meanwhile included."""
    own = _network_of("self")
    while others := [
        int(name)
        for name in os.listdir("/proc")  # noqa: PTH208 - names are all that is needed
        if name.isdigit() and int(name) != os.getpid() and _network_of(name) == own
    ]:
        for process in others:
            with contextlib.suppress(OSError):
                os.kill(process, signal.SIGKILL)


def _network_of(process: str) -> str:
    # A dead process that nobody has waited for has no namespace any more.
    try:
        return os.readlink(f"/proc/{process}/ns/net")  # noqa: PTH115
    except OSError:
        return ""


# -- namespaces and mounts ------------------------------------------------------------------------


def _enter_new_namespaces() -> None:
    user, group = os.geteuid(), os.getegid()
    _call("unshare", NEW_USER | NEW_NET | NEW_MOUNTS, about="unshare")
    # The same user inside as outside: programs see no difference, and files keep their owner.
    _write("/proc/self/setgroups", "deny")
    _write("/proc/self/uid_map", f"{user} {user} 1")
    _write("/proc/self/gid_map", f"{group} {group} 1")
    _mount("none", "/", RECURSIVE | PRIVATE)


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="ascii") as file:  # noqa: PTH123
        file.write(text)


def _mount(source: str, target: str, flags: int) -> None:
    _call(
        "mount", source.encode(), target.encode(), None, flags, None, about=f"mounting on {target}"
    )


def _call(function: str, *arguments: Any, about: str) -> None:
    library = ctypes.CDLL(None, use_errno=True)
    passed = [ctypes.c_ulong(each) if isinstance(each, int) else each for each in arguments]
    if getattr(library, function)(*passed):
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), about)


# -- the network ----------------------------------------------------------------------------------


def _bring_up_loopback() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as opened:
        request = struct.pack("16sh22x", b"lo", 0)
        flags = struct.unpack("16sh22x", fcntl.ioctl(opened, GET_FLAGS, request))[1]
        fcntl.ioctl(opened, SET_FLAGS, struct.pack("16sh22x", b"lo", flags | IS_UP))


def _own_all_addresses() -> None:
    """Add, for both versions of IP, the route by which every address is one of this machine."""
    for family in (socket.AF_INET, socket.AF_INET6):
        route = struct.pack(
            "=8BI", family, 0, 0, 0, TABLE_LOCAL, STATIC, SCOPE_HOST, LOCAL, 0
        ) + struct.pack("=HHI", 8, OUTGOING_INTERFACE, socket.if_nametoindex("lo"))
        flags = REQUEST | ACKNOWLEDGE | CREATE | EXCLUSIVE
        head = struct.pack("=IHHII", 16 + len(route), NEW_ROUTE, flags, 1, 0)
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as opened:
            opened.send(head + route)
            code = -struct.unpack_from("=i", opened.recv(4096), 16)[0]
        # A machine without IPv6 has nothing to bring home there.
        if code and family == socket.AF_INET:
            raise OSError(code, os.strerror(code), "adding a route")


def _listen(address: str, port: int) -> socket.socket:
    opened = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    opened.bind((address, port))
    opened.listen(BACKLOG)
    return opened


def _bind_name_server() -> socket.socket:
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    opened.bind(("127.0.0.1", 53))
    return opened


def _open_witness() -> socket.socket:
    """Return a socket that sees the heads of all packets but those to 127.0.0.0/8."""
    opened = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0)
    # The kernel's packet filter: is it IPv4, and does its destination begin with 127?
    program = b"".join(
        struct.pack("HBBI", *line)
        for line in (
            (0x30, 0, 0, 0),  # load byte 0
            (0x54, 0, 0, 0xF0),  # keep its upper half
            (0x15, 0, 3, 0x40),  # not version 4: keep
            (0x30, 0, 0, 16),  # load the first byte of the destination
            (0x15, 0, 1, 127),  # not 127: keep
            (0x06, 0, 0, 0),  # drop
            (0x06, 0, 0, SEEN_BYTES),  # keep the head
        )
    )
    buffer = ctypes.create_string_buffer(program)
    opened.setsockopt(
        socket.SOL_SOCKET,
        ATTACH_FILTER,
        struct.pack("HL", len(program) // 8, ctypes.addressof(buffer)),
    )
    opened.bind(("lo", ALL_PROTOCOLS))
    return opened


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), json.loads(sys.argv[2])))
