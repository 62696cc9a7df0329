"""What ends a call that would never end by itself.

BaseException
├── VirtualTimeError       base; an integration's `except Exception` cannot swallow it
│   ├── DeadlockError      nothing is scheduled and everybody waits for ever
│   ├── LivelockError      virtual time passed the limit of the call, or a wait has no end
│   └── HangError          real time passed without any progress of virtual time
└── SystemExit
    └── RunOverError       the run is over; ends a thread that was left behind, silently
"""

from __future__ import annotations

__all__ = ["DeadlockError", "HangError", "LivelockError", "RunOverError", "VirtualTimeError"]


class VirtualTimeError(BaseException):
    """Base of the guards; never raised itself."""


class DeadlockError(VirtualTimeError):
    """Every thread and task of the run waits, and nothing is scheduled that could wake one."""


class LivelockError(VirtualTimeError):
    """Virtual time reached the limit of the call, or a request waits for ever."""


class HangError(VirtualTimeError):
    """The call used up its real time: it computes without end, or waits outside virtual time."""


class RunOverError(SystemExit):
    """The run is over. `threading` ends a thread on it without a word."""
