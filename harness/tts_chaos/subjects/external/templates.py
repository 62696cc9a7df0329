"""Placeholders in the configuration: `{api_url}`, `{order_id}`. Anything else in braces stays."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from tts_chaos.core.registry import nearest
from tts_chaos.scenarios.shape import Place
from tts_chaos.typing import TwinConnection

__all__ = ["CONNECTION", "connection_values", "fill", "refuse_unknown", "used_in"]

_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")

CONNECTION = (
    "api_url",
    "token_url",
    "app_key",
    "app_secret",
    "access_token",
    "refresh_token",
    "access_token_expires_at",
    "refresh_token_expires_at",
    "shop_id",
    "shop_cipher",
    "ca_file",
    "port",
    "workspace",
    "python",
)
"""What stands for the twin's addresses and keys, and for what each run has of its own."""

_MEANT = {
    "webhook_secret": "webhooks are signed with the secret of the app: {app_secret}",
    "base_url": "the program's own port is {port}",
    "url": "the API's base URL is {api_url}, that of the token host {token_url}",
}


def connection_values(
    connection: TwinConnection, *, port: int, workspace: Path, python: str
) -> dict[str, str]:
    """Return the value of each placeholder of `CONNECTION`."""
    own = {
        "ca_file": connection.ca_file or "",
        "port": str(port),
        "workspace": str(workspace),
        "python": python,
    }
    return {
        name: own[name] if name in own else str(getattr(connection, name)) for name in CONNECTION
    }


def used_in(text: str) -> set[str]:
    """Return the names of the placeholders in `text`."""
    return set(_PLACEHOLDER.findall(text))


def refuse_unknown(text: str, known: Iterable[str], place: Place) -> None:
    """Refuse a placeholder that nobody would fill.

    Raises:
        UsageError: Naming it, the nearest valid one, and all that are valid here.
    """
    valid = list(known)
    for name in _PLACEHOLDER.findall(text):
        if name in valid:
            continue
        close = nearest(name, valid)
        hint = f" Did you mean {{{close}}}?" if close else ""
        meant = f" ({_MEANT[name]})" if name in _MEANT else ""
        raise place.error(
            f"nothing fills the placeholder {{{name}}}{meant}.{hint} "
            f"Valid here: {', '.join('{' + word + '}' for word in valid)}"
        )


def fill(
    text: str, values: Mapping[str, str], spell: Callable[[str], str] = lambda value: value
) -> str:
    """Return `text` with each known placeholder replaced by its value, spelt by `spell`."""
    return _PLACEHOLDER.sub(
        lambda match: spell(values[match[1]]) if match[1] in values else match[0], text
    )
