"""Looks at, and interrupts, other threads of this process."""

from __future__ import annotations

import ctypes
import sys
from pathlib import Path
from types import FrameType

__all__ = ["describe_place", "interrupt_thread", "is_inside_harness", "withdraw_interrupt"]

_PACKAGE = __name__.rpartition(".")[0]
_HARNESS = __name__.partition(".")[0]


def describe_place(ident: int) -> str:
    """Return where a thread is in the integration's own code: `at orders.py:41 in fetch`."""
    frame = sys._current_frames().get(ident)
    while frame is not None and not _is_own_code(frame):
        frame = frame.f_back
    if frame is None:
        return "outside the integration's code"
    code = frame.f_code
    return f"at {Path(code.co_filename).name}:{frame.f_lineno} in {code.co_name}"


def is_inside_harness(ident: int) -> bool:
    """Whether a thread is, this moment, in the code of this package."""
    frame = sys._current_frames().get(ident)
    return frame is not None and _module(frame).startswith(_PACKAGE)


def interrupt_thread(ident: int, error: type[BaseException]) -> None:
    """Raise `error` in a thread at its next bytecode; has no effect while it blocks in C."""
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(ident), ctypes.py_object(error))


def withdraw_interrupt(ident: int) -> None:
    """Take back what `interrupt_thread` asked for, if it has not been raised yet."""
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(ident), None)


def _module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", ""))


def _is_own_code(frame: FrameType) -> bool:
    top = _module(frame).partition(".")[0]
    if top in sys.stdlib_module_names or top == _HARNESS:
        return False
    return "site-packages" not in frame.f_code.co_filename
