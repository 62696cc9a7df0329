"""Actions of the integration as intervals of the history, and which of them overlap."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from weakref import WeakKeyDictionary

import msgspec

from tts_chaos.core.history import Completed, Exchange, History, Invoked, Json, OpKind

__all__ = ["Action", "Actions", "actions_of"]


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """One action from its invocation to its end.

    Attributes:
        op: Number of the operation.
        name: One of `typing.ACTIONS`.
        arguments: What it was asked to do.
        begin: Index of the invocation.
        end: Index of the completion; the length of the history where there is none.
        end_ms: Instant of the completion, -1 where there is none.
        kind: How it ended; INFO where it never did.
        value: What it returned.
        error: What it raised.
    """

    op: int
    name: str
    arguments: Json
    begin: int
    end: int
    end_ms: int
    kind: OpKind
    value: Json
    error: str


class Actions:
    """All actions of a history, in order of invocation."""

    def __init__(self, history: History) -> None:
        completed = {record.op: record for record in history.of(Completed)}
        self.all = tuple(
            _action(invoked, completed.get(invoked.op), len(history))
            for invoked in history.of(Invoked)
        )
        self._begins = [action.begin for action in self.all]
        self._ends = sorted(action.end for action in self.all)
        by_end = sorted(history.of(Exchange), key=lambda exchange: exchange.index)
        self._exchanges = by_end
        self._exchange_ends = [exchange.index for exchange in by_end]

    def named(self, *names: str) -> list[Action]:
        """Return the actions called by one of `names`."""
        return [action for action in self.all if action.name in names]

    def open_at(self, index: int) -> int:
        """Return how many actions were under way at record `index`."""
        return bisect_left(self._begins, index) - bisect_left(self._ends, index)

    def begun_between(self, after: int, before: int) -> bool:
        """Whether an action was invoked between two records."""
        return bisect_left(self._begins, before) > bisect_right(self._begins, after)

    def exchanges_during(self, action: Action) -> list[Exchange]:
        """Return exchanges that ended while `action` was under way, in order of arrival."""
        low = bisect_right(self._exchange_ends, action.begin)
        high = bisect_left(self._exchange_ends, action.end)
        return sorted(self._exchanges[low:high], key=lambda exchange: exchange.call)

    def is_alone(self, action: Action) -> bool:
        """Whether no other action was under way at any time during this one."""
        begun = bisect_left(self._begins, action.end) - bisect_left(self._begins, action.begin)
        return begun == 1 and self.open_at(action.begin) == 0


def _action(invoked: Invoked, completed: Completed | None, length: int) -> Action:
    return Action(
        op=invoked.op,
        name=invoked.action,
        arguments=invoked.arguments,
        begin=invoked.index,
        end=length if completed is None else completed.index,
        end_ms=-1 if completed is None else completed.at_ms,
        kind=OpKind.INFO if completed is None else completed.kind,
        value=None if completed is None else completed.value,
        error="" if completed is None else completed.error,
    )


_KNOWN: WeakKeyDictionary[History, Actions] = WeakKeyDictionary()


def actions_of(history: History) -> Actions:
    """Return the actions of `history`; several oracles ask, the work is done once."""
    known = _KNOWN.get(history)
    if known is None:
        known = _KNOWN[history] = Actions(history)
    return known
