"""A PostgreSQL server for tests, made for them and gone with them."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tts_chaos.processes import GuardedProcess
from tts_chaos.subjects.external.subject import free_port

__all__ = ["server", "why_missing"]

_START_S = 60.0
_NOBODY = "nobody"


def _tool(name: str) -> str | None:
    found = shutil.which(name)
    if found:
        return str(Path(found).resolve())
    return next((str(file) for file in Path("/usr/lib/postgresql").glob(f"*/bin/{name}")), None)


def why_missing() -> str:
    """Return why no server can be started here, "" where one can."""
    missing = [name for name in ("initdb", "postgres") if _tool(name) is None]
    if missing:
        return f"PostgreSQL is not installed: no {' and no '.join(missing)}"
    if os.geteuid() == 0 and not shutil.which("setpriv"):
        return "PostgreSQL refuses to run as root, and setpriv, which could change that, is missing"
    return ""


def _as_somebody(command: Sequence[str]) -> list[str]:
    """Return a command that does not run as root, which PostgreSQL refuses."""
    if os.geteuid() != 0:
        return list(command)
    other = pwd.getpwnam(_NOBODY)
    ids = (f"--reuid={other.pw_uid}", f"--regid={other.pw_gid}", "--clear-groups")
    return ["setpriv", *ids, "--", *command]


@contextmanager
def server() -> Iterator[str]:
    """Run a server with an empty database, on loopback only; yields its URL."""
    initdb, postgres = _tool("initdb"), _tool("postgres")
    assert initdb is not None
    assert postgres is not None
    with tempfile.TemporaryDirectory(prefix="tts-pg-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        if os.geteuid() == 0:
            shutil.chown(folder, _NOBODY)
        data, port = folder / "data", free_port()
        plain = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": name}
        subprocess.run(
            _as_somebody(
                [initdb, "-D", str(data), "-U", "tts", "-A", "trust", "-E", "UTF8", "--no-sync"]
            ),
            check=True,
            capture_output=True,
            env=plain,
            cwd=folder,
        )
        options = {
            "listen_addresses": "127.0.0.1",
            "port": str(port),
            "unix_socket_directories": name,
            "fsync": "off",
            "max_connections": "20",
        }
        settings = [part for pair in options.items() for part in ("-c", "=".join(pair))]
        command = _as_somebody([postgres, "-D", str(data), *settings])
        url = f"postgresql://tts@127.0.0.1:{port}/postgres"
        with GuardedProcess(
            command, environment=plain, folder=folder, output=subprocess.DEVNULL
        ) as process:
            _wait_for(url, process)
            yield url


def _wait_for(url: str, process: GuardedProcess) -> None:
    import psycopg

    deadline_s = time.monotonic() + _START_S
    while True:
        try:
            psycopg.connect(url, connect_timeout=2).close()
        except psycopg.OperationalError as error:
            if process.poll() is not None or time.monotonic() > deadline_s:
                raise RuntimeError(f"PostgreSQL did not come up: {error}") from None
            time.sleep(0.05)
        else:
            return
