"""Everything that can go wrong, each with the cause an alert would name.

ConnectorError
├── SettingsError            a setting is missing, unknown or unsafe
├── CredentialsError         no usable token, or the app's own credentials are refused
├── CallError                a call failed for good
│   └── UnknownOutcomeError  a write may or may not have happened
├── SyncIncompleteError      a run could not fetch everything; what it has is stored
├── PushPendingError         stock pushes still wait in the outbox
├── NotShippableError        the order's state does not allow shipping
├── NotRefundableError       the order's state does not allow giving money back or cancelling
└── PriceUnknownError        a basket holds a SKU without a known price
"""

from __future__ import annotations

__all__ = [
    "CAUSES",
    "CallError",
    "ConnectorError",
    "CredentialsError",
    "NotRefundableError",
    "NotShippableError",
    "PriceUnknownError",
    "PushPendingError",
    "SettingsError",
    "SyncIncompleteError",
    "UnknownOutcomeError",
]

CAUSES = (
    "credentials",
    "permission",
    "endpoint",
    "network",
    "clock",
    "version",
    "rate_limit",
    "outage",
    "slowness",
    "contract",
    "mapping",
    "webhook",
)
"""The words by which an alert names what is wrong."""


class ConnectorError(Exception):
    """Base of all. `cause` is one of `CAUSES`."""

    def __init__(self, message: str, *, cause: str = "contract") -> None:
        super().__init__(message)
        self.cause = cause


class SettingsError(ConnectorError, ValueError):
    """A setting is missing, unknown or unsafe."""


class CredentialsError(ConnectorError):
    """No usable token. Nothing is sent until a refresh works or an operator gives new tokens."""

    def __init__(self, message: str) -> None:
        super().__init__(message, cause="credentials")


class CallError(ConnectorError):
    """A call failed for good.

    Attributes:
        operation: Name of the call.
        code: Envelope code, None where there was no envelope.
        status: HTTP status, 0 where there was no answer.
    """

    def __init__(
        self,
        message: str,
        *,
        cause: str,
        operation: str,
        code: int | None = None,
        status: int = 0,
    ) -> None:
        super().__init__(f"{operation} failed: {message}", cause=cause)
        self.operation = operation
        self.code = code
        self.status = status


class UnknownOutcomeError(CallError):
    """A write was sent and nobody knows whether it took effect: read before doing it again."""


class SyncIncompleteError(ConnectorError):
    """A run could not fetch everything. What it has is stored, the watermark stays where it was.

    Attributes:
        errors: What went wrong, in order; `cause` is that of the first.
    """

    def __init__(self, errors: list[ConnectorError]) -> None:
        self.errors = tuple(errors)
        text = "; ".join(str(error) for error in errors)
        super().__init__(f"synchronisation is incomplete: {text}", cause=errors[0].cause)


class PushPendingError(ConnectorError):
    """Stock pushes still wait in the outbox; the next flush tries them again.

    Attributes:
        skus: SKU ids that wait.
    """

    def __init__(self, skus: list[str], *, cause: str, reason: str) -> None:
        self.skus = tuple(skus)
        super().__init__(f"{len(skus)} stock pushes wait in the outbox: {reason}", cause=cause)


class NotShippableError(ConnectorError):
    """The order's state does not allow shipping."""


class NotRefundableError(ConnectorError):
    """The order's state does not allow giving money back, or cancelling it."""


class PriceUnknownError(ConnectorError):
    """A basket holds a SKU without a known price."""
