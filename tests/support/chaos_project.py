"""A user's project in miniature: scenario files, a conftest.py, and pytest run over both."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

__all__ = ["QUICK", "REFERENCE", "ChaosProject"]

QUICK = """
title = "A short outage"
description = "One answer is a 503."
why = "It happens."
tags = ["quick"]
[twin]
orders = 1
products = 1
[[method]]
fault = "platform_down"
times = 1
[[method]]
action = "sync_orders"
"""
"""A scenario that the reference integration passes in both worlds, fast."""

REFERENCE = """
import pytest
from tts_chaos.reference.factory import make_reference


class Wrapped:
    def __init__(self, inner):
        self.inner = inner
        self.syncs = 0

    def sync_orders(self):
        self.syncs += 1
        self.before_sync()
        self.inner.sync_orders()

    def before_sync(self):
        pass

    def orders(self):
        return self.inner.orders()


@pytest.fixture
def tts_integration(tts_twin, tts_workspace):
    inner = make_reference(tts_twin, tts_workspace)
    try:
        yield Integration(inner)
    finally:
        inner.close()


class Integration(Wrapped):
    pass
"""
"""A conftest.py whose integration can be made to misbehave by what is added at its end."""


class ChaosProject:
    """A folder with scenarios of its own and none of the bundled ones."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self._pytester = pytester
        self.ini: dict[str, str] = {
            "tts_scenario_paths": "chaos",
            "tts_bundled_scenarios": "false",
        }

    @property
    def path(self) -> Path:
        """The folder."""
        return self._pytester.path

    def scenario(self, name: str = "quick", text: str = QUICK, *, folder: str = "chaos") -> Path:
        """Write a scenario file."""
        return self.write(f"{folder}/{name}.toml", text)

    def integration(self, behaviour: str = "    pass", *, where: str = "conftest.py") -> None:
        """Write a conftest.py; `behaviour` is the body of the integration's class."""
        head, _, _ = REFERENCE.rpartition("    pass\n")
        self.write(where, f"{head}{behaviour}\n")

    def write(self, name: str, text: str) -> Path:
        """Write a file."""
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    def run(self, *arguments: str, seed: str = "7") -> pytest.RunResult:
        """Run a chaos session in this process."""
        return self._pytester.runpytest_inprocess(*self.command(*arguments, seed=seed))

    def run_apart(
        self, *arguments: str, seed: str = "7", plugins: tuple[str, ...] = ()
    ) -> pytest.RunResult:
        """Run a chaos session in a process of its own."""
        loaded = [part for plugin in plugins for part in ("-p", plugin)]
        command = self.command(*arguments, seed=seed)
        return self._pytester.runpytest_subprocess(*loaded, *command, timeout=300)

    def command(self, *arguments: str, seed: str = "7") -> list[str]:
        """Write the ini file, and return the arguments of a chaos session."""
        lines = "".join(f"{key} = {value}\n" for key, value in self.ini.items())
        self.write("pytest.ini", f"[pytest]\n{lines}")
        chosen = ["--tts-seed", seed] if seed else []
        plugin = ["-p", "tts_chaos.pytest_plugin.plugin", "-p", "no:cacheprovider"]
        return [*plugin, "--tts-chaos", *chosen, *arguments]

    def report(self, folder: str = "out") -> Mapping[str, Any]:
        """Return the JSON report."""
        document: Mapping[str, Any] = json.loads((self.path / folder / "report.json").read_text())
        return document
