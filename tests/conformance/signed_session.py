"""Calls of another tool's `requests` session, signed and answered in process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from requests.adapters import BaseAdapter, HTTPAdapter
from requests.auth import AuthBase
from tests.support.shop_desk import Desk
from urllib3 import HTTPHeaderDict
from urllib3.response import HTTPResponse

from tts_chaos.wire.message import API_HOST, AUTH_HOST, ApiRequest
from tts_chaos.wire.signing import encode_query, sign_request

__all__ = ["BASE_URL", "TOKEN_URL", "Signature", "answered_by"]

BASE_URL = "https://api.invalid"
"""Stands for the API host; a name that never resolves, should a call escape."""

TOKEN_URL = "https://token.invalid"
"""The same for the token host."""

_HOSTS = {"api.invalid": API_HOST, "token.invalid": AUTH_HOST}


class Signature(AuthBase):
    """Adds what a client of the platform adds: key, time, cipher, signature and token."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        credentials = self._desk.twin.credentials()
        sent = to_api_request(request)
        _append(request, self._common(sent))
        sign = sign_request(credentials.app_secret, to_api_request(request))
        _append(request, [("sign", sign)])
        request.headers["x-tts-access-token"] = credentials.access_token
        return request

    def _common(self, sent: ApiRequest) -> list[tuple[str, str]]:
        match = self._desk.twin.contracts.match(API_HOST, sent.method, sent.path)
        if match is None:
            return []
        return [(key, str(value)) for key, value in self._desk.common(match.operation).items()]


def _append(request: requests.PreparedRequest, pairs: list[tuple[str, str]]) -> None:
    url = urlsplit(str(request.url))
    query = "&".join(filter(None, (url.query, encode_query(pairs))))
    request.url = url._replace(query=query).geturl()


@contextmanager
def answered_by(desk: Desk) -> Iterator[None]:
    """Let a desk's twin answer every `requests` session, so that no call leaves the process."""
    adapter = _TwinAdapter(desk)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(requests.Session, "get_adapter", lambda _self, url: adapter)
        # No call leaves the process, yet each would search the whole environment for proxies.
        patch.setattr(requests.sessions, "get_environ_proxies", lambda *_, **__: {})
        yield


class _TwinAdapter(BaseAdapter):
    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._builder = HTTPAdapter()

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        answer = self._desk.twin.handle(to_api_request(request)).response
        raw = HTTPResponse(
            body=BytesIO(answer.body),
            headers=HTTPHeaderDict(answer.headers),
            status=answer.status,
            preload_content=False,
        )
        return self._builder.build_response(request, raw)

    def close(self) -> None:
        """Hold nothing."""


def to_api_request(request: requests.PreparedRequest) -> ApiRequest:
    """Return what a server would have received."""
    url = urlsplit(str(request.url))
    body = request.body or b""
    return ApiRequest(
        method=str(request.method),
        scheme=url.scheme,
        host=_HOSTS.get(url.hostname or "", url.hostname or ""),
        path=url.path,
        query=url.query,
        headers=tuple((name.lower(), _text(value)) for name, value in request.headers.items()),
        body=body.encode() if isinstance(body, str) else body,
    )


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode("latin-1")
