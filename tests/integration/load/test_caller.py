"""A user's connection, against a server that answers, closes, breaks off, and keeps still."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from tts_chaos.load.caller import Caller

WHOLE = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"
HALF = b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{}"
TIMEOUT_S = 0.5


class Server:
    """Answers each request with the next of its answers, and keeps what was asked."""

    def __init__(self) -> None:
        self.answers: list[bytes | None] = []
        self.asked: list[bytes] = []
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._listener.getsockname()[1]}/front"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            while data := connection.recv(65_536):
                self.asked.append(data)
                answer = self.answers.pop(0)
                if answer is None:
                    connection.recv(1)  # until the other side gives up
                    return
                connection.sendall(answer)
                if answer != WHOLE:
                    return

    def close(self) -> None:
        self._listener.close()


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


def call(server: Server, *answers: bytes | None) -> list[tuple[int, bytes]]:
    server.answers = list(answers)
    caller = Caller(server.address, TIMEOUT_S)
    told = []
    for _ in answers:
        answer = caller.call("GET", "/stock?of=1", None, {"x-one": "1"})
        assert (answer.problem is None) is bool(answer.status)
        assert answer.ended_s > answer.began_s
        told.append((answer.status, answer.content))
    caller.close()
    return told


def test_answers_come_over_one_connection(server: Server) -> None:
    assert call(server, WHOLE, WHOLE) == [(200, b"{}"), (200, b"{}")]
    assert server.connections == 1
    assert server.asked[0].startswith(b"GET /front/stock?of=1 HTTP/1.1\r\n")
    assert b"x-one: 1\r\n" in server.asked[0]


def test_a_closed_connection_is_no_answer_and_is_not_asked_again(server: Server) -> None:
    assert call(server, b"", WHOLE) == [(0, b""), (200, b"{}")]
    assert len(server.asked) == 2


def test_half_an_answer_is_none(server: Server) -> None:
    assert call(server, HALF, WHOLE) == [(0, b""), (200, b"{}")]


def test_silence_ends_after_the_timeout(server: Server) -> None:
    assert call(server, None, WHOLE) == [(0, b""), (200, b"{}")]


def test_nobody_there_is_no_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]

    answer = Caller(f"http://127.0.0.1:{port}", TIMEOUT_S).call("GET", "/", None, {})

    assert (answer.status, type(answer.problem)) == (0, ConnectionRefusedError)


def test_a_connection_that_rested_is_not_used_again(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tts_chaos.load.caller._KEEP_ALIVE_S", 0.0)

    assert call(server, WHOLE, WHOLE) == [(200, b"{}"), (200, b"{}")]
    assert server.connections == 2
