"""A private copy of the toxiproxy-python library for each client.

The library keeps host and port in class attributes, so all its users in one process share one
server; it calls the HTTP library's module functions, so it has no timeouts and obeys proxy
variables even for loopback; and it overlooks errors of the server. A copy of its modules per
client, whose HTTP functions are the client's own session, keeps the library as it is and leaves
other users in the process alone.
"""

from __future__ import annotations

import importlib.util
import itertools
import sys
from types import ModuleType
from typing import Any, Protocol

from tts_chaos.errors import BackendUnavailableError

__all__ = ["HttpFunctions", "load_driver"]

_copies = itertools.count(1)


class HttpFunctions(Protocol):
    """The functions that the library calls."""

    def get(self, url: str, **options: Any) -> Any:
        """Send a GET request."""
        ...

    def post(self, url: str, **options: Any) -> Any:
        """Send a POST request."""
        ...

    def delete(self, url: str, **options: Any) -> Any:
        """Send a DELETE request."""
        ...


def load_driver(http: HttpFunctions, host: str, port: int) -> ModuleType:
    """Return a copy of the `toxiproxy` package that talks to one server through `http`.

    Raises:
        BackendUnavailableError: If the library is not installed.
    """
    found = importlib.util.find_spec("toxiproxy")
    if found is None or found.origin is None:
        raise BackendUnavailableError(
            "the library toxiproxy-python is not installed; "
            "install it with: python -m pip install toxiproxy-python"
        )
    name = f"_tts_chaos_toxiproxy_{next(_copies)}"
    spec = importlib.util.spec_from_file_location(
        name, found.origin, submodule_search_locations=found.submodule_search_locations
    )
    assert spec is not None
    assert spec.loader is not None
    package = importlib.util.module_from_spec(spec)
    # Registered only while loading, for the relative imports inside the package.
    sys.modules[name] = package
    try:
        spec.loader.exec_module(package)
    finally:
        for loaded in [key for key in sys.modules if key == name or key.startswith(f"{name}.")]:
            del sys.modules[loaded]
    package.api.requests = http
    package.api.APIConsumer.host = host
    package.api.APIConsumer.port = port
    return package
