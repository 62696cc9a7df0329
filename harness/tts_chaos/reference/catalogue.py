"""Prices: read from the platform now and then, so that a checkout never has to wait for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from tts_chaos.reference.client import ApiClient, Call
from tts_chaos.reference.database import Database, placeholders
from tts_chaos.reference.errors import ConnectorError, PriceUnknownError
from tts_chaos.reference.settings import Shop

__all__ = ["Catalogue"]

_FRESH_S = 300.0
_PAGE_SIZE = 100
_PAGE_LIMIT = 1_000


class Catalogue:
    """Prices by SKU."""

    def __init__(self, *, database: Database, client: ApiClient) -> None:
        self._database = database
        self._client = client
        self._lock = threading.Lock()
        self._tried_at = float("-inf")

    def quote(self, lines: Iterable[Mapping[str, Any]], shops: Sequence[Shop]) -> dict[str, Any]:
        """Price a basket of {sku_id, quantity}; returns {currency, total_amount, as_of}.

        Old prices are good enough while the platform cannot be reached; `as_of` tells their age.

        Raises:
            PriceUnknownError: If a SKU has no known price, the quantity is none, or the basket
                mixes currencies.
        """
        basket = [(str(line["sku_id"]), _quantity(line)) for line in lines]
        if not basket:
            raise PriceUnknownError("the basket is empty", cause="mapping")
        prices = self._prices([sku_id for sku_id, _ in basket], shops)
        missing = sorted({sku_id for sku_id, _ in basket} - set(prices))
        if missing:
            raise PriceUnknownError(f"no price is known for SKU {', '.join(missing)}")
        currencies = {prices[sku_id]["currency"] for sku_id, _ in basket}
        if len(currencies) > 1:
            raise PriceUnknownError("the basket mixes currencies", cause="mapping")
        total = sum(Decimal(prices[sku_id]["price"]) * quantity for sku_id, quantity in basket)
        return {
            "currency": currencies.pop(),
            "total_amount": str(total),
            "as_of": min(prices[sku_id]["read_at"] for sku_id, _ in basket),
        }

    def refresh(self, shops: Sequence[Shop]) -> None:
        """Read the prices of all products.

        Raises:
            ConnectorError: If they cannot be read completely; what was read is kept.
        """
        for shop in shops:
            token = ""
            for _ in range(_PAGE_LIMIT):
                query = {"page_size": str(_PAGE_SIZE)} | ({"page_token": token} if token else {})
                data = self._client.call(
                    Call(
                        name="product.search",
                        method="POST",
                        path="/product/202502/products/search",
                        shop=shop,
                        query=query,
                        body={},
                    ),
                    in_a_hurry=True,
                )
                self._keep(shop, data)
                next_token = str(data.get("next_page_token") or "")
                if not next_token or next_token == token:
                    break
                token = next_token

    def _prices(self, sku_ids: Sequence[str], shops: Sequence[Shop]) -> dict[str, Any]:
        known = self._read(sku_ids)
        oldest = min((row["read_at"] for row in known.values()), default=0.0)
        is_complete = set(sku_ids) <= set(known)
        if is_complete and time.time() - oldest < _FRESH_S:
            return known
        if self._may_refresh(is_complete=is_complete):
            try:
                self.refresh(shops)
            except ConnectorError:
                # The client has raised the alert; what is known has to do meanwhile.
                return self._read(sku_ids)
        return self._read(sku_ids)

    def _may_refresh(self, *, is_complete: bool) -> bool:
        """Let one caller in, and no other soon after: during an outage checkouts must stay fast."""
        pause_s = 30.0 if is_complete else 1.0
        with self._lock:
            now = time.monotonic()
            if now - self._tried_at < pause_s:
                return False
            self._tried_at = now
            return True

    def _read(self, sku_ids: Sequence[str]) -> dict[str, Any]:
        sql = f"SELECT * FROM prices WHERE sku_id IN ({placeholders(sku_ids)})"  # noqa: S608
        return {row["sku_id"]: row for row in self._database.rows(sql, *sku_ids)}

    def _keep(self, shop: Shop, data: Mapping[str, Any]) -> None:
        rows = []
        for product in data.get("products") or []:
            for sku in product.get("skus") or []:
                price = sku.get("price") or {}
                amount = price.get("sale_price") or price.get("tax_exclusive_price")
                if _is_amount(amount) and price.get("currency"):
                    rows.append(
                        (sku["id"], shop.id, product["id"], price["currency"], amount, time.time())
                    )
        with self._database.transaction() as connection:
            connection.executemany("INSERT OR REPLACE INTO prices VALUES (?, ?, ?, ?, ?, ?)", rows)


def _quantity(line: Mapping[str, Any]) -> int:
    quantity = line.get("quantity", 1)
    if not isinstance(quantity, int) or isinstance(quantity, bool) or quantity < 1:
        raise PriceUnknownError(f"quantity {quantity!r} is none", cause="mapping")
    return quantity


def _is_amount(value: Any) -> bool:
    try:
        return isinstance(value, str) and Decimal(value).is_finite()
    except InvalidOperation:
        return False
