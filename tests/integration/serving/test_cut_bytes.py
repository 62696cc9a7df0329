"""An answer that is cut, byte for byte, by the faults themselves, on a real socket."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from tts_chaos.faults.fault import Fault, Trigger
from tts_chaos.faults.network import AnswerCut, HeadCut
from tts_chaos.serving.standalone import Setup, Standalone

ASK = b"GET /order/202309/orders HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.fixture(scope="module")
def twin() -> Iterator[Standalone]:
    twin = Standalone(Setup(seed="cut", orders=1, products=1, tls=False), proxy=None).start()
    yield twin
    twin.stop()


def _ask(twin: Standalone) -> tuple[bytes, bool]:
    """Return all bytes that come before the end, and whether a reset is the end."""
    port = int(twin.connection.api_url.rpartition(":")[2])
    received = b""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        client.sendall(ASK)
        try:
            while part := client.recv(65_536):
                received += part
                head, end, body = received.partition(b"\r\n\r\n")
                if end and len(body) == _announced(head):
                    break
        except ConnectionResetError:
            return received, True
    return received, False


def _announced(head: bytes) -> int:
    (line,) = [x for x in head.lower().split(b"\r\n") if x.startswith(b"content-length:")]
    return int(line.partition(b":")[2])


def _cut(twin: Standalone, fault: Fault) -> tuple[bytes, bool]:
    id = twin.free_id("cut")
    twin.arm(id, fault, Trigger(times=1))
    try:
        return _ask(twin)
    finally:
        twin.lift(id)


@pytest.fixture(scope="module")
def whole(twin: Standalone) -> bytes:
    """What comes where nothing is cut."""
    received, was_reset = _ask(twin)
    assert not was_reset
    return received


@pytest.mark.parametrize("after_bytes", [0, 1, 24, 60])
def test_of_a_cut_head_just_so_many_bytes_arrive(
    twin: Standalone, whole: bytes, after_bytes: int
) -> None:
    received, was_reset = _cut(twin, HeadCut(after_bytes=after_bytes))

    assert (received, was_reset) == (whole[:after_bytes], False)


def test_a_head_cut_beyond_its_end_still_never_ends(twin: Standalone, whole: bytes) -> None:
    received, _ = _cut(twin, HeadCut(after_bytes=1_000_000))

    head = whole.partition(b"\r\n\r\n")[0]
    assert _without_values(received) == _without_values(head + b"\r\n\r")


def _without_values(head: bytes) -> list[bytes]:
    """Return a head with the names of its headers only: dates and ids differ."""
    return [line.partition(b":")[0] for line in head.split(b"\r\n")]


@pytest.mark.parametrize("after_bytes", [0, 1, 10])
def test_of_a_cut_body_the_whole_head_and_just_so_many_bytes_arrive(
    twin: Standalone, whole: bytes, after_bytes: int
) -> None:
    received, was_reset = _cut(twin, AnswerCut(after_bytes=after_bytes))

    head, _, body = received.partition(b"\r\n\r\n")
    full_head, _, full_body = whole.partition(b"\r\n\r\n")
    assert (body, was_reset) == (full_body[:after_bytes], False)
    assert _announced(head) == _announced(full_head) == len(full_body)


def test_a_body_cut_beyond_its_end_is_whole(twin: Standalone, whole: bytes) -> None:
    received, _ = _cut(twin, AnswerCut(after_bytes=1_000_000))

    assert len(received.partition(b"\r\n\r\n")[2]) == len(whole.partition(b"\r\n\r\n")[2])


@pytest.mark.parametrize("fault", [HeadCut(by="reset"), AnswerCut(by="reset")])
def test_a_cut_by_reset_ends_in_one(twin: Standalone, whole: bytes, fault: Fault) -> None:
    received, was_reset = _cut(twin, fault)

    assert was_reset
    # A reset may overtake bytes that were sent before it; none other ever arrives.
    limit = whole.index(b"\r\n\r\n") + 4 + 64 if isinstance(fault, AnswerCut) else 24
    assert len(received) <= limit
