"""The packages that a load needs besides those of the plugin."""

from __future__ import annotations

from importlib.util import find_spec

from tts_chaos.errors import BackendUnavailableError

__all__ = ["require_packages"]

NEEDED = ("locust", "hdrh")


def require_packages() -> None:
    """Look for them without importing them: Locust replaces parts of the standard library.

    Raises:
        BackendUnavailableError: If one is missing; says how to get it.
    """
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise BackendUnavailableError(
            f"load needs {' and '.join(missing)}: pip install 'pytest-tts-chaos[load]'"
        )
