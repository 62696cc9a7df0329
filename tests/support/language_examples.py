"""The integrations under `examples/`: what each needs, and what its naive version is guilty of."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

__all__ = ["EXAMPLES", "LanguageExample", "Played", "play"]

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "examples"
PERCENTAGE = re.compile(r"\[ *(\d+)%\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageExample:
    """One example.

    Attributes:
        name: Folder under `examples/`.
        title: Language or library, as people call it.
        program: Runtime to look for on the path; "" for Python.
        asks_version: Arguments by which the runtime tells its version.
        extensions: Parts of the runtime that some systems leave out; asked of PHP.
        module: Python library it stands on; "" for none.
        worlds: Worlds in which its fixed version plays.
        guilty: Rules that the naive version breaks, by scenario; it may break more.
    """

    name: str
    title: str
    program: str = ""
    asks_version: tuple[str, ...] = ("--version",)
    extensions: tuple[str, ...] = ()
    module: str = ""
    worlds: tuple[str, ...] = ("wire",)
    guilty: Mapping[str, frozenset[str]]

    @property
    def missing(self) -> str:
        """Why it cannot run here, "" where it can."""
        if self.program and not shutil.which(self.program):
            return f"{self.program} is not on the path"
        if self.extensions and (absent := set(self.extensions) - _php_extensions()):
            return f"{self.program} lacks its extensions {', '.join(sorted(absent))}"
        if self.module and not importlib.util.find_spec(self.module):
            return f"the Python package {self.module} is not installed"
        return ""

    def version(self) -> str:
        """Return what the runtime or the library says of itself, in one line."""
        if self.module:
            return f"{self.module} {version(self.module)} on Python {sys.version.split()[0]}"
        command = [self.program, *self.asks_version]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        return (done.stdout + done.stderr).strip().splitlines()[0]


def _php_extensions() -> set[str]:
    done = subprocess.run(["php", "-m"], capture_output=True, text=True, timeout=60, check=False)
    return {line.strip().lower() for line in done.stdout.splitlines()}


def _rules(**by_scenario: str) -> dict[str, frozenset[str]]:
    """Return rules by scenario; `auth__token_malformed` stands for `auth/token-malformed`."""
    return {
        name.replace("__", "/").replace("_", "-"): frozenset(rules.split())
        for name, rules in by_scenario.items()
    }


EXAMPLES = (
    LanguageExample(
        name="node_fetch",
        title="Node (fetch)",
        program="node",
        guilty=_rules(
            auth__token_revoked_early="never_refreshed error_swallowed order_lost",
            network__port_refused="nothing_reached",
            overload__rate_limited_200="code_ignored",
            overload__rate_limited_429="retry_after_ignored retry_storm",
            overload__rate_limited_push="code_ignored stock_differs",
            stock__warehouse_added="partial_failure_ignored stock_differs",
            fulfilment__ship_answer_lost="unsafe_write_retried",
            webhooks__forged="forgery_accepted forgery_believed",
            killed__before_a_push_was_done="push_lost",
        ),
    ),
    LanguageExample(
        name="go_connector",
        title="Go (net/http)",
        program="go",
        asks_version=("version",),
        guilty=_rules(
            auth__token_expired_200="code_ignored never_refreshed order_lost",
            auth__pair_kept_over_restart_without_rotation="old_access_token_after_restart",
            auth__token_pair_kept_over_restart="old_refresh_token_presented refresh_storm",
            auth__refresh_answer_lost="secret_in_exception",
            body__truncated_detail="broken_body_ignored",
            overload__rate_limited_429="retry_after_ignored",
            fulfilment__asked_twice="shipped_again",
            stock__push_fails_three_times="error_swallowed stock_differs",
            killed__before_a_push_was_done="push_lost",
        ),
    ),
    LanguageExample(
        name="php_connector",
        title="PHP (curl)",
        program="php",
        extensions=("curl", "pdo_sqlite", "sodium"),
        guilty=_rules(
            auth__token_expired_401="never_refreshed error_swallowed order_lost",
            webhooks__out_of_order="older_status_believed",
            auth__token_expired_200="secret_in_file",
            network__port_refused="nothing_reached",
            overload__rate_limited_200="code_ignored",
            overload__rate_limited_429="retry_after_ignored",
            fulfilment__ship_answer_lost="unsafe_write_retried",
            stock__warehouse_added="partial_failure_ignored stock_differs",
            webhooks__of_another_shop="foreign_status_believed",
        ),
    ),
    LanguageExample(
        name="java_connector",
        title="Java (java.net.http)",
        program="javac",
        guilty=_rules(
            body__empty_body="broken_body_ignored",
            overload__rate_limited_200="code_ignored",
            webhooks__forged="forgery_accepted",
        ),
    ),
    LanguageExample(
        name="requests_connector",
        title="Python (requests)",
        module="requests",
        worlds=("simulated", "wire"),
        guilty=_rules(
            auth__token_expired_401="never_refreshed error_swallowed order_lost",
            auth__token_expired_200="secret_in_file",
            auth__seven_days_of_tokens="never_refreshed order_lost",
            body__truncated_detail="broken_body_ignored",
            network__port_refused="stale_signature",
            fulfilment__ship_answer_lost="unsafe_write_retried",
            stock__warehouse_added="partial_failure_ignored stock_differs",
            webhooks__delivered_twice="order_twice",
        ),
    ),
    LanguageExample(
        name="httpx_async_connector",
        title="Python (httpx, asyncio)",
        module="httpx",
        worlds=("simulated", "wire"),
        guilty=_rules(
            auth__token_expired_parallel="refresh_storm",
            overload__rate_limited_200="refresh_for_other_error",
            overload__rate_limited_429="retry_after_ignored",
            overload__rate_limited_push="code_ignored stock_differs",
            fulfilment__ship_answer_lost="unsafe_write_retried retry_without_pause",
            stock__warehouse_added="partial_failure_ignored stock_differs",
        ),
    ),
    LanguageExample(
        name="aiohttp_connector",
        title="Python (aiohttp, asyncio)",
        module="aiohttp",
        worlds=("simulated", "wire"),
        guilty=_rules(
            overload__rate_limited_200="code_ignored",
            stock__warehouse_added="partial_failure_ignored stock_differs",
            auth__token_expired_401="refresh_storm",
            auth__token_expired_200="code_ignored never_refreshed order_lost",
            overload__rate_limited_429="retry_after_ignored retry_storm",
            fulfilment__ship_answer_lost="unsafe_write_retried",
            webhooks__out_of_order="older_status_believed",
        ),
    ),
)
"""All examples in languages and on libraries; the one on an SDK has a test of its own."""


@dataclass(frozen=True, slots=True)
class Played:
    """How one scenario ended."""

    scenario: str
    world: str
    outcome: str
    reason: str
    rules: frozenset[str]


def play(
    example: LanguageExample,
    variant: str,
    report: Path,
    *,
    world: str = "",
    scenarios: Iterable[str] = (),
    workers: int = 0,
    timeout_s: float = 3_600,
    tell: Callable[[int], None] | None = None,
) -> list[Played]:
    """Run the plugin on one version of an example as a user would.

    Args:
        example: The example.
        variant: `naive` or `fixed`.
        report: Folder for the report; it must not be there yet.
        world: Where to play; "" for its first.
        scenarios: Ids; none for all that can be played.
        workers: Processes of pytest-xdist; 0 for none.
        timeout_s: Limit of the whole.
        tell: Called with the percentage that is played, as it grows.

    Raises:
        RuntimeError: If nothing was played, with what was printed.
        TimeoutError: At the limit; the run is ended.
    """
    chosen = [option for id in scenarios for option in ("--tts-scenario", id)]
    command = [
        *(sys.executable, "-m", "pytest", "-v", "-p", "no:cacheprovider"),
        *("-p", "tts_chaos.pytest_plugin.plugin", "-p", "xdist", "-n", str(workers)),
        *("--tts-chaos", "--tts-seed", "7", "--tts-world", world or example.worlds[0]),
        *(f"--tts-report={report}", *chosen, str(FOLDER / example.name / variant)),
    ]
    # As in a shell of its own: what the outer pytest has set is none of its business.
    ours = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
    said = _run(command, ours | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}, timeout_s, tell)
    file = report / "report.json"
    if not file.is_file():
        raise RuntimeError(f"{example.name}/{variant}: no report\n{said}")
    rows: list[dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))["runs"]
    if not rows:
        raise RuntimeError(f"{example.name}/{variant}: nothing was played\n{said}")
    return [
        Played(
            row["scenario"],
            row["world"],
            row["outcome"],
            row["reason"],
            frozenset(finding["rule"] for finding in row["findings"]),
        )
        for row in rows
    ]


def _run(
    command: list[str], env: Mapping[str, str], timeout_s: float, tell: Callable[[int], None] | None
) -> str:
    """Run pytest, tell how far it is, and return what it printed."""
    said: list[str] = []
    is_late = threading.Event()
    with subprocess.Popen(
        command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as running:
        assert running.stdout is not None

        def end() -> None:
            is_late.set()
            running.kill()

        alarm = threading.Timer(timeout_s, end)
        alarm.start()
        try:
            for line in running.stdout:
                said.append(line)
                found = PERCENTAGE.search(line)
                if tell is not None and found is not None:
                    tell(int(found[1]))
            running.wait()
        except BaseException:
            running.kill()
            raise
        finally:
            alarm.cancel()
    if is_late.is_set():
        raise TimeoutError(f"still playing after {timeout_s:.0f} s: {' '.join(command)}")
    return "".join(said)
