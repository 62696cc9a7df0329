"""Versions in the header, Hypothesis profiles, Ctrl-C as it is in a terminal."""

from __future__ import annotations

import importlib.metadata
import signal

import pytest
from hypothesis import settings

pytest_plugins = ("pytester",)

settings.register_profile("project", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("project")

# A shell lets what it starts in the background ignore Ctrl-C, and programs inherit that; tests of
# Ctrl-C are about those that do not.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_report_header() -> str:
    """Show the versions that matter."""
    names = ("httpx", "respx", "requests", "msgspec", "time-machine", "toxiproxy-python")
    return "versions: " + ", ".join(f"{n} {importlib.metadata.version(n)}" for n in names)


@pytest.fixture(autouse=True)
def _no_ambient_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep a developer's own settings out of the tests."""
    for name in ("TTS_CHAOS_WORLD", "TTS_CHAOS_SEED", "TTS_CHAOS_REPORT", "TOXIPROXY_URL"):
        monkeypatch.delenv(name, raising=False)
