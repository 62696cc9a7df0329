"""What an answer means: data, or a problem with its cause and what may be done about it. Pure.

Success is code 0 in a complete, readable envelope under a 2xx status, and nothing else. Codes come
before statuses and statuses before wording; the one code that stands for a dozen failures
(36009004) is read together with its message.

Source: protocol facts, sections 3, 4, 5 and 8 (documented); the short codes 401, 403 and 10001 to
10003 are those of simplified guides (assumed).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

__all__ = ["Answer", "Problem", "Repeat", "judge_answer"]


class Repeat(Enum):
    """Whether a failed try may be followed by another."""

    NEVER = "never"
    """The same request will be refused again."""
    SAFE = "safe"
    """The request was certainly not carried out."""
    READS_ONLY = "reads_only"
    """It may have been carried out: only what changes nothing may simply be sent again."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The `data` of a successful envelope; {} where there was none."""

    data: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A try that failed.

    Attributes:
        cause: One of `errors.CAUSES`.
        message: For people; may hold text from the other side.
        repeat: Whether another try makes sense.
        code: Envelope code, None where there was no envelope.
        status: HTTP status, 0 where there was no answer.
        is_about_token: Whether a new access token may help.
        retry_after: Value of the header `Retry-After`, "" where there was none.
        date: Value of the header `Date`: the clock by which a date in `Retry-After` is meant.
    """

    cause: str
    message: str
    repeat: Repeat
    code: int | None = None
    status: int = 0
    is_about_token: bool = False
    retry_after: str = ""
    date: str = ""


@dataclass(frozen=True, slots=True)
class _Meaning:
    cause: str
    repeat: Repeat = Repeat.NEVER
    is_about_token: bool = False


_TOKEN = _Meaning("credentials", is_about_token=True)
_CREDENTIALS = _Meaning("credentials")
_PERMISSION = _Meaning("permission")
_ENDPOINT = _Meaning("endpoint")
_VERSION = _Meaning("version")
_CLOCK = _Meaning("clock")
_CONTRACT = _Meaning("contract")
_RATE_LIMIT = _Meaning("rate_limit", Repeat.SAFE)
_OUTAGE = _Meaning("outage", Repeat.READS_ONLY)
_SLOWNESS = _Meaning("slowness", Repeat.READS_ONLY)

_BY_CODE = {
    105001: _TOKEN,
    105002: _TOKEN,
    10001: _TOKEN,
    10002: _TOKEN,
    10003: _CREDENTIALS,
    106001: _CREDENTIALS,
    101000: _CREDENTIALS,
    36004001: _CREDENTIALS,
    36004004: _CREDENTIALS,
    36004005: _CREDENTIALS,
    36009043: _CREDENTIALS,
    36009044: _CREDENTIALS,
    401: _TOKEN,
    403: _PERMISSION,
    105005: _PERMISSION,
    36009033: _PERMISSION,
    106013: _CONTRACT,
    36009009: _ENDPOINT,
    36009010: _ENDPOINT,
    36009014: _VERSION,
    36009002: _RATE_LIMIT,
    # The hour's quota does not come back within any sensible pause between tries.
    36009037: _Meaning("rate_limit"),
    36009003: _OUTAGE,
    36009007: _SLOWNESS,
}

_BY_WORDING = (
    ("timestamp", _CLOCK),
    ("version", _VERSION),
    ("access_token", _TOKEN),
    ("access-token", _TOKEN),
    ("app_key", _CREDENTIALS),
    ("signature", _CREDENTIALS),
    ("`sign`", _CREDENTIALS),
)
"""Keywords that tell the meanings of 36009004 apart, the telling ones first."""

_BY_STATUS = {
    400: _ENDPOINT,
    401: _TOKEN,
    403: _PERMISSION,
    404: _ENDPOINT,
    405: _ENDPOINT,
    407: _Meaning("network"),
    408: _SLOWNESS,
    410: _VERSION,
    429: _RATE_LIMIT,
}


def judge_answer(status: int, headers: Mapping[str, str], body: bytes) -> Answer | Problem:
    """Return what a complete HTTP answer means.

    Args:
        status: HTTP status.
        headers: Response headers, names in lower case.
        body: The whole body.
    """
    envelope = _read_envelope(body)
    if envelope is None:
        return _judge_without_envelope(status, headers, body)
    code, message = envelope["code"], str(envelope.get("message") or "")
    if code == 0 and 200 <= status < 300:
        data = envelope.get("data")
        return Answer(data if isinstance(data, dict) else {})
    meaning = _meaning_of(code, message, status)
    return Problem(
        cause=meaning.cause,
        message=f"{message or 'no message'} (code {code}, HTTP {status})",
        repeat=meaning.repeat,
        code=code,
        status=status,
        is_about_token=meaning.is_about_token,
        retry_after=headers.get("retry-after", ""),
        date=headers.get("date", ""),
    )


def _meaning_of(code: int, message: str, status: int) -> _Meaning:
    if code == 36009004:
        lowered = message.lower()
        return next((means for word, means in _BY_WORDING if word in lowered), _CONTRACT)
    if code in _BY_CODE:
        return _BY_CODE[code]
    if status >= 500:
        return _OUTAGE
    # Under a readable envelope 400 is a refused request, not a wrong address.
    return _CONTRACT if status == 400 else _BY_STATUS.get(status, _CONTRACT)


def _judge_without_envelope(status: int, headers: Mapping[str, str], body: bytes) -> Problem:
    is_page = body.lstrip()[:1] == b"<" or "html" in headers.get("content-type", "")
    if status >= 500:
        meaning = _OUTAGE
    elif status in _BY_STATUS:
        meaning = _BY_STATUS[status]
    elif 300 <= status < 400:
        meaning = _ENDPOINT
    else:
        meaning = _Meaning("contract", Repeat.READS_ONLY if status < 300 else Repeat.NEVER)
    what = "a web page" if is_page else f"{len(body)} bytes that are no envelope"
    return Problem(
        cause=meaning.cause,
        message=f"the answer is {what} (HTTP {status})",
        repeat=meaning.repeat,
        status=status,
        is_about_token=meaning.is_about_token,
        retry_after=headers.get("retry-after", ""),
        date=headers.get("date", ""),
    )


def _read_envelope(body: bytes) -> dict[str, Any] | None:
    """Return the envelope with an integer code, or None where the body is none."""
    try:
        value = json.loads(
            body.decode("utf-8"), object_pairs_hook=_without_duplicates, parse_constant=_refuse
        )
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict):
        return None
    code = value.get("code")
    if isinstance(code, str) and code.isascii() and code.isdigit():
        value["code"] = int(code)
    elif not isinstance(code, int) or isinstance(code, bool):
        return None
    return value


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse an object that says the same thing twice: nobody knows which one was meant."""
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("an object names a key twice")
    return result


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON")
