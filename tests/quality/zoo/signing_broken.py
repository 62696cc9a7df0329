"""Integrations that sign in another way than the platform does, or stamp another time.

Each never gets a call through, or none of one kind. What tells them apart is the likely defect.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import quote

from tests.quality.zoo.base import Connector
from tests.quality.zoo.manners import Json
from tests.quality.zoo.registry import broken
from tests.quality.zoo.stock_broken import KeepsBooks

from tts_chaos.typing import ShopAccess, TwinConnection

__all__: list[str] = []

LOST = "orders_complete.order_lost"
Query = Iterable[tuple[str, str]]

# -- the body -------------------------------------------------------------------------------------


@broken(LOST, "overload/blip-503")
class SignsSpacesAndSendsNone(Connector):
    """Signs a body with the spaces of its JSON library and sends it without them."""

    def exchange(
        self, method: str, url: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, Mapping[str, str], bytes]:
        return super().exchange(method, url, headers, body.replace(b": ", b":"))


@broken("stock_converges.stock_differs", "stock/push-fails-three-times")
class SignsSortedKeys(KeepsBooks):
    """Signs a body with its keys sorted, as maps come out of some libraries, and sends another."""

    def sign(self, path: str, query: Query, body: bytes) -> str:
        text = json.dumps(json.loads(body), sort_keys=True).encode() if body else body
        return super().sign(path, query, text)


@broken(LOST, "overload/blip-503")
class SignsNoEmptyBody(Connector):
    """Sends {} where there is no filter, and signs nothing for it."""

    def search(self, shop: ShopAccess, body: Json, query: Query) -> Json:
        return super().search(shop, body if body["update_time_ge"] else {}, query)

    def sign(self, path: str, query: Query, body: bytes) -> str:
        return super().sign(path, query, b"" if body == b"{}" else body)


@broken(LOST, "overload/blip-503")
class SignsWithoutBody(Connector):
    """Signs by the recipe of the first API, which left the body out."""

    def sign(self, path: str, query: Query, body: bytes) -> str:
        return super().sign(path, query, b"")


# -- the recipe -----------------------------------------------------------------------------------


@broken(LOST, "overload/blip-503")
class SendsUpperCase(Connector):
    """Sends its signature in upper-case letters."""

    def sign(self, path: str, query: Query, body: bytes) -> str:
        return super().sign(path, query, body).upper()


@broken(LOST, "overload/blip-503")
class HashesWithoutAKey(Connector):
    """Takes a plain hash of the wrapped text instead of one with the secret as its key."""

    def sign(self, path: str, query: Query, body: bytes) -> str:
        secret = self.settings["app_secret"]
        text = path + "".join(key + value for key, value in sorted(query))
        return hashlib.sha256(f"{secret}{text}".encode() + body + secret.encode()).hexdigest()


@broken(LOST, "overload/blip-503")
class ForgetsTheWrap(Connector):
    """Uses the secret as key only, and not before and after the text."""

    def sign(self, path: str, query: Query, body: bytes) -> str:
        secret = self.settings["app_secret"].encode()
        text = path + "".join(key + value for key, value in sorted(query))
        return hmac.new(secret, text.encode() + body, hashlib.sha256).hexdigest()


@broken(LOST, "overload/blip-503")
class KeepsALineEndInItsSecret(Connector):
    """Reads its secret from a file together with the end of the line."""

    def __init__(self, connection: TwinConnection, folder: Path) -> None:
        super().__init__(connection, folder)
        self.settings["app_secret"] += "\n"


# -- the parameters -------------------------------------------------------------------------------


@broken(LOST, "overload/blip-503")
class SignsItsToken(Connector):
    """Leaves the access token in the set that it signs."""

    def sign(self, path: str, query: Query, body: bytes) -> str:
        token = ("access_token", self.state["tokens"]["access_token"])
        return super().sign(path, [*query, token], body)


@broken(LOST, "orders/more-than-a-page")
class SignsEncodedValues(Connector):
    """Signs values as they are encoded in the address; the first page needs no encoding."""

    def details(self, shop: ShopAccess, ids: list[str]) -> Json:
        rows = [super(SignsEncodedValues, self).details(shop, [id])["orders"][0] for id in ids]
        return {"orders": rows}

    def sign(self, path: str, query: Query, body: bytes) -> str:
        return super().sign(path, [(key, quote(value, safe="")) for key, value in query], body)


@broken(LOST, "orders/more-than-a-page")
class SendsPlusBare(Connector):
    """Leaves the plus signs of a page token unescaped, where they mean spaces."""

    def encode(self, query: Query) -> str:
        return super().encode(query).replace("%2B", "+")


@broken(LOST, "overload/blip-503")
class SortsByLetter(Connector):
    """Sorts keys without regard to upper case, which a key of its own has."""

    def sign(self, path: str, query: Query, body: bytes) -> str:
        secret = self.settings["app_secret"]
        ordered = sorted(query, key=lambda pair: pair[0].lower())
        text = path + "".join(key + value for key, value in ordered)
        message = f"{secret}{text}".encode() + body + secret.encode()
        return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()

    def address(self, path: str, shop: ShopAccess, query: Query, body: bytes) -> str:
        return super().address(path, shop, [*query, ("Locale", "en-GB")], body)


@broken(LOST, "overload/blip-503")
class RepeatsAKey(Connector):
    """Names each order in a parameter of its own, as many HTTP libraries write lists."""

    def details(self, shop: ShopAccess, ids: list[str]) -> Json:
        each = [("ids", id) for id in ids]
        return self.call("GET", "/order/202507/orders", shop, query=each)


@broken(LOST, "overload/blip-503")
class AddsAParameterAfterwards(Connector):
    """Lets its tracing add a parameter to addresses that are signed."""

    def encode(self, query: Query) -> str:
        return f"{super().encode(query)}&trace_id=7"


# -- the time -------------------------------------------------------------------------------------


@broken(LOST, "overload/blip-503")
class StampsMilliseconds(Connector):
    """Stamps its requests in milliseconds."""

    def stamp(self) -> str:
        return str(int(time.time() * 1000))


@broken(LOST, "overload/blip-503")
class StampsFractions(Connector):
    """Stamps its requests with a fraction of a second."""

    def stamp(self) -> str:
        return f"{time.time():.3f}"


@broken(LOST, "overload/blip-503")
class StampsLocalTime(Connector):
    """Stamps its requests with local time, an hour ahead of UTC."""

    def stamp(self) -> str:
        return str(int(time.time()) + 3600)
