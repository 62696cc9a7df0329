"""The toxics by their name on the wire. One file each; a new one is a class and a row here."""

from __future__ import annotations

from collections.abc import Mapping

from tts_chaos.serving.fault_proxy.engine.toxics.bandwidth import Bandwidth
from tts_chaos.serving.fault_proxy.engine.toxics.latency import Latency
from tts_chaos.serving.fault_proxy.engine.toxics.limit_data import LimitData
from tts_chaos.serving.fault_proxy.engine.toxics.noop import Noop
from tts_chaos.serving.fault_proxy.engine.toxics.reset_peer import ResetPeer
from tts_chaos.serving.fault_proxy.engine.toxics.slicer import Slicer
from tts_chaos.serving.fault_proxy.engine.toxics.slow_close import SlowClose
from tts_chaos.serving.fault_proxy.engine.toxics.stage import Outlet, Stage, StageContext
from tts_chaos.serving.fault_proxy.engine.toxics.timeout import Timeout

__all__ = ["STAGES", "Noop", "Outlet", "Stage", "StageContext"]

STAGES: Mapping[str, type[Stage]] = {
    "bandwidth": Bandwidth,
    "latency": Latency,
    "limit_data": LimitData,
    "noop": Noop,
    "reset_peer": ResetPeer,
    "slicer": Slicer,
    "slow_close": SlowClose,
    "timeout": Timeout,
}
