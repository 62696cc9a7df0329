"""An integration that is a Python object: the names of its methods say what it can do."""

from __future__ import annotations

import asyncio
import inspect
import traceback
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, cast

from tts_chaos.core.history import PROGRAM_KILLED, Json
from tts_chaos.core.registry import nearest
from tts_chaos.engine.plain import to_plain
from tts_chaos.engine.ports import ProgramKilledError
from tts_chaos.errors import ConfigError, UsageError
from tts_chaos.subjects.webhook_post import post_webhook
from tts_chaos.typing import ACTION_ARGUMENTS, ACTIONS, OBSERVATIONS

__all__ = ["InProcessSubject"]

_KNOWN = (*ACTIONS, *OBSERVATIONS)

EXCEPTIONS_KEPT = 3
"""Different exceptions of which the traceback is kept: the first ones tell most."""

FRAMES_KEPT = 8
"""Outermost frames of a traceback: the integration's own, before it calls into libraries."""


class InProcessSubject:
    """Implements `engine.ports.Subject` over any object.

    Args:
        integration: The object.
        in_virtual_time: Whether it runs in virtual time, where a receiver of its own, which serves
            in real time, is out of reach.

    Raises:
        ConfigError: If the object has none of the known methods, or one of them cannot be called
            the way it will be.
    """

    def __init__(self, integration: object, *, in_virtual_time: bool = False) -> None:
        if isinstance(integration, type):
            raise ConfigError(
                f"the fixture tts_integration returned the class {integration.__name__} itself; "
                "return an object of it"
            )
        self._integration = integration
        self._in_virtual_time = in_virtual_time
        self._exceptions: dict[str, str] = {}
        self._is_killed = False
        self._capabilities = frozenset(name for name in _KNOWN if self._method(name) is not None)
        if not self._capabilities:
            raise ConfigError(_describe_unusable(integration))
        problems = [
            problem
            for name in _KNOWN
            if name in self._capabilities
            and (problem := _describe_misfit(name, self._method(name)))
        ]
        if problems:
            raise ConfigError(
                f"the fixture tts_integration returned {type(integration).__name__!r}, which "
                f"cannot be called as the harness will: {'; '.join(problems)}"
            )

    def _method(self, name: str) -> Callable[..., Any] | None:
        """Return what does `name`; an address of a receiver of its own will do for webhooks."""
        method = getattr(self._integration, name, None)
        if callable(method):
            return cast("Callable[..., Any]", method)
        address = getattr(self._integration, "webhook_url", None)
        if name == "deliver_webhook" and callable(address) and not self._in_virtual_time:
            return lambda headers, body: post_webhook(address(), headers, body)
        return None

    @property
    def capabilities(self) -> frozenset[str]:
        """Names of the known methods it has."""
        return self._capabilities

    @property
    def exceptions(self) -> tuple[str, ...]:
        """Tracebacks of the first few different exceptions that its methods raised."""
        return tuple(self._exceptions.values())

    @property
    def evidence(self) -> tuple[tuple[str, str], ...]:
        """What a report of a failed run shows, each with its title."""
        return tuple(("exception", text) for text in self.exceptions)

    @property
    def absent(self) -> Mapping[str, str]:
        """Capabilities that it would have elsewhere, with the reason why it has them not here."""
        has_own = callable(getattr(self._integration, "webhook_url", None))
        is_out_of_reach = self._in_virtual_time and "deliver_webhook" not in self._capabilities
        return {"deliver_webhook": _OUT_OF_REACH} if has_own and is_out_of_reach else {}

    # -- death ----------------------------------------------------------------------------------

    @property
    def is_killed(self) -> bool:
        """Whether it was killed and not restarted since."""
        return self._is_killed

    def kill(self) -> None:
        """Let none of its code reach the platform any more; what runs ends at its next request."""
        self._is_killed = True

    def end_if_killed(self) -> None:
        """End the code that makes a request although it is dead.

        Raises:
            ProgramKilledError: If it is.
        """
        if self._is_killed:
            raise ProgramKilledError(PROGRAM_KILLED)

    # -- calls ----------------------------------------------------------------------------------

    def call(self, name: str, arguments: Mapping[str, Any]) -> Any:
        """Call a method; arguments are positional in their documented order, settings by name.

        Returns:
            What it returns, as JSON values; where that is awaitable, an awaitable of them. What an
            action returns without having been asked for anything is kept only if it is like JSON.

        Raises:
            UsageError: If an answer that was asked for is not like JSON.
            ProgramKilledError: If it is dead; `restart` brings it back to life.
        """
        if name == "restart":
            self._is_killed = False
        self.end_if_killed()
        method = self._method(name)
        if method is None:
            raise UsageError(f"the integration has no {name}()")
        order = ACTION_ARGUMENTS.get(name, ())
        try:
            if order is None:
                value = method(**arguments)
            else:
                value = method(*(arguments[key] for key in order))
        except BaseException as error:
            self._keep(name, error)
            raise
        return self._await(name, value) if inspect.isawaitable(value) else _plain(name, value)

    async def _await(self, name: str, value: Awaitable[Any]) -> Any:
        try:
            answer = await value
        except BaseException as error:
            self._keep(name, error)
            raise
        return _plain(name, answer)

    def _keep(self, name: str, error: BaseException) -> None:
        key = f"{name} {type(error).__name__} {error}"
        if isinstance(error, _NOT_ITS_OWN) or key in self._exceptions:
            return
        if len(self._exceptions) < EXCEPTIONS_KEPT:
            # The first frame is the call above.
            frames = error.__traceback__.tb_next if error.__traceback__ else None
            lines = traceback.format_exception(type(error), error, frames, limit=FRAMES_KEPT)
            self._exceptions[key] = f"{name}():\n{''.join(lines)}"


_NOT_ITS_OWN = (KeyboardInterrupt, GeneratorExit, asyncio.CancelledError)
"""What comes from outside and ends a call in the middle."""


def _plain(name: str, value: Any) -> Json:
    try:
        return to_plain(value)
    except UsageError:
        if name in ACTIONS and name not in _ANSWERING:
            return None
        raise


_OUT_OF_REACH = (
    "webhook_url() names a receiver that serves in real time, and time is virtual here; give it "
    "deliver_webhook(headers, body), or play on real sockets: --tts-world wire"
)

_ANSWERING = frozenset({"deliver_webhook", "quote_checkout"})
"""Actions that are asked for an answer."""


def _describe_unusable(integration: object) -> str:
    known = ", ".join(_KNOWN)
    if integration is None:
        return (
            "the fixture tts_integration returned None; end it with `return integration`, or with "
            "`yield integration` where it has something to close"
        )
    if inspect.isawaitable(integration) or inspect.isasyncgen(integration):
        return (
            "the fixture tts_integration is async; make it a plain fixture, its methods may be "
            "async"
        )
    own = [
        name
        for kind in type(integration).__mro__
        if kind.__module__ != "builtins"
        for name in vars(kind)
        if not name.startswith("_")
    ]
    close = [
        f"{name}() (did you mean {meant}()?)" for name in own if (meant := nearest(name, _KNOWN))
    ]
    near = f" It has {', '.join(close[:3])}." if close else ""
    return (
        f"the fixture tts_integration returned {type(integration).__name__!r}, which has none of "
        f"the methods the harness knows.{near} Give it at least sync_orders() and orders(); all "
        f"it may have: {known}."
    )


def _describe_misfit(name: str, method: Callable[..., Any] | None) -> str:
    """Return why `method` cannot be called, "" where it can or its signature is not to be had."""
    order = ACTION_ARGUMENTS.get(name, ())
    if order is None or method is None:
        return ""
    try:
        signature = inspect.signature(method)
    except (TypeError, ValueError):
        return ""
    try:
        signature.bind(*order)
    except TypeError as error:
        return f"{name}{signature} is called as {name}({', '.join(order)}): {error}"
    return ""
