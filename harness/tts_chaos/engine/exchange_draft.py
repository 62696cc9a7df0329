"""An exchange that has happened and is not yet written down.

Most records of a busy server are dropped before anybody reads them. So what happened is kept as it
is, and the record, its texts with secrets as labels, is made when it is asked for.
"""

from __future__ import annotations

import codecs
import hashlib

import msgspec

from tts_chaos.core.history import Exchange, Json
from tts_chaos.core.secrets import SecretBook
from tts_chaos.engine.effects import Answered
from tts_chaos.twin.handled import Identity
from tts_chaos.wire.delivery import Fate
from tts_chaos.wire.message import ApiRequest, ApiResponse

__all__ = ["BODY_END", "BODY_LIMIT", "ExchangeDraft", "readable"]

BODY_LIMIT = 16_384
"""Characters of a body kept in the history: whole for any page of orders a person would read."""

BODY_END = 1_024
"""How many of them are the end of a longer body."""

UNWRITTEN_BYTES_MAX = 2 * BODY_LIMIT
"""Bodies up to this size wait as they are; a longer one would take far more room than its text."""


class _Head(msgspec.Struct, frozen=True):
    """The two fields of an envelope that records name; the payload is not read."""

    code: Json = None
    message: Json = None


_HEAD = msgspec.json.Decoder(_Head)

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""Encodings by the byte order mark that announces them."""


class ExchangeDraft:
    """What is known of one exchange once its answer is made.

    Args:
        call: Ordinal of the request.
        identity: Operation and shop that it names.
        request: The request as it was sent.
        answered: What became of it.
        faults: Ids of the faults that acted on it.
        started_ms: True instant of its arrival.
        secrets: Book by which texts are redacted.
    """

    __slots__ = ("_answered", "_faults", "_identity", "_request", "_secrets", "_started_ms", "call")

    def __init__(
        self,
        *,
        call: int,
        identity: Identity,
        request: ApiRequest,
        answered: Answered,
        faults: tuple[str, ...],
        started_ms: int,
        secrets: SecretBook,
    ) -> None:
        self.call = call
        self._identity = identity
        self._request = request
        self._answered = answered
        self._faults = faults
        self._started_ms = started_ms
        self._secrets = secrets

    @property
    def is_large(self) -> bool:
        """Whether it takes less room once written."""
        response = self._answered.delivery.response
        answer_bytes = len(response.body) if response is not None else 0
        return max(len(self._request.body), answer_bytes) > UNWRITTEN_BYTES_MAX

    def write(self, fate: Fate) -> Exchange:
        """Return the record; `fate` is what the client experienced."""
        request, answered, secrets = self._request, self._answered, self._secrets
        exchange = Exchange(
            call=self.call,
            operation=self._identity.operation,
            shop=self._identity.shop,
            token=secrets.label(request.header("x-tts-access-token") or ""),
            method=request.method,
            scheme=request.scheme,
            host=answered.request.host,
            path=answered.request.path,
            query=tuple((k, _redact_parameter(secrets, k, v)) for k, v in request.query_pairs),
            headers=tuple((k, secrets.redact(v)) for k, v in request.headers),
            body=readable(secrets, request.body),
            committed=answered.committed,
            diagnosis=secrets.redact(answered.diagnosis),
            basis=answered.basis,
            faults=self._faults,
            started_ms=self._started_ms,
            fate=fate.value,
        )
        response = answered.delivery.response
        if response is None or fate is Fate.UNFINISHED:
            return exchange
        return _with_answer(exchange, response, secrets)


def _with_answer(exchange: Exchange, response: ApiResponse, secrets: SecretBook) -> Exchange:
    code, message = _envelope_of(response.body)
    return msgspec.structs.replace(
        exchange,
        status=response.status,
        code=code,
        message=secrets.redact(message),
        response_headers=tuple((k, secrets.redact(v)) for k, v in response.headers),
        response_body=readable(secrets, response.body),
    )


def _redact_parameter(secrets: SecretBook, name: str, value: str) -> str:
    if name == "sign":
        return "{sign:" + hashlib.sha256(value.encode()).hexdigest()[:8] + "}"
    return secrets.redact(value)


def readable(secrets: SecretBook, body: bytes) -> str:
    """Return a body as the history keeps it: without secrets, a long one without its middle."""
    text = secrets.redact(body.decode("utf-8", "backslashreplace"))
    if len(text) <= BODY_LIMIT:
        return text
    # The end is kept as well: answers have their page token and request id there.
    left_out = len(text) - BODY_LIMIT
    head = text[: BODY_LIMIT - BODY_END]
    return f"{head}… ({left_out} characters left out) …{text[-BODY_END:]}"


def _envelope_of(body: bytes) -> tuple[int | None, str]:
    """Return code and message of an envelope; (None, "") where the body is none.

    A byte order mark tells a body's encoding, and most clients' JSON libraries go by it: what they
    can read is no broken body.
    """
    encoding = next((name for mark, name in _MARKS if body.startswith(mark)), "")
    try:
        head = _HEAD.decode(body.decode(encoding) if encoding else body)
    except (UnicodeDecodeError, msgspec.DecodeError):
        return None, ""
    code, message = head.code, head.message
    return (code if isinstance(code, int) else None, message if isinstance(message, str) else "")
