"""The fixed connector as a program of its own: a front door for a scheduler, a warehouse, webhooks.

It is told no address of the platform: those are written into it, as into most programs.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.insert(0, str(Path(__file__).parents[1] / "fixed"))

from requests_shop.connector import Connector
from shop_parts.answers import CallError
from shop_parts.patience import QUICK, Patience

API_URL = "https://open-api.tiktokglobalshop.com"
TOKEN_URL = "https://auth.tiktok-shops.com"
MOST_BYTES = 1024 * 1024


def make_connector(env: dict[str, str]) -> Connector:
    settings = {
        "api_url": API_URL,
        "token_url": TOKEN_URL,
        "app_key": env["TTS_APP_KEY"],
        "app_secret": env["TTS_APP_SECRET"],
        "access_token": env["TTS_ACCESS_TOKEN"],
        "refresh_token": env["TTS_REFRESH_TOKEN"],
        "access_token_expires_at": int(env["TTS_EXPIRES_AT"]),
    }
    patience = QUICK if env.get("SHOP_PATIENCE") == "quick" else Patience()
    key = env["SHOP_KEY"].encode()
    return Connector(settings, Path(env["SHOP_STORE"]), key, patience=patience)


def make_handler(connector: Connector) -> type[BaseHTTPRequestHandler]:
    routes: dict[str, Callable[[Any], Any]] = {
        "GET /health": lambda _body: connector.health(),
        "POST /sync": lambda _body: connector.sync_orders(),
        "GET /orders": lambda _body: connector.orders(),
        "GET /stock": lambda _body: connector.stock(),
        "PUT /stock": lambda body: connector.push_stock(json.loads(body)),
        "POST /flush": lambda _body: connector.flush(),
        "POST /ship": lambda body: connector.ship(json.loads(body)["order_id"]),
        "GET /shipments": lambda _body: connector.shipments(),
        "GET /alerts": lambda _body: connector.alerts(),
    }

    class Handler(BaseHTTPRequestHandler):
        def handle_route(self) -> None:
            size = int(self.headers.get("content-length") or 0)
            route = f"{self.command} {self.path}"
            if size > MOST_BYTES:
                self.respond(413, {"error": "the body is too large"})
            elif route == "POST /webhook":
                headers = dict(self.headers.items())
                self.respond(connector.deliver_webhook(headers, self.rfile.read(size)), {})
            elif route not in routes:
                self.respond(404, {"error": "there is nothing here"})
            else:
                self.run_route(routes[route], self.rfile.read(size))

        do_GET = do_POST = do_PUT = handle_route  # noqa: N815

        def run_route(self, work: Callable[[Any], Any], body: bytes) -> None:
            try:
                value = work(body)
            except CallError as error:
                self.respond(503, {"error": str(error), "cause": error.cause})
            except (ValueError, KeyError, TypeError) as error:
                # What was thrown may hold a secret or personal data: only its kind is told.
                self.respond(400, {"error": type(error).__name__})
            else:
                self.respond(200, {} if value is None else value)

        def respond(self, status: int, value: Any) -> None:
            data = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    return Handler


if __name__ == "__main__":
    handler = make_handler(make_connector(dict(os.environ)))
    ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), handler).serve_forever()
