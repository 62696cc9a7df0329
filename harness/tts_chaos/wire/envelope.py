"""The frame of every JSON answer: `{code, message, request_id, data}`; both roles.

Knows nothing of what the codes mean.

Source: protocol facts, section 3 ("envelope", recorded; "request_id", documented by samples).
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import msgspec

from tts_chaos.core.clock import Clock
from tts_chaos.core.entropy import Entropy
from tts_chaos.core.history import Json
from tts_chaos.wire.message import ApiResponse, Headers, make_json_response

__all__ = [
    "API_SUCCESS",
    "REQUEST_ID_LENGTH",
    "TOKEN_SUCCESS",
    "Envelope",
    "encode",
    "make_envelope_response",
    "mint_request_id",
    "parse_envelope",
]

API_SUCCESS = "Success"
"""Message of a success on the API host. Source: protocol facts, section 3 (documented)."""

TOKEN_SUCCESS = "success"  # noqa: S105 - a message, not a token
"""Message of a success on the token host. Source: protocol facts, section 3 (documented)."""

REQUEST_ID_LENGTH = 34
"""14 digits of date and time, 20 hexadecimal digits. Source: samples (documented, medium)."""


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """One answer.

    Attributes:
        code: 0 for success, whatever the HTTP status.
        message: Text for people; clients tell some refusals apart by it.
        request_id: Id of the request at the platform.
        data: The payload; None where there is none, as on refusals.
    """

    code: int
    message: str = ""
    request_id: str = ""
    data: Json = None

    @property
    def succeeded(self) -> bool:
        """Whether the call was accepted; single items of a batch may still have failed."""
        return self.code == 0

    @property
    def item_errors(self) -> list[dict[str, Any]]:
        """Failures of single items inside a success, `$.data.errors[]`."""
        errors = self.data.get("errors") if isinstance(self.data, dict) else None
        return [e for e in errors if isinstance(e, dict)] if isinstance(errors, list) else []


_DECODER = msgspec.json.Decoder(Envelope)


def parse_envelope(body: bytes) -> Envelope | None:
    """Return the envelope in `body`, or None where it holds none.

    Text, HTML, cut JSON, JSON of another shape and a `code` that is no whole number are all None:
    the edge in front of the API answers such, and faults do.
    """
    try:
        return _DECODER.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def encode(envelope: Envelope) -> bytes:
    """Return the body as compact JSON, fields in the order of the documents."""
    return msgspec.json.encode(envelope)


def make_envelope_response(
    envelope: Envelope, *, status: int = 200, headers: Headers = ()
) -> ApiResponse:
    """Return the HTTP answer that carries `envelope`."""
    return make_json_response(envelope, status=status, headers=headers)


def mint_request_id(clock: Clock, entropy: Entropy) -> str:
    """Return a fresh request id: 14 digits of date and time in UTC, then 20 hexadecimal digits.

    Source: samples; whether their time is UTC or UTC+8 is not settled (assumed UTC).
    """
    moment = _moment_text(clock.now_ms() // 1000)
    return moment + entropy.hexadecimal(REQUEST_ID_LENGTH - 14)


@lru_cache(maxsize=16)
def _moment_text(second: int) -> str:
    return f"{datetime.fromtimestamp(second, tz=UTC):%Y%m%d%H%M%S}"
