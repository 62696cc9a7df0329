"""The client of the control interface: toxiproxy-python as driver, made safe.

Adds what the library lacks: timeouts, independence of proxy variables, several servers in one
process, changing proxies and toxics, `/populate`, checked names, and errors that say what to do.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import urlsplit

import msgspec
import requests

from tts_chaos.errors import BackendUnavailableError, InjectionError, UsageError
from tts_chaos.serving.fault_proxy.driver import load_driver

__all__ = ["ProxyCounts", "ProxyState", "ToxicState", "ToxiproxyClient", "check_name"]

T = TypeVar("T")
_NAME = re.compile(r"[A-Za-z0-9_-]+")
_TIMEOUT_S = 5.0
"""The server answers in milliseconds; longer means that something else listens there."""


class ToxicState(msgspec.Struct, frozen=True, kw_only=True):
    """A toxic as the server shows it. `type` is its kind on the wire."""

    name: str
    type: str
    stream: str
    toxicity: float
    attributes: dict[str, int]


class ProxyState(msgspec.Struct, frozen=True, kw_only=True):
    """A proxy as the server shows it; `listen` and `upstream` are `host:port`."""

    name: str
    listen: str
    upstream: str
    enabled: bool
    toxics: tuple[ToxicState, ...] = ()


class ProxyCounts(msgspec.Struct, frozen=True, kw_only=True):
    """Connections of a proxy since it was made; only the embedded engine counts them.

    Attributes:
        accepted: All of them.
        open: Those open now.
        hit: Those that at least one toxic acted on.
        cut: Those closed because the proxy was disabled.
        toxics: Those acted on, by name of toxic, removed toxics included.
    """

    name: str
    accepted: int
    open: int
    hit: int
    cut: int
    toxics: dict[str, int]


def check_name(name: str, noun: str) -> str:
    """Return `name` if it can stand in a path as it is.

    Raises:
        UsageError: Otherwise; the library does not quote names.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{noun} {name!r} cannot be used: expected only letters A-Z and a-z, digits, '_' and "
            "'-', at least one; choose another name"
        )
    return name


class ToxiproxyClient:
    """Talks to one server, the embedded engine or a real one.

    Args:
        url: Its control interface, `http://host:port`.
        timeout_s: Longest wait for a connection and for each answer.
        explain: Called when the server cannot be reached; returns what is known about the cause.

    Raises:
        UsageError: If `url` is no such URL.
    """

    def __init__(
        self,
        url: str,
        *,
        timeout_s: float = _TIMEOUT_S,
        explain: Callable[[], str] = lambda: "",
    ) -> None:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        if parts.scheme != "http" or not parts.hostname or not parts.port:
            raise UsageError(
                f"{url!r} is no URL of a Toxiproxy server; expected http://host:port, "
                "for example http://127.0.0.1:8474"
            )
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        self.url = f"http://{host}:{parts.port}"
        self.address = (parts.hostname, parts.port)
        self._timeout_s = timeout_s
        self._explain = explain
        self._session = requests.Session()
        self._session.trust_env = False
        self._driver = load_driver(self, host, parts.port)
        self._server = self._driver.Toxiproxy()
        known = self._driver.api
        self._driver_errors: tuple[type[Exception], ...] = (
            known.ProxyExists,
            known.NotFound,
            known.InvalidToxic,
        )

    def close(self) -> None:
        """Close the connections to the server."""
        self._session.close()

    # The three functions that the driver calls in place of those of its HTTP library.

    def get(self, url: str, **options: Any) -> requests.Response:
        """Send a GET request; see `send`."""
        return self.send("GET", url, **options)

    def post(self, url: str, **options: Any) -> requests.Response:
        """Send a POST request; see `send`."""
        return self.send("POST", url, **options)

    def delete(self, url: str, **options: Any) -> requests.Response:
        """Send a DELETE request; see `send`."""
        return self.send("DELETE", url, **options)

    def send(self, method: str, url: str, **options: Any) -> requests.Response:
        """Send a request and return the answer, an error among those the driver knows included.

        Raises:
            BackendUnavailableError: If the server cannot be reached or does not answer in time.
            InjectionError: If it answers with an error that the driver would overlook.
        """
        try:
            response = self._session.request(method, url, timeout=self._timeout_s, **options)
        except requests.RequestException as error:
            raise self._unavailable(error) from error
        if response.status_code >= requests.codes.bad and response.status_code not in (
            requests.codes.bad,
            requests.codes.not_found,
            requests.codes.conflict,
        ):
            raise _refused(f"{method} {url}", response.status_code, response.content)
        return response

    def version(self) -> str:
        """Return the server's version.

        Raises:
            BackendUnavailableError: If no Toxiproxy server answers.
        """
        response = self._call("version", lambda: self.get(f"{self.url}/version"))
        try:
            return str(msgspec.json.decode(response.content, type=dict[str, str])["version"])
        except (msgspec.DecodeError, KeyError) as error:
            raise BackendUnavailableError(
                f"what listens at {self.url} is no Toxiproxy server: GET /version answered "
                f"{response.status_code} {response.content[:80]!r}; check the address"
            ) from error

    def proxies(self) -> dict[str, ProxyState]:
        """Return all proxies by name."""
        response = self._call("list the proxies", lambda: self.get(f"{self.url}/proxies"))
        return msgspec.json.decode(response.content, type=dict[str, ProxyState])

    def proxy(self, name: str) -> ProxyState:
        """Return one proxy.

        Raises:
            InjectionError: If there is none of this name.
        """
        url = f"{self.url}/proxies/{check_name(name, 'proxy')}"
        return self._decode(f"show proxy {name!r}", "GET", url, ProxyState)

    def create(
        self, name: str, upstream: str, *, listen: str = "127.0.0.1:0", enabled: bool = True
    ) -> ProxyState:
        """Create a proxy; addresses are `host:port`, port 0 for any free one.

        Raises:
            InjectionError: If the name or the port is taken.
        """
        check_name(name, "proxy")
        proxy = self._call(
            f"create proxy {name!r}",
            lambda: self._server.create(
                upstream=upstream, name=name, listen=listen, enabled=enabled
            ),
        )
        return ProxyState(
            name=proxy.name, listen=proxy.listen, upstream=proxy.upstream, enabled=proxy.enabled
        )

    def update(
        self,
        name: str,
        *,
        enabled: bool | None = None,
        listen: str | None = None,
        upstream: str | None = None,
    ) -> ProxyState:
        """Change what is not None.

        Raises:
            InjectionError: If there is no such proxy or the port is taken.
        """
        wanted = {"enabled": enabled, "listen": listen, "upstream": upstream}
        changes = {key: value for key, value in wanted.items() if value is not None}
        url = f"{self.url}/proxies/{check_name(name, 'proxy')}"
        return self._decode(f"update proxy {name!r}", "PATCH", url, ProxyState, json=changes)

    def delete_proxy(self, name: str) -> None:
        """Delete a proxy.

        Raises:
            InjectionError: If there is none of this name.
        """
        self._call(f"delete proxy {name!r}", self._handle(name).destroy)

    def populate(self, proxies: Sequence[Mapping[str, Any]]) -> tuple[ProxyState, ...]:
        """Create or replace several proxies in one request.

        Args:
            proxies: Each with `name` and `upstream`, optionally `listen` and `enabled`.

        Raises:
            InjectionError: If one cannot be created; those before it exist.
        """
        for proxy in proxies:
            check_name(str(proxy.get("name", "")), "proxy")

        class Populated(msgspec.Struct):
            proxies: tuple[ProxyState, ...] | None = None

        url = f"{self.url}/populate"
        answer = self._decode("populate", "POST", url, Populated, json=list(proxies))
        return answer.proxies or ()

    def reset(self) -> None:
        """Enable every proxy on the server and remove every toxic, whoever made them."""
        self._call("reset", self._server.reset)

    def toxics(self, proxy: str) -> tuple[ToxicState, ...]:
        """Return the toxics of a proxy, upstream first."""
        return self.proxy(proxy).toxics

    def add_toxic(
        self,
        proxy: str,
        name: str,
        kind: str,
        *,
        stream: str = "downstream",
        toxicity: float = 1.0,
        attributes: Mapping[str, int] | None = None,
    ) -> None:
        """Add a toxic; it acts on open connections too.

        Raises:
            InjectionError: If the server refuses it.
        """
        handle = self._handle(proxy)
        self._call(
            f"add toxic {name!r} to proxy {proxy!r}",
            lambda: handle.add_toxic(
                name=check_name(name, "toxic"),
                type=kind,
                stream=stream,
                toxicity=toxicity,
                attributes=dict(attributes or {}),
            ),
        )

    def update_toxic(
        self,
        proxy: str,
        name: str,
        *,
        attributes: Mapping[str, int] | None = None,
        toxicity: float | None = None,
    ) -> ToxicState:
        """Change a toxic; what is None stays.

        Raises:
            InjectionError: If there is no such toxic.
        """
        wanted = {"attributes": attributes, "toxicity": toxicity}
        changes = {key: value for key, value in wanted.items() if value is not None}
        url = f"{self.url}/proxies/{check_name(proxy, 'proxy')}/toxics/{check_name(name, 'toxic')}"
        doing = f"update toxic {name!r} of proxy {proxy!r}"
        return self._decode(doing, "PATCH", url, ToxicState, json=changes)

    def remove_toxic(self, proxy: str, name: str) -> None:
        """Remove a toxic; open connections are rid of it too.

        Raises:
            InjectionError: If there is no such toxic.
        """
        handle = self._handle(proxy)
        self._call(
            f"remove toxic {name!r} of proxy {proxy!r}",
            lambda: handle.destroy_toxic(check_name(name, "toxic")),
        )

    def counts(self, proxy: str) -> ProxyCounts | None:
        """Return how many connections were hit, or None where the server does not count."""
        url = f"{self.url}/tts/proxies/{check_name(proxy, 'proxy')}"
        response = self.send("GET", url)
        if response.status_code != requests.codes.ok:
            return None
        return msgspec.json.decode(response.content, type=ProxyCounts)

    def _handle(self, name: str) -> Any:
        """Return the driver's object for a proxy, without asking the server for it."""
        checked = check_name(name, "proxy")
        return self._driver.Proxy(name=checked, upstream="", listen="", enabled=True)

    def _decode(self, doing: str, method: str, url: str, shape: type[T], **options: Any) -> T:
        response = self._call(doing, lambda: self.send(method, url, **options))
        if response.status_code >= requests.codes.bad:
            raise _refused(doing, response.status_code, response.content)
        return msgspec.json.decode(response.content, type=shape)

    def _call(self, doing: str, work: Callable[[], T]) -> T:
        """Run `work` and translate what the driver raises."""
        try:
            return work()
        except self._driver_errors as error:
            raise _refused(doing, None, error.args[0] if error.args else b"") from error
        except (KeyError, ValueError) as error:
            raise InjectionError(
                f"cannot {doing}: the server at {self.url} answered something unexpected "
                f"({error!r}); check that it is a Toxiproxy server"
            ) from error

    def _unavailable(self, error: Exception) -> BackendUnavailableError:
        cause = self._explain() or f"{type(error).__name__}: {error}"
        return BackendUnavailableError(
            f"the Toxiproxy server at {self.url} does not answer: {cause}. "
            "Start one with `toxiproxy-server`, correct its URL, or use the embedded engine"
        )


def _refused(doing: str, status: int | None, content: Any) -> InjectionError:
    """Return the error for an answer that says no, quoting the server."""
    text = content.decode("utf-8", "replace") if isinstance(content, bytes) else str(content)
    try:
        reason = str(msgspec.json.decode(text, type=dict[str, Any])["error"])
    except (msgspec.DecodeError, KeyError):
        reason = text.strip()[:200] or "no reason given"
    suffix = f" (status {status})" if status else ""
    return InjectionError(f"cannot {doing}: the Toxiproxy server refused: {reason}{suffix}")
