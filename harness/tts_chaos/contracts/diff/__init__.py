"""What two contracts say differently, and what that does to an integration. Pure."""

from __future__ import annotations

from tts_chaos.contracts.diff.comparison import Surface, compare
from tts_chaos.contracts.diff.model import Difference, Impact, Side

__all__ = ["Difference", "Impact", "Side", "Surface", "compare"]
