"""Keeps as many users as a plan needs until everything that was due has an answer."""

from __future__ import annotations

from collections.abc import Callable

from locust import LoadTestShape

__all__ = ["PlanShape"]


class PlanShape(LoadTestShape):
    """All users from the begin; when requests are sent, tickets say.

    Args:
        users: How many.
        is_over: Whether everything is done.
    """

    abstract = True

    def __init__(self, users: int, is_over: Callable[[], bool]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._users = users
        self._is_over = is_over

    def tick(self) -> tuple[int, float] | None:
        """Return users and how many of them to start in a second; None ends the run."""
        return None if self._is_over() else (self._users, float(self._users))
