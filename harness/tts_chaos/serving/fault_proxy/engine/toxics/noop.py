"""`noop`: changes nothing. Also stands in where toxicity spares a connection."""

from __future__ import annotations

from tts_chaos.serving.fault_proxy.engine.toxics.stage import Stage

__all__ = ["Noop"]


class Noop(Stage):
    """Passes everything on."""
