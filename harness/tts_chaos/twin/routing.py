"""Which operation a pattern names. The same words are used to aim faults."""

from __future__ import annotations

__all__ = ["matches_operation"]


def matches_operation(pattern: str, operation: str) -> bool:
    """Whether `operation` is `pattern`, is it without its version, or lies in its domain.

    >>> matches_operation("order.*", "order.202309.get_order_list")
    True
    """
    parts = operation.split(".")
    if pattern.endswith(".*"):
        return parts[0] == pattern[:-2]
    return pattern == operation or (len(parts) == 3 and pattern == f"{parts[0]}.{parts[2]}")
