"""The bare server: the twin's own HTTP connection before a door that does nothing.

python -m tests.proofs.twin_speed.noop PORT BODY_BYTES [APP_SECRET]

With a secret it does one thing: it checks the signature, as the twin must before all else.
"""

from __future__ import annotations

import sys

from tts_chaos.cli.signals import until_interrupted
from tts_chaos.engine.ports import OpenExchange
from tts_chaos.serving.http_reading import Origin
from tts_chaos.serving.http_server import HttpServer, Listener
from tts_chaos.wire.delivery import Delivery, Fate
from tts_chaos.wire.message import ApiRequest, ApiResponse
from tts_chaos.wire.signing import verify_request


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


class SignatureDoor(NoOpDoor):
    """Answers the same to every request whose signature is right, and 401 to the others."""

    def __init__(self, body_bytes: int, secret: str) -> None:
        super().__init__(body_bytes)
        self._secret = secret
        self._right = self.delivery
        self._wrong = Delivery(response=ApiResponse(status=401))

    def open(self, request: ApiRequest) -> OpenExchange:
        """Check the signature and return the answer."""
        self.delivery = self._right if verify_request(self._secret, request) else self._wrong
        return self


def main() -> int:
    """Serve until ended."""
    port, body_bytes = map(int, sys.argv[1:3])
    door = SignatureDoor(body_bytes, sys.argv[3]) if len(sys.argv) > 3 else NoOpDoor(body_bytes)
    listener = Listener(name="noop", door=door, origin=Origin(), port=port)
    with until_interrupted() as interrupted:
        server = HttpServer([listener]).start()
        interrupted.wait()
        server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
