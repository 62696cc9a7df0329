"""Structured log lines, one JSON object each, and the scrubbing of secrets from any text.

Nothing here configures handlers: that is the application's affair.
"""

from __future__ import annotations

import json
import logging
import re
from collections import deque
from collections.abc import Iterable
from typing import Any

__all__ = ["Journal", "hide_queries_of_httpx"]

_QUERY = re.compile(r"\?[^\s\"']+")
_HIDDEN = "***"
_LONGEST_TEXT = 300
LINES_KEPT = 5_000
"""Lines that can be asked for; the application's handlers keep the others."""


class Journal:
    """Writes events to the logger `tts_reference`.

    Fields are ids, counts, codes and times: never tokens, signed addresses or buyer data. Texts
    that come from outside are shortened and scrubbed of every known secret.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._kept: deque[str] = deque(maxlen=LINES_KEPT)
        self._logger = logging.getLogger("tts_reference")
        self._secrets: set[str] = set()
        self.hide(*secrets)

    def hide(self, *secrets: str) -> None:
        """Scrub these values from now on."""
        self._secrets.update(secret for secret in secrets if len(secret) >= 4)

    def scrub(self, text: str) -> str:
        """Return `text` without secrets and without the queries of addresses, shortened."""
        text = _QUERY.sub("?" + _HIDDEN, text)
        for secret in self._secrets:
            text = text.replace(secret, _HIDDEN)
        return text if len(text) <= _LONGEST_TEXT else text[:_LONGEST_TEXT] + "…"

    @property
    def lines(self) -> list[str]:
        """The latest lines, the oldest first, whatever level the application lets through."""
        return list(self._kept)

    def write(self, event: str, *, level: int = logging.INFO, **fields: Any) -> None:
        """Log one event with its fields."""
        safe = {
            key: self.scrub(value) if isinstance(value, str) else value
            for key, value in fields.items()
        }
        line = json.dumps({"event": event, **safe}, default=str)
        self._kept.append(line)
        self._logger.log(level, "%s", line)

    def warn(self, event: str, **fields: Any) -> None:
        """Log one event that somebody should know of."""
        self.write(event, level=logging.WARNING, **fields)


class _HideQueries(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = _QUERY.sub("?" + _HIDDEN, record.getMessage())
        record.args = None
        return True


def hide_queries_of_httpx() -> None:
    """Keep signed addresses and token calls out of httpx's own log lines. Doing it twice is fine.

    httpx logs every address in full at level INFO, and a token call carries the app's secret there.
    """
    logger = logging.getLogger("httpx")
    if not any(isinstance(existing, _HideQueries) for existing in logger.filters):
        logger.addFilter(_HideQueries())
