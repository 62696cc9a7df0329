"""The bare server: the twin's own HTTP connection before a door that does nothing.

python -m tests.proofs.twin_speed.noop PORT BODY_BYTES
"""

from __future__ import annotations

import sys

from tts_chaos.cli.signals import until_interrupted
from tts_chaos.engine.ports import OpenExchange
from tts_chaos.serving.http_reading import Origin
from tts_chaos.serving.http_server import HttpServer, Listener
from tts_chaos.wire.delivery import Delivery, Fate
from tts_chaos.wire.message import ApiRequest, ApiResponse


class NoOpDoor:
    """Answers every request with the same bytes and keeps nothing."""

    def __init__(self, body_bytes: int) -> None:
        headers = (("content-type", "application/json; charset=utf-8"),)
        response = ApiResponse(status=200, headers=headers, body=b"x" * body_bytes)
        self.delivery = Delivery(response=response)

    def open(self, _request: ApiRequest) -> OpenExchange:
        """Return the answer."""
        return self

    def conclude(self, fate: Fate) -> None:
        """Do nothing."""


def main() -> int:
    """Serve until ended."""
    port, body_bytes = map(int, sys.argv[1:3])
    listener = Listener(name="noop", door=NoOpDoor(body_bytes), origin=Origin(), port=port)
    with until_interrupted() as interrupted:
        server = HttpServer([listener]).start()
        interrupted.wait()
        server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
