"""Toxics armed on listeners, and how often each was met: what several mechanisms have in common."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from tts_chaos.faults.effect import Toxic

__all__ = ["ArmedToxics"]


class ArmedToxics:
    """Keeps what is armed; a mechanism, see `serving.line.Mechanism`. Thread-safe.

    Args:
        kinds: What the mechanism realises.
        of: What stands on the listeners, in words: `the look-up of`.
        retire: Ends the idle connections of a listener, which would not meet what is armed.
    """

    def __init__(self, kinds: frozenset[str], of: str, retire: Callable[[str], None]) -> None:
        self._kinds, self._of, self._retire = kinds, of, retire
        self._armed: dict[str, dict[str, Toxic]] = {}
        self._met: dict[tuple[str, str], int] = {}
        self._lock = threading.Lock()

    @property
    def kinds(self) -> frozenset[str]:
        """What it realises."""
        return self._kinds

    def apply(self, name: str, fault_id: str, toxics: Sequence[Toxic]) -> None:
        """Let whoever comes to a listener from now on meet a toxic."""
        with self._lock:
            for toxic in toxics:
                self._armed.setdefault(name, {})[fault_id] = toxic
                self._met[name, fault_id] = 0
        self._retire(name)

    def clear(self, name: str, fault_id: str) -> None:
        """Let whoever comes pass again; what a client has already begun is its own to end."""
        with self._lock:
            self._armed.get(name, {}).pop(fault_id, None)

    def verify_clear(self) -> list[str]:
        """Return a sentence for each toxic still there."""
        with self._lock:
            return [
                f"{self._of} {name!r} still has toxic '{id}-0' ({toxic.kind})"
                for name, armed in self._armed.items()
                for id, toxic in armed.items()
            ]

    def hits(self, name: str, fault_id: str) -> int:
        """Return how often the fault was met since it was armed."""
        with self._lock:
            return self._met.get((name, fault_id), 0)

    def armed(self, name: str) -> Toxic | None:
        """Return the toxic that somebody would meet who comes to a listener."""
        with self._lock:
            return next(iter(self._armed.get(name, {}).values()), None)

    def meet(self, name: str) -> Toxic | None:
        """Return the toxic that somebody meets who comes to a listener, and count it."""
        with self._lock:
            for id, toxic in self._armed.get(name, {}).items():
                self._met[name, id] += 1
                return toxic
        return None
