"""Recorded exchanges: values, codecs, redaction and comparison. Pure; files are read elsewhere."""

from __future__ import annotations

from tts_chaos.contracts.recordings.exchange import Exchange, Origin, Recording

__all__ = ["Exchange", "Origin", "Recording"]
