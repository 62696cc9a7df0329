"""One HTTP request to the program under test, on this machine and past every proxy."""

from __future__ import annotations

import http.client
from collections.abc import Mapping
from urllib.parse import urlsplit

import msgspec

from tts_chaos.subjects.external.failures import NoAnswerError

__all__ = ["Answer", "ask"]

LARGEST_BYTES = 64 * 1024 * 1024
"""No observation of a test shop is larger; a program that never stops answering ends here."""

LONGEST_S = 600.0
"""Every call of a scenario has a limit of its own, far below; this is the last resort."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What was answered."""

    status: int
    body: bytes


def ask(
    base_url: str,
    method: str,
    path: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    limit_s: float = LONGEST_S,
) -> Answer:
    """Send one request over a connection of its own.

    Args:
        base_url: Scheme, host and port of the program, perhaps with the beginning of the path.
        method: In capitals.
        path: From the root, with its query.
        headers: As they are; `Host` and `Content-Length` are added.
        body: None for none.
        limit_s: Longest wait for the next bytes.

    Raises:
        NoAnswerError: If there is no whole answer.
    """
    where = urlsplit(base_url)
    assert where.hostname is not None
    connection = http.client.HTTPConnection(where.hostname, where.port, timeout=limit_s)
    try:
        connection.request(
            method,
            where.path.rstrip("/") + path,
            # A write without a body still says so, or some servers wait for one.
            body=b"" if body is None and method != "GET" else body,
            headers={"Connection": "close", **(headers or {})},
        )
        response = connection.getresponse()
        content = response.read(LARGEST_BYTES + 1)
        if len(content) > LARGEST_BYTES:
            raise NoAnswerError(f"it answers with more than {LARGEST_BYTES // 2**20} MiB")
        return Answer(status=response.status, body=content)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise NoAnswerError(_say(error, limit_s)) from None
    finally:
        connection.close()


def _say(error: Exception, limit_s: float) -> str:
    if isinstance(error, TimeoutError):
        return f"no answer within {limit_s:g} s"
    if isinstance(error, http.client.RemoteDisconnected | ConnectionResetError | BrokenPipeError):
        return "it closed the connection without an answer"
    if isinstance(error, http.client.IncompleteRead):
        return "it closed the connection in the middle of its answer"
    if isinstance(error, OSError):
        return f"{error.strerror or error}".lower()
    return f"no valid HTTP answer: {type(error).__name__}: {error}"
