"""The servers compared, each in a process of its own, and the requests they are sent."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tts_chaos.wire.message import ApiRequest
from tts_chaos.wire.signing import attach_signature

START_LIMIT_S = 60.0
ORDERS_NAMED = 5
"""Orders of a page and of a detail call, as an integration that polls often gets them."""


@dataclass(frozen=True)
class Server:
    """A server that answers at `port`; `described` is what it said of itself (the twin only)."""

    port: int
    process: subprocess.Popen[str]
    described: dict[str, Any]


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as opened:
        port: int = opened.getsockname()[1]
    return port


@contextlib.contextmanager
def running(command: Sequence[str], port: int) -> Iterator[Server]:
    """Run a server until the block ends; entered once it accepts connections.

    Raises:
        RuntimeError: If it ends or does not listen in time.
    """
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        _await_port(process, port, command)
        yield Server(port, process, {})
    finally:
        _end(process)


@contextlib.contextmanager
def twin_running(*options: str) -> Iterator[Server]:
    """Run `tts-chaos serve` until the block ends."""
    command = [sys.executable, "-m", "tts_chaos.cli.main", "serve", "--json", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        described = json.loads(process.stdout.readline())
        yield Server(int(described["api_url"].rpartition(":")[2]), process, described)
    finally:
        _end(process)


def _await_port(process: subprocess.Popen[str], port: int, command: Sequence[str]) -> None:
    until_s = time.monotonic() + START_LIMIT_S
    while time.monotonic() < until_s:
        if process.poll() is not None:
            raise RuntimeError(f"{command[0]} ended with exit code {process.returncode}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    raise RuntimeError(f"{command[0]} did not listen on port {port} within {START_LIMIT_S} s")


def _end(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def signed_mix(described: dict[str, Any], *, now_s: int | None = None) -> list[ApiRequest]:
    """Return one round of the mix, signed: search, detail, stock search, stock update."""
    with urllib.request.urlopen(f"{described['control_url']}/state") as answer:
        state = json.load(answer)["shops"][described["shops"][0]["id"]]
    inventory = _stock_of(described, state)
    ids = ",".join(order["id"] for order in state["orders"][:ORDERS_NAMED])
    update = {"skus": [{"id": inventory["sku_id"], "inventory": [{"quantity": 50}]}]}
    product = inventory["product_id"]
    calls: list[tuple[str, str, list[tuple[str, str]], dict[str, Any] | None]] = [
        ("POST", "/order/202309/orders/search", [("page_size", str(ORDERS_NAMED))], {}),
        ("GET", "/order/202309/orders", [("ids", ids)], None),
        ("POST", "/product/202309/inventory/search", [], {"product_ids": [product]}),
        ("POST", f"/product/202309/products/{product}/inventory/update", [], update),
    ]
    return [_signed(described, *call, now_s=now_s) for call in calls]


def _stock_of(described: dict[str, Any], state: dict[str, Any]) -> dict[str, str]:
    sku = state["orders"][0]["lines"][0]["sku_id"]
    search = _signed(
        described, "POST", "/product/202309/inventory/search", [], {"sku_ids": [sku]}, now_s=None
    )
    sent = urllib.request.Request(
        f"{described['api_url']}{search.path}?{search.query}",
        data=search.body, headers=dict(search.headers), method="POST",
    )  # fmt: skip
    with urllib.request.urlopen(sent) as answer:
        row = json.load(answer)["data"]["inventory"][0]
    return {"product_id": row["product_id"], "sku_id": sku}


def _signed(
    described: dict[str, Any], method: str, path: str, query: list[tuple[str, str]],
    body: dict[str, Any] | None, *, now_s: int | None,
) -> ApiRequest:  # fmt: skip
    pairs = [
        ("app_key", described["app_key"]),
        ("timestamp", str(now_s or int(time.time()))),
        ("shop_cipher", described["shops"][0]["cipher"]),
        *query,
    ]
    request = ApiRequest(
        method=method,
        path=path,
        query="&".join(f"{key}={value}" for key, value in pairs),
        headers=(
            ("content-type", "application/json"),
            ("x-tts-access-token", described["access_token"]),
        ),
        body=b"" if body is None else json.dumps(body).encode(),
    )
    return attach_signature(request, described["app_secret"])


def load(
    port: int, requests: Sequence[bytes], connections: int, *, duration_s: float,
    requests_max: int = 2**31,
) -> dict[str, Any]:  # fmt: skip
    """Let the load client work in its own process; returns what it found.

    Raises:
        RuntimeError: If it fails or an answer was no success.
    """
    job = {
        "host": "127.0.0.1", "port": port, "connections": connections, "duration_s": duration_s,
        "requests_max": requests_max, "requests": [row.decode("latin-1") for row in requests],
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "tests.proofs.twin_speed.load"],
        input=json.dumps(job), capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"the load client failed: {done.stderr[-300:]}")
    found: dict[str, Any] = json.loads(done.stdout)
    if set(found["statuses"]) != {"200"}:
        raise RuntimeError(f"answers other than 200: {found['statuses']}")
    return found
