"""A small order sync that is a program of its own, as users have them; only the standard library.

Serves what `CAPABILITIES` names on port PORT. Run as a script; its text is copied into the folders
of tests.
"""

from __future__ import annotations

import hmac
import json
import os
import sqlite3
import sys
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlencode

__all__ = ["CONFIGURATION"]

CONFIGURATION = """
[integration]
start = ["{python}", "shop.py"]
ready = "GET /health"

[integration.env]
PORT = "{port}"
API_URL = "{api_url}"
APP_KEY = "{app_key}"
APP_SECRET = "{app_secret}"
ACCESS_TOKEN = "{access_token}"
SHOP_CIPHER = "{shop_cipher}"
DATABASE = "{workspace}/shop.db"

[integration.capabilities]
sync_orders = "POST /sync"
orders = "GET /orders"
"""

KEEP = """
create table if not exists orders (id text primary key, status text, currency text,
                                   total_amount text, lines text)
"""


def call(
    method: str, path: str, query: dict[str, str], body: object = None, tries: int = 3
) -> dict[str, object]:
    data = b"" if body is None else json.dumps(body).encode()
    signed = {
        **query,
        "app_key": os.environ["APP_KEY"],
        "shop_cipher": os.environ["SHOP_CIPHER"],
        "timestamp": str(int(time.time())),
    }
    secret = os.environ["APP_SECRET"].encode()
    text = path + "".join(key + signed[key] for key in sorted(signed))
    signed["sign"] = hmac.new(secret, secret + text.encode() + data + secret, "sha256").hexdigest()
    request = urllib.request.Request(
        f"{os.environ['API_URL']}{path}?{urlencode(signed)}",
        data=data or None,
        method=method,
        headers={
            "content-type": "application/json",
            "x-tts-access-token": os.environ["ACCESS_TOKEN"],
        },
    )
    try:
        with urllib.request.urlopen(request, timeout=5) as reply:
            answer = json.load(reply)
    except urllib.error.HTTPError as error:
        if error.code != 503 or tries == 1:
            raise
        time.sleep(0.5)
        return call(method, path, query, body, tries - 1)
    if answer["code"] != 0:
        raise RuntimeError(f"{answer['code']}: {answer['message']}")
    found: dict[str, object] = answer["data"]
    return found


def database() -> sqlite3.Connection:
    connection = sqlite3.connect(os.environ["DATABASE"], isolation_level=None)
    connection.execute("pragma journal_mode = wal")
    connection.execute(KEEP)
    return connection


def sync() -> None:
    page: dict[str, str] = {}
    while True:
        query = {"page_size": "50", **page}
        found = call("POST", "/order/202309/orders/search", query, {})
        ids = ",".join(order["id"] for order in found.get("orders", []))  # type: ignore[attr-defined]
        if ids:
            keep(call("GET", "/order/202507/orders", {"ids": ids})["orders"])
        if not found.get("next_page_token"):
            return
        page = {"page_token": str(found["next_page_token"])}


def keep(orders: object) -> None:
    connection = database()
    for order in orders:  # type: ignore[attr-defined]
        lines = [
            {"id": line["id"], "sku_id": line["sku_id"], "sale_price": line["sale_price"]}
            for line in order["line_items"]
        ]
        payment = order["payment"]
        row = (order["id"], order["status"], payment["currency"], payment["total_amount"])
        connection.execute(
            "insert or replace into orders values (?, ?, ?, ?, ?)", (*row, json.dumps(lines))
        )
    connection.close()


def known() -> list[dict[str, object]]:
    connection = database()
    connection.row_factory = sqlite3.Row
    rows = [dict(row) for row in connection.execute("select * from orders")]
    connection.close()
    return [{**row, "lines": json.loads(row["lines"])} for row in rows]


class Door(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self._answer({"/health": lambda: {"status": "ok"}, "/orders": known}[self.path])

    def do_POST(self) -> None:
        self._answer({"/sync": sync}[self.path])

    def _answer(self, work: object) -> None:
        try:
            status, value = 200, work()  # type: ignore[operator]
        except (OSError, RuntimeError, ValueError) as error:
            status, value = 500, {"error": str(error)}
            sys.stderr.write(f"{error}\n")
        data = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        pass


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Door).serve_forever()
