"""What the engine asks of the platform; `twin.Twin` is one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from tts_chaos.core.history import Json
from tts_chaos.twin.handled import Handled, Identity
from tts_chaos.wire.delivery import OutgoingWebhook
from tts_chaos.wire.message import ApiRequest

__all__ = ["Platform"]


class Platform(Protocol):
    """What the gateway asks of the twin; `twin.Twin` is one."""

    def identify(self, request: ApiRequest) -> Identity:
        """Return operation and shop of a request, "" where unknown."""
        ...

    def handle(self, request: ApiRequest) -> Handled:
        """Handle a request."""
        ...

    def command(self, name: str, arguments: Mapping[str, Any]) -> Json:
        """Run a platform command."""
        ...

    def advance(self) -> None:
        """Apply what is due by time."""
        ...

    def drain(self) -> tuple[OutgoingWebhook, ...]:
        """Return webhook deliveries that are due."""
        ...

    def acknowledge(self, notification: str, shop: str, attempt: int, status: int) -> None:
        """Take the receiver's answer to a delivery; 0 for none."""
        ...

    def sign_anew(self, request: ApiRequest) -> ApiRequest:
        """Return a request with the signature that fits it."""
        ...

    def next_webhook_ms(self) -> int | None:
        """Return when the next delivery is due, by the platform's clock."""
        ...

    def hasten_post(self, by_ms: int) -> None:
        """Let deliveries be due so much earlier."""
        ...

    def sign_webhook(self, body: bytes, secret: str | None = None) -> str:
        """Sign a webhook body as the platform does, or as one with another secret would."""
        ...

    def ledger(self) -> dict[str, Json]:
        """Return the platform's truth."""
        ...
