"""Serve a twin of TikTok Shop on this machine until interrupted.

Ctrl-C and SIGTERM end it in order, with exit code 0.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import json
import sys
import threading
from collections.abc import Sequence
from typing import Any

from tts_chaos.cli.recording_files import find_recordings, read_recording
from tts_chaos.cli.signals import until_interrupted
from tts_chaos.contracts.recordings import Exchange
from tts_chaos.errors import UsageError
from tts_chaos.serving.control import ControlApi
from tts_chaos.serving.http_reading import Origin
from tts_chaos.serving.http_server import HttpServer, Listener
from tts_chaos.serving.rolling_recorder import KEPT_RECORDS
from tts_chaos.serving.standalone import Setup, Standalone

__all__ = ["add_arguments", "describe", "run"]

POLL_S = 0.5
"""How soon a failure inside the platform is reported; signals interrupt the wait at once."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    ports = parser.add_argument_group("addresses")
    ports.add_argument("--port", type=_port, default=0, help="port of the API host (free one)")
    ports.add_argument("--token-port", type=_port, default=0, help="port of the token host")
    ports.add_argument("--control-port", type=_port, default=0, help="port of the control API")
    ports.add_argument("--tls", action="store_true", help="speak TLS with a CA made for this run")
    ports.add_argument("--proxy", action="store_true", help="stand behind the fault proxy")
    ports.add_argument("--toxiproxy-url", help="use this Toxiproxy server; implies --proxy")
    data = parser.add_argument_group("the platform")
    data.add_argument("--seed", default="0", help="decides ids, keys and data (0)")
    data.add_argument("--orders", type=_count, default=25, help="orders at the start (25)")
    data.add_argument("--products", type=_count, default=8, help="products in each shop (8)")
    data.add_argument("--shops", type=_count, default=1, help="authorised shops (1)")
    data.add_argument("--regions", default="GB", help="region codes, with commas between (GB)")
    data.add_argument(
        "--recordings",
        action="append",
        metavar="PATH",
        help="start from what recordings tell, in place of generated data; repeatable",
    )
    data.add_argument(
        "--profile", choices=("documented", "article"), default="documented", help="error codes"
    )
    data.add_argument(
        "--rotation",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="a refresh kills the refresh token used (yes)",
    )
    history = parser.add_argument_group("the history")
    history.add_argument(
        "--history-limit",
        type=_positive,
        default=KEPT_RECORDS,
        metavar="N",
        help=f"keep the newest N records in memory ({KEPT_RECORDS})",
    )
    history.add_argument(
        "--history", metavar="FILE", help="append every record to FILE, as JSON Lines"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON line when ready")


def run(options: argparse.Namespace) -> int:
    """Serve until interrupted; returns the exit code.

    Raises:
        UsageError: If options contradict each other.
        BackendUnavailableError: If a port is in use or the proxy is missing.
    """
    with contextlib.ExitStack() as undo:
        interrupted = undo.enter_context(until_interrupted())
        twin = _make_twin(options)
        undo.callback(twin.stop)
        control = _make_control(twin, options.control_port)
        undo.callback(control.stop)
        twin.start()
        control.start()
        _settle_memory()
        described = describe(twin, control.address("control")[1])
        print(json.dumps(described) if options.json else _for_people(described), flush=True)
        return _wait(interrupted, twin)


def _settle_memory() -> None:
    """Take what is there at the start out of garbage collection: contracts stay until the end.

    A collector that walks them again and again costs requests their time.
    """
    gc.collect()
    gc.freeze()


def _wait(interrupted: threading.Event, twin: Standalone) -> int:
    while not interrupted.wait(POLL_S):
        if twin.failure is not None:
            error = f"{type(twin.failure).__name__}: {twin.failure}"
            print(f"tts-chaos serve: the platform failed: {error}", file=sys.stderr)
            return 1
    return 0


def _make_twin(options: argparse.Namespace) -> Standalone:
    with_proxy = options.proxy or options.toxiproxy_url
    if with_proxy and (options.port or options.token_port):
        raise UsageError(
            "--port and --token-port cannot be combined with --proxy, which takes free ports; "
            "read them from the output of --json"
        )
    setup = Setup(
        seed=options.seed,
        orders=options.orders,
        products=options.products,
        shops=options.shops,
        regions=tuple(region.strip() for region in options.regions.split(",")),
        recorded=_recorded(options.recordings or ()),
        profile=options.profile,
        rotation=options.rotation,
        tls=options.tls,
        history_limit=options.history_limit,
        history_file=options.history,
        port=options.port,
        token_port=options.token_port,
    )
    if not with_proxy:
        return Standalone(setup)
    from tts_chaos.serving.fault_proxy import FaultProxy

    return Standalone(setup, proxy=FaultProxy.start(options.toxiproxy_url))


def _recorded(paths: Sequence[str]) -> tuple[Exchange, ...]:
    if not paths:
        return ()
    recordings = map(read_recording, find_recordings(paths))
    return tuple(row for recording in recordings for row in recording.exchanges)


def _make_control(twin: Standalone, port: int) -> HttpServer:
    listener = Listener(
        name="control", door=ControlApi(twin), origin=Origin(scheme="http"), port=port
    )
    return HttpServer([listener])


def describe(twin: Standalone, control_port: int) -> dict[str, Any]:
    """Return what `--json` prints: addresses, keys, tokens, shops, CA and proxy engine."""
    connection = twin.connection
    return {
        "api_url": connection.api_url,
        "token_url": connection.token_url,
        "control_url": f"http://127.0.0.1:{control_port}",
        "app_key": connection.app_key,
        "app_secret": connection.app_secret,
        "access_token": connection.access_token,
        "refresh_token": connection.refresh_token,
        "access_token_expires_at": connection.access_token_expires_at,
        "refresh_token_expires_at": connection.refresh_token_expires_at,
        "shops": [
            {"id": shop.id, "cipher": shop.cipher, "region": shop.region, "name": shop.name}
            for shop in connection.shops
        ],
        "ca_file": connection.ca_file,
        "proxy": twin.proxy_engine or None,
    }


def _for_people(described: dict[str, Any]) -> str:
    lines = ["A twin of TikTok Shop is ready (unofficial; loopback only)."]
    for key, value in described.items():
        if key != "shops" and value is not None:
            lines.append(f"  {key:<25} {value}")
    shop_line = "  shop {id}  cipher {cipher}  {region}  {name}"
    lines.extend(shop_line.format(**shop) for shop in described["shops"])
    lines.append(f"Control: curl {described['control_url']}/   End: Ctrl-C")
    return "\n".join(lines)


def _port(text: str) -> int:
    number = int(text) if text.isdecimal() else -1
    if not 0 <= number <= 65_535:
        raise argparse.ArgumentTypeError(f"expected a port from 0 to 65535, got {text!r}")
    return number


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"expected a whole number from 0, got {text!r}")
    return int(text)


def _positive(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"expected a whole number from 1, got {text!r}")
    return int(text)
