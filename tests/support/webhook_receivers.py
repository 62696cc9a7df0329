"""Receivers of webhooks on real sockets, each as a function of headers and body."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from tts_chaos.wire.webhook import verify_webhook

__all__ = ["CUT", "Receive", "checks_signature", "receiving"]

CUT = -1
"""A status that closes the connection without an answer."""

Receive = Callable[[Mapping[str, str], bytes], int]
"""Takes headers in lower case and body, returns the status to answer."""


def checks_signature(app_key: str, app_secret: str) -> Receive:
    """Return a receiver that does what the platform asks and no more."""

    def receive(headers: Mapping[str, str], body: bytes) -> int:
        signature = headers.get("authorization", "")
        return 200 if verify_webhook(app_key, app_secret, body, signature) else 401

    return receive


@contextmanager
def receiving(receive: Receive) -> Iterator[str]:
    """Serve a receiver on loopback; yields its address."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", "0")))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status = receive(headers, body)
            if status == CUT:
                self.close_connection = True
                return
            self.send_response(status)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *arguments: object) -> None:
            return

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/hook"
    finally:
        server.shutdown()
        server.server_close()
