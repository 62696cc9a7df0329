"""Each optional part: what is said where it is missing, what works where it is there, its tests."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["CORE", "EXTRAS", "Command", "Extra"]

ONE = ("--tts-scenario", "auth/token-expired-401")
CHAOS = ("pytest", "-q", "-p", "no:cacheprovider", "--tts-chaos", *ONE)
LOOP = (
    "from tts_chaos.serving.http_server import HttpServer, Listener\n"
    "HttpServer([], loop='uvloop').start().stop()\n"
    "print('served')\n"
)
RECEIVER = (
    "tts-chaos",
    "webhooks",
    "http://127.0.0.1:9/",
    "--app-key",
    "k",
    "--secret-from",
    "HOME",
)
DATABASE = (
    "from tts_chaos.subjects.external import postgresql\n"
    "print(postgresql.why_unavailable() or 'can be read')\n"
)
QUIC = "from tts_chaos.serving import http3\nprint(http3.why_unavailable() or 'can be served')\n"
SEAM = (
    "import httpx2\n"
    "from tts_chaos.injectors.simulated import SimulatedWorld\n"
    "print('caught', httpx2.__version__)\n"
)


@dataclass(frozen=True, slots=True)
class Command:
    """What is called, the status it must end with, and words that it must say."""

    call: tuple[str, ...]
    status: int
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Extra:
    """One optional part of the package.

    Attributes:
        name: As in `pip install 'pytest-tts-chaos[NAME]'`.
        without: In an environment that has only the core; None where nothing is asked for it.
        present: Once it is installed, alone.
        tests: Of this project, which hold for its lowest versions too.
        packages: What those tests need besides.
    """

    name: str
    without: Command | None
    present: Command
    tests: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()


CORE = (
    Command(("tts-chaos", "--help"), 0, "Decide by a report"),
    Command(("tts-chaos", "--version"), 0, "tts-chaos "),
    Command(("tts-chaos", "list"), 0, "token_expired"),
    Command(("tts-chaos", "doctor", "--offline"), 0, "0 errors"),
    Command(("pytest", "--tts-chaos", "--help"), 0, "--tts-gate"),
    Command((*CHAOS, "--tts-world", "both", "--tts-gate"), 0, "gate: RELEASE: 2 runs"),
)
"""What works without any extra."""

EXTRAS = (
    Extra(
        name="report",
        without=Command(
            (*CHAOS, "--tts-report", "out"), 0, "pip install 'pytest-tts-chaos[report]'"
        ),
        present=Command((*CHAOS, "--tts-report", "out"), 0, "out/report.html"),
        tests=("tests/unit/reporting",),
    ),
    Extra(
        name="search",
        without=Command((*CHAOS, "--tts-search", "2"), 4, "pip install 'pytest-tts-chaos[search]'"),
        present=Command((*CHAOS, "--tts-search", "2"), 0, "2 of 2 schedules played"),
        tests=("tests/unit/search/test_drawing.py",),
    ),
    Extra(
        name="load",
        without=Command(
            ("tts-chaos", "load", "--duration", "3"), 1, "pip install 'pytest-tts-chaos[load]'"
        ),
        present=Command(
            ("tts-chaos", "load", "--rate", "5", "--duration", "6"), 13, "requests that were due"
        ),
    ),
    Extra(
        name="webhooks",
        without=Command(RECEIVER, 1, "pip install 'pytest-tts-chaos[webhooks]'"),
        present=Command(RECEIVER, 1, "nobody answers at http://127.0.0.1:9/"),
        tests=("tests/integration/serving/test_receiver_trial.py",),
    ),
    Extra(
        name="postgresql",
        without=Command(
            ("python", "-c", DATABASE), 0, "pip install 'pytest-tts-chaos[postgresql]'"
        ),
        present=Command(("python", "-c", DATABASE), 0, "can be read"),
        tests=("tests/integration/external/test_postgresql.py",),
    ),
    Extra(
        name="http3",
        without=Command(("python", "-c", QUIC), 0, "pip install 'pytest-tts-chaos[http3]'"),
        present=Command(("python", "-c", QUIC), 0, "can be served"),
        tests=("tests/integration/serving/test_http3.py",),
    ),
    Extra(
        name="otel",
        without=None,
        present=Command(
            ("python", "-c", "import opentelemetry.sdk.trace; print('there')"), 0, "there"
        ),
        tests=("tests/unit/reporting/test_telemetry.py",),
    ),
    Extra(
        name="uvloop",
        without=Command(("python", "-c", LOOP), 1, "pip install 'pytest-tts-chaos[uvloop]'"),
        present=Command(("python", "-c", LOOP), 0, "served"),
        tests=("tests/integration/serving/test_http_server.py",),
    ),
    Extra(
        name="xdist",
        without=Command((*CHAOS, "-n", "2"), 4, "unrecognized arguments: -n"),
        present=Command((*CHAOS, "-n", "2"), 0, "1 passed"),
        tests=("tests/plugin/test_workers.py",),
        packages=("pytest-randomly", "pytest-timeout", "pytest-asyncio", "jinja2"),
    ),
    Extra(
        name="httpx2",
        without=None,
        present=Command(("python", "-c", SEAM), 0, "caught"),
        tests=("tests/unit/injectors/test_seams.py",),
        packages=("aiohttp", "uvicorn"),
    ),
)
"""All extras but `all`, which has every one of them; a test compares with pyproject.toml."""
