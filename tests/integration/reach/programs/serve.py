"""Waits for a byte, then answers every GET on the port given with what the twin says."""

import sys
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        with urllib.request.urlopen(sys.argv[2], timeout=20) as answer:
            text = answer.read()
        self.send_response(200)
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


print("up", flush=True)
sys.stdin.readline()
with HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler) as server:
    server.serve_forever()
