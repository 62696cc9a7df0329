"""How the control interface says no: a message and a status, turned into an answer in one place."""

from __future__ import annotations

__all__ = ["RefusedError"]


class RefusedError(Exception):
    """A control request is refused. Never leaves the engine: `routes` answers with it.

    Args:
        message: Text of the `error` member.
        status: HTTP status, repeated in the `status` member.
    """

    def __init__(self, message: str, status: int = 400) -> None:
        self.message = message
        self.status = status
        super().__init__(message)
