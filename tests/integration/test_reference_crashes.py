"""Killed at the worst moment, the reference integration goes on from its database.

Nothing is lost and nothing is done twice. The twin answers on a real socket, the victim is a real
process.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from tts_chaos.contracts.loader import load_contracts
from tts_chaos.core.clock import SkewedClock
from tts_chaos.core.entropy import Entropy
from tts_chaos.reference import ReferenceIntegration, ReferenceSettings
from tts_chaos.reference.errors import ConnectorError
from tts_chaos.reference.settings import Patience, make_shops
from tts_chaos.twin.twin import Twin
from tts_chaos.wire.message import API_HOST, AUTH_HOST, ApiRequest

VICTIM = """
import json, os, signal, sys
from pathlib import Path
import httpx
from tts_chaos.reference import ReferenceIntegration, ReferenceSettings
from tts_chaos.reference.settings import Patience, make_shops

class DeadlyTransport(httpx.HTTPTransport):
    def handle_request(self, request):
        response = super().handle_request(request)
        if request.url.path.endswith(plan["deadly"]):
            response.read()
            os.kill(os.getpid(), signal.SIGKILL)
        return response

plan = json.loads(sys.argv[1])
settings = dict(plan["settings"])
settings["shops"] = make_shops(settings["shops"])
settings["database"] = Path(settings["database"])
settings["patience"] = Patience(**plan["patience"])
connector = ReferenceIntegration(ReferenceSettings(**settings), transport=DeadlyTransport())
getattr(connector, plan["action"])(*plan["arguments"])
"""


# What a killed holder of a lease kept others from may wait for one such try.
PATIENCE: dict[str, Any] = {
    "base_s": 0.02,
    "cap_s": 0.2,
    "attempts": 4,
    "connect_s": 0.5,
    "read_s": 1.0,
    "total_s": 1.0,
}


class SystemClock:
    """The machine's clock."""

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000


class Stage:
    """A twin behind a socket, and what a connector needs to reach it."""

    def __init__(self, folder: Path) -> None:
        self.clock = SkewedClock(SystemClock())
        self.twin = Twin(clock=self.clock, entropy=Entropy("crash"), contracts=load_contracts())
        self.twin.populate(orders=30, products=3)
        self.calls: list[str] = []
        lock = threading.Lock()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(handler) -> None:
                handler.do_GET()

            def do_GET(handler) -> None:
                path, _, query = handler.path.partition("?")
                body = handler.rfile.read(int(handler.headers.get("content-length") or 0))
                request = ApiRequest(
                    method=handler.command,
                    host=AUTH_HOST if path.startswith("/api/") else API_HOST,
                    path=path,
                    query=query,
                    headers=tuple((k.lower(), v) for k, v in handler.headers.items()),
                    body=body,
                )
                with lock:
                    self.calls.append(path)
                    answer = self.twin.handle(request).response
                handler.send_response(answer.status)
                for name, value in answer.headers:
                    handler.send_header(name, value)
                handler.send_header("content-length", str(len(answer.body)))
                handler.end_headers()
                handler.wfile.write(answer.body)

            def log_message(handler, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        url = f"http://127.0.0.1:{self.server.server_address[1]}"
        valid = self.twin.credentials()
        self.settings: dict[str, Any] = {
            "app_key": valid.app_key,
            "app_secret": valid.app_secret,
            "access_token": valid.access_token,
            "refresh_token": valid.refresh_token,
            "access_token_expires_at": valid.access_token_expires_at,
            "refresh_token_expires_at": valid.refresh_token_expires_at,
            "shops": [[shop.id, shop.cipher] for shop in valid.shops],
            "database": str(folder / "reference.sqlite3"),
            "encryption_key": Fernet.generate_key().decode(),
            "api_url": url,
            "token_url": url,
        }

    def kill_during(self, action: str, *arguments: Any, after: str) -> None:
        """Let a process do `action` and die once the answer to the path ending `after` is there."""
        plan = {
            "settings": self.settings,
            "patience": PATIENCE,
            "deadly": after,
            "action": action,
            "arguments": arguments,
        }
        done = subprocess.run(
            [sys.executable, "-c", VICTIM, json.dumps(plan)], timeout=60, check=False
        )
        assert done.returncode == -signal.SIGKILL

    def survivor(self) -> ReferenceIntegration:
        """Return a connector on the same database."""
        settings = self.settings | {
            "shops": make_shops(self.settings["shops"]),
            "database": Path(self.settings["database"]),
        }
        return ReferenceIntegration(ReferenceSettings(**settings, patience=Patience(**PATIENCE)))

    def count(self, ending: str) -> int:
        return sum(path.endswith(ending) for path in self.calls)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    made = Stage(tmp_path)
    yield made
    made.server.shutdown()
    made.server.server_close()


pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name == "nt", reason="SIGKILL is what is tested"),
]


def test_killed_after_the_first_page_it_still_gets_every_order(stage: Stage) -> None:
    stage.kill_during("sync_orders", after="/order/202507/orders")

    with stage.survivor() as connector:
        connector.sync_orders()
        known = {order["id"] for order in connector.orders()}

    (shop,) = stage.twin.ledger()["shops"].values()
    assert known == {order["id"] for order in shop["orders"]}


def test_killed_between_push_and_mark_it_pushes_once(stage: Stage) -> None:
    (shop,) = stage.twin.ledger()["shops"].values()
    sku_id = next(iter(shop["stock"]))
    stage.kill_during("push_stock", {sku_id: 37}, after="/inventory/update")

    with stage.survivor() as connector:
        connector.flush()
        stock = connector.stock()

    assert stock[sku_id] == 37
    assert stage.count("/inventory/update") == 1


def test_killed_after_shipping_it_knows_the_parcel_and_ships_once(stage: Stage) -> None:
    (shop,) = stage.twin.ledger()["shops"].values()
    order_id = next(
        order["id"]
        for order in shop["orders"]
        if order["status"] == "AWAITING_SHIPMENT" and "*" in order["recipient_phone"]
    )
    stage.kill_during("ship", order_id, after="/ship")

    with stage.survivor() as connector:
        connector.ship(order_id)
        shipments = connector.shipments()

    assert [row["order_id"] for row in shipments] == [order_id]
    assert stage.count("/ship") == 1


def test_killed_before_a_refreshed_pair_was_kept_it_tells_a_human_and_stops(stage: Stage) -> None:
    stage.twin.command("expire_access_tokens", {})
    stage.kill_during("sync_orders", after="/token/refresh")

    with stage.survivor() as connector:
        for _ in range(3):
            with pytest.raises(ConnectorError):
                connector.sync_orders()
        alerts = connector.alerts()

    assert "credentials" in {alert["cause"] for alert in alerts}
    assert stage.count("/token/refresh") == 2


def test_two_processes_that_meet_an_expired_token_refresh_once(stage: Stage) -> None:
    stage.twin.command("expire_access_tokens", {})
    plan = {
        "settings": stage.settings,
        "patience": PATIENCE,
        "deadly": "nothing",
        "action": "sync_orders",
        "arguments": [],
    }
    command = [sys.executable, "-c", VICTIM, json.dumps(plan)]

    processes = [subprocess.Popen(command) for _ in range(2)]
    codes = [process.wait(timeout=60) for process in processes]

    assert codes == [0, 0]
    assert stage.count("/token/refresh") == 1
