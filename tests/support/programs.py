"""Programs as integrations, in a folder of their own, without a twin behind them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tts_chaos.subjects.external.loader import load_configuration
from tts_chaos.subjects.external.subject import ExternalSubject
from tts_chaos.typing import ShopAccess, TwinConnection

__all__ = ["CONNECTION", "SERVER", "make_subject", "server_configuration"]

CONNECTION = TwinConnection(
    api_url="https://localhost:1",
    token_url="https://localhost:2",
    app_key="the-app-key",
    app_secret="the-app-secret",
    access_token="the-access-token",
    refresh_token="the-refresh-token",
    access_token_expires_at=1_700_000_000,
    refresh_token_expires_at=1_800_000_000,
    shops=[ShopAccess("7000", "the-cipher", "GB", "A shop")],
    ca_file="/nowhere/ca.pem",
    world="wire",
)

SERVER = """
import json, os, signal, subprocess, sys, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

class Door(BaseHTTPRequestHandler):
    def handle_any(self):
        size = int(self.headers.get("content-length", 0))
        body = self.rfile.read(size).decode("latin-1")
        name = self.path.partition("?")[0].strip("/").split("/")[0]
        status, answer = ANSWERS.get(name, echo)(self, body)
        data = answer.encode() if isinstance(answer, str) else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
    do_GET = do_POST = do_PUT = handle_any
    def log_message(self, *args): pass

SEEN = []

def echo(request, body):
    SEEN.append({"method": request.command, "path": request.path, "body": body,
                 "headers": {k.lower(): v for k, v in request.headers.items()}})
    return 200, None

ANSWERS = {
    "health": lambda request, body: (200, {"status": "ok"}),
    "seen": lambda request, body: (200, [{"order_id": "1", **row} for row in SEEN]),
    "environment": lambda request, body: (200, {"status": "ok", **os.environ}),
}
# more

if __name__ == "__main__":
    print("listening", flush=True)
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Door).serve_forever()
"""
"""A server that keeps what it is asked; `# more` is where a test adds answers."""


def server_configuration(capabilities: str, *, top: str = "", rest: str = "") -> str:
    """Return a configuration for `SERVER`."""
    return (
        '[integration]\nstart = ["{python}", "server.py", "{port}"]\n'
        f"{top}\n[integration.capabilities]\n{capabilities}\n{rest}\n"
    )


def make_subject(
    folder: Path, configuration: str, files: Mapping[str, str] | None = None
) -> ExternalSubject:
    """Return a subject, not yet started, whose workspace is `folder/work`."""
    for name, text in {"server.py": SERVER, **(files or {})}.items():
        (folder / name).write_text(text, encoding="utf-8")
    file = folder / "tts-chaos.toml"
    file.write_text(configuration, encoding="utf-8")
    workspace = folder / "work"
    workspace.mkdir(exist_ok=True)
    return ExternalSubject(load_configuration(file), CONNECTION, workspace)
