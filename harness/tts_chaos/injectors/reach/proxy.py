"""Reach by `HTTPS_PROXY`: for every client that honours it, like curl, Go, PHP's curl and Java.

A client that ignores the variable is neither brought to the twin nor held back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack

from tts_chaos.injectors.client_environment import PROXY_VARIABLES
from tts_chaos.injectors.reach.destinations import Refusals, twin_addresses
from tts_chaos.injectors.reach.folder import make_folder, remove_folder
from tts_chaos.injectors.reach.interceptor import Interceptor
from tts_chaos.injectors.reach.relay import Relay
from tts_chaos.injectors.reach.runtimes import Runtime
from tts_chaos.injectors.reach.trust import JAVA_OPTIONS, Trust, prepend
from tts_chaos.injectors.reach_faults import ReachFaults
from tts_chaos.typing import TwinConnection

__all__ = ["ProxyReach"]

DIRECT = "localhost,127.0.0.1,::1"
"""What is on this machine is asked directly: the program's own database, or its other half."""

_WITHOUT = {
    "node": "Node's fetch and https take no notice of HTTPS_PROXY",
}


class ProxyReach:
    """Implements `subjects.reach.Reach` by an intercepting proxy.

    Args:
        runtime: What runs the program.
        faults: What is armed on the way; None where nothing ever is.
    """

    name = "proxy"

    def __init__(self, runtime: Runtime, faults: ReachFaults | None = None) -> None:
        self._runtime, self._faults = runtime, faults
        self._refusals = Refusals()
        self._undo = ExitStack()
        self._trust: Trust | None = None
        self._port = 0

    def probe(self) -> str | None:
        """Say that the program's runtime ignores proxies, where it does."""
        return _WITHOUT.get(self._runtime.kind)

    def open(self, connection: TwinConnection) -> None:
        """Listen."""
        twins = twin_addresses(connection)
        assert connection.ca_file is not None, "a twin on sockets speaks TLS"
        with ExitStack() as undo:
            folder = make_folder()
            undo.callback(remove_folder, folder)
            self._trust = Trust(connection.ca_file, folder)
            relay = Relay().start()
            undo.callback(relay.stop)
            self._port = Interceptor(relay, twins, self._refusals, self._faults).port
            self._undo = undo.pop_all()

    def environment(self, before: Mapping[str, str]) -> dict[str, str]:
        """Return `before` with the proxy, in the spellings that clients read, and with trust."""
        assert self._trust is not None, "environment() is asked for after open()"
        after = self._trust.environment(before)
        url = f"http://127.0.0.1:{self._port}"
        for name in PROXY_VARIABLES:
            after[name] = after[name.upper()] = DIRECT if name == "no_proxy" else url
        java = " ".join(
            f"-D{scheme}.proxyHost=127.0.0.1 -D{scheme}.proxyPort={self._port}"
            for scheme in ("http", "https")
        )
        prepend(after, JAVA_OPTIONS, f"{java} -Dhttp.nonProxyHosts={DIRECT.replace(',', '|')}", " ")
        return after

    def wrap(self, argv: Sequence[str]) -> list[str]:
        """Return the command as it is."""
        return list(argv)

    def publish(self, port: int) -> None:
        """Do nothing: the program's ports are on this machine's loopback."""

    def refused(self) -> tuple[str, ...]:
        """Return what the program asked the proxy for in vain."""
        return self._refusals.all()

    def close(self) -> None:
        """Free the port, end the thread, remove the files."""
        self._undo.close()
