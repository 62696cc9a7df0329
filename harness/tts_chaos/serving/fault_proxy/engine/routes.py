"""The control interface: which request does what, and how the answer looks.

Paths, methods, statuses, bodies and content types are those of Toxiproxy server 2.12. Paths below
`/tts/` are our own: `GET /tts/proxies/{name}` shows how many connections a proxy accepted and how
many of them a toxic acted on, which proves that a fault fired.
"""

from __future__ import annotations

import posixpath
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple, TypeAlias
from urllib.parse import unquote

from tts_chaos.serving.fault_proxy.engine.collection import PopulateRefusedError, ProxyCollection
from tts_chaos.serving.fault_proxy.engine.go_json import encode
from tts_chaos.serving.fault_proxy.engine.proxy import Proxy
from tts_chaos.serving.fault_proxy.engine.refusal import RefusedError

__all__ = ["SERVED_VERSION", "Answer", "Routes"]

SERVED_VERSION = "2.12.0-embedded"
"""Whose interface is served, and by whom. Clients compare the number and ignore the suffix."""

_JSON = (("Content-Type", "application/json"),)
_TEXT = (("Content-Type", "text/plain; charset=utf-8"), ("X-Content-Type-Options", "nosniff"))


class Answer(NamedTuple):
    """An answer of the control interface."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


class Call(NamedTuple):
    """A control request: the names in its path, in order, and its body."""

    names: list[str]
    body: bytes


Handler: TypeAlias = Callable[[Call], Awaitable[Answer]]


class Routes:
    """Answers control requests for a collection of proxies."""

    def __init__(self, collection: ProxyCollection) -> None:
        self._collection = collection
        self._table: Mapping[tuple[str, ...], Mapping[str, Handler]] = {
            ("version",): {"GET": self._version},
            ("reset",): {"POST": self._reset},
            ("populate",): {"POST": self._populate},
            ("proxies",): {"GET": self._index, "POST": self._create},
            ("proxies", "*"): _with_update(self._update, GET=self._show, DELETE=self._delete),
            ("proxies", "*", "toxics"): {"GET": self._toxics, "POST": self._add_toxic},
            ("proxies", "*", "toxics", "*"): _with_update(
                self._update_toxic, GET=self._toxic, DELETE=self._remove_toxic
            ),
            ("tts", "proxies", "*"): {"GET": self._statistics},
        }

    async def answer(self, method: str, target: str, user_agent: str, body: bytes) -> Answer:
        """Return the answer to one request; never raises for what a client can cause."""
        path = unquote(target.partition("?")[0])
        clean = _clean(path)
        if clean != path:
            return Answer(301, (("Location", clean),))
        handlers, names = self._match(path)
        if handlers is None:
            return Answer(404, _TEXT, b"404 page not found\n")
        if method not in handlers:
            return Answer(405)
        if user_agent.startswith("Mozilla/"):
            # Keeps web pages from steering the proxy through a visitor's browser.
            return Answer(403, _TEXT, b"User agent not allowed\n")
        try:
            return await handlers[method](Call(names, body))
        except RefusedError as refusal:
            return _refused(refusal)

    def _match(self, path: str) -> tuple[Mapping[str, Handler] | None, list[str]]:
        segments = path.split("/")[1:]
        for pattern, handlers in self._table.items():
            if len(pattern) == len(segments) and all(
                segment and wanted in ("*", segment)
                for wanted, segment in zip(pattern, segments, strict=True)
            ):
                pairs = zip(pattern, segments, strict=True)
                return handlers, [segment for wanted, segment in pairs if wanted == "*"]
        return None, []

    async def _version(self, _call: Call) -> Answer:
        text = f'{{"version": "{SERVED_VERSION}"}}\n'
        return Answer(200, (("Content-Type", "application/json;charset=utf-8"),), text.encode())

    async def _index(self, _call: Call) -> Answer:
        return _shown({proxy.name: proxy.to_json() for proxy in self._collection.all()})

    async def _create(self, call: Call) -> Answer:
        return _shown((await self._collection.create(call.body)).to_json(), 201)

    async def _show(self, call: Call) -> Answer:
        return _shown(self._collection.get(call.names[0]).to_json())

    async def _update(self, call: Call) -> Answer:
        return _shown((await self._collection.update(call.names[0], call.body)).to_json())

    async def _delete(self, call: Call) -> Answer:
        await self._collection.delete(call.names[0])
        return Answer(204)

    async def _reset(self, _call: Call) -> Answer:
        await self._collection.reset()
        return Answer(204)

    async def _populate(self, call: Call) -> Answer:
        try:
            proxies = await self._collection.populate(call.body)
        except PopulateRefusedError as refusal:
            problem = {"error": refusal.message, "status": refusal.status}
            return _shown(problem | _listed(refusal.proxies), refusal.status)
        return _shown(_listed(proxies), 201)

    async def _toxics(self, call: Call) -> Answer:
        return _shown([toxic.to_json() for toxic in self._collection.get(call.names[0]).toxics()])

    async def _toxic(self, call: Call) -> Answer:
        return _shown(self._collection.get(call.names[0]).toxic(call.names[1]).to_json())

    async def _add_toxic(self, call: Call) -> Answer:
        return _shown(self._collection.get(call.names[0]).add_toxic(call.body).to_json())

    async def _update_toxic(self, call: Call) -> Answer:
        return _shown(
            self._collection.get(call.names[0]).update_toxic(call.names[1], call.body).to_json()
        )

    async def _remove_toxic(self, call: Call) -> Answer:
        self._collection.get(call.names[0]).remove_toxic(call.names[1])
        return Answer(204)

    async def _statistics(self, call: Call) -> Answer:
        return _shown(self._collection.get(call.names[0]).statistics_json())


def _with_update(update: Handler, **handlers: Handler) -> dict[str, Handler]:
    return {**handlers, "POST": update, "PATCH": update}


def _clean(path: str) -> str:
    """Return the path without empty and dotted segments; a slash at the end stays."""
    clean = posixpath.normpath("/" + path.lstrip("/"))
    return clean + "/" if path.endswith("/") and clean != "/" else clean


def _shown(value: Any, status: int = 200) -> Answer:
    return Answer(status, _JSON, encode(value))


def _listed(proxies: list[Proxy] | None) -> dict[str, Any]:
    return {"proxies": [proxy.to_json() for proxy in proxies] if proxies else None}


def _refused(refusal: RefusedError) -> Answer:
    body = encode({"error": refusal.message, "status": refusal.status}) + b"\n"
    return Answer(refusal.status, _TEXT, body)
