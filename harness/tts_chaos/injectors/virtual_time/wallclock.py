"""Moves `time.time`, `datetime.now` and their kin, through time-machine, for the run's threads.

time-machine acts on the whole process. The function put in here hands every thread that does not
belong to the run the real time instead.
"""

from __future__ import annotations

from collections.abc import Callable

import time_machine

from tts_chaos.errors import ConfigError

__all__ = ["WallClock"]


class WallClock:
    """The swapped wall clock.

    Args:
        read_ns: Returns nanoseconds since the Unix epoch for a thread of the run, None for others.
    """

    def __init__(self, read_ns: Callable[[], int | None]) -> None:
        self._read_ns = read_ns
        self._travel = time_machine.travel(0, tick=False)

    def start(self) -> None:
        """Swap.

        Raises:
            ConfigError: If another library has swapped the clock in a way that excludes this one.
        """
        try:
            traveller = self._travel.start()
        except RuntimeError as error:
            raise ConfigError(
                f"the simulated world cannot take over the wall clock: {error} "
                "Do not freeze time around a chaos run; the run brings its own clock."
            ) from error
        # On the instance, so that the library's own destination never has to be kept in step.
        traveller.time_ns = self._time_ns  # type: ignore[method-assign]

    def stop(self) -> None:
        """Swap back."""
        self._travel.stop()

    def _time_ns(self) -> int:
        virtual_ns = self._read_ns()
        return time_machine.escape_hatch.time.time_ns() if virtual_ns is None else virtual_ns
