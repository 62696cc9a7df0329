"""The embedded engine: a fault proxy that speaks Toxiproxy's control interface.

Reading order: `toxics/` (what goes wrong), `link` and `connection` (how bytes flow), `proxy` and
`collection` (what exists), `routes` and `control` (how it is steered), `embedded` (its thread).
"""

from __future__ import annotations

from tts_chaos.serving.fault_proxy.engine.embedded import EmbeddedEngine

__all__ = ["EmbeddedEngine"]
