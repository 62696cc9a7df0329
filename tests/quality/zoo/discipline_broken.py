"""Integrations without manners on the wire: in pausing, slowing down, keys, pages and stamps."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable

from tests.quality.zoo.base import Connector
from tests.quality.zoo.manners import Json, Trouble
from tests.quality.zoo.registry import broken, broken_reference

from tts_chaos.reference.connector import ReferenceIntegration
from tts_chaos.typing import ShopAccess

__all__: list[str] = []


@broken("retries_jittered.pauses_without_jitter", "overload/outage-503")
class WaitsAlikeEachTime(Connector):
    """Doubles its pause with each try, and leaves nothing to chance."""

    def pause_s(self, trouble: Trouble, attempt: int) -> float:
        return trouble.wait_s + self.base_s * float(2**attempt)


@broken_reference("retries_jittered.pauses_without_jitter", "overload/outage-503")
def waits_alike_each_time(reference: ReferenceIntegration) -> None:
    """Its back-off doubles and has no chance in it."""
    jitter = reference._orders._client._jitter
    jitter.pause_s = lambda patience, attempt: min(  # type: ignore[method-assign]
        patience.cap_s, patience.base_s * 2 ** (attempt - 1)
    )


@broken("rate_falls_under_overload.rate_kept_under_overload", "overload/outage-503")
class AsksForEachOrderAtOnce(Connector):
    """Reads every order it knows one by one, and takes each 503 for that order's own trouble."""

    def sync_shop(self, shop: ShopAccess, started: int) -> None:
        failed: list[Trouble] = []
        known = [o["id"] for o in self.state["orders"].values() if o["shop_id"] == shop.id]
        tries, self.attempts = self.attempts, 1
        for id in known:
            try:
                self.read_orders(shop, [id])
            except Trouble as trouble:
                failed.append(trouble)
        self.attempts = tries
        if failed:
            raise failed[0]
        super().sync_shop(shop, started)


class ApprovesCancellations(Connector):
    """Correct: approves what buyers ask to cancel, with a key made of the request's id."""

    def sync_shop(self, shop: ShopAccess, started: int) -> None:
        self.approve_requests(shop)
        super().sync_shop(shop, started)

    def approve_requests(self, shop: ShopAccess) -> None:
        """Approve every request that is open; a lost answer is followed by the same call."""
        path = "/return_refund/202309/cancellations"
        query = [("page_size", "50")]
        found = self.call("POST", f"{path}/search", shop, query=query, json_body={})
        for row in found.get("cancellations") or []:
            if row["cancel_status"] == "CANCELLATION_REQUEST_PENDING":
                self.approve(shop, f"{path}/{row['cancel_id']}/approve", row["cancel_id"])

    def approve(self, shop: ShopAccess, path: str, id: str) -> None:
        """Approve one request."""
        self.call("POST", path, shop, query=[("idempotency_key", self.key_of(id))], json_body={})

    def key_of(self, id: str) -> str:
        """Return the key of a decision: the same each time it is sent."""
        return f"approve-{id}"


@broken("idempotency_key_stable.idempotency_key_renewed", "outcomes/any-write-not-done")
class MakesAKeyPerTry(ApprovesCancellations):
    """Makes a new idempotency key for each try of the same approval."""

    def address(
        self, path: str, shop: ShopAccess, query: Iterable[tuple[str, str]], body: bytes
    ) -> str:
        renewed = [
            (name, uuid.uuid4().hex if name == "idempotency_key" else value)
            for name, value in query
        ]
        return super().address(path, shop, renewed, body)


@broken("idempotency_key_stable.idempotency_key_shared", "outcomes/any-write-not-done")
class KeepsOneKeyForAll(ApprovesCancellations):
    """Sends one fixed idempotency key with every approval."""

    def key_of(self, id: str) -> str:
        return "approve"


@broken("pages_read_to_end.page_not_followed", "orders/more-than-a-page")
class ReadsAPageAndAHalf(Connector):
    """Reads a page, remembers that there is more, and never comes back for it."""

    page_size = 20

    def read_pages(self, shop: ShopAccess, since: int) -> None:
        page = self.read_page(shop, since, "")
        self.read_orders(shop, [row["id"] for row in page.get("orders") or []])


@broken("pages_read_to_end.page_size_in_body", "auth/token-expired-401")
class NamesItsPageSizeInTheBody(Connector):
    """Sends page_size in the body of the order search."""

    def search(self, shop: ShopAccess, body: Json, query: Iterable[tuple[str, str]]) -> Json:
        kept = [pair for pair in query if pair[0] != "page_size"]
        return super().search(shop, {**body, "page_size": self.page_size}, kept)


@broken("pages_read_to_end.page_size_in_body", "auth/token-expired-401")
class TriesTheBodyFirst(Connector):
    """Sends page_size in the body, and in the query once that was refused."""

    def search(self, shop: ShopAccess, body: Json, query: Iterable[tuple[str, str]]) -> Json:
        query = list(query)
        kept = [pair for pair in query if pair[0] != "page_size"]
        try:
            return super().search(shop, {**body, "page_size": self.page_size}, kept)
        except Trouble as trouble:
            if trouble.kind != "never":
                raise
            return super().search(shop, body, query)


@broken("pages_read_to_end.page_token_in_body", "orders/more-than-a-page")
class NamesItsPageInTheBody(Connector):
    """Sends page_token in the body of the order search."""

    page_size = 20

    def search(self, shop: ShopAccess, body: Json, query: Iterable[tuple[str, str]]) -> Json:
        token = dict(query).get("page_token")
        kept = [pair for pair in query if pair[0] != "page_token"]
        return super().search(shop, {**body, **({"page_token": token} if token else {})}, kept)


@broken("retries_freshly_signed.stale_timestamp", "auth/token-expired-401")
class CachesItsStamp(Connector):
    """Takes the time when it starts, and signs with it for four minutes; a trace id differs."""

    taken_s = 0.0

    def address(
        self, path: str, shop: ShopAccess, query: Iterable[tuple[str, str]], body: bytes
    ) -> str:
        return super().address(path, shop, [*query, ("trace_id", uuid.uuid4().hex)], body)

    def stamp(self) -> str:
        if time.time() - self.taken_s > 240:
            self.taken_s = time.time()
        return str(int(self.taken_s))
