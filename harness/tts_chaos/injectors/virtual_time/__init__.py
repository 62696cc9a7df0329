"""Time that jumps: hours of back-off in microseconds, the same way every time.

`session.VirtualTime` is the way in. The parts, from the bottom: `originals` (the real functions),
`clock`, `slots` and `scheduler` (whose turn it is, and what time), `monitor` and `blocked` (threads
that block out of sight), `locks`, `loop` and `stand_ins` (what the integration gets instead),
`sweep` and `swaps` (where it gets them), `guards` (how an endless call ends).
"""

from __future__ import annotations

from tts_chaos.injectors.virtual_time.guards import (
    DeadlockError,
    HangError,
    LivelockError,
    RunOverError,
    VirtualTimeError,
)
from tts_chaos.injectors.virtual_time.session import VirtualTime

__all__ = [
    "DeadlockError",
    "HangError",
    "LivelockError",
    "RunOverError",
    "VirtualTime",
    "VirtualTimeError",
]
