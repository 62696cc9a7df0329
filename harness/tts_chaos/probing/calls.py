"""Signed calls that only read. What may be called is a table; nothing else can be.

Source: protocol facts, sections 1 and 3.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import httpx

from tts_chaos.contracts.loader import Contracts
from tts_chaos.contracts.operation import CipherRule, Operation
from tts_chaos.diagnosis.needs import SCOPE_PROBES
from tts_chaos.diagnosis.observed import Answer
from tts_chaos.errors import InternalError
from tts_chaos.wire.envelope import parse_envelope
from tts_chaos.wire.message import ApiRequest
from tts_chaos.wire.signing import attach_signature, encode_query

__all__ = ["WALK", "Caller", "Credentials"]

WALK = "authorization.202309.get_authorized_shops"
"""The first call: it needs key, secret, clock and token, and no shop."""

READ_ONLY = frozenset({WALK, *SCOPE_PROBES.values()})
"""All that may ever be called."""

LARGEST_BYTES = 2 * 1024 * 1024
PAUSE_S = 0.3
"""Between two calls of the real platform; reads are allowed from about three a second on."""
NOBODY = "0"
"""An id of nothing, where a path wants one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What calls are signed with."""

    app_key: str
    app_secret: str = field(repr=False)
    access_token: str = field(repr=False)
    shop_cipher: str = field(default="", repr=False)


class Caller:
    """Makes signed calls to one host.

    Args:
        api_url: Base URL.
        credentials: What to sign with.
        contracts: Where operations are described.
        ca_file: Authority to trust beside none other; None for those of the machine.
        use_proxy: Whether the proxy variables of the environment are obeyed.
        timeout_s: Bound of connecting, and of each wait for bytes.
        pause_s: Time between two calls.
    """

    def __init__(
        self,
        api_url: str,
        credentials: Credentials,
        contracts: Contracts,
        *,
        ca_file: str | None = None,
        use_proxy: bool = False,
        timeout_s: float = 5.0,
        pause_s: float = 0.0,
    ) -> None:
        self._api_url = api_url.rstrip("/")
        self._credentials = credentials
        self._contracts = contracts
        self._pause_s = pause_s
        self._total_s = 4 * timeout_s
        self._client = httpx.Client(
            verify=ssl.create_default_context(cafile=ca_file),
            timeout=timeout_s,
            trust_env=use_proxy,
            follow_redirects=False,
        )

    def close(self) -> None:
        """Close connections."""
        self._client.close()

    def ask(self, scopes: Iterable[str] = ()) -> list[Answer]:
        """Walk to the account, and if that is let in, try each scope.

        Args:
            scopes: Scopes to try; those without a call in the table are passed over.
        """
        walk = self._call(WALK)
        answers = [walk]
        if walk.code != 0:
            return answers
        cipher = self._credentials.shop_cipher or _first_cipher(walk)
        for scope in scopes:
            if scope in SCOPE_PROBES:
                time.sleep(self._pause_s)
                answers.append(self._call(SCOPE_PROBES[scope], scope=scope, cipher=cipher))
        return answers

    def _call(self, id: str, *, scope: str = "", cipher: str = "") -> Answer:
        operation = self._contracts.operation(id)
        if operation.method != "GET" or id not in READ_ONLY:
            raise InternalError(f"{id} may change something and is not to be called here")
        request = self._sign(operation, cipher)
        url = f"{self._api_url}{request.path}?{request.query}"
        sent_ms = _now_ms()
        try:
            status, headers, body = self._get(url, dict(request.headers))
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            # Texts of errors may quote the URL, which is signed: its name and first words will do.
            return Answer(operation=id, scope=scope, failure=_failure(error), sent_ms=sent_ms)
        received_ms = _now_ms()
        envelope = parse_envelope(body)
        return Answer(
            operation=id,
            scope=scope,
            status=status,
            content_type=headers.get("content-type", "").partition(";")[0],
            code=envelope.code if envelope else None,
            message=envelope.message if envelope else "",
            date_s=_instant(headers.get("date", "")),
            sent_ms=sent_ms,
            received_ms=received_ms,
            data=envelope.data if envelope else None,
        )

    def _get(self, url: str, headers: dict[str, str]) -> tuple[int, httpx.Headers, bytes]:
        until = time.monotonic() + self._total_s
        with self._client.stream("GET", url, headers=headers) as reply:
            body = bytearray()
            for piece in reply.iter_bytes():
                body += piece
                if len(body) > LARGEST_BYTES:
                    raise ValueError("the answer has no end")
                if time.monotonic() > until:
                    raise ValueError("the answer only trickles")
            return reply.status_code, reply.headers, bytes(body)

    def _sign(self, operation: Operation, cipher: str) -> ApiRequest:
        pairs = [
            ("app_key", self._credentials.app_key),
            ("timestamp", str(int(time.time()))),
        ]
        if cipher and operation.cipher is not CipherRule.REFUSED:
            pairs.append(("shop_cipher", cipher))
        segments = operation.path.split("/")
        path = "/".join(NOBODY if part.startswith("{") else part for part in segments)
        request = ApiRequest(
            method="GET",
            host=urlsplit(self._api_url).hostname or "",
            path=path,
            query=encode_query(pairs),
            headers=(
                ("content-type", "application/json"),
                ("x-tts-access-token", self._credentials.access_token),
            ),
        )
        return attach_signature(request, self._credentials.app_secret)


_FAILURES: tuple[tuple[type[Exception], str], ...] = (
    (httpx.ConnectTimeout, "connecting took too long"),
    (httpx.TimeoutException, "the answer took too long"),
    (httpx.ConnectError, "no connection"),
    (httpx.RemoteProtocolError, "what came is no HTTP"),
    (httpx.ProxyError, "the proxy refused"),
    (httpx.ReadError, "the connection broke off"),
)


def _failure(error: Exception) -> str:
    for kind, text in _FAILURES:
        if isinstance(error, kind):
            return text
    return str(error) if type(error) is ValueError else type(error).__name__


def _first_cipher(walk: Answer) -> str:
    shops = walk.data.get("shops") if isinstance(walk.data, dict) else None
    first = shops[0] if isinstance(shops, list) and shops else None
    return str(first.get("cipher", "")) if isinstance(first, dict) else ""


def _instant(text: str) -> int | None:
    try:
        return int(parsedate_to_datetime(text).timestamp())
    except (TypeError, ValueError):
        return None


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
