"""Milliseconds as a person says them."""

from __future__ import annotations

__all__ = ["say_duration"]

_UNITS = ((86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1_000, "s"))


def say_duration(duration_ms: int | None) -> str:
    """Return a duration in at most two units.

    >>> say_duration(5_400_000), say_duration(1_250), say_duration(80), say_duration(None)
    ('1 h 30 min', '1.2 s', '80 ms', '-')
    """
    if duration_ms is None:
        return "-"
    if duration_ms < 1_000:
        return f"{duration_ms} ms"
    if duration_ms < 60_000:
        return f"{duration_ms / 1000:.1f}".removesuffix(".0") + " s"
    for index, (size, name) in enumerate(_UNITS):
        if duration_ms >= size:
            whole, rest = divmod(duration_ms, size)
            smaller, small_name = _UNITS[index + 1]
            part = rest // smaller
            return f"{whole} {name} {part} {small_name}" if part else f"{whole} {name}"
    raise AssertionError("every duration of a minute or more has a unit")
