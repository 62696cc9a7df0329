"""An integration that is a Python object: the names of its methods say what it can do."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from tts_chaos.core.registry import nearest
from tts_chaos.errors import ConfigError
from tts_chaos.typing import ACTION_ARGUMENTS, ACTIONS, OBSERVATIONS

__all__ = ["InProcessSubject"]

_KNOWN = (*ACTIONS, *OBSERVATIONS)


class InProcessSubject:
    """Implements `engine.ports.Subject` over any object.

    Raises:
        ConfigError: If the object has none of the known methods, or one of them cannot be called
            the way it will be.
    """

    def __init__(self, integration: object) -> None:
        self._integration = integration
        self._capabilities = frozenset(
            name for name in _KNOWN if callable(getattr(integration, name, None))
        )
        if not self._capabilities:
            raise ConfigError(_describe_unusable(integration))
        problems = [
            problem
            for name in _KNOWN
            if name in self._capabilities
            and (problem := _describe_misfit(name, getattr(integration, name)))
        ]
        if problems:
            raise ConfigError(
                f"the fixture tts_integration returned a {type(integration).__name__} that cannot "
                f"be called as the harness will: {'; '.join(problems)}"
            )

    @property
    def capabilities(self) -> frozenset[str]:
        """Names of the known methods it has."""
        return self._capabilities

    def call(self, name: str, arguments: Mapping[str, Any]) -> Any:
        """Call a method; arguments are positional in their documented order, settings by name."""
        method = getattr(self._integration, name)
        order = ACTION_ARGUMENTS.get(name, ())
        if order is None:
            return method(**arguments)
        return method(*(arguments[key] for key in order))


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
    if isinstance(integration, type):
        return (
            f"the fixture tts_integration returned the class {integration.__name__} itself; "
            "return an object of it"
        )
    close = [
        f"{name}() (did you mean {meant}()?)"
        for name in dir(integration)
        if not name.startswith("_") and (meant := nearest(name, _KNOWN))
    ]
    near = f" It has {', '.join(close[:3])}." if close else ""
    return (
        f"the fixture tts_integration returned {type(integration).__name__!r}, which has none of "
        f"the methods the harness knows.{near} Give it at least sync_orders() and orders(); all "
        f"it may have: {known}."
    )


def _describe_misfit(name: str, method: Callable[..., Any]) -> str:
    """Return why `method` cannot be called, "" where it can or its signature is not to be had."""
    order = ACTION_ARGUMENTS.get(name, ())
    if order is None:
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
