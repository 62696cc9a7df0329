"""The embedded engine: Toxiproxy's interface and toxics on an event loop in a thread of its own.

Nothing to install, seeded, and gone without a trace after `stop`. Its thread is a daemon, so a
program that forgets to stop it can still end.
"""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future

from tts_chaos.core.entropy import Entropy
from tts_chaos.errors import BackendUnavailableError, InternalError
from tts_chaos.serving.fault_proxy.engine.collection import ProxyCollection
from tts_chaos.serving.fault_proxy.engine.control import ControlServer
from tts_chaos.serving.fault_proxy.engine.routes import Routes

__all__ = ["EmbeddedEngine"]

_STOP_S_MAX = 10.0


class EmbeddedEngine:
    """A running engine; made by `start`.

    Attributes:
        address: Host and port of the control interface.
    """

    def __init__(self, seed: int, port: int) -> None:
        self.address: tuple[str, int] = ("", 0)
        self._seed = seed
        self._port = port
        self._ready: Future[tuple[str, int]] = Future()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._thread = threading.Thread(target=self._run, name="tts-chaos-fault-proxy", daemon=True)

    @classmethod
    def start(cls, *, seed: int = 0, port: int = 0) -> EmbeddedEngine:
        """Start an engine whose control interface listens on loopback.

        Args:
            seed: Decides toxicity, jitter and slice sizes of the n-th connection of each proxy.
            port: Port of the control interface; 0 for any free one.

        Raises:
            BackendUnavailableError: If the port is taken.
        """
        engine = cls(seed, port)
        engine._thread.start()
        try:
            engine.address = engine._ready.result()
        except OSError as error:
            engine._thread.join(_STOP_S_MAX)
            raise BackendUnavailableError(
                f"the embedded fault proxy cannot listen on 127.0.0.1:{port}: {error.strerror}; "
                "use port 0 for any free one"
            ) from error
        return engine

    @property
    def url(self) -> str:
        """URL of the control interface."""
        return f"http://{self.address[0]}:{self.address[1]}"

    def stop(self) -> None:
        """Close all proxies, connections and ports; returns when the thread has ended.

        Raises:
            InternalError: If the thread does not end.
        """
        if not self._thread.is_alive():
            return
        assert self._loop is not None
        assert self._stopping is not None
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(_STOP_S_MAX)
        if self._thread.is_alive():
            raise InternalError(
                f"the embedded fault proxy did not stop within {_STOP_S_MAX:.0f} s; "
                f"please report this with the seed {self._seed}"
            )

    def _run(self) -> None:
        with asyncio.Runner() as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        collection = ProxyCollection(Entropy(self._seed).child("fault_proxy"))
        control = ControlServer(Routes(collection))
        try:
            address = await control.start(self._port)
        except OSError as error:
            self._ready.set_exception(error)
            return
        self._ready.set_result(address)
        try:
            await self._stopping.wait()
        finally:
            await control.close()
            await collection.close()
