"""The whole catalogue: importing this module registers every fault."""

from __future__ import annotations

from tts_chaos.faults import (  # noqa: F401 - each module registers its faults
    body,
    clock,
    credentials,
    data,
    drift,
    endpoint,
    intermediary,
    network,
    outcomes,
    overload,
    program,
    redirect,
    request_drift,
    slowness,
    tls,
    webhook,
    webhook_shapes,
    webhook_strangers,
)
from tts_chaos.faults.fault import FAULTS

__all__ = ["FAULTS"]
