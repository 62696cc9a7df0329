"""`tts-chaos serve` as users run it: a process, its output, its control API, its end."""

from __future__ import annotations

import json
import re
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

pytestmark = pytest.mark.slow

COMMAND = [sys.executable, "-m", "tts_chaos.cli.main", "serve"]
GUIDE = Path(__file__).parents[3] / "docs" / "serve.md"

Serve = Callable[..., tuple["subprocess.Popen[str]", dict[str, Any]]]


@pytest.fixture
def serve() -> Iterator[Serve]:
    with ExitStack() as stack:

        def start(*options: str) -> tuple[subprocess.Popen[str], dict[str, Any]]:
            process = subprocess.Popen(
                [*COMMAND, "--json", *options],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            stack.callback(_end, process)
            assert process.stdout is not None
            return process, json.loads(process.stdout.readline())

        yield start


def _end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


def _run(*options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *options], capture_output=True, text=True, timeout=20)


def test_a_client_works_with_what_the_command_prints_and_sigterm_ends_it(serve: Serve) -> None:
    process, ready = serve("--orders=2", "--products=1", "--shops=2", "--regions=GB,US", "--seed=9")
    with httpx.Client(trust_env=False) as client:
        answer = client.get(f"{ready['api_url']}/order/202309/orders")
        history = client.get(f"{ready['control_url']}/history").text.splitlines()

    process.send_signal(signal.SIGTERM)
    rest, errors = process.communicate(timeout=10)

    assert answer.json()["code"] != 0
    assert json.loads(history[-1])["path"] == "/order/202309/orders"
    assert [shop["region"] for shop in ready["shops"]] == ["GB", "US"]
    assert (process.returncode, rest, errors) == (0, "", "")


def test_the_line_it_prints_has_all_keys(serve: Serve) -> None:
    _, ready = serve()

    assert list(ready) == [
        "api_url",
        "token_url",
        "control_url",
        "app_key",
        "app_secret",
        "access_token",
        "refresh_token",
        "access_token_expires_at",
        "refresh_token_expires_at",
        "shops",
        "ca_file",
        "proxy",
    ]


def test_ctrl_c_ends_it_in_order_and_removes_its_authority(serve: Serve) -> None:
    process, ready = serve("--tls", "--proxy")
    context = ssl.create_default_context(cafile=ready["ca_file"])
    with httpx.Client(verify=context, trust_env=False) as client:
        assert client.get(ready["api_url"]).status_code

    process.send_signal(signal.SIGINT)
    process.communicate(timeout=10)

    assert process.returncode == 0
    assert ready["proxy"]
    assert not Path(ready["ca_file"]).exists()


def test_a_port_in_use_ends_it_with_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        ended = _run(f"--port={port}")

    assert ended.returncode == 1
    assert ended.stderr.startswith(f"tts-chaos serve: port {port} on 127.0.0.1, wanted for 'api',")
    assert len(ended.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--port=x"], "expected a port from 0 to 65535, got 'x'"),
        (["--port=70000"], "expected a port from 0 to 65535"),
        (["--orders=-1"], "expected a whole number from 0"),
        (["--profile=loose"], "invalid choice: 'loose'"),
        (["--regions=XX"], "XX"),
        (["--proxy", "--port=8700"], "--port and --token-port cannot be combined with --proxy"),
    ],
)
def test_a_wrong_option_ends_it_with_code_2(options: list[str], said: str) -> None:
    ended = _run(*options)

    assert ended.returncode == 2
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr


def test_people_get_text_to_copy_from() -> None:
    process = subprocess.Popen(COMMAND, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        lines = [process.stdout.readline() for _ in range(4)]
    finally:
        process.terminate()
        process.communicate()

    assert lines[0] == "A twin of TikTok Shop is ready (unofficial; loopback only).\n"
    assert lines[1].startswith("  api_url                   http://localhost:")


def test_the_version_is_that_of_the_package() -> None:
    import tts_chaos

    shown = subprocess.run(
        [sys.executable, "-m", "tts_chaos.cli.main", "--version"], capture_output=True, text=True
    )

    assert shown.stdout == f"tts-chaos {tts_chaos.__version__}\n"


# -- the guide ------------------------------------------------------------------------------------


def test_the_guide_names_every_option() -> None:
    shown = _run("--help").stdout

    options = set(re.findall(r"--[a-z][a-z-]+", shown)) - {"--help", "--json"}

    assert options <= set(re.findall(r"--[a-z][a-z-]+", GUIDE.read_text()))
