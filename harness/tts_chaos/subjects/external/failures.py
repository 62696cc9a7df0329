"""How a call of a program fails, for stories: what was asked of it, and what came.

They are what an exception is to an integration in Python, so none of them ends a run.
"""

from __future__ import annotations

from tts_chaos.engine.ports import OutcomeUnknownError
from tts_chaos.errors import ChaosError

__all__ = [
    "AnswerError",
    "CallError",
    "CommandError",
    "NoAnswerError",
    "ProgramDiedError",
    "ProgramEndedError",
    "QueryError",
    "ShapeError",
]


class CallError(ChaosError):
    """A capability could not be had from the program; base of the others."""


class AnswerError(CallError):
    """Over HTTP it answered with an error."""


class NoAnswerError(AnswerError):
    """Over HTTP there was no whole answer."""


class CommandError(CallError):
    """A command ended with an error."""


class QueryError(CallError):
    """A database could not be read."""


class ShapeError(CallError):
    """It answered, but not with what the capability has to answer."""


class ProgramEndedError(CallError):
    """It does not run any more, and so was not asked."""


class ProgramDiedError(OutcomeUnknownError):
    """It ended while it worked; nobody knows how far it had come."""
