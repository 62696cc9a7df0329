"""Contract and chaos test harness for integrations with TikTok Shop.

Unofficial, not affiliated with TikTok. Importing this package imports nothing heavy.
"""

from __future__ import annotations

__all__ = ["__version__"]


def __getattr__(name: str) -> str:
    if name == "__version__":
        from importlib.metadata import version

        return version("pytest-tts-chaos")
    raise AttributeError(name)
