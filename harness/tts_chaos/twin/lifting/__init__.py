"""Recorded answers become state, so that requests are answered by behaviour again."""

from __future__ import annotations

from tts_chaos.twin.lifting.lift import Lifted, lift_exchanges, region_told_by

__all__ = ["Lifted", "lift_exchanges", "region_told_by"]
