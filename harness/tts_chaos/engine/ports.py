"""What the engine asks of the outside: the platform, a world to run in, and the integration.

Mechanisms implement these; the engine imports none of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol, TypeVar, runtime_checkable

import msgspec

from tts_chaos.core.clock import Clock, SkewedClock
from tts_chaos.core.history import Json, OpKind
from tts_chaos.errors import ChaosError
from tts_chaos.faults.fault import Fault, Trigger
from tts_chaos.typing import TwinConnection
from tts_chaos.wire.delivery import Delivery, Fate
from tts_chaos.wire.message import ApiRequest

__all__ = [
    "Completion",
    "Confined",
    "Door",
    "Elsewhere",
    "Mortal",
    "OpenExchange",
    "OutcomeUnknownError",
    "ProgramKilledError",
    "Subject",
    "World",
    "Writer",
    "Written",
]

T = TypeVar("T")


class OpenExchange(Protocol):
    """A request that the platform has dealt with; its answer has yet to travel."""

    @property
    def delivery(self) -> Delivery:
        """The answer and the way it travels."""
        ...

    def conclude(self, fate: Fate) -> None:
        """Say what the client experienced. Must be called exactly once."""
        ...


class Door(Protocol):
    """The platform with the fault plane in front of it: where every request arrives.

    Implemented by `engine.gateway.Gateway`; thread-safe.
    """

    def open(self, request: ApiRequest) -> OpenExchange:
        """Take a request in: faults decide, the twin handles it, and the answer is ready."""
        ...


class Completion(msgspec.Struct, frozen=True, kw_only=True):
    """How a call of the integration ended. `value` for OK, `error` for FAIL and INFO."""

    kind: OpKind
    value: Json = None
    error: str = ""


class OutcomeUnknownError(ChaosError):
    """Raised by a subject that cannot know whether what was asked of it was done: INFO."""


class ProgramKilledError(SystemExit):
    """Ends code of an integration in this process that the scenario has killed.

    No `except Exception` catches it, and asyncio lets it through to whoever runs the loop.
    """


class Subject(Protocol):
    """The integration under test."""

    @property
    def capabilities(self) -> frozenset[str]:
        """Names of the actions and observations it offers."""
        ...

    def call(self, name: str, arguments: Mapping[str, Any]) -> Any:
        """Do an action or observation.

        Raises:
            Exception: Whatever the integration raises.
        """
        ...


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """Something that the integration has written, to be searched for secrets.

    `channel` and `source` as in `core.history.Searched`.
    """

    channel: str
    source: str
    text: str


@runtime_checkable
class Writer(Protocol):
    """A subject that writes where the harness would not look by itself."""

    def written(self) -> Iterable[Written]:
        """Return all that it has written, while it still runs."""
        ...


@runtime_checkable
class Elsewhere(Protocol):
    """A subject that offers more in another world than in this one."""

    @property
    def absent(self) -> Mapping[str, str]:
        """Names of what it does not offer here, each with the reason."""
        ...


@runtime_checkable
class Mortal(Protocol):
    """A subject that can be killed in the middle of its work, and restarted afterwards.

    Killed, it stays dead until its capability `restart` is called.
    """

    @property
    def is_killed(self) -> bool:
        """Whether it is dead."""
        ...

    def kill(self) -> None:
        """End it at once. Thread-safe; called while the platform handles one of its requests."""
        ...

    def end_if_killed(self) -> None:
        """Called by each request: ends code that lives on in this process although it is dead.

        Raises:
            ProgramKilledError: If it is, and runs in this process.
        """
        ...


@runtime_checkable
class Confined(Protocol):
    """A subject that is kept on this machine by means of its own."""

    @property
    def refused(self) -> tuple[str, ...]:
        """Return outside destinations that it tried in vain, each once."""
        ...


class World(Protocol):
    """Where a scenario runs: how requests reach the platform, and what time means."""

    @property
    def name(self) -> str:
        """`simulated` or `wire`."""
        ...

    @property
    def clock(self) -> Clock:
        """The world's true time; the platform's may be skewed against it."""
        ...

    def open(
        self, door: Door, credentials: TwinConnection, platform_clock: SkewedClock
    ) -> TwinConnection:
        """Start; returns `credentials` with the addresses under which the platform is reached."""
        ...

    def close(self) -> None:
        """End; leaves no patch, process or port behind, however the run ended."""
        ...

    def refusal(self, fault: Fault, trigger: Trigger) -> str | None:
        """Say why this world cannot realise a fault, or None where it can."""
        ...

    def kill_refusal(self) -> str | None:
        """Say why an integration cannot be killed in this world, or None where it can."""
        ...

    @property
    def tests_program(self) -> bool:
        """Whether what runs here is a program of its own, outside this process."""
        ...

    def uses_proxy(self, fault: Fault, trigger: Trigger) -> bool:
        """Whether a proxy, not the door, realises this fault here."""
        ...

    def arm(self, id: str, fault: Fault, trigger: Trigger) -> None:
        """Begin a fault that uses the proxy."""
        ...

    def lift(self, id: str) -> None:
        """End a fault that uses the proxy, and verify that it is gone.

        Raises:
            InjectionError: If it is not.
        """
        ...

    def hits(self, id: str) -> int:
        """Return how often an armed fault that uses the proxy was met, 0 where nobody counts."""
        ...

    def sleep(self, duration_ms: int) -> None:
        """Let time pass for the runner."""
        ...

    def call(self, work: Callable[[], T], *, limit_ms: int) -> Completion:
        """Run a call of the integration in this world's time, bounded.

        Exceptions become FAIL; a call that exceeds `limit_ms`, hangs, or ends the interpreter
        becomes INFO with an error that says so. KeyboardInterrupt passes through.
        """
        ...

    def call_together(
        self, works: Sequence[Callable[[], Any]], *, limit_ms: int
    ) -> list[Completion]:
        """Run several calls at the same time, each in a thread of its own; results in order."""
        ...

    @property
    def proxy_engine(self) -> str:
        """Fault proxy engine in use, "" for none."""
        ...

    def refused_destinations(self) -> tuple[str, ...]:
        """Return outside hosts that the integration tried to reach, each once."""
        ...

    def leftover_threads(self) -> tuple[str, ...]:
        """Return names of threads that the integration did not end; known after `close`."""
        ...
