"""State machines as tables.

A `Lifecycle` maps (state, event) to the next state and to nothing else. A move that the table does
not have is refused with both words, and changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["IllegalMoveError", "Lifecycle"]


class IllegalMoveError(ValueError):
    """The state machine has no such move. `state` and `event` say which."""

    def __init__(self, lifecycle: str, state: str, event: str, allowed: list[str]) -> None:
        self.state = state
        self.event = event
        options = ", ".join(allowed) or "nothing"
        super().__init__(f"{lifecycle} in state {state} cannot {event}; it can: {options}")


class Lifecycle:
    """A transition table with a name for messages."""

    def __init__(self, name: str, moves: Mapping[tuple[str, str], str]) -> None:
        self.name = name
        self.moves = dict(moves)

    def next(self, state: str, event: str) -> str:
        """Return the state after `event`.

        Raises:
            IllegalMoveError: If the table has no such move.
        """
        try:
            return self.moves[state, event]
        except KeyError:
            raise IllegalMoveError(self.name, state, event, self.events(state)) from None

    def events(self, state: str) -> list[str]:
        """Return the events possible in `state`, sorted."""
        return sorted(event for source, event in self.moves if source == state)

    def states(self) -> list[str]:
        """Return every state the table names, sorted."""
        return sorted({state for state, _ in self.moves} | set(self.moves.values()))
