"""What a shop cannot do without, in the order in which a plan names it unless told otherwise."""

from __future__ import annotations

import msgspec

__all__ = ["FUNCTIONS", "Function"]


class Function(msgspec.Struct, frozen=True, kw_only=True):
    """A job that the integration does.

    Attributes:
        name: As settings name it.
        title: As people name it.
        action: The capability that does it.
        area: Its area in the budgets of a load, "" for none.
        counted: What a rate of it counts.
        waits: What is left undone while it stands still, in the plural.
        harm: What comes of that.
        rehearse: A bundled scenario that uses it; "" where only a load does.
    """

    name: str
    title: str
    action: str
    area: str = ""
    counted: str
    waits: str
    harm: str
    rehearse: str


FUNCTIONS: dict[str, Function] = {
    row.name: row
    for row in (
        Function(
            name="checkout",
            title="Prices at checkout",
            action="quote_checkout",
            area="checkout",
            counted="Baskets that are priced",
            waits="baskets without a price",
            harm="buyers leave",
            rehearse="",
        ),
        Function(
            name="stock",
            title="Stock on the platform",
            action="push_stock",
            area="inventory",
            counted="Changes of stock",
            waits="changes of stock that the platform does not know",
            harm="units are sold that are not there",
            rehearse="stock/several-at-once",
        ),
        Function(
            name="orders",
            title="Orders reach the shop",
            action="sync_orders",
            area="orders",
            counted="Orders",
            waits="orders that the shop does not know",
            harm="orders are shipped late",
            rehearse="orders/more-than-a-page",
        ),
        Function(
            name="shipping",
            title="Shipments are told",
            action="ship",
            counted="Shipments",
            waits="shipments that the platform does not know",
            harm="orders count as late and may be cancelled",
            rehearse="fulfilment/asked-twice",
        ),
        Function(
            name="webhooks",
            title="Notices of the platform are taken",
            action="deliver_webhook",
            counted="Notices of the platform",
            waits="notices that nobody took",
            harm="changes are noticed with the next sync only",
            rehearse="webhooks/delivered-twice",
        ),
    )
}
"""By name, in the order of the guide's limits of response time, the tightest first."""
