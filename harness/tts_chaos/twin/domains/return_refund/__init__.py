"""Cancellations, returns and refunds."""

__all__: list[str] = []
