"""Integrations that ask in a way the platform does not take: wrong place, form, verb or shop."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from urllib.parse import urlencode

from tests.quality.zoo.base import Connector
from tests.quality.zoo.manners import Json, Trouble
from tests.quality.zoo.registry import broken

from tts_chaos.typing import ShopAccess

__all__: list[str] = []

LOST = "orders_complete.order_lost"
Query = Iterable[tuple[str, str]]

# -- the order search -----------------------------------------------------------------------------


@broken(LOST, "overload/blip-503")
class SendsPageSizeInBody(Connector):
    """Sends the size of a page in the body instead of the query."""

    def search(self, shop: ShopAccess, body: Json, query: Query) -> Json:
        told = dict(query)
        return super().search(shop, {**body, "page_size": int(told.pop("page_size"))}, told.items())


@broken(LOST, "overload/blip-503")
class SendsAnEmptyList(Connector):
    """Sends an empty list where there is no filter, as some languages write an empty map."""

    def search(self, shop: ShopAccess, body: Json, query: Query) -> Json:
        none: Json = []  # type: ignore[assignment]
        return super().search(shop, body if body["update_time_ge"] else none, query)


@broken(LOST, "overload/blip-503")
class SortsInLowerCase(Connector):
    """Writes the direction of a sort in lower case."""

    def search(self, shop: ShopAccess, body: Json, query: Query) -> Json:
        return super().search(shop, body, [(key, value.lower()) for key, value in query])


@broken(LOST, "overload/blip-503")
class CallsTheFirstApi(Connector):
    """Calls a path of the first API, which was removed."""

    def search(self, shop: ShopAccess, body: Json, query: Query) -> Json:
        return self.call("POST", "/api/orders/search", shop, query=query, json_body=body)


# -- the order detail -----------------------------------------------------------------------------


@broken(LOST, "overload/blip-503")
class PutsTheOrderIntoThePath(Connector):
    """Asks for an order by its id in the path, as most APIs want it."""

    def details(self, shop: ShopAccess, ids: list[str]) -> Json:
        return self.call("GET", f"/order/202507/orders/{ids[0]}", shop)


@broken(LOST, "orders/more-than-a-page")
class AsksForAWholePage(Connector):
    """Asks for the details of a page of a hundred orders at once; fifty are allowed."""

    page_size = 100

    def read_orders(self, shop: ShopAccess, ids: list[str]) -> None:
        for row in self.details(shop, ids)["orders"] if ids else ():
            self.book(self.map_order(row, shop))


@broken(LOST, "overload/blip-503")
class SendsIdsAsAList(Connector):
    """Writes ids as a JSON list, and takes the empty answer for orders that are gone."""

    def read_orders(self, shop: ShopAccess, ids: list[str]) -> None:
        query = [("ids", json.dumps(ids))]
        found = self.call("GET", "/order/202507/orders", shop, query=query) if ids else {}
        for row in found.get("orders") or []:
            self.book(self.map_order(row, shop))


# -- every call -----------------------------------------------------------------------------------


@broken(LOST, "overload/blip-503")
class SendsForms(Connector):
    """Sends bodies as a form instead of JSON."""

    def search(self, shop: ShopAccess, body: Json, query: Query) -> Json:
        text = urlencode(body).encode()
        path = "/order/202309/orders/search"
        url = self.address(path, shop, query, text)
        headers = self.headers(self.token_for(path))
        headers["content-type"] = "application/x-www-form-urlencoded"
        try:
            return self.judge(*self.exchange("POST", url, headers, text))
        except Trouble as trouble:
            self.alert(trouble.cause, str(trouble))
            raise


@broken(LOST, "overload/blip-503")
class EndsPathsWithASlash(Connector):
    """Calls through a gateway that puts a slash behind each path."""

    def address(self, path: str, shop: ShopAccess, query: Query, body: bytes) -> str:
        return super().address(path, shop, query, body).replace("?", "/?")


@broken(LOST, "overload/blip-503")
class NamesNoShop(Connector):
    """Leaves the shop's cipher out."""

    def address(self, path: str, shop: ShopAccess, query: Query, body: bytes) -> str:
        stamped = [("app_key", self.settings["app_key"]), ("timestamp", self.stamp()), *query]
        stamped.append(("sign", self.sign(path, stamped, body)))
        return f"{self.connection.api_url}{path}?{self.encode(stamped)}"


@broken(LOST, "overload/blip-503")
class NamesTheShopById(Connector):
    """Sends the shop's id where its cipher belongs."""

    def address(self, path: str, shop: ShopAccess, query: Query, body: bytes) -> str:
        by_id = ShopAccess(id=shop.id, cipher=shop.id, region=shop.region, name=shop.name)
        return super().address(path, by_id, query, body)


@broken(LOST, "overload/blip-503")
class SendsTokenInQueryOnly(Connector):
    """Sends the access token in the query, as the first API wanted it, and not in its header."""

    def encode(self, query: Query) -> str:
        return f"{super().encode(query)}&access_token={self.state['tokens']['access_token']}"

    def headers(self, token: str) -> dict[str, str]:
        return {"content-type": "application/json"}


# -- the token host -------------------------------------------------------------------------------


@broken(LOST, "auth/token-expired-401")
class RefreshesByPost(Connector):
    """Refreshes by POST, as other platforms want it."""

    def exchange(
        self, method: str, url: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, Mapping[str, str], bytes]:
        verb = "POST" if url.startswith(self.connection.token_url) else method
        return super().exchange(verb, url, headers, body)


@broken(LOST, "auth/token-expired-401")
class RefreshesUnderAnotherName(Connector):
    """Names the grant of a refresh by a word that the platform does not know."""

    def refresh_address(self, refresh_token: str) -> str:
        address = super().refresh_address(refresh_token)
        return address.replace("grant_type=refresh_token", "grant_type=authorization_code")


# -- who and where --------------------------------------------------------------------------------


@broken(LOST, "overload/blip-503")
class SendsItsCipherEverywhere(Connector):
    """Sends a shop's cipher with each call, also where no shop is meant."""

    def sync_shop(self, shop: ShopAccess, started: int) -> None:
        self.call("GET", "/authorization/202309/shops", shop)
        super().sync_shop(shop, started)


@broken(LOST, "overload/blip-503")
class CallsTheOldSandbox(Connector):
    """Calls the host of the sandbox that was shut down."""

    def address(self, path: str, shop: ShopAccess, query: Query, body: bytes) -> str:
        url = super().address(path, shop, query, body)
        return url.replace(self.connection.api_url, "https://open-api-sandbox.tiktokglobalshop.com")
