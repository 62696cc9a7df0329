"""An integration that is a Python object: the names of its methods say what it can do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tts_chaos.errors import ConfigError
from tts_chaos.typing import ACTIONS, OBSERVATIONS

__all__ = ["InProcessSubject"]


class InProcessSubject:
    """Implements `engine.ports.Subject` over any object.

    Raises:
        ConfigError: If the object has none of the known methods.
    """

    def __init__(self, integration: object) -> None:
        self._integration = integration
        known = (*ACTIONS, *OBSERVATIONS)
        self._capabilities = frozenset(
            name for name in known if callable(getattr(integration, name, None))
        )
        if not self._capabilities:
            raise ConfigError(
                f"the fixture tts_integration returned {type(integration).__name__!r}, which has "
                "none of the methods the harness knows. Give it at least sync_orders() and "
                f"orders(); all it may have: {', '.join(known)}."
            )

    @property
    def capabilities(self) -> frozenset[str]:
        """Names of the known methods it has."""
        return self._capabilities

    def call(self, name: str, arguments: Mapping[str, Any]) -> Any:
        """Call a method; arguments are positional in their documented order, settings by name."""
        method = getattr(self._integration, name)
        if name == "reconfigure":
            return method(**arguments)
        return method(*arguments.values())
