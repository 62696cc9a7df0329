"""What each delivery looks like byte for byte, and what the server takes for a request."""

from __future__ import annotations

import socket
import threading
import time
from typing import TYPE_CHECKING

import pytest

from tts_chaos.errors import BackendUnavailableError, UsageError
from tts_chaos.serving.http_reading import (
    BODY_BYTES_MAX,
    HEAD_BYTES_MAX,
    HEADER_COUNT_MAX,
    TARGET_BYTES_MAX,
    Origin,
)
from tts_chaos.serving.http_server import HttpServer, Listener
from tts_chaos.wire.delivery import Connection, Delivery, Fate
from tts_chaos.wire.message import API_HOST, ApiRequest, ApiResponse

if TYPE_CHECKING:
    from tests.integration.serving.conftest import Bench

GET = b"GET /order/202309/orders?ids=1%2C2&sign=ab HTTP/1.1\r\nHost: localhost:1\r\n\r\n"
HEAD_OF_OK = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 10\r\n\r\n"
OK = ApiResponse(status=200, headers=(("content-type", "text/plain"),), body=b"0123456789")
WHOLE = Delivery(response=OK)


# -- answers --------------------------------------------------------------------------------------


def test_a_whole_answer_is_head_and_body_and_the_connection_stays(bench: Bench) -> None:
    door, client = bench.talk(WHOLE)

    client.send(GET + GET)

    assert client.receive(2 * (len(HEAD_OF_OK) + 10)) == (HEAD_OF_OK + b"0123456789") * 2
    assert door.wait_for_fates(2) == [Fate.ANSWERED, Fate.ANSWERED]


def test_a_late_answer_comes_after_its_delay(bench: Bench) -> None:
    _, client = bench.talk(Delivery(response=OK, delay_ms=60))
    started = time.monotonic()

    client.send(GET)
    client.receive(1)

    assert 0.055 <= time.monotonic() - started < 1.0


def test_a_dripped_answer_comes_in_pieces_with_pauses(bench: Bench) -> None:
    door, client = bench.talk(Delivery(response=OK, drip_bytes=4, drip_interval_ms=30))
    started = time.monotonic()

    client.send(GET)

    client.receive(len(HEAD_OF_OK))
    assert client.socket.recv(100) == b"0123"
    assert client.socket.recv(100) == b"4567"
    assert client.socket.recv(100) == b"89"
    assert time.monotonic() - started >= 0.085
    assert door.wait_for_fates(1) == [Fate.ANSWERED]


def test_a_stalled_answer_stops_in_the_body_and_ends_when_the_client_leaves(bench: Bench) -> None:
    door, client = bench.talk(Delivery(response=OK, stall_after_bytes=3))

    client.send(GET)

    assert client.receive(len(HEAD_OF_OK) + 3) == HEAD_OF_OK + b"012"
    assert client.is_silent()
    assert door.fates == []
    client.leave()
    assert door.wait_for_fates(1) == [Fate.READ_TIMED_OUT]


def test_a_cut_answer_promises_the_whole_length_and_closes_early(bench: Bench) -> None:
    door, client = bench.talk(Delivery(response=OK, cut_after_bytes=3))

    client.send(GET)

    assert client.receive_until_end() == HEAD_OF_OK + b"012"
    assert door.wait_for_fates(1) == [Fate.CUT_SHORT]


def test_a_cut_at_no_byte_leaves_the_head_alone(bench: Bench) -> None:
    _, client = bench.talk(Delivery(response=OK, cut_after_bytes=0))

    client.send(GET)

    assert client.receive_until_end() == HEAD_OF_OK


def test_a_cut_beyond_the_body_changes_nothing(bench: Bench) -> None:
    door, client = bench.talk(Delivery(response=OK, cut_after_bytes=10))

    client.send(GET)

    assert client.receive(len(HEAD_OF_OK) + 10) == HEAD_OF_OK + b"0123456789"
    assert door.wait_for_fates(1) == [Fate.ANSWERED]


def test_a_reset_comes_without_a_byte(bench: Bench) -> None:
    door, client = bench.talk(Delivery(response=OK, connection=Connection.RESET_BEFORE_ANSWER))

    client.send(GET)

    with pytest.raises(ConnectionResetError):
        client.socket.recv(1)
    assert door.wait_for_fates(1) == [Fate.RESET]


def test_a_close_comes_without_a_byte_and_in_order(bench: Bench) -> None:
    door, client = bench.talk(Delivery(response=OK, connection=Connection.CLOSED_BEFORE_ANSWER))

    client.send(GET)

    assert client.receive_until_end() == b""
    assert door.wait_for_fates(1) == [Fate.CLOSED]


def test_silence_lasts_until_the_client_leaves(bench: Bench) -> None:
    door, client = bench.talk(Delivery(response=None, connection=Connection.SILENT))

    client.send(GET)

    assert client.is_silent()
    client.leave()
    assert door.wait_for_fates(1) == [Fate.READ_TIMED_OUT]


def test_a_client_that_leaves_before_a_late_answer_has_timed_out(bench: Bench) -> None:
    door, client = bench.talk(Delivery(response=OK, delay_ms=60_000))

    client.send(GET)
    door.wait_for_requests(1)
    client.leave()

    assert door.wait_for_fates(1) == [Fate.READ_TIMED_OUT]


def test_a_client_that_leaves_while_a_huge_answer_travels_has_timed_out(bench: Bench) -> None:
    huge = ApiResponse(status=200, body=b"x" * 32_000_000)
    door, client = bench.talk(Delivery(response=huge))

    client.send(GET)
    client.receive(10)
    assert door.fates == []
    client.leave()

    assert door.wait_for_fates(1) == [Fate.READ_TIMED_OUT]


def test_a_huge_answer_arrives_whole(bench: Bench) -> None:
    huge = ApiResponse(status=200, body=b"x" * 4_000_000)
    door, client = bench.talk(Delivery(response=huge))

    client.send(GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))

    assert len(client.receive_until_end().partition(b"\r\n\r\n")[2]) == 4_000_000
    assert door.wait_for_fates(1) == [Fate.ANSWERED]


def test_an_exchange_under_way_when_the_server_stops_is_unfinished(bench: Bench) -> None:
    door = bench.door(Delivery(response=OK, delay_ms=60_000))
    server = bench.serve(door)
    bench.connect(server).send(GET)
    door.wait_for_requests(1)

    server.stop()

    assert door.fates == [Fate.UNFINISHED]


def test_an_answer_to_head_has_the_length_and_no_body(bench: Bench) -> None:
    _, client = bench.talk(WHOLE)

    client.send(GET.replace(b"GET", b"HEAD").replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))

    expected = HEAD_OF_OK.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n")
    assert client.receive_until_end() == expected


def test_http_1_0_closes_after_the_answer(bench: Bench) -> None:
    _, client = bench.talk(WHOLE)

    client.send(GET.replace(b"HTTP/1.1", b"HTTP/1.0"))

    assert client.receive_until_end().endswith(b"connection: close\r\n\r\n0123456789")


def test_a_header_value_cannot_start_another_header(bench: Bench) -> None:
    sly = ApiResponse(status=200, headers=(("x-request-id", "a\r\nset-cookie: b"),))
    _, client = bench.talk(Delivery(response=sly))

    client.send(GET.replace(b"HTTP/1.1", b"HTTP/1.0"))

    assert b"\r\nx-request-id: a  set-cookie: b\r\n" in client.receive_until_end()


# -- requests -------------------------------------------------------------------------------------


def test_a_request_arrives_raw_and_for_the_host_the_listener_stands_for(bench: Bench) -> None:
    door, client = bench.talk(WHOLE)

    client.send(
        b"POST /a%20b//c?x=%2B&y=&x=1 HTTP/1.1\r\nHost: localhost:99\r\n"
        b"X-TTS-Access-Token: t\r\nContent-Length: 4\r\n\r\n{\x00\xff}"
    )

    assert door.wait_for_requests(1) == [
        ApiRequest(
            method="POST",
            scheme="https",
            host=API_HOST,
            path="/a%20b//c",
            query="x=%2B&y=&x=1",
            headers=(
                ("host", "localhost:99"),
                ("x-tts-access-token", "t"),
                ("content-length", "4"),
            ),
            body=b"{\x00\xff}",
        )
    ]


def test_pipelined_requests_are_answered_in_order(bench: Bench) -> None:
    slow = Delivery(response=ApiResponse(status=200, body=b"first"), delay_ms=40)
    quick = Delivery(response=ApiResponse(status=200, body=b"second"))
    door, client = bench.talk(slow, quick)

    client.send(GET + GET)

    received = client.receive(2 * len(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n") + 11)
    assert received.index(b"first") < received.index(b"second")
    assert door.wait_for_fates(2) == [Fate.ANSWERED, Fate.ANSWERED]


def test_a_long_pipeline_is_answered_to_its_end(bench: Bench) -> None:
    door, client = bench.talk(Delivery(response=OK, delay_ms=1), WHOLE)

    client.send(GET * 200)

    client.receive(200 * (len(HEAD_OF_OK) + 10))
    assert len(door.wait_for_fates(200)) == 200


def test_a_request_behind_a_reset_never_reaches_the_platform(bench: Bench) -> None:
    door, client = bench.talk(
        Delivery(response=None, connection=Connection.RESET_BEFORE_ANSWER, delay_ms=20), WHOLE
    )

    client.send(GET + GET)

    with pytest.raises(ConnectionResetError):
        client.socket.recv(1)
    assert len(door.requests) == 1


def test_a_chunked_body_arrives_joined(bench: Bench) -> None:
    door, client = bench.talk(WHOLE)

    client.send(
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"3\r\nabc\r\n4;ext=1\r\ndefg\r\n0\r\n\r\n"
    )

    assert door.wait_for_requests(1)[0].body == b"abcdefg"


def test_a_request_that_arrives_byte_by_byte_is_the_same(bench: Bench) -> None:
    door, client = bench.talk(WHOLE)

    for byte in b"POST /p?q=1 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab":
        client.send(bytes([byte]))

    request = door.wait_for_requests(1)[0]
    assert (request.path, request.query, request.body) == ("/p", "q=1", b"ab")


def test_a_client_that_asks_first_is_told_to_continue(bench: Bench) -> None:
    door, client = bench.talk(WHOLE)

    client.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
    assert client.receive(25) == b"HTTP/1.1 100 Continue\r\n\r\n"
    client.send(b"ab")

    assert client.receive(len(HEAD_OF_OK)) == HEAD_OF_OK
    assert door.requests[0].body == b"ab"


def test_the_answer_before_comes_before_continue(bench: Bench) -> None:
    _, client = bench.talk(Delivery(response=OK, delay_ms=30))

    client.send(
        GET + b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"
    )

    assert client.receive(len(HEAD_OF_OK) + 10) == HEAD_OF_OK + b"0123456789"
    assert client.receive(25) == b"HTTP/1.1 100 Continue\r\n\r\n"


@pytest.mark.parametrize("body", [b"", b"ab"], ids=["without-a-body", "with-a-body"])
def test_an_offer_to_upgrade_is_passed_over(bench: Bench, body: bytes) -> None:
    door, client = bench.talk(WHOLE)

    client.send(
        b"POST /x HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
        b"HTTP2-Settings: AA\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body) + GET
    )

    client.receive(2 * (len(HEAD_OF_OK) + 10))
    assert [request.body for request in door.requests] == [body, b""]


def test_a_target_written_as_a_whole_url_is_understood(bench: Bench) -> None:
    door, client = bench.talk(WHOLE)

    client.send(b"GET http://open-api.tiktokglobalshop.com/a?b=1 HTTP/1.1\r\nHost: x\r\n\r\n")

    request = door.wait_for_requests(1)[0]
    assert (request.path, request.query) == ("/a", "b=1")


def test_a_listener_without_a_host_of_its_own_takes_the_header(bench: Bench) -> None:
    door = bench.door()
    client = bench.connect(bench.serve(door, host=""))

    client.send(GET.replace(b"localhost:1", b"LocalHost:8080"))

    assert door.wait_for_requests(1)[0].host == "localhost"


@pytest.mark.parametrize(
    ("data", "status", "said"),
    [
        pytest.param(b"\x16\x03\x01\x02\x00hello\r\n", 400, b"not an HTTP/1.1", id="tls-hello"),
        pytest.param(b"GET nowhere HTTP/1.1\r\nHost: x\r\n\r\n", 400, b"", id="no-path"),
        pytest.param(
            b"CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", 405, b"not a proxy", id="connect"
        ),
        pytest.param(
            b"GET /" + b"a" * TARGET_BYTES_MAX + b" HTTP/1.1\r\n\r\n", 414, b"target", id="long-url"
        ),
        pytest.param(
            b"GET / HTTP/1.1\r\nx: " + b"a" * HEAD_BYTES_MAX + b"\r\n\r\n",
            431,
            b"bytes",
            id="long-header",
        ),
        pytest.param(
            b"GET / HTTP/1.1\r\nx: " + b"a" * 2 * HEAD_BYTES_MAX, 431, b"head", id="endless-header"
        ),
        pytest.param(
            b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * (HEADER_COUNT_MAX + 1) + b"\r\n",
            431,
            b"headers",
            id="many-headers",
        ),
        pytest.param(
            b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % (BODY_BYTES_MAX + 1),
            413,
            b"body",
            id="announced-large-body",
        ),
    ],
)
def test_what_is_no_request_is_refused_and_never_reaches_the_platform(
    bench: Bench, data: bytes, status: int, said: bytes
) -> None:
    door, client = bench.talk(WHOLE)

    client.send(data)

    answer = client.receive_until_end()
    assert answer.startswith(b"HTTP/1.1 %d " % status)
    assert said in answer
    assert door.requests == []


def test_a_chunked_body_beyond_the_limit_is_refused(bench: Bench) -> None:
    door, client = bench.talk(WHOLE)
    chunk = b"100000\r\n" + b"a" * 0x100000 + b"\r\n"

    client.send(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk * 17)

    assert client.receive_until_end().startswith(b"HTTP/1.1 413 ")
    assert door.requests == []


def test_a_good_request_before_a_bad_one_is_still_answered(bench: Bench) -> None:
    _, client = bench.talk(WHOLE)

    client.send(GET + b"nonsense\r\n\r\n")

    answer = client.receive_until_end()
    assert answer.startswith(HEAD_OF_OK + b"0123456789HTTP/1.1 400 ")


def test_half_a_head_and_then_nothing_is_no_exchange(bench: Bench) -> None:
    door, client = bench.talk(WHOLE)

    client.send(GET[:20])
    client.socket.shutdown(socket.SHUT_WR)

    assert client.receive_until_end() == b""
    assert door.requests == []


def test_a_request_that_never_goes_on_is_given_up(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tts_chaos.serving.http_connection.REQUEST_PATIENCE_S", 0.05)
    _, client = bench.talk(WHOLE)

    client.send(GET[:20])

    assert client.receive_until_end().startswith(b"HTTP/1.1 408 ")


# -- the server -----------------------------------------------------------------------------------


class BrokenDoor:
    def open(self, request: ApiRequest) -> None:
        raise ZeroDivisionError("planted")


def test_a_defect_behind_the_door_resets_the_client_and_is_kept(bench: Bench) -> None:
    server = bench.serve(BrokenDoor())  # type: ignore[arg-type]
    client = bench.connect(server)

    client.send(GET)

    with pytest.raises(ConnectionResetError):
        client.socket.recv(1)
    assert isinstance(server.failure, ZeroDivisionError)


def test_a_connect_level_delivery_after_the_request_is_kept_as_a_failure(bench: Bench) -> None:
    server = bench.serve(bench.door(Delivery(response=None, connection=Connection.REFUSED)))
    client = bench.connect(server)

    client.send(GET)

    with pytest.raises(ConnectionResetError):
        client.socket.recv(1)
    assert "'refused' cannot be done to a request that has arrived" in str(server.failure)


def test_stop_leaves_no_thread_and_no_port(bench: Bench) -> None:
    server = bench.serve(bench.door())
    address = server.address("api")
    client = bench.connect(server)

    server.stop()
    server.stop()

    assert not [t for t in threading.enumerate() if t.name == "tts-chaos-http"]
    assert client.is_gone()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address, timeout=1)


def test_a_port_in_use_is_refused_with_what_to_do(bench: Bench) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        listener = Listener(name="api", door=bench.door(), origin=Origin(), port=port)

        with pytest.raises(BackendUnavailableError, match=rf"port {port} .* is in use; stop what"):
            HttpServer([listener]).start()


def test_an_address_that_others_can_reach_is_refused(bench: Bench) -> None:
    listener = Listener(name="api", door=bench.door(), origin=Origin(), address="0.0.0.0")

    with pytest.raises(UsageError, match="listens on loopback only"):
        HttpServer([listener]).start()
