"""Requests out of bytes, however the bytes arrive."""

from __future__ import annotations

import pytest

from tts_chaos.serving.http_reading import Origin, RefusedRequestError, RequestReader

ORIGIN = Origin(host="open-api.tiktokglobalshop.com")
TWO = (
    b"POST /a%20b?x=1 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"3\r\nabc\r\n2;e=1\r\nde\r\n0\r\nx-trailer: t\r\n\r\n"
    b"GET /c HTTP/1.0\r\nHost: h\r\n\r\n"
)
UPGRADE = (
    b"POST /u HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n"
    b"Content-Length: 3\r\n\r\nabcGET /v HTTP/1.1\r\nHost: h\r\n\r\n"
)


@pytest.mark.parametrize("at", range(len(TWO) + 1))
def test_two_requests_are_the_same_wherever_the_stream_is_split(at: int) -> None:
    reader = RequestReader(ORIGIN)

    got = [*reader.feed(TWO[:at]), *reader.feed(TWO[at:])] if 0 < at < len(TWO) else None
    got = reader.feed(TWO) if got is None else got

    assert [(i.request.path, i.request.query, i.request.body, i.keep_alive) for i in got] == [
        ("/a%20b", "x=1", b"abcde", True),
        ("/c", "", b"", False),
    ]
    assert not reader.is_mid_message


@pytest.mark.parametrize("at", range(1, len(UPGRADE)))
def test_a_declined_upgrade_loses_neither_body_nor_headers_nor_what_follows(at: int) -> None:
    reader = RequestReader(ORIGIN)

    got = [*reader.feed(UPGRADE[:at]), *reader.feed(UPGRADE[at:])]

    assert [(i.request.path, i.request.body) for i in got] == [("/u", b"abc"), ("/v", b"")]
    assert got[0].request.header("upgrade") == "h2c"
    assert got[0].request.header("host") == "h"


@pytest.mark.parametrize(
    ("header", "host"),
    [
        ("Open-API.TikTokGlobalShop.com", "open-api.tiktokglobalshop.com"),
        ("localhost:8080", "localhost"),
        ("[::1]:8080", "[::1]"),
        ("", ""),
    ],
)
def test_a_listener_for_any_host_takes_the_name_without_port(header: str, host: str) -> None:
    data = f"GET / HTTP/1.1\r\nHost: {header}\r\n\r\n".encode()

    assert RequestReader(Origin()).feed(data)[0].request.host == host


@pytest.mark.parametrize(
    ("target", "path", "query"),
    [
        ("/a?b?c=d", "/a", "b?c=d"),
        ("/a?", "/a", ""),
        ("//a/../b", "//a/../b", ""),
        ("http://x/a?b=1", "/a", "b=1"),
        ("http://x", "/", ""),
        ("/a?u=http://x/y", "/a", "u=http://x/y"),
    ],
)
def test_a_target_keeps_its_spelling(target: str, path: str, query: str) -> None:
    data = f"GET {target} HTTP/1.1\r\nHost: h\r\n\r\n".encode()

    request = RequestReader(ORIGIN).feed(data)[0].request

    assert (request.path, request.query) == (path, query)


def test_requests_before_a_bad_one_are_not_lost() -> None:
    reader = RequestReader(ORIGIN)

    with pytest.raises(RefusedRequestError, match="400"):
        reader.feed(b"GET /a HTTP/1.1\r\nHost: h\r\n\r\nnonsense\r\n\r\n")

    assert [incoming.request.path for incoming in reader.take_complete()] == ["/a"]
