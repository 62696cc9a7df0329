"""How a domain plugs into the twin: handlers of operations and commands of the platform.

Adding an operation is adding a function under `@handles`; adding something that a buyer, the
platform or a fault may do is adding a function under `@command`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar

import msgspec

from tts_chaos.contracts.loader import Contracts
from tts_chaos.contracts.operation import Operation
from tts_chaos.core.clock import SkewedClock
from tts_chaos.core.entropy import Entropy
from tts_chaos.core.registry import Registry
from tts_chaos.twin.settings import TwinSettings
from tts_chaos.twin.store import Store

__all__ = [
    "COMMANDS",
    "HANDLERS",
    "Call",
    "Command",
    "DeclinedError",
    "Handler",
    "RefusalError",
    "TwinEnv",
    "command",
    "handles",
]


class RefusalError(Exception):
    """The API refuses a call. Raised anywhere below the pipeline, answered in one place.

    Args:
        code: Code from the error table of the contracts.
        message: Text instead of the table's, for codes whose message names a detail.
        variant: Which of several refusals that share the code, by its name in the table.
        condition: Condition that only the simplified profile tells apart (`token_missing`).
        diagnosis: What the caller did wrong, for the record; never sent.
        is_ordered: Whether a command ordered it, so that it says nothing about the call.
    """

    def __init__(
        self,
        code: int,
        message: str | None = None,
        *,
        variant: str = "",
        condition: str = "",
        diagnosis: str = "",
        is_ordered: bool = False,
    ) -> None:
        self.code = int(code)
        self.message = message
        self.variant = variant
        self.condition = condition
        self.diagnosis = diagnosis
        self.is_ordered = is_ordered
        super().__init__(f"{self.code} {variant} {message or ''}".strip())


class DeclinedError(Exception):
    """The twin knows the operation and does not serve it; the message is the reason."""


class TwinEnv:
    """All a handler or command may touch.

    Args:
        clock: The platform's clock; faults may skew it.
        entropy: Source of ids and of generated data.
        store: The platform's state.
        settings: Switches that commands may turn during a run.
        emit: Queues a webhook: `emit(event type, shop id, data)`.
        contracts: What the API promises.
        declare_secret: Tells the outside that a value is secret: `declare_secret(value, label)`.

    Attributes:
        minted_secrets: How many app secrets were made so far; numbers their labels.
    """

    def __init__(
        self,
        *,
        clock: SkewedClock,
        entropy: Entropy,
        store: Store,
        settings: TwinSettings,
        contracts: Contracts,
        emit: Callable[[int, str, dict[str, Any]], None],
        declare_secret: Callable[[str, str], None],
    ) -> None:
        self.clock = clock
        self.entropy = entropy
        self.store = store
        self.settings = settings
        self.contracts = contracts
        self.minted_secrets = 0
        self.emit = emit
        self.declare_secret = declare_secret

    def now_s(self) -> int:
        """Return the platform's time in Unix seconds, the unit of every time on the wire."""
        return self.clock.now_ms() // 1000

    def mint_id(self) -> str:
        """Return a fresh id as the API writes them: a decimal string of 19 digits."""
        return self.entropy.digits(19)


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One call that passed every gate, parsed by its contract.

    Attributes:
        env: The twin's environment.
        operation: The contract.
        shop_id: Shop addressed, "" for operations without one.
        open_id: Account that authorised the token.
        path: Values of the path's placeholders.
        query: Decoded query parameters beyond the common ones, typed by the contract.
        body: The JSON body; {} where none was sent.
    """

    env: TwinEnv
    operation: Operation
    shop_id: str
    open_id: str
    path: dict[str, str]
    query: dict[str, Any]
    body: dict[str, Any]


Handler: TypeAlias = Callable[[Call], dict[str, Any]]
"""Takes a call, returns the envelope's `data`; raises `RefusalError`."""

Command: TypeAlias = Callable[..., Any]
"""Takes the environment and keyword arguments, returns a JSON value."""

HANDLERS: Registry[Handler] = Registry("handler")
COMMANDS: Registry[Command] = Registry("platform command")
H = TypeVar("H", bound=Handler)
C = TypeVar("C", bound=Command)


def handles(*operation_ids: str) -> Callable[[H], H]:
    """Register the decorated function for operations, several versions at once where they agree."""

    def register(handler: H) -> H:
        for operation_id in operation_ids:
            HANDLERS.add(operation_id, handler)
        return handler

    return register


def command(name: str) -> Callable[[C], C]:
    """Register the decorated function as a platform command; its docstring is its help.

    Its parameters after the first are the arguments a scenario may give, with their types.
    """

    def register(function: C) -> C:
        COMMANDS.add(name, function)
        return function

    return register
