"""The gate of a pytest run: its policy read before anything is played, its word said at the end."""

from __future__ import annotations

import datetime
import os
from pathlib import Path
from typing import Any

import pytest

from tts_chaos.errors import PolicyError
from tts_chaos.pytest_plugin.options import Options
from tts_chaos.reporting.gate.decision import Decision, decide
from tts_chaos.reporting.gate.matrix import read_matrix, remember
from tts_chaos.reporting.gate.policy import Policy, find_policy, load_policy

__all__ = ["Gate", "make_gate"]


class Gate:
    """Decides once, at the end of a run."""

    def __init__(self, policy: Policy, file: Path | None, *, folder: Path, version: str) -> None:
        self._policy = policy
        self._file = file
        self._version = version
        home = file.parent if file else folder
        self._matrix = home / policy.matrix if policy.matrix else None
        if self._matrix is not None:
            read_matrix(self._matrix)

    def decide(self, document: dict[str, Any]) -> Decision:
        """Return the decision, remembered where the version is known."""
        decision = decide(
            self._policy,
            document,
            today=datetime.datetime.now(tz=datetime.UTC).date(),
            version=self._version,
            policy_file=self._file.name if self._file else "",
        )
        if self._matrix is not None and self._version:
            remember(self._matrix, decision)
        return decision


def make_gate(config: pytest.Config, options: Options) -> Gate | None:
    """Return the gate; None where it is not asked for.

    Raises:
        pytest.UsageError: If policy or matrix cannot be used: before a run that would be in vain.
    """
    if not options.gate:
        return None
    if options.searches:
        raise pytest.UsageError(
            "--tts-gate decides by scenarios that were played; leave the search out, or search in "
            "a run of its own"
        )
    try:
        named = options.gate_policy
        file = named or find_policy(config.rootpath)
        policy = load_policy(file) if file else Policy()
        version = options.gate_version or os.environ.get("TTS_CHAOS_GATE_VERSION", "")
        return Gate(policy, file, folder=config.rootpath, version=version)
    except PolicyError as error:
        raise pytest.UsageError(f"--tts-gate: {error}") from None
