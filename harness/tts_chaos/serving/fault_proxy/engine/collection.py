"""All proxies of one engine, and the requests that create, change and reset them."""

from __future__ import annotations

from typing import Any

from tts_chaos.core.entropy import Entropy
from tts_chaos.serving.fault_proxy.engine.go_json import decode, mismatch, read_members
from tts_chaos.serving.fault_proxy.engine.proxy import Proxy
from tts_chaos.serving.fault_proxy.engine.refusal import RefusedError

__all__ = ["PopulateRefusedError", "ProxyCollection"]

_MEMBERS = {"name": "string", "listen": "string", "upstream": "string", "enabled": "bool"}
_POPULATE_TYPE = 'struct { toxiproxy.Proxy; Enabled *bool "json:\\"enabled\\"" }'


class PopulateRefusedError(RefusedError):
    """A `/populate` stopped half-way; carries the proxies made before, None if it made none."""

    def __init__(self, refusal: RefusedError, proxies: list[Proxy] | None) -> None:
        super().__init__(refusal.message, refusal.status)
        self.proxies = proxies or None


class ProxyCollection:
    """Proxies by name.

    Args:
        entropy: Chance; each proxy gets a stream of its own, named after it.
    """

    def __init__(self, entropy: Entropy) -> None:
        self._entropy = entropy
        self._proxies: dict[str, Proxy] = {}

    def all(self) -> list[Proxy]:
        """Return all proxies, by name."""
        return [self._proxies[name] for name in sorted(self._proxies)]

    def get(self, name: str) -> Proxy:
        """Return a proxy.

        Raises:
            RefusedError: With status 404 when there is none.
        """
        if name not in self._proxies:
            raise RefusedError("proxy not found", 404)
        return self._proxies[name]

    async def create(self, body: bytes) -> Proxy:
        """Create the proxy that a request body describes.

        Raises:
            RefusedError: With status 400 (malformed), 409 (name taken) or 500 (cannot listen).
        """
        given = read_members(decode(body), _MEMBERS, whole="toxiproxy.Proxy", owner="Proxy.")
        _require(given)
        if given["name"] in self._proxies:
            raise RefusedError("proxy already exists", 409)
        proxy = self._make(given)
        if given.get("enabled", True):
            await proxy.start()
        self._proxies[proxy.name] = proxy
        return proxy

    async def update(self, name: str, body: bytes) -> Proxy:
        """Change a proxy; its name stays.

        Raises:
            RefusedError: With status 404, 400 or 500.
        """
        proxy = self.get(name)
        given = read_members(decode(body), _MEMBERS, whole="toxiproxy.Proxy", owner="Proxy.")
        await proxy.update(
            given.get("listen", proxy.listen),
            given.get("upstream", proxy.upstream),
            is_enabled=given.get("enabled", proxy.is_enabled),
        )
        return proxy

    async def delete(self, name: str) -> None:
        """Close and forget a proxy.

        Raises:
            RefusedError: With status 404 when there is none.
        """
        await self.get(name).stop()
        del self._proxies[name]

    async def populate(self, body: bytes) -> list[Proxy]:
        """Create or replace several proxies; one that is there already is left alone.

        Raises:
            PopulateRefusedError: With what was created before the trouble.
        """
        done: list[Proxy] = []
        try:
            for given in _read_list(body):
                proxy = await self._add_or_replace(given)
                done.append(proxy)
        except RefusedError as refusal:
            raise PopulateRefusedError(refusal, done) from refusal
        return done

    async def _add_or_replace(self, given: dict[str, Any]) -> Proxy:
        proxy = self._make(given)
        existing = self._proxies.get(proxy.name)
        if existing is not None:
            if not existing.differs(proxy.listen, proxy.upstream):
                return existing
            await existing.stop()
        if given.get("enabled", True):
            await proxy.start()
        self._proxies[proxy.name] = proxy
        return proxy

    async def reset(self) -> None:
        """Enable every proxy and remove every toxic.

        Raises:
            RefusedError: With status 500 when one cannot listen; later ones are not reset then.
        """
        for proxy in self.all():
            await proxy.start()
            for toxic in proxy.toxics():
                proxy.remove_toxic(toxic.name)

    async def close(self) -> None:
        """Close all proxies and their connections."""
        for proxy in self._proxies.values():
            await proxy.stop()
        self._proxies.clear()

    def _make(self, given: dict[str, Any]) -> Proxy:
        name = given["name"]
        listen, upstream = given.get("listen", ""), given["upstream"]
        return Proxy(name, listen, upstream, self._entropy.child(name))


def _read_list(body: bytes) -> list[dict[str, Any]]:
    value = decode(body)
    if value is None:
        return []
    if not isinstance(value, list):
        raise mismatch(value, f"[]{_POPULATE_TYPE}")
    rows = [_read_row(row) for row in value]
    for position, row in enumerate(rows, start=1):
        _require(row, f" at proxy {position}")
    return rows


def _read_row(value: Any) -> dict[str, Any]:
    """Return the members of one proxy; refusals place `enabled` one level higher than the rest."""
    others = {name: kind for name, kind in _MEMBERS.items() if name != "enabled"}
    row = read_members(value, others, whole=_POPULATE_TYPE, owner=".Proxy.")
    return row | read_members(value, {"enabled": "bool"}, whole=_POPULATE_TYPE, owner=".")


def _require(given: dict[str, Any], where: str = "") -> None:
    for name in ("name", "upstream"):
        if not given.get(name):
            raise RefusedError(f"missing required field: {name}{where}")
