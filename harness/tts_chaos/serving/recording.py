"""Recording: a door that passes requests on to the real platform, and files that keep them.

Bytes go through unchanged, since signatures are over bytes. What is kept is redacted first; a file
is written whole or not at all.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import httpx
import msgspec

from tts_chaos.contracts.loader import Contracts
from tts_chaos.contracts.recordings import Exchange, Origin, Recording
from tts_chaos.contracts.recordings.cassette import write_cassette
from tts_chaos.contracts.recordings.redaction import Redactor
from tts_chaos.engine.ports import OpenExchange
from tts_chaos.errors import BackendUnavailableError, UsageError
from tts_chaos.wire.delivery import Delivery, Fate
from tts_chaos.wire.message import ApiRequest, ApiResponse

__all__ = ["CassetteFolder", "RecordingDoor", "check_upstream"]

TIMEOUT_S = 30.0
_HOP_BY_HOP = frozenset(
    {
        "connection",
        "content-encoding",
        "content-length",
        "host",
        "keep-alive",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def check_upstream(text: str) -> str:
    """Return an upstream address without a path.

    Raises:
        UsageError: If it is no https address; plain http is allowed on loopback only.
    """
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL as error:
        raise UsageError(f"upstream {text!r} is no address: {error}") from error
    if not url.host:
        raise UsageError(f"upstream {text!r} names no host; expected https://<host>")
    if url.scheme != "https" and not (url.scheme == "http" and url.host in _LOOPBACK):
        raise UsageError(f"upstream {text!r} is not https; credentials would travel in clear")
    if url.path not in ("", "/") or url.query:
        raise UsageError(f"upstream {text!r} has a path or a query; expected https://<host>")
    return text.rstrip("/")


class CassetteFolder:
    """One cassette per operation, renewed as exchanges come in.

    Args:
        folder: Where the files go, `<domain>/<version>.<operation>.yaml`.
        contracts: Where operations are found.
        key: Decides the stand-ins of what is redacted.
        origin: How the exchanges came to be.

    Attributes:
        foreign: Exchanges of other hosts or unknown paths, which are not kept.
    """

    def __init__(self, folder: Path, contracts: Contracts, *, key: str, origin: Origin) -> None:
        self._folder = folder
        self._contracts = contracts
        self._redactor = Redactor(key)
        self._origin = origin
        self._kept: dict[str, list[Exchange]] = {}
        self.foreign = 0

    @property
    def files(self) -> dict[str, int]:
        """Number of exchanges by file name."""
        return {name: len(rows) for name, rows in sorted(self._kept.items())}

    def add(self, exchanges: Iterable[Exchange]) -> None:
        """Keep exchanges; each file touched is written anew.

        Raises:
            ContractError: If something secret would remain; no file is touched then.
            UsageError: If the folder cannot be written.
        """
        fresh: dict[str, list[Exchange]] = {}
        for exchange in exchanges:
            name = self._name_for(exchange)
            if name:
                fresh.setdefault(name, []).append(exchange)
            else:
                self.foreign += 1
        texts = {name: self._text(name, rows) for name, rows in fresh.items()}
        for name, (rows, text) in texts.items():
            self._kept[name] = rows
            _write_whole(self._folder / name, text)

    def _name_for(self, exchange: Exchange) -> str:
        request = exchange.request
        match = self._contracts.match(request.host, request.method, request.path)
        if match is None:
            return ""
        domain, version, verb = match.operation.id.split(".")
        return f"{domain}/{version}.{verb}.yaml"

    def _text(self, name: str, rows: Sequence[Exchange]) -> tuple[list[Exchange], bytes]:
        recording = Recording(path=name, exchanges=tuple(rows), origin=self._origin)
        cleaned = self._redactor.redact(recording)
        together = [*self._kept.get(name, ()), *cleaned.exchanges]
        whole = self._redactor.sweep(
            msgspec.structs.replace(recording, exchanges=tuple(together), note=_NOTE)
        )
        return list(whole.exchanges), write_cassette(whole)


_NOTE = "Credentials, signatures and buyers were replaced before anything was written."


def _write_whole(path: Path, text: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(text)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from error


class _Passed:
    """An exchange that was answered elsewhere."""

    def __init__(self, response: ApiResponse) -> None:
        self.delivery = Delivery(response=response)

    def conclude(self, fate: Fate) -> None:
        """Do nothing: the answer was kept before it was delivered."""


class RecordingDoor:
    """Implements `engine.ports.Door`: passes each request on, keeps the exchange, answers.

    Args:
        upstreams: Address by host that the client meant.
        folder: Where exchanges are kept.
        transport: Connection to upstream; None opens real ones.

    Attributes:
        passed: How many requests were answered.
        refused: Why exchanges were not kept, in order.
    """

    def __init__(
        self,
        upstreams: Mapping[str, str],
        folder: CassetteFolder,
        *,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._upstreams = upstreams
        self._folder = folder
        self._client = httpx.Client(
            timeout=TIMEOUT_S, trust_env=False, follow_redirects=False, transport=transport
        )
        self.passed = 0
        self.refused: list[str] = []

    def open(self, request: ApiRequest) -> OpenExchange:
        """Answer one request as upstream does."""
        response = self._ask(request)
        self.passed += 1
        try:
            self._folder.add([Exchange(request=request, response=response)])
        except UsageError as error:
            # The client's call has happened: it gets its answer, and the operator is told.
            self.refused.append(str(error))
        return _Passed(response)

    def close(self) -> None:
        """Close the connections to upstream."""
        with contextlib.suppress(httpx.HTTPError):
            self._client.close()

    def _ask(self, request: ApiRequest) -> ApiResponse:
        base = self._upstreams[request.host]
        query = f"?{request.query}" if request.query else ""
        headers = [(name, value) for name, value in request.headers if name not in _HOP_BY_HOP]
        try:
            told = self._client.request(
                request.method,
                f"{base}{request.path}{query}",
                headers=headers,
                content=request.body or None,
            )
        except httpx.HTTPError as error:
            raise BackendUnavailableError(
                f"upstream {base} does not answer: {type(error).__name__}: {error}"
            ) from error
        kept = [
            (name.lower(), value)
            for name, value in told.headers.multi_items()
            if name.lower() not in _HOP_BY_HOP
        ]
        return ApiResponse(status=told.status_code, headers=tuple(kept), body=told.content)
