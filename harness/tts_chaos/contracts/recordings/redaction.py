"""Takes what is secret or personal out of recordings, before anything is written.

Each value gets a stand-in of its own kind: a token stays a token, an e-mail address an address,
digits stay digits, what was masked stays masked. Equal values get equal stand-ins within one key,
so ids still join. A second look, which knows nothing of the first, refuses a text in which
something secret seems to remain.

Source: which fields are credentials is documented (protocol facts, sections 1 to 3); which are
personal follows from their names (assumed, and generous).
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable
from urllib.parse import parse_qsl, quote, urlencode

import msgspec

from tts_chaos.contracts.recordings.exchange import Exchange, Recording, decode_json
from tts_chaos.core.history import Json
from tts_chaos.errors import ContractError
from tts_chaos.wire.message import ApiRequest, ApiResponse, Headers

__all__ = ["Redactor", "find_remains"]

MARK = "redacted"
SHORTEST = 6
"""Shorter values are replaced where they stand, but not searched for elsewhere."""

_SIGN = "0" * 64
_TOKENS = re.compile(
    r"(^|_)(access_token|refresh_token|auth_code|app_secret|app_key|shop_cipher|cipher"
    r"|category_asset_cipher|secret|password|session_id|token)$|^x-tts-access-token$"
)
_PERSONAL = re.compile(
    r"(^|_)(first_name|last_name|full_name|recipient_name|buyer_name|nickname|nick_name"
    r"|buyer_nickname|contact_person|phone|phone_number|tail_number|email|buyer_email|email_1"
    r"|address_detail|address_line\d?|full_address|postal_code|zipcode|street\w*"
    r"|buyer_message|seller_note|cpf|cpf_name|tax_id|national_registry_id|bank_account"
    r"|user_id|buyer_user_id|buyer_id|open_id|buyer_avatar|avatar|latitude|longitude)$"
)
_PERSONAL_PARENTS = frozenset({"recipient_address", "sender_address", "contact", "address"})
_PERSONAL_BELOW = frozenset({"name", "address_name", "city", "district", "town"})
_DROPPED_HEADERS = frozenset({"cookie", "set-cookie", "authorization", "proxy-authorization"})
_EMAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}")
_LOOKS_SECRET = (
    ("a token or cipher", re.compile(rf"\b(?:TTP|GCP|ROW)_(?!{MARK}_)[A-Za-z0-9_\-]{{16,}}")),
    (
        "an e-mail address",
        re.compile(r"[A-Za-z0-9._%+-]+@(?!example\.net\b)[A-Za-z0-9-]+\.[A-Za-z]{2,}"),
    ),
    ("a signature", re.compile(r"(?<![0-9a-f])(?!0{64})[0-9a-f]{64}(?![0-9a-f])")),
    ("a bearer token", re.compile(r"(?i)bearer\s+[a-z0-9._\-]{12,}")),
)


class Redactor:
    """Replaces values, and remembers what it replaced.

    Args:
        key: Decides the stand-ins; equal keys give equal ones.
    """

    def __init__(self, key: str) -> None:
        self._key = key.encode()
        self._known: dict[str, str] = {}

    @property
    def replaced(self) -> frozenset[str]:
        """Every value that must not remain."""
        return frozenset(value for value in self._known if len(value) >= SHORTEST)

    def redact(self, recording: Recording) -> Recording:
        """Return the recording without secrets and buyers.

        Raises:
            ContractError: If something secret would remain; nothing may be written then.
        """
        first = tuple(self._exchange(exchange) for exchange in recording.exchanges)
        return self.sweep(msgspec.structs.replace(recording, exchanges=first))

    def sweep(self, recording: Recording) -> Recording:
        """Return a redacted recording without values that were learnt only later.

        Raises:
            ContractError: As for `redact`.
        """
        cleaned = tuple(self._swept(exchange) for exchange in recording.exchanges)
        for number, exchange in enumerate(cleaned):
            remains = find_remains(_texts_of(exchange), self.replaced)
            if remains:
                raise ContractError(
                    f"{remains} would remain after redaction; nothing was written",
                    path=recording.path,
                    key=f"$.interactions[{number}]",
                )
        return msgspec.structs.replace(recording, exchanges=cleaned)

    def _exchange(self, exchange: Exchange) -> Exchange:
        request, response = exchange.request, exchange.response
        return Exchange(
            request=ApiRequest(
                method=request.method,
                scheme=request.scheme,
                host=request.host,
                path=request.path,
                query=self._query(request.query),
                headers=self._headers(request.headers),
                body=self._body(request.body),
            ),
            response=ApiResponse(
                status=response.status,
                headers=self._headers(response.headers),
                body=self._body(response.body),
            ),
        )

    def _swept(self, exchange: Exchange) -> Exchange:
        request, response = exchange.request, exchange.response
        return Exchange(
            request=msgspec.structs.replace(
                request,
                path=self._sweep(request.path),
                query=self._sweep(request.query),
                headers=tuple((name, self._sweep(value)) for name, value in request.headers),
                body=self._sweep_bytes(request.body),
            ),
            response=msgspec.structs.replace(response, body=self._sweep_bytes(response.body)),
        )

    def _query(self, query: str) -> str:
        pairs = parse_qsl(query, keep_blank_values=True)
        return urlencode(
            [(name, self._value(name, value)) for name, value in pairs], quote_via=quote
        )

    def _headers(self, headers: Headers) -> Headers:
        kept = []
        for name, value in headers:
            if name in _DROPPED_HEADERS:
                self._stand_in(value)
                continue
            kept.append((name, self._value(name, value)))
        return tuple(kept)

    def _body(self, body: bytes) -> bytes:
        value = decode_json(body)
        if isinstance(value, dict | list):
            return msgspec.json.encode(self._json(value, "", parent=""))
        return body

    def _json(self, value: Json, name: str, *, parent: str) -> Json:
        if isinstance(value, dict):
            return {
                key: self._json(member, key, parent=name or parent) for key, member in value.items()
            }
        if isinstance(value, list):
            return [self._json(member, name, parent=parent) for member in value]
        if isinstance(value, str):
            return self._value(name, value, parent=parent)
        return value

    def _value(self, name: str, value: str, *, parent: str = "") -> str:
        lowered = name.lower()
        if lowered == "sign":
            return _SIGN
        if not value:
            return value
        if _TOKENS.search(lowered):
            return self._token(value)
        is_personal = _PERSONAL.search(lowered) or (
            lowered in _PERSONAL_BELOW and parent.lower() in _PERSONAL_PARENTS
        )
        if is_personal:
            return self._stand_in(value)
        return _EMAIL.sub(lambda match: self._stand_in(match.group()), value)

    def _token(self, value: str) -> str:
        prefix = value[:4] if value[:4] in ("TTP_", "GCP_", "ROW_") else ""
        return self._known.setdefault(value, f"{prefix}{MARK}_{self._digest(value)[:16]}")

    def _stand_in(self, value: str) -> str:
        if value in self._known:
            return self._known[value]
        digest = self._digest(value)
        made = f"{digest[:12]}@example.net" if _EMAIL.fullmatch(value) else _reshaped(value, digest)
        self._known[value] = made
        return made

    def _digest(self, value: str) -> str:
        return hmac.new(self._key, value.encode(), hashlib.sha256).hexdigest()

    def _sweep(self, text: str) -> str:
        for value in sorted(self.replaced, key=len, reverse=True):
            if value in text:
                text = text.replace(value, self._known[value])
        return text

    def _sweep_bytes(self, body: bytes) -> bytes:
        try:
            return self._sweep(body.decode()).encode()
        except UnicodeDecodeError:
            return body


def _reshaped(value: str, digest: str) -> str:
    """Return a text of the same shape: letters for letters, digits for digits, the rest kept."""
    made = []
    for index, char in enumerate(value):
        drawn = int(digest[index % len(digest)], 16) + index
        if char.isdigit():
            made.append(str(drawn % 10))
        elif char.isalpha():
            letter = chr(ord("a") + drawn % 26)
            made.append(letter.upper() if char.isupper() else letter)
        else:
            made.append(char)
    return "".join(made)


def find_remains(texts: Iterable[str], secrets: Iterable[str]) -> str:
    """Return what secret seems to remain in any of the texts, in words; "" where nothing does.

    Args:
        texts: Everything that would be written.
        secrets: Values known to be secret; short ones are passed over.
    """
    known = [value for value in secrets if len(value) >= SHORTEST]
    for text in texts:
        for value in known:
            if value in text or quote(value, safe="") in text:
                return "a value that was replaced elsewhere"
        for what, pattern in _LOOKS_SECRET:
            if pattern.search(text):
                return what
    return ""


def _texts_of(exchange: Exchange) -> Iterable[str]:
    request, response = exchange.request, exchange.response
    yield f"{request.path}?{request.query}"
    for name, value in (*request.headers, *response.headers):
        yield f"{name}: {value}"
    for body in (request.body, response.body):
        yield body.decode("utf-8", "backslashreplace")
