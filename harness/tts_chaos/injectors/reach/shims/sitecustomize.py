"""Loaded by the interpreter of a program under test: brings its connections to the twin.

Python imports a module of this name at start; the folder with it stands on PYTHONPATH. It is given
a file that names, for each host of the platform, the address that stands for it. Each host gets a
loopback address of its own, so that a name looked up now and connected to later is still known.

    getaddrinfo("open-api...", 443)  ->  127.84.84.1, 443      look-ups
    connect(("127.84.84.1", 443))    ->  127.0.0.1, twin's port  connections

Whatever else would leave the machine is refused and noted in a file. Standard library only, and for
every Python from 3.8 on, as it runs in the program's own interpreter.
"""

from __future__ import annotations

import errno
import ipaddress
import json
import os
import socket
import ssl
import sys
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from typing import Any

__all__ = ["SETTINGS_VARIABLE", "Redirect"]

SETTINGS_VARIABLE = "TTS_CHAOS_REACH"
PLATFORM_PORT = 443
_INTERNET = (socket.AF_INET, socket.AF_INET6)


class Redirect:
    """Redirects this interpreter.

    Args:
        settings: `hosts`, a mapping from host name to [address, port], empty to redirect nothing;
            `ca_file`, an authority to trust; `refused_file`, to which a line is added for each
            refused destination.
    """

    def __init__(self, settings: dict[str, Any]) -> None:
        self._ca_file = settings["ca_file"]
        self._refused_file = settings["refused_file"]
        self._own_name = socket.gethostname().lower()
        self._aliases = {}
        self._twins = {}
        for number, (host, twin) in enumerate(settings["hosts"].items(), 1):
            alias = f"127.84.84.{number}"
            self._aliases[host] = alias
            self._twins[alias] = tuple(twin)

    def install(self) -> None:
        """Redirect look-ups and connections where hosts are given; trust in any case."""
        self._install_trust()
        if self._aliases:
            self._install_look_ups()
            self._install_connections()

    # -- look-ups ---------------------------------------------------------------------------------

    def _install_look_ups(self) -> None:
        info, by_name, by_name_ex = (
            socket.getaddrinfo,
            socket.gethostbyname,
            socket.gethostbyname_ex,
        )

        def getaddrinfo(host: Any, *rest: Any, **named: Any) -> Any:
            return info(self._look_up(host), *rest, **named)

        def gethostbyname(host: Any) -> Any:
            return by_name(self._look_up(host))

        def gethostbyname_ex(host: Any) -> Any:
            return by_name_ex(self._look_up(host))

        # setattr, because a type checker knows these as functions of the module.
        for function in (getaddrinfo, gethostbyname, gethostbyname_ex):
            setattr(socket, function.__name__, function)

    def _look_up(self, host: Any) -> Any:
        """Return what to look up instead of `host`; raises where that would leave the machine."""
        name = _text(host)
        if name in self._aliases:
            return self._aliases[name]
        if _is_address(name) or self._is_here(name):
            return host
        self._note(name)
        raise socket.gaierror(socket.EAI_NONAME, _explain(name))

    def _is_here(self, name: str) -> bool:
        return name in ("", "localhost", self._own_name) or name.endswith(".localhost")

    # -- connections ------------------------------------------------------------------------------

    def _install_connections(self) -> None:
        real: dict[str, Any] = {}

        def redirected_connect(opened: socket.socket, address: Any) -> None:
            real["connect"](opened, self._redirect(opened, address))

        def redirected_connect_ex(opened: socket.socket, address: Any) -> Any:
            return real["connect_ex"](opened, self._redirect(opened, address))

        def redirected_sendto(opened: socket.socket, data: Any, *rest: Any) -> Any:
            return real["sendto"](opened, data, *rest[:-1], self._redirect(opened, rest[-1]))

        def redirected_sendmsg(opened: socket.socket, buffers: Any, *rest: Any) -> Any:
            # Ancillary data, flags, address.
            if len(rest) > 2 and rest[2]:
                self._redirect(opened, rest[2])
            return real["sendmsg"](opened, buffers, *rest)

        replacements = {
            "connect": redirected_connect,
            "connect_ex": redirected_connect_ex,
            "sendto": redirected_sendto,
            "sendmsg": redirected_sendmsg,
        }
        for name, replacement in replacements.items():
            # Not every system has each of them.
            if hasattr(socket.socket, name):
                real[name] = getattr(socket.socket, name)
                setattr(socket.socket, name, replacement)

    def _redirect(self, opened: socket.socket, address: Any) -> Any:
        """Return where to connect instead; raises where that would leave the machine."""
        if opened.family not in _INTERNET:
            return address
        name, port = _text(address[0]), address[1]
        alias = self._aliases.get(name, name)
        if alias in self._twins and port == PLATFORM_PORT:
            return self._twins[alias]
        if alias not in self._twins and (self._is_here(name) or _is_loopback(name)):
            return address
        destination = f"{self._name_of(alias)}:{port}"
        self._note(destination)
        raise OSError(errno.ECONNREFUSED, _explain(destination))

    def _name_of(self, alias: str) -> str:
        return next((host for host, known in self._aliases.items() if known == alias), alias)

    def _note(self, destination: str) -> None:
        # One write of one line: lines of several processes do not mix.
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
        try:
            descriptor = os.open(self._refused_file, flags, 0o600)
        except OSError:  # the run is over and its files are gone
            return
        try:
            os.write(descriptor, f"{destination}\n".encode())
        finally:
            os.close(descriptor)

    # -- trust ------------------------------------------------------------------------------------

    def _install_trust(self) -> None:
        """Trust the twin's authority wherever a program loads authorities of its own choice."""
        context = ssl.SSLContext
        load_file, load_defaults = context.load_verify_locations, context.load_default_certs
        ca_file = self._ca_file

        def load_verify_locations(made: ssl.SSLContext, *files: Any, **named: Any) -> None:
            load_file(made, *files, **named)
            load_file(made, ca_file)

        def load_default_certs(made: ssl.SSLContext, *purpose: Any, **named: Any) -> None:
            load_defaults(made, *purpose, **named)
            load_file(made, ca_file)

        for function in (load_verify_locations, load_default_certs):
            setattr(context, function.__name__, function)


def _text(host: Any) -> str:
    text = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host or "")
    return text.lower().rstrip(".")


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return False
    return True


def _is_loopback(name: str) -> bool:
    try:
        address = ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None) or address
    # The unspecified address is connected to as loopback.
    return bool(mapped.is_loopback or mapped.is_unspecified)


def _explain(destination: str) -> str:
    return (
        f"tts-chaos refused {destination}: during a run nothing leaves this machine, and only "
        "the platform's own hosts are brought to the twin"
    )


def _load_next() -> None:
    """Run the module of this name that the program would have had without us."""
    here = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120 - quick at every start
    rest = [entry for entry in sys.path if os.path.abspath(entry or ".") != here]  # noqa: PTH100
    spec = PathFinder.find_spec(__name__, rest)
    if spec is not None and spec.loader is not None:
        spec.loader.exec_module(module_from_spec(spec))


def _start() -> None:
    path = os.environ.get(SETTINGS_VARIABLE)
    if path:
        with open(path, encoding="utf-8") as file:  # noqa: PTH123 - quick at every start
            Redirect(json.load(file)).install()
    _load_next()


if __name__ == "sitecustomize":
    _start()
