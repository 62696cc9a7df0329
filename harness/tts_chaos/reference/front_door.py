"""A small HTTP front door: what a shop's own website and warehouse would call.

    POST /checkout/quote       {"lines": [{"sku_id", "quantity"}]}  ->  {"currency", "total_amount"}
    GET  /inventory/{sku_id}                                        ->  {"sku_id", "quantity"}
    PUT  /inventory/{sku_id}   {"quantity"}                         ->  202, pushed in a moment
    GET  /inventory                                                 ->  {sku_id: quantity, ...}
    GET  /orders?limit=50                                           ->  {"orders": [...]}
    GET  /export/orders                                             ->  [every order]
    GET  /export/shipments                                          ->  [every shipment]
    GET  /export/refunds                                            ->  [every refund]
    GET  /health                                                    ->  {"status", ...}
    POST /sync                                                      ->  {"changed"}
    POST /orders/{order_id}/ship                                    ->  {"shipments": [...]}
    POST /orders/{order_id}/refund {"amount"} or nothing            ->  {"refunds": [...]}
    POST /orders/{order_id}/cancel                                  ->  {"refunds": [...]}
    POST /webhooks/tiktok      a webhook                            ->  200 or 401, empty

Reads come from the database and are answered whether the platform can be reached or not. Errors are
{"error", "cause"}. It listens on loopback; put it behind a TLS-terminating server.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tts_chaos.reference.connector import ReferenceIntegration
from tts_chaos.reference.errors import (
    ConnectorError,
    NotRefundableError,
    NotShippableError,
    PriceUnknownError,
    SettingsError,
)

__all__ = ["FrontDoor"]

_BODY_LIMIT = 1024 * 1024
_MOST_ORDERS = 500
_IDLE_S = 30
_INVENTORY = re.compile(r"/inventory/(\d{1,30})")
_READS: dict[str, Callable[[ReferenceIntegration], Any]] = {
    "/health": ReferenceIntegration.health,
    "/inventory": ReferenceIntegration.stock,
    "/export/orders": ReferenceIntegration.orders,
    "/export/shipments": ReferenceIntegration.shipments,
    "/export/refunds": ReferenceIntegration.refunds,
}
_ORDER = re.compile(r"/orders/(\d{1,30})/(ship|refund|cancel)")


class FrontDoor:
    """Serves one connector over HTTP, one thread per connection.

    Args:
        connector: What answers.
        port: TCP port on loopback; 0 picks a free one, told by `port`.
    """

    def __init__(self, connector: ReferenceIntegration, *, port: int = 0) -> None:
        handler = type("_BoundHandler", (_Handler,), {"connector": connector})
        self._server = _Server(("127.0.0.1", port), handler)
        self.port: int = self._server.server_address[1]

    def start(self) -> None:
        """Serve in the background."""
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def serve(self) -> None:
        """Serve until interrupted."""
        self._server.serve_forever()

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()

    def __enter__(self) -> FrontDoor:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


class _Handler(BaseHTTPRequestHandler):
    connector: ReferenceIntegration
    protocol_version = "HTTP/1.1"
    timeout = _IDLE_S
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        inventory = _INVENTORY.fullmatch(url.path)
        if inventory:
            self._answer(lambda: self._inventory(inventory[1]))
        elif url.path == "/orders":
            self._answer(lambda: self._orders(url.query))
        elif url.path in _READS:
            self._answer(lambda: (200, _READS[url.path](self.connector)))
        else:
            self._send(404, {"error": "there is nothing here", "cause": "endpoint"})

    def do_PUT(self) -> None:
        body = self._body()
        inventory = _INVENTORY.fullmatch(urlsplit(self.path).path)
        if body is None:
            return
        if inventory:
            self._answer(lambda: self._keep_stock(inventory[1], body))
        else:
            self._send(404, {"error": "there is nothing here", "cause": "endpoint"})

    def do_POST(self) -> None:
        body = self._body()
        if body is None:
            return
        path = urlsplit(self.path).path
        order = _ORDER.fullmatch(path)
        if path == "/webhooks/tiktok":
            self._send(self.connector.deliver_webhook(self.headers.items(), body), None)
        elif path == "/checkout/quote":
            self._answer(lambda: self._quote(body))
        elif path == "/sync":
            self._answer(lambda: (200, self.connector.sync_orders()))
        elif order:
            self._answer(lambda: self._on_order(order[1], order[2], body))
        else:
            self._send(404, {"error": "there is nothing here", "cause": "endpoint"})

    def _inventory(self, sku_id: str) -> tuple[int, dict[str, Any]]:
        quantity = self.connector.stock().get(sku_id)
        if quantity is None:
            return 404, {"error": f"SKU {sku_id} is not known", "cause": "mapping"}
        return 200, {"sku_id": sku_id, "quantity": quantity}

    def _keep_stock(self, sku_id: str, body: bytes) -> tuple[int, dict[str, Any]]:
        try:
            quantity = json.loads(body)["quantity"]
            self.connector.keep_stock({sku_id: quantity})
        except (ValueError, KeyError, TypeError):
            return 400, {"error": "expected a quantity", "cause": "mapping"}
        except SettingsError as error:
            return 400, {"error": str(error), "cause": error.cause}
        return 202, {"sku_id": sku_id, "quantity": quantity}

    def _orders(self, query: str) -> tuple[int, dict[str, Any]]:
        asked = parse_qs(query).get("limit", ["50"])[0]
        if not asked.isascii() or not asked.isdigit():
            return 400, {"error": "limit is no number", "cause": "mapping"}
        return 200, {"orders": self.connector.orders(newest=min(int(asked), _MOST_ORDERS))}

    def _quote(self, body: bytes) -> tuple[int, dict[str, Any]]:
        try:
            lines = json.loads(body)["lines"]
            return 200, self.connector.quote_checkout(lines)
        except (ValueError, KeyError, TypeError):
            return 400, {"error": "expected lines of sku_id and quantity", "cause": "mapping"}

    def _on_order(self, order_id: str, deed: str, body: bytes) -> tuple[int, dict[str, Any]]:
        if deed == "ship":
            return 200, {"shipments": self.connector.ship(order_id)}
        if deed == "cancel":
            return 200, {"refunds": self.connector.cancel(order_id)}
        try:
            amount = json.loads(body).get("amount") if body else ""
        except (ValueError, AttributeError):
            return 400, {"error": "expected an amount, or nothing", "cause": "mapping"}
        return 200, {"refunds": self.connector.refund(order_id, str(amount or ""))}

    def _answer(self, work: Callable[[], tuple[int, Any]]) -> None:
        try:
            status, value = work()
        except PriceUnknownError as error:
            status, value = 404, {"error": str(error), "cause": error.cause}
        except (NotRefundableError, NotShippableError) as error:
            status, value = 409, {"error": str(error), "cause": error.cause}
        except ConnectorError as error:
            status, value = 503, {"error": str(error), "cause": error.cause}
        self._send(status, value)

    def _body(self) -> bytes | None:
        length = self.headers.get("content-length", "")
        if not length.isascii() or not length.isdigit() or int(length) > _BODY_LIMIT:
            self.close_connection = True
            self._send(413, {"error": "expected a body of known, sensible length", "cause": ""})
            return None
        return self.rfile.read(int(length))

    def _send(self, status: int, value: Any) -> None:
        body = b"" if value is None else json.dumps(value).encode()
        self.send_response(status)
        if body:
            self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Write nothing: the journal has what matters, and addresses may hold secrets."""
