"""HTTP/1.1 requests out of bytes. Sans-IO: bytes in, `Incoming` values out.

What is no request that a platform could have received (malformed, oversized, meant for a proxy) is
refused here, with a status and a sentence, and never reaches the door.
"""

from __future__ import annotations

from dataclasses import dataclass

import httptools

from tts_chaos.errors import ProtocolError
from tts_chaos.wire.message import ApiRequest

__all__ = [
    "BODY_BYTES_MAX",
    "HEADER_COUNT_MAX",
    "HEAD_BYTES_MAX",
    "TARGET_BYTES_MAX",
    "Incoming",
    "Origin",
    "RefusedRequestError",
    "RequestReader",
]

HEAD_BYTES_MAX = 65_536
"""Request line and headers together; eight times what common servers take, so that no client that
works elsewhere is refused here."""

TARGET_BYTES_MAX = 32_768
"""Path and query."""

HEADER_COUNT_MAX = 200
"""Header fields of one request."""

BODY_BYTES_MAX = 16 * 1024 * 1024
"""A body. Source: assumed; above the largest image upload that the API documents (10 MB)."""

_FRAMING_HEADERS = frozenset({"content-length", "transfer-encoding", "expect"})


@dataclass(frozen=True, slots=True)
class Origin:
    """What a listener stands for.

    Attributes:
        scheme: `https` or `http`, as the client's configuration would say on the real platform.
        host: Host name it stands for; "" takes the request's own Host header.
    """

    scheme: str = "https"
    host: str = ""


@dataclass(frozen=True, slots=True)
class Incoming:
    """A complete request, with what its connection needs to know.

    Attributes:
        request: The request.
        keep_alive: Whether the client wants to go on using the connection.
    """

    request: ApiRequest
    keep_alive: bool


class RefusedRequestError(ProtocolError):
    """Bytes that are no request for the platform; `status` and `reason` are the answer."""

    def __init__(self, status: int, reason: str) -> None:
        self.status = status
        self.reason = reason
        super().__init__(f"{status}: {reason}")


class RequestReader:
    """A parser for one connection.

    Args:
        origin: What the listener stands for.

    Attributes:
        is_waiting_to_continue: Whether the client holds the body back until told `100 Continue`.
    """

    def __init__(self, origin: Origin) -> None:
        self._origin = origin
        self._complete: list[Incoming] = []
        self._refusal: RefusedRequestError | None = None
        self.is_waiting_to_continue = False
        self._renew()

    def _renew(self) -> None:
        self._parser = httptools.HttpRequestParser(self)
        self._in_message = False
        self._in_head = False
        self._head_bytes = 0
        self._headers_as_sent: list[tuple[str, str]] | None = None

    @property
    def is_mid_message(self) -> bool:
        """Whether part of a request has arrived and the rest has not."""
        return self._in_message

    def feed(self, data: bytes) -> list[Incoming]:
        """Take bytes in and return the requests they complete, in order.

        Raises:
            RefusedRequestError: If the bytes are no acceptable request. Requests completed before
                are returned by `take_complete`; the reader must not be fed again.
        """
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._decline_upgrade(data[upgrade.args[0] :])
        except httptools.HttpParserCallbackError:
            if self._refusal is None:
                raise
            raise self._refusal from None
        except httptools.HttpParserError as error:
            raise RefusedRequestError(400, f"this is not an HTTP/1.1 request ({error})") from None
        self._limit_partial_head(len(data))
        return self.take_complete()

    def take_complete(self) -> list[Incoming]:
        """Return requests completed and not yet taken."""
        complete, self._complete = self._complete, []
        return complete

    def _decline_upgrade(self, rest: bytes) -> None:
        """Go on in HTTP/1.1, as a server may that does not want the protocol offered.

        The parser takes no body for a request that offers an upgrade. So it is given the head
        again, reduced to what frames the body, and the headers as sent are put back afterwards.
        """
        method, headers = self._parser.get_method(), self._headers
        lines = [f"{k}: {v}".encode("latin-1") for k, v in headers if k in _FRAMING_HEADERS]
        head = b"\r\n".join([method + b" " + self._target + b" HTTP/1.1", *lines, b"", b""])
        self._renew()
        self._parser.feed_data(head[:-2])
        self._headers_as_sent = headers
        self._complete = self.feed(head[-2:] + rest)

    def _limit_partial_head(self, arrived_bytes: int) -> None:
        # The parser keeps an unfinished header line to itself, so bytes are counted as they come.
        if not self._in_head:
            self._head_bytes = 0
            return
        self._head_bytes += arrived_bytes
        if self._head_bytes > HEAD_BYTES_MAX:
            raise RefusedRequestError(431, f"the head is longer than {HEAD_BYTES_MAX} bytes")

    def _refuse(self, status: int, reason: str) -> RefusedRequestError:
        self._refusal = RefusedRequestError(status, reason)
        return self._refusal

    # -- called by the parser -------------------------------------------------------------------

    def on_message_begin(self) -> None:
        """A request begins."""
        self._in_message = self._in_head = True
        self._target = bytearray()
        self._headers: list[tuple[str, str]] = []
        self._size = 0
        self._body = bytearray()

    def on_url(self, part: bytes) -> None:
        """A part of the request target has arrived."""
        self._target += part
        if len(self._target) > TARGET_BYTES_MAX:
            raise self._refuse(414, f"the target is longer than {TARGET_BYTES_MAX} bytes")

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header, or a trailer after a chunked body, has arrived."""
        self._size += len(name) + len(value)
        if len(self._headers) >= HEADER_COUNT_MAX or self._size > HEAD_BYTES_MAX:
            raise self._refuse(
                431, f"more than {HEADER_COUNT_MAX} headers or {HEAD_BYTES_MAX} bytes of them"
            )
        self._headers.append((name.decode("latin-1").lower(), value.decode("latin-1")))

    def on_headers_complete(self) -> None:
        """The head is complete."""
        self._in_head = False
        if self._headers_as_sent is not None:
            self._headers, self._headers_as_sent = self._headers_as_sent, None
        if self._parser.get_method() == b"CONNECT":
            raise self._refuse(405, "this is the platform's stand-in, not a proxy")
        if int(self._header("content-length") or 0) > BODY_BYTES_MAX:
            raise self._refuse_body()
        expects = (self._header("expect") or "").lower() == "100-continue"
        self.is_waiting_to_continue = expects and self._parser.get_http_version() != "1.0"

    def on_body(self, part: bytes) -> None:
        """A part of the body has arrived."""
        self.is_waiting_to_continue = False
        if len(self._body) + len(part) > BODY_BYTES_MAX:
            raise self._refuse_body()
        self._body += part

    def on_message_complete(self) -> None:
        """The request is complete, unless its offer to upgrade has to be declined first."""
        if self._parser.should_upgrade():
            return
        self._in_message = self.is_waiting_to_continue = False
        self._complete.append(
            Incoming(request=self._request(), keep_alive=self._parser.should_keep_alive())
        )

    # -------------------------------------------------------------------------------------------

    def _refuse_body(self) -> RefusedRequestError:
        return self._refuse(413, f"the body is longer than {BODY_BYTES_MAX} bytes")

    def _header(self, name: str) -> str | None:
        return next((value for key, value in self._headers if key == name), None)

    def _request(self) -> ApiRequest:
        path, _, query = _origin_form(self._target.decode("latin-1")).partition("?")
        if not path.startswith("/"):
            raise self._refuse(400, f"the request target {path!r} is not a path")
        host = self._origin.host or _host_name(self._header("host") or "")
        return ApiRequest(
            method=self._parser.get_method().decode("latin-1"),
            scheme=self._origin.scheme,
            host=host,
            path=path,
            query=query,
            headers=tuple(self._headers),
            body=bytes(self._body),
        )


def _origin_form(target: str) -> str:
    """Return path and query of a target that a client may have written as a whole URL."""
    scheme, separator, rest = target.partition("://")
    if not separator or scheme.lower() not in ("http", "https"):
        return target
    slash = rest.find("/")
    return rest[slash:] if slash >= 0 else "/"


def _host_name(header: str) -> str:
    """Return a Host header in lower case without its port."""
    host = header.strip().lower()
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    return host.partition(":")[0]
