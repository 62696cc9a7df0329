"""Exports runs as OpenTelemetry traces once all are played; registered only with `--tts-otel`."""

from __future__ import annotations

import pytest

from tts_chaos.engine.result import RunResult
from tts_chaos.errors import ChaosError
from tts_chaos.reporting.telemetry.exporting import check_target, export_runs, require_packages
from tts_chaos.reporting.telemetry.spans import Span, spans_of

__all__ = ["Telemetry"]


class Telemetry:
    """Registered as a plugin; each process exports the runs that it played.

    Raises:
        pytest.UsageError: If a package is missing or the target is none, before anything is played.
    """

    def __init__(self, target: str) -> None:
        self._target = target
        self._runs: list[tuple[Span, ...]] = []
        self._lines: list[str] = []
        try:
            check_target(target)
            require_packages()
        except ChaosError as error:
            raise pytest.UsageError(str(error)) from None

    def pytest_tts_scenario_finished(self, result: RunResult) -> None:
        """Keep the spans of a run; the world that it ran in still catches requests."""
        self._runs.append(spans_of(result))

    def pytest_sessionfinish(self) -> None:
        """Export; a collector that is not there changes no verdict, and is told."""
        if not self._runs:
            return
        try:
            count = export_runs(self._runs, self._target, tell=self._lines.append)
        except ChaosError as error:
            self._lines.append(f"otel: not exported: {error}")
        else:
            self._lines.append(f"otel: {len(self._runs)} traces, {count} spans to {self._target}")

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Tell what became of it."""
        for line in self._lines:
            terminalreporter.write_line(line)
