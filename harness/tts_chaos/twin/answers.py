"""The one place where a refusal becomes an answer, and a result becomes an envelope."""

from __future__ import annotations

from email.utils import formatdate
from functools import lru_cache

from tts_chaos.contracts.answers import ArticleError
from tts_chaos.contracts.loader import Contracts
from tts_chaos.core.clock import Clock
from tts_chaos.core.entropy import Entropy
from tts_chaos.core.history import Json
from tts_chaos.twin.handled import Basis
from tts_chaos.twin.handler import RefusalError
from tts_chaos.twin.settings import TwinSettings
from tts_chaos.wire.codes import ApiCode
from tts_chaos.wire.envelope import (
    API_SUCCESS,
    Envelope,
    make_envelope_response,
    mint_request_id,
)
from tts_chaos.wire.message import ApiResponse, Headers

__all__ = ["DECLINED", "Answerer"]

DECLINED = 501
"""HTTP status and code of what the twin declines; no code of the platform is so small."""

_RETRY_AFTER_S = 1
"""The limiter looks at one second. Source: protocol facts, section 5 (header documented)."""

_BUSINESS_STATUS = 200
"""Source: protocol facts, section 4 ("business errors mostly with HTTP 200", medium)."""


class Answerer:
    """Writes answers in the style and profile that the settings ask for."""

    def __init__(
        self, *, contracts: Contracts, settings: TwinSettings, clock: Clock, entropy: Entropy
    ) -> None:
        self._contracts = contracts
        self._settings = settings
        self._clock = clock
        self._entropy = entropy

    def tell(self, data: Json, *, message: str = API_SUCCESS, headers: Headers = ()) -> ApiResponse:
        """Return a success that carries `data`."""
        envelope = Envelope(code=0, message=message, request_id=self._request_id(), data=data)
        return make_envelope_response(envelope, headers=(*self._headers(), *headers))

    def refuse(self, refusal: RefusalError, *, is_token_call: bool = False) -> ApiResponse:
        """Return a refusal as the platform words it.

        Args:
            refusal: Why.
            is_token_call: Whether it is the token host's, which tells business failures under HTTP
                200. Source: protocol facts, section 2.2 (recorded).
        """
        told = self._article_row(refusal)
        if told is not None:
            code, message, status = told.code, told.message, told.http_status
        else:
            code = refusal.code
            message, status = self._documented(refusal)
        if self._settings.refusal_style == "ok" or (is_token_call and status != _IP_STATUS):
            status = 200
        envelope = Envelope(code=code, message=message, request_id=self._request_id())
        headers = self._headers()
        if refusal.is_ordered:
            headers += Basis.COMMAND.headers
        # Where the hour's quota is used up, a second's pause would be no help.
        if status == _RATE_STATUS and refusal.code != ApiCode.SANDBOX_QUOTA:
            headers += (("retry-after", str(_RETRY_AFTER_S)),)
        return make_envelope_response(envelope, status=status, headers=headers)

    def decline(self, reason: str) -> ApiResponse:
        """Return the twin's own answer for an operation that it does not serve.

        Not an answer of the platform: 501 and a header say so.
        """
        message = f"This twin does not serve the operation. {reason}"
        envelope = Envelope(code=DECLINED, message=message, request_id=self._request_id())
        return make_envelope_response(
            envelope, status=DECLINED, headers=(*self._headers(), *Basis.DECLINED.headers)
        )

    def wording(self, refusal: RefusalError) -> str:
        """Return the documented message of a refusal, whatever the profile."""
        return self._documented(refusal)[0]

    def plain(self, name: str) -> ApiResponse:
        """Return an answer that is no envelope, by its name in the contracts."""
        answer = self._contracts.plain_answers[name]
        return ApiResponse(
            status=answer.http_status,
            headers=(("content-type", answer.content_type), *self._headers()),
            body=answer.body.encode(),
        )

    def _article_row(self, refusal: RefusalError) -> ArticleError | None:
        if self._settings.profile != "article":
            return None
        if refusal.condition:
            row = self._contracts.article_error_for(refusal.condition)
            if row is not None:
                return row
        return self._contracts.article_error(refusal.code, refusal.variant)

    def _documented(self, refusal: RefusalError) -> tuple[str, int]:
        row = self._contracts.errors.get(refusal.code)
        if row is None:
            return refusal.message or "", _BUSINESS_STATUS
        message, status = row.message, row.status
        if refusal.variant:
            variant = row.variant(refusal.variant)
            message = variant.message or message
            status = variant.http_status or status
        return refusal.message or message or row.meaning, status

    def _request_id(self) -> str:
        return mint_request_id(self._clock, self._entropy)

    def _headers(self) -> Headers:
        """Return the date by the platform's clock, so that a skewed one can be seen."""
        return (("date", _date_text(self._clock.now_ms() // 1000)),)


_RATE_STATUS = 429
_IP_STATUS = 403
"""The IP list is enforced by the gateway in front of the token host, too (recorded)."""


@lru_cache(maxsize=16)
def _date_text(second: int) -> str:
    return formatdate(second, usegmt=True)
