"""An authorised shop."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["Shop"]


@dataclass(frozen=True)
class Shop:
    """One of the shops that a token covers."""

    id: str
    cipher: str = field(repr=False)
