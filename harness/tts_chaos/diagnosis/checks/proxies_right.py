"""Do the proxy variables of the environment make sense?"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from tts_chaos.diagnosis.check import Remark, check, error, note, warning
from tts_chaos.diagnosis.finding import Place
from tts_chaos.diagnosis.observed import Observed, ProxyVariable

__all__ = ["look"]

_SCHEMES = ("http", "https", "socks5", "socks5h", "socks4")
_WHERE = Place("environment")


@check(name="proxies_right", family="network", asks="do the proxy variables make sense?")
def look(seen: Observed) -> Iterable[Remark]:
    """Yield proxy variables that are malformed, hold a password, or catch loopback as well."""
    proxies = [row for row in seen.proxies if row.name.lower() != "no_proxy"]
    for row in proxies:
        yield from _proxy(row)
    yield from _differing(proxies)
    exempt = ",".join(row.value for row in seen.proxies if row.name.lower() == "no_proxy")
    if proxies and not {"localhost", "127.0.0.1", "*"} & set(_listed(exempt)):
        yield note(
            "calls to this machine itself go to the proxy, too: NO_PROXY does not name localhost",
            "export NO_PROXY=localhost,127.0.0.1",
            _WHERE,
        )


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",")]


def _proxy(row: ProxyVariable) -> Iterable[Remark]:
    try:
        parts = urlsplit(row.value)
        host, port = parts.hostname, parts.port
    except ValueError:
        parts, host, port = urlsplit(""), None, None
    if parts.scheme not in _SCHEMES or not host:
        yield error(
            f"{row.name} is no address of a proxy",
            "write it like http://proxy.example:3128; clients read one without scheme each in "
            "their own way",
            _WHERE,
        )
        return
    shown = f"{parts.scheme}://{host}{f':{port}' if port else ''}"
    if parts.password:
        yield warning(
            f"{row.name} holds the password of {shown}",
            "every program that runs here can read it; use a proxy that needs none, or a local one "
            "that knows it",
            _WHERE,
        )
    yield note(
        f"calls go through the proxy {shown} ({row.name})",
        "if calls fail, try without it; Node's fetch does not obey this variable",
        _WHERE,
    )


def _differing(proxies: list[ProxyVariable]) -> Iterable[Remark]:
    by_name: dict[str, ProxyVariable] = {}
    for row in proxies:
        other = by_name.setdefault(row.name.lower(), row)
        if other.value != row.value:
            yield warning(
                f"{other.name} and {row.name} differ",
                "set both to the same: some programs read the one, some the other",
                _WHERE,
            )
