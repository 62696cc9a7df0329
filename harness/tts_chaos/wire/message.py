"""An HTTP request and its answer as values, bytes included.

The twin, the fault plane and every mechanism speak in these; none of them sees a socket.
"""

from __future__ import annotations

from functools import cached_property
from urllib.parse import parse_qsl

import msgspec

__all__ = ["API_HOST", "AUTH_HOST", "ApiRequest", "ApiResponse", "Headers", "make_json_response"]

API_HOST = "open-api.tiktokglobalshop.com"
"""Host of every Open API call, all markets. Source: protocol facts, section 3 (documented)."""

AUTH_HOST = "auth.tiktok-shops.com"
"""Host of the two token calls, all regions. Source: protocol facts, section 2.2 (documented)."""

Headers = tuple[tuple[str, str], ...]


class ApiRequest(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """What arrived at the platform's door.

    Attributes:
        method: Upper-case verb.
        scheme: `https` or `http`.
        host: Lower-case host name the client meant, without port.
        path: Path as sent, percent escapes kept, starting with `/`.
        query: Raw query text without the question mark.
        headers: Name and value pairs in wire order, names in lower case.
        body: The body's bytes exactly as sent.
    """

    method: str
    path: str
    scheme: str = "https"
    host: str = API_HOST
    query: str = ""
    headers: Headers = ()
    body: bytes = b""

    @cached_property
    def query_pairs(self) -> tuple[tuple[str, str], ...]:
        """Decoded query parameters in wire order, repeats and empty values kept."""
        return _decoded(self.query)

    def parameter(self, name: str) -> str | None:
        """Return the first value of query parameter `name`, decoded, or None."""
        return self._first_values.get(name)

    @cached_property
    def _first_values(self) -> dict[str, str]:
        # From the end, so that the first of a repeated key is the one that stays.
        return dict(reversed(self.query_pairs))

    def header(self, name: str) -> str | None:
        """Return the first value of header `name` (given in lower case), or None."""
        return next((value for key, value in self.headers if key == name), None)


def _decoded(query: str) -> tuple[tuple[str, str], ...]:
    """Return the pairs of a query text; most have nothing to decode, and splitting is enough."""
    if "%" in query or "+" in query:
        return tuple(parse_qsl(query, keep_blank_values=True))
    halves = (part.partition("=") for part in query.split("&") if part)
    return tuple((name, value) for name, _, value in halves)


class ApiResponse(msgspec.Struct, frozen=True, kw_only=True):
    """What the platform answers.

    Attributes:
        status: HTTP status code.
        headers: Name and value pairs, names in lower case; content-length is the carrier's affair.
        body: The body's bytes.
    """

    status: int
    headers: Headers = ()
    body: bytes = b""

    def header(self, name: str) -> str | None:
        """Return the first value of header `name` (given in lower case), or None."""
        return next((value for key, value in self.headers if key == name), None)


JSON_CONTENT_TYPE = "application/json; charset=utf-8"
"""Source: protocol facts, section 3 ("content type of replies", observed for a 401)."""


def make_json_response(value: object, *, status: int = 200, headers: Headers = ()) -> ApiResponse:
    """Return `value` as compact UTF-8 JSON under `status`."""
    return ApiResponse(
        status=status,
        headers=(("content-type", JSON_CONTENT_TYPE), *headers),
        body=msgspec.json.encode(value),
    )
