"""Which scheduler is in charge of this process; at most one, since there is one wall clock."""

from __future__ import annotations

from tts_chaos.errors import UsageError
from tts_chaos.injectors.virtual_time.scheduler import Scheduler
from tts_chaos.injectors.virtual_time.slots import Slot

__all__ = ["claim", "current", "release", "scheduler_in_charge"]

_in_charge: Scheduler | None = None


def claim(scheduler: Scheduler) -> None:
    """Put a scheduler in charge.

    Raises:
        UsageError: If there is one already.
    """
    global _in_charge
    if _in_charge is not None:
        raise UsageError(
            "virtual time is already running in this process, and there is only one clock to take "
            "over. Close the other simulated world first; worlds in parallel need processes "
            "(pytest-xdist)."
        )
    _in_charge = scheduler


def release() -> None:
    """Put nobody in charge."""
    global _in_charge
    _in_charge = None


def scheduler_in_charge() -> Scheduler | None:
    """Return the scheduler in charge, whichever thread asks."""
    return _in_charge


def current() -> tuple[Scheduler, Slot] | None:
    """Return scheduler and slot of the calling thread, None where it lives in real time."""
    scheduler = _in_charge
    if scheduler is None:
        return None
    slot = scheduler.current()
    return None if slot is None else (scheduler, slot)
