"""The integration itself dies in the middle of its work, and starts again from what it kept."""

from __future__ import annotations

from typing import ClassVar, Literal

from tts_chaos.faults.effect import BreakConnection, Effect, Moment
from tts_chaos.faults.fault import Fault, Trigger, register_fault
from tts_chaos.wire.delivery import Connection

__all__ = ["ProgramKilled"]


@register_fault
class ProgramKilled(Fault, frozen=True, kw_only=True):
    """The integration is killed while it waits for an answer, as by a crash or a lost machine.

    A program is ended by SIGKILL, with all that it started. An integration in Python, in this
    process, is left by an exception that no `except Exception` catches, and reaches the platform
    no more until it is restarted. Its `finally` clauses still run, so that this is the milder of
    the two.

    Attributes:
        when: `before` the platform handles the request, or `after` it did and before its answer.
    """

    name: ClassVar[str] = "program_killed"
    family: ClassVar[str] = "program"
    cause: ClassVar[str] = "outage"
    summary: ClassVar[str] = "the integration is killed while a request is under way"
    needs: ClassVar[tuple[str, ...]] = ("restart",)
    default_trigger: ClassVar[Trigger] = Trigger(times=1)

    when: Literal["before", "after"] = "after"

    def effects(self, moment: Moment) -> tuple[Effect, ...]:
        """Kill on the wanted side of the commit."""
        killed = Connection.CLIENT_KILLED
        return (BreakConnection(connection=killed, after_commit=self.when == "after"),)
