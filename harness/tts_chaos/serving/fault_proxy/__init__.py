"""The fault proxy of the wire world: Toxiproxy, or an embedded engine that speaks its interface.

`FaultProxy` is what the rest of the harness uses. It drives either engine through the same client,
so a fault means the same on both; one conformance suite holds them to it.
"""

from __future__ import annotations

from tts_chaos.serving.fault_proxy.proxy import FaultProxy, Preference

__all__ = ["FaultProxy", "Preference"]
