"""Tells whether a thread is blocked out of sight of the scheduler, or computing.

Linux says so exactly: a blocked thread uses no processor time and sits in a system call. Elsewhere
the bytecode it stands at has to do: one that stays at the same call is taken for blocked, after a
longer wait.
"""

from __future__ import annotations

import platform
import sys
import threading
from dis import opname
from pathlib import Path

from tts_chaos.injectors.virtual_time.slots import Slot

__all__ = ["BlockedThreads"]

_LOCK_CALLS = {"x86_64": "202", "aarch64": "98"}
"""Number of the system call `futex`, in which every wait for a lock ends."""

LOCK_SAMPLES = 3
"""Samples for a lock: 12 ms; a thread that only waits for the interpreter wakes every 5 ms."""

OTHER_SAMPLES = 15
"""Samples for anything else: 60 ms, since a write to a slow disk also stands still for a while."""


class BlockedThreads:
    """Watches threads by samples taken every few milliseconds."""

    def __init__(self) -> None:
        self._seen: dict[int, tuple[tuple[object, ...], int]] = {}
        self._lock_call = _LOCK_CALLS.get(platform.machine(), "")
        self._has_proc = _read_proc(threading.get_native_id(), "syscall") != ""

    def forget(self, slot: Slot) -> None:
        """Start afresh with a thread."""
        self._seen.pop(slot.ident, None)

    def is_blocked(self, slot: Slot) -> bool:
        """Take a sample; says whether the thread stood still for long enough."""
        print_, needed = self._sample(slot)
        before, count = self._seen.get(slot.ident, ((), 0))
        count = count + 1 if print_ and print_ == before else 0
        self._seen[slot.ident] = (print_, count)
        return bool(print_) and count >= needed

    def has_settled(self, slot: Slot) -> bool:
        """Take a sample; says whether a thread known to be blocked still is."""
        print_, _ = self._sample(slot)
        before, count = self._seen.get(slot.ident, ((), 0))
        count = count + 1 if print_ and print_ == before else 0
        self._seen[slot.ident] = (print_, count)
        return count >= 1

    def _sample(self, slot: Slot) -> tuple[tuple[object, ...], int]:
        """Return what must not change while it is blocked (empty: it runs), and the patience."""
        native = slot.thread.native_id
        if not self._has_proc or native is None:
            return _sample_frame(slot.ident), OTHER_SAMPLES
        call = _read_proc(native, "syscall").partition(" ")[0].strip()
        if call in ("", "running"):
            return (), 0
        used = _read_proc(native, "schedstat").partition(" ")[0]
        return (call, used), LOCK_SAMPLES if call == self._lock_call else OTHER_SAMPLES


def _read_proc(native: int, name: str) -> str:
    try:
        return Path(f"/proc/self/task/{native}/{name}").read_text()
    except OSError:
        return ""


def _sample_frame(ident: int) -> tuple[object, ...]:
    frame = sys._current_frames().get(ident)
    if frame is None or frame.f_lasti < 0:
        return ()
    instruction = opname[frame.f_code.co_code[frame.f_lasti]]
    is_calling = "CALL" in instruction or "WITH" in instruction or instruction == "CACHE"
    return (id(frame), frame.f_lasti) if is_calling else ()
