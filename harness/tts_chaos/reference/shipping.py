"""Shipping: read, ship, read again. No parcel leaves twice, whatever happens to an answer.

A ship call has no idempotency key, so a repeat is safe only after reading the parcel's state. Each
order is shipped under a lease, and each parcel is noted before the call and after its confirmation.

Source: protocol facts, sections 7.2 to 7.4 (documented): states, hand-over methods, that parcels
exist from payment on except in the US, and the codes that say that a parcel was shipped before.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from tts_chaos.reference.client import ApiClient, Call
from tts_chaos.reference.database import Database
from tts_chaos.reference.errors import (
    CallError,
    ConnectorError,
    NotShippableError,
    UnknownOutcomeError,
)
from tts_chaos.reference.journal import Journal
from tts_chaos.reference.leases import Leases
from tts_chaos.reference.order_sync import OrderSync
from tts_chaos.reference.orders import Order
from tts_chaos.reference.pacing import Jitter
from tts_chaos.reference.settings import Patience, Shop

__all__ = ["Shipping"]

_SHIPPABLE = frozenset({"AWAITING_SHIPMENT", "PARTIALLY_SHIPPING"})
_ALREADY_SHIPPED = frozenset({"AWAITING_COLLECTION", "IN_TRANSIT", "DELIVERED", "COMPLETED"})
_PARCEL_LEFT = frozenset({"FULFILLING", "COMPLETED"})
_SHIPPED_BEFORE_CODES = frozenset(
    {11006021, 21008099, 21011006, 21011020, 21011040, 21023046, 21042056}
)
_TRIES = 4


class Shipping:
    """Ships orders."""

    def __init__(
        self,
        *,
        database: Database,
        client: ApiClient,
        orders: OrderSync,
        leases: Leases,
        journal: Journal,
        jitter: Jitter,
    ) -> None:
        self._database = database
        self._client = client
        self._orders = orders
        self._leases = leases
        self._journal = journal
        self._jitter = jitter

    def all(self) -> list[dict[str, str]]:
        """Return every confirmed shipment: {order_id, package_id, tracking_number}."""
        rows = self._database.rows(
            "SELECT order_id, package_id, tracking_number FROM shipments"
            " WHERE state = 'shipped' ORDER BY at, package_id"
        )
        return [dict(row) for row in rows]

    def ship(
        self,
        order_id: str,
        *,
        shops: Sequence[Shop],
        patience: Patience,
        tracking_number: str = "",
    ) -> list[dict[str, str]]:
        """Ship all parcels of an order; returns its shipments. Shipping it again changes nothing.

        Args:
            order_id: The order.
            shops: Shops to look in.
            patience: Pauses between tries.
            tracking_number: Number of the seller's own carrier, for orders the seller ships; made
                from the order's id where none is given.

        Raises:
            NotShippableError: If its state does not allow it.
            UnknownOutcomeError: If it stayed unknown whether a parcel was shipped.
            ConnectorError: If a call failed for good.
        """
        if not order_id.isascii() or not order_id.isdigit():
            raise NotShippableError(f"{order_id!r} is no order id", cause="mapping")
        with self._leases.hold(f"ship {order_id}"):
            found = self._orders.find(order_id, shops)
            if found is None:
                raise NotShippableError(f"order {order_id} is in none of the shops")
            order, shop = found
            if order.status in _ALREADY_SHIPPED:
                self._adopt(order, shop)
            else:
                self._require_shippable(order)
                for package_id in order.package_ids or ("",):
                    own = tracking_number or f"S{order_id}"
                    self._ship(order, shop, package_id, patience, own)
                self._orders.read(shop, [order_id])
        return [row for row in self.all() if row["order_id"] == order_id]

    def _require_shippable(self, order: Order) -> None:
        if order.status not in _SHIPPABLE:
            raise NotShippableError(f"order {order.id} is {order.status}")
        if order.has_open_cancellation:
            raise NotShippableError(f"the buyer of order {order.id} asks to cancel; answer first")
        if not order.package_ids and order.shipping_type != "SELLER":
            raise NotShippableError(
                f"order {order.id} has no parcel yet; buy a label for it in the seller centre"
            )

    def _adopt(self, order: Order, shop: Shop) -> None:
        """Note the parcels of an order that turns out to be shipped already."""
        for package_id in order.package_ids:
            if not self._is_known(package_id):
                detail = self._detail(shop, package_id)
                self._note(order, package_id, "shipped", _tracking_of(detail))

    def _ship(
        self,
        order: Order,
        shop: Shop,
        package_id: str,
        patience: Patience,
        own_number: str,
    ) -> None:
        """Ship one parcel: look first, act, and look again until it is seen to have left."""
        if self._is_known(package_id):
            return
        problem: CallError | None = None
        for attempt in range(1, _TRIES + 1):
            if package_id:
                detail = self._detail(shop, package_id)
                if detail.get("package_status") in _PARCEL_LEFT:
                    self._note(order, package_id, "shipped", _tracking_of(detail))
                    return
            elif attempt > 1:
                order = self._orders.read(shop, [order.id])[0]
                if order.status in _ALREADY_SHIPPED:
                    self._adopt(order, shop)
                    return
            if problem is not None and not isinstance(problem, UnknownOutcomeError):
                raise problem
            if problem is None and attempt > 1:
                # It was confirmed, and does not show yet: asked for again it would ship twice.
                self._leases.sleep(self._jitter.pause_s(patience, attempt))
                continue
            problem = self._try(order, shop, package_id, own_number)
            if isinstance(problem, UnknownOutcomeError):
                self._leases.sleep(self._jitter.pause_s(patience, attempt))
        raise problem or UnknownOutcomeError(
            f"parcel {package_id} was shipped without error and does not show it",
            cause="contract",
            operation="package.ship",
        )

    def _try(self, order: Order, shop: Shop, package_id: str, own_number: str) -> CallError | None:
        if package_id:
            self._note(order, package_id, "asked", "")
        try:
            self._client.call(self._ship_call(order, shop, package_id, own_number))
        except UnknownOutcomeError as error:
            return error
        except CallError as error:
            if error.code in _SHIPPED_BEFORE_CODES:
                return error
            raise
        return None

    def _ship_call(self, order: Order, shop: Shop, package_id: str, own_number: str) -> Call:
        own: dict[str, Any] = {}
        if order.shipping_type == "SELLER":
            own = {
                "tracking_number": own_number,
                "shipping_provider_id": self._carrier(order, shop),
            }
        if not package_id:
            return Call(
                name="order.mark_shipped",
                method="POST",
                path=f"/fulfillment/202309/orders/{order.id}/packages",
                shop=shop,
                body=own,
                changes=True,
            )
        return Call(
            name="package.ship",
            method="POST",
            path=f"/fulfillment/202309/packages/{package_id}/ship",
            shop=shop,
            body={"self_shipment": own} if own else {"handover_method": "DROP_OFF"},
            changes=True,
        )

    def _carrier(self, order: Order, shop: Shop) -> str:
        """Return the first carrier that the order's delivery option offers."""
        option = order.delivery_option_id
        if not option.isdigit():
            raise NotShippableError(f"order {order.id} names no delivery option", cause="mapping")
        data = self._client.call(
            Call(
                name="carriers",
                method="GET",
                path=f"/logistics/202309/delivery_options/{option}/shipping_providers",
                shop=shop,
            )
        )
        for row in data.get("shipping_providers") or []:
            if isinstance(row, dict) and row.get("id"):
                return str(row["id"])
        raise NotShippableError(f"no carrier serves delivery option {option}", cause="mapping")

    def _detail(self, shop: Shop, package_id: str) -> dict[str, Any]:
        """Read a parcel.

        Raises:
            ConnectorError: If the answer does not say how far it is: a parcel that may have left is
                not shipped on the strength of it.
        """
        detail = self._client.call(
            Call(
                name="package.detail",
                method="GET",
                path=f"/fulfillment/202309/packages/{package_id}",
                shop=shop,
            )
        )
        if not isinstance(detail.get("package_status"), str):
            raise ConnectorError(f"the answer about parcel {package_id} has no status")
        return detail

    def _is_known(self, package_id: str) -> bool:
        row = self._database.row("SELECT state FROM shipments WHERE package_id = ?", package_id)
        return row is not None and row["state"] == "shipped"

    def _note(self, order: Order, package_id: str, state: str, tracking_number: str) -> None:
        self._database.write(
            "INSERT OR REPLACE INTO shipments VALUES (?, ?, ?, ?, ?, ?)",
            order.shop_id,
            order.id,
            package_id,
            tracking_number,
            state,
            time.time(),
        )
        if state == "shipped":
            self._journal.write("parcel_shipped", order=order.id, package=package_id)


def _tracking_of(detail: Mapping[str, Any]) -> str:
    number = detail.get("tracking_number")
    return number if isinstance(number, str) else ""
