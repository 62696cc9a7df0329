"""Telling people: a cause, a subject, a sentence. The same trouble is told once an hour."""

from __future__ import annotations

import logging
import time

from shop_parts.kept import Kept

__all__ = ["Alerts"]

AGAIN_AFTER_S = 3_600.0

logger = logging.getLogger("shop")


class Alerts:
    """Alerts that were raised.

    Args:
        kept: Where they are kept.
        secrets: Texts that must not show in any message; whoever learns a new one adds it.
    """

    def __init__(self, kept: Kept, secrets: list[str]) -> None:
        self._kept = kept
        self.secrets = secrets

    def raise_(self, cause: str, subject: str, text: str) -> None:
        now, topic = time.time(), f"{cause} {subject}"
        told_at = self._kept.get("told", topic)
        if told_at is not None and now - told_at < AGAIN_AFTER_S:
            return
        message = self.scrub(f"{subject}: {text}")
        self._kept.put("told", topic, now)
        self._kept.put("alert", f"{now} {topic}", {"cause": cause, "message": message, "at": now})
        logger.error("%s: %s", cause, message)  # in production: a page, a mail

    def all(self) -> list[dict[str, object]]:
        return list(self._kept.all("alert").values())

    def scrub(self, text: str) -> str:
        """Take secrets out: messages of the other side may repeat what they were sent."""
        for secret in self.secrets:
            text = text.replace(secret, "[secret]")
        return text
