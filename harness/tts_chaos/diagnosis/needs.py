"""What each thing that an integration offers needs of the platform: operations and fields.

The operations are those that the bundled integration and the public connectors use; an integration
that takes other ways says so under `operations` in its configuration.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["RECORD_NEEDS", "SCOPE_PROBES", "FieldNeed", "RecordNeed"]

SCOPE_PROBES: Mapping[str, str] = {
    "seller.authorization.info": "authorization.202309.get_authorized_shops",
    "seller.shop.info": "seller.202309.get_active_shops",
    "seller.order.info": "order.202507.get_order_detail",
    "seller.order.ext_ref.read": "order.202406.get_external_order_references",
    "seller.product.basic": "product.202309.get_categories",
    "seller.global_product.info": "product.202309.get_global_product",
    "seller.global_product.category.info": "product.202309.get_global_categories",
    "serller.product.optimize": "product.202506.get_image_translation_tasks",
    "seller.fulfillment.basic": "fulfillment.202309.get_package_detail",
    "seller.fulfillment.package.write": "fulfillment.202309.get_order_split_attributes",
    "seller.logistics": "logistics.202309.get_warehouse_list",
    "seller.return_refund.basic": "return_refund.202309.get_return_records",
    "seller.finance.info": "finance.202309.get_statements",
    "seller.promotion.info": "promotion.202309.get_activity",
    "seller.customer_service": "customer_service.202309.get_agent_settings",
    "seller.customer_engagement.read": "customer_engagement.202502.get_feature_permissions",
    "seller.fbt.info": "fbt.202408.get_fbt_warehouse_list",
    "seller.affiliate_messages.write": "affiliate_seller.202412.get_latest_unread_messages",
    "data.shop_analytics.public.read": "analytics.202606.get_sps_overview",
    "partner.authorization.info": "authorization.202405.get_authorized_category_assets",
}
"""Scope -> the call by which it is found out whether a token has it.

Only what is here is ever called on the real platform: each is a GET that reads, with one scope and
without which nothing is written. A call whose parameters are missing is answered after the scope
was looked at (assumed: the order of the platform's own gates is not documented), so an id of
nothing will do. Scopes without a GET cannot be probed without writing.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldNeed:
    """One field of a record that the integration keeps or sends.

    Attributes:
        name: As in `tts_chaos.typing`.
        sources: Paths below `$.data` of the platform's answer that it may come from; empty for
            what the integration says itself.
        group: Fields of one group stand in for each other; "" for one that is needed by itself.
        why: What happens without it.
    """

    name: str
    sources: tuple[str, ...] = ()
    group: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordNeed:
    """A kind of record, the operation that tells it, and its fields."""

    operation: str
    items: str
    fields: tuple[FieldNeed, ...]


RECORD_NEEDS: Mapping[str, RecordNeed] = {
    "orders": RecordNeed(
        operation="order.get_order_detail",
        items="orders[]",
        fields=(
            FieldNeed(name="id", sources=("orders[].id",), why="orders cannot be told apart"),
            FieldNeed(
                name="status", sources=("orders[].status",), why="unpaid orders would be shipped"
            ),
            FieldNeed(
                name="currency",
                sources=("orders[].payment.currency",),
                why="amounts of several markets would be mixed up",
            ),
            FieldNeed(
                name="total_amount",
                sources=("orders[].payment.total_amount",),
                why="orders would be booked without their amount",
            ),
            FieldNeed(
                name="lines.id",
                sources=("orders[].line_items[].id",),
                why="units of one article cannot be told apart",
            ),
            FieldNeed(
                name="lines.sku_id",
                sources=("orders[].line_items[].sku_id",),
                why="nobody knows what to ship, and stock is not reduced",
            ),
        ),
    ),
    "stock": RecordNeed(
        operation="product.inventory_search",
        items="inventory[]",
        fields=(
            FieldNeed(
                name="sku_id", sources=("inventory[].skus[].id",), why="stock belongs to no article"
            ),
            FieldNeed(
                name="quantity",
                sources=("inventory[].skus[].total_available_quantity",),
                why="stock cannot be compared",
            ),
        ),
    ),
    "shipments": RecordNeed(
        operation="fulfillment.get_package_detail",
        items="",
        fields=(
            FieldNeed(
                name="order_id",
                sources=("orders[].id",),
                why="a parcel cannot be matched with its order",
            ),
            FieldNeed(
                name="package_id", sources=("package_id",), why="a parcel could be shipped twice"
            ),
        ),
    ),
    "conversions": RecordNeed(
        operation="order.get_order_detail",
        items="orders[]",
        fields=(
            FieldNeed(
                name="order_id",
                sources=("orders[].id",),
                why="a conversion that is sent twice cannot be noticed",
            ),
            FieldNeed(
                name="email",
                sources=("orders[].buyer_email",),
                group="contact",
                why="the platform cannot match the buyer",
            ),
            FieldNeed(
                name="phone",
                sources=("orders[].recipient_address.phone_number",),
                group="contact",
                why="the platform cannot match the buyer",
            ),
            FieldNeed(
                name="transaction_category",
                why="the record is refused; it is the field that is forgotten most",
            ),
            FieldNeed(
                name="timestamp",
                sources=("orders[].paid_time", "orders[].create_time"),
                why="records older than 28 days are refused",
            ),
            FieldNeed(
                name="amount",
                sources=("orders[].payment.total_amount",),
                why="the conversion has no worth",
            ),
            FieldNeed(
                name="currency",
                sources=("orders[].payment.currency",),
                why="the conversion has no worth",
            ),
        ),
    ),
}
"""Kind of record -> what it needs. Conversions: the article, row 10 (documented there); the rest:
`tts_chaos.typing`."""
