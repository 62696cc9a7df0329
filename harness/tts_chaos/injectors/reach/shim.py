"""Reach by a redirect inside the program's own interpreter: for Python and Node.

Whatever they start with the same environment is redirected as well.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from tts_chaos.injectors.client_environment import PROXY_VARIABLES
from tts_chaos.injectors.reach.destinations import twin_addresses
from tts_chaos.injectors.reach.folder import make_folder, remove_folder
from tts_chaos.injectors.reach.runtimes import Runtime
from tts_chaos.injectors.reach.trust import SHIMS, Trust, prepend
from tts_chaos.typing import TwinConnection

__all__ = ["ShimReach"]

_KINDS = ("python", "node")
_DEAF = {"-I", "-E", "-S"}
"""Options with which Python does not load what is on PYTHONPATH."""


class ShimReach:
    """Implements `subjects.reach.Reach` by modules that Python and Node load at their start.

    Args:
        runtime: What runs the program.
    """

    name = "shim"

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._undo = ExitStack()
        self._folder: Path | None = None
        self._trust: Trust | None = None
        self._refused: tuple[str, ...] = ()

    def probe(self) -> str | None:
        """Say that the program is neither Python nor Node, or that its Python would not listen."""
        if self._runtime.kind not in _KINDS:
            return f"redirects exist for Python and Node, and this is {self._runtime.words}"
        letters = {option for option in self._runtime.options if option in _DEAF}
        if self._runtime.kind == "python" and letters:
            return f"Python does not load a redirect when started with {', '.join(sorted(letters))}"
        return None

    def open(self, connection: TwinConnection) -> None:
        """Write the files."""
        twins = twin_addresses(connection)
        assert connection.ca_file is not None, "a twin on sockets speaks TLS"
        with ExitStack() as undo:
            folder = make_folder()
            undo.callback(remove_folder, folder)
            self._trust = Trust(connection.ca_file, folder, twins)
            shutil.copy(SHIMS / "redirect.cjs", folder)
            self._folder = folder
            self._undo = undo.pop_all()

    def environment(self, before: Mapping[str, str]) -> dict[str, str]:
        """Return `before` with the redirect for both runtimes, and with trust."""
        assert self._trust is not None, "environment() is asked for after open()"
        assert self._folder is not None, "open() made it"
        after = self._trust.environment(before)
        for name in PROXY_VARIABLES:
            after.pop(name, None)
            after.pop(name.upper(), None)
        prepend(after, "NODE_OPTIONS", f'--require "{self._folder / "redirect.cjs"}"', " ")
        return after

    def wrap(self, argv: Sequence[str]) -> list[str]:
        """Return the command as it is."""
        return list(argv)

    def publish(self, port: int) -> None:
        """Do nothing: the program's ports are on this machine's loopback."""

    def refused(self) -> tuple[str, ...]:
        """Return what the redirects noted."""
        file = self._trust.refused_file if self._trust else None
        if file is not None and file.exists():
            lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
            self._refused = tuple(dict.fromkeys(lines))
        return self._refused

    def close(self) -> None:
        """Remove the files; what was refused is still told."""
        self.refused()
        self._undo.close()
