"""Fetching orders: every page, every detail, and a watermark that moves only after both.

Source: protocol facts, section 7.1 (documented): `page_size` and `page_token` in the query, order
detail takes at most 50 ids in one comma-separated parameter, windows are half open; and
section 8: order detail exists as 202507 and 202309 (documented).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from tts_chaos.reference.alerts import Alerts
from tts_chaos.reference.client import ApiClient, Call
from tts_chaos.reference.errors import CallError, ConnectorError, SyncIncompleteError
from tts_chaos.reference.journal import Journal
from tts_chaos.reference.orders import MalformedOrderError, Order, OrderBook, parse_order
from tts_chaos.reference.settings import Shop

__all__ = ["OrderSync"]

_OVERLAP_S = 900
"""Read again what changed in the last quarter of an hour: covers clocks that differ within the
platform's tolerance and orders that show up late."""

_PAGE_SIZE = 100
_DETAIL_SIZE = 50
_PAGE_LIMIT = 1_000
_WALKS = 2
_DETAIL_VERSIONS = ("202507", "202309")


class OrderSync:
    """Reads orders of one shop at a time into the order book."""

    def __init__(
        self, *, client: ApiClient, book: OrderBook, alerts: Alerts, journal: Journal
    ) -> None:
        self._client = client
        self._book = book
        self._alerts = alerts
        self._journal = journal
        self._detail_version = 0

    def sync(self, shop: Shop) -> int:
        """Read what changed since the last complete run; returns the number of changed orders.

        What was read is stored page by page, whatever happens later.

        Raises:
            SyncIncompleteError: If anything could not be read; the watermark stays.
        """
        # The local clock is good enough: the platform refuses calls whose clock is off by more
        # than the overlap forgives.
        started = int(time.time())
        since = max(0, self._book.watermark(shop.id) - _OVERLAP_S)
        errors: list[ConnectorError] = []
        try:
            changed = self._read_all(shop, since, errors)
        except ConnectorError as error:
            raise SyncIncompleteError([*errors, error]) from error
        if errors:
            raise SyncIncompleteError(errors)
        self._book.move_watermark(shop.id, started)
        self._alerts.all_well(_subject(shop))
        self._journal.write("orders_synced", shop=shop.id, changed=changed, since=since)
        return changed

    def read(self, shop: Shop, ids: Sequence[str], *, in_a_hurry: bool = False) -> list[Order]:
        """Read the present state of some orders, store it, and return it.

        Raises:
            ConnectorError: If an order could not be read.
        """
        errors: list[ConnectorError] = []
        orders = self._fetch(shop, ids, errors, in_a_hurry=in_a_hurry)
        self._book.store(orders)
        if errors:
            raise SyncIncompleteError(errors)
        return orders

    def find(self, order_id: str, shops: Sequence[Shop]) -> tuple[Order, Shop] | None:
        """Read the present state of an order, from its shop or, unknown as yet, from all.

        Returns:
            The order and its shop; None where there is no shop to look in.

        Raises:
            ConnectorError: If it could not be read, or is in none of the shops.
        """
        home = self._book.shop_of(order_id)
        problem: ConnectorError | None = None
        for shop in shops:
            if home not in (None, shop.id):
                continue
            try:
                return self.read(shop, [order_id])[0], shop
            except CallError:
                raise
            except ConnectorError as error:
                problem = error
        if problem is not None:
            raise problem
        return None

    def _read_all(self, shop: Shop, since: int, errors: list[ConnectorError]) -> int:
        """Walk through all pages; walk again if the platform counts more than it shows."""
        changed = 0
        for walk in range(1, _WALKS + 1):
            seen: set[str] = set()
            problem = None
            expected = 0
            token = ""
            for _ in range(_PAGE_LIMIT):
                page = self._page(shop, since, token)
                ids = [id for id in _ids_of(page, shop, errors, self._report) if id not in seen]
                seen.update(ids)
                changed += self._book.store(self._fetch(shop, ids, errors))
                expected = expected or _count_of(page)
                next_token = str(page.get("next_page_token") or "")
                if not next_token or next_token == token:
                    break
                token = next_token
            problem = _gap(shop, seen, expected, is_endless=bool(next_token))
            if problem is None:
                return changed
            if walk == _WALKS:
                self._report(shop, problem)
                errors.append(problem)
        return changed

    def _page(self, shop: Shop, since: int, token: str) -> dict[str, Any]:
        # Ordered by creation and open at the end: an order that changes meanwhile keeps its place,
        # so nothing slips from a page not yet read to one that was.
        query = {
            "page_size": str(_PAGE_SIZE),
            "sort_field": "create_time",
            "sort_order": "ASC",
        }
        if token:
            query["page_token"] = token
        return self._client.call(
            Call(
                name="order.search",
                method="POST",
                path="/order/202309/orders/search",
                shop=shop,
                query=query,
                body={"update_time_ge": since},
            )
        )

    def _fetch(
        self,
        shop: Shop,
        ids: Sequence[str],
        errors: list[ConnectorError],
        *,
        in_a_hurry: bool = False,
    ) -> list[Order]:
        """Return details; what is missing is asked for once more and then reported."""
        orders: dict[str, Order] = {}
        for start in range(0, len(ids), _DETAIL_SIZE):
            batch = ids[start : start + _DETAIL_SIZE]
            broken: dict[str, ConnectorError] = {}
            for _ in range(2):
                missing = [id for id in batch if id not in orders]
                if not missing:
                    break
                broken.clear()
                data = self._detail(shop, missing, in_a_hurry=in_a_hurry)
                self._take(shop, data, orders, broken)
            for id in (id for id in batch if id not in orders):
                error = broken.get(id) or broken.get("")
                error = error or MalformedOrderError(f"the detail call leaves out order {id}")
                self._report(shop, error)
                errors.append(error)
        return list(orders.values())

    def _take(
        self,
        shop: Shop,
        data: dict[str, Any],
        orders: dict[str, Order],
        broken: dict[str, ConnectorError],
    ) -> None:
        rows = data.get("orders")
        for row in rows if isinstance(rows, list) else []:
            try:
                order = parse_order(row, shop.id)
            except MalformedOrderError as error:
                broken[str(row.get("id", "")) if isinstance(row, dict) else ""] = error
                continue
            orders[order.id] = order
            if not order.is_status_known:
                text = f"order {order.id} has the unknown status {order.status}; it is kept as is"
                self._alerts.report("contract", f"{shop.id} order statuses", text)

    def _detail(self, shop: Shop, ids: Sequence[str], *, in_a_hurry: bool) -> dict[str, Any]:
        """Ask for details; an API version that is gone is replaced by the next best."""
        while True:
            version = _DETAIL_VERSIONS[self._detail_version]
            call = Call(
                name="order.detail",
                method="GET",
                path=f"/order/{version}/orders",
                shop=shop,
                query={"ids": ",".join(ids)},
            )
            try:
                return self._client.call(call, in_a_hurry=in_a_hurry)
            except CallError as error:
                is_gone = error.cause in ("version", "endpoint")
                if not is_gone or self._detail_version + 1 == len(_DETAIL_VERSIONS):
                    self._detail_version = 0
                    raise
                self._detail_version += 1
                self._journal.warn("version_fallback", call=call.name, gone=version)

    def _report(self, shop: Shop, error: ConnectorError) -> None:
        self._alerts.report(error.cause, _subject(shop), str(error))


def _subject(shop: Shop) -> str:
    return f"{shop.id} orders"


def _ids_of(
    page: dict[str, Any],
    shop: Shop,
    errors: list[ConnectorError],
    report: Any,
) -> list[str]:
    """Return the different ids of a page, in order; a row without one is reported."""
    rows = page.get("orders")
    if rows is None:
        # An empty page counts its orders all the same; one that says nothing is no empty page.
        rows = [] if "total_count" in page else None
    ids: list[str] = []
    for row in rows if isinstance(rows, list) else [None]:
        id = row.get("id") if isinstance(row, dict) else None
        if isinstance(id, str) and id.isascii() and id.isdigit():
            ids.append(id)
        else:
            error = MalformedOrderError("the search reply holds an order without a usable id")
            report(shop, error)
            errors.append(error)
    return list(dict.fromkeys(ids))


def _count_of(page: dict[str, Any]) -> int:
    count = page.get("total_count")
    return count if isinstance(count, int) and not isinstance(count, bool) else 0


def _gap(
    shop: Shop, seen: set[str], expected: int, *, is_endless: bool
) -> MalformedOrderError | None:
    """Return what is wrong with a walk: pages that go round in circles, or orders not shown."""
    if is_endless:
        return MalformedOrderError(f"the pages of shop {shop.id} do not end")
    if len(seen) < expected:
        return MalformedOrderError(
            f"shop {shop.id} counts {expected} changed orders and shows {len(seen)}"
        )
    return None
