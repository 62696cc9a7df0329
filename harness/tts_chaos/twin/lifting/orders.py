"""Orders from recorded answers, and orders that recorded writes presume."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tts_chaos.twin.domains.order.entities import Address, Buyer, LineItem, Order, ShippingCharge
from tts_chaos.twin.domains.product.population import currency_of
from tts_chaos.twin.handler import TwinEnv
from tts_chaos.twin.lifting.context import Told, amount_of, first_of, lifts
from tts_chaos.twin.lifting.products import ensure_product, ensure_stock
from tts_chaos.twin.shops import region_of_shop

__all__ = ["ensure_order"]

HOUR_S = 3_600
_UNSHIPPED = ("UNPAID", "ON_HOLD", "AWAITING_SHIPMENT", "PARTIALLY_SHIPPING")
_REACHED = {
    "AWAITING_COLLECTION": ("shipped_at_s",),
    "IN_TRANSIT": ("shipped_at_s", "collected_at_s"),
    "DELIVERED": ("shipped_at_s", "collected_at_s", "delivered_at_s"),
    "COMPLETED": ("shipped_at_s", "collected_at_s", "delivered_at_s", "completed_at_s"),
}


_TOLD_AS = {"shipped_at_s": "rts_time", "collected_at_s": "collection_time"}


@lifts("order.get_order_list", "order.get_order_detail")
def lift_orders(told: Told) -> None:
    """Store every order that an answer tells."""
    for row in told.data.get("orders") or ():
        _store(told.env, told.shop_id, row)


@lifts("order.get_price_detail")
def presume_priced_order(told: Told) -> None:
    """A price detail presumes its order, with the lines it lists."""
    rows = told.data.get("line_items") or ()
    lines = [{"id": row.get("id"), "sku_id": row.get("sku_id", "")} for row in rows]
    ensure_order(told.env, told.shop_id, told.path["order_id"], lines=lines)


def ensure_order(
    env: TwinEnv,
    shop_id: str,
    order_id: str,
    *,
    status: str = "AWAITING_SHIPMENT",
    lines: Iterable[Mapping[str, Any]] = (),
) -> Order:
    """Let an order be there, in that state unless it is known already."""
    known = env.store.get(Order, shop_id, order_id)
    if known is not None:
        return known
    row = {
        "id": order_id,
        "status": status,
        "line_items": [
            {"product_id": f"{order_id}7", "sku_id": f"{order_id}8", "original_price": "10", **line}
            for line in lines or [{"id": f"{order_id}9"}]
        ],
    }
    return _store(env, shop_id, row)


def _store(env: TwinEnv, shop_id: str, row: Mapping[str, Any]) -> Order:
    status = row.get("status", "AWAITING_SHIPMENT")
    for line in row.get("line_items") or ():
        ensure_product(env, shop_id, line["product_id"], line["sku_id"], row=line)
        if status in _UNSHIPPED and env.store.get(Order, shop_id, row["id"]) is None:
            ensure_stock(env, shop_id, line["product_id"], line["sku_id"], committed=1)
    return env.store.put(_order(env, shop_id, row, status), change="order.lifted")


def _order(env: TwinEnv, shop_id: str, row: Mapping[str, Any], status: str) -> Order:
    payment = row.get("payment") or {}
    created_at_s = row.get("create_time") or env.now_s() - 24 * HOUR_S
    times: dict[str, Any] = {
        "paid_at_s": row.get("paid_time") or (created_at_s + 60 if status != "UNPAID" else 0),
        "ship_by_s": row.get("rts_sla_time") or 0,
        "collect_by_s": row.get("tts_sla_time") or 0,
        "cancel_by_s": max(row.get("cancel_order_sla_time") or 0, env.now_s() + 240 * HOUR_S),
        "deliver_by_s": row.get("delivery_sla_time") or 0,
    }
    for number, name in enumerate(_REACHED.get(status, ())):
        times[name] = row.get(_TOLD_AS.get(name, "")) or created_at_s + (number + 1) * HOUR_S
    return Order(
        id=row["id"],
        shop_id=shop_id,
        status=status,
        currency=payment.get("currency") or currency_of(region_of_shop(env, shop_id)),
        buyer=Buyer(
            id=row.get("user_id", ""),
            email=row.get("buyer_email", ""),
            nickname=row.get("buyer_nickname", ""),
            message=row.get("buyer_message", ""),
        ),
        address=_address(row.get("recipient_address") or {}, region_of_shop(env, shop_id)),
        lines=tuple(_line(line, status, times) for line in row.get("line_items") or ()),
        shipping=ShippingCharge(
            original=amount_of(payment.get("original_shipping_fee")),
            seller_discount=amount_of(payment.get("shipping_fee_seller_discount")),
            platform_discount=amount_of(payment.get("shipping_fee_platform_discount")),
            tax=amount_of(payment.get("shipping_fee_tax")),
        ),
        created_at_s=created_at_s,
        updated_at_s=row.get("update_time") or created_at_s,
        seller_note=row.get("seller_note", ""),
        payment_method=row.get("payment_method_name", ""),
        warehouse_id=row.get("warehouse_id", ""),
        delivery_option_id=row.get("delivery_option_id", ""),
        delivery_option_name=row.get("delivery_option_name", ""),
        shipping_type=row.get("shipping_type", "TIKTOK"),
        **times,
    )


def _line(row: Mapping[str, Any], status: str, times: Mapping[str, int]) -> LineItem:
    tax = first_of(row.get("item_tax"))
    return LineItem(
        id=row["id"],
        product_id=row.get("product_id", ""),
        product_name=row.get("product_name", ""),
        sku_id=row.get("sku_id", ""),
        sku_name=row.get("sku_name", ""),
        seller_sku=row.get("seller_sku", ""),
        original_price=amount_of(row.get("original_price")),
        seller_discount=amount_of(row.get("seller_discount")),
        platform_discount=amount_of(row.get("platform_discount")),
        tax=amount_of(tax.get("tax_amount")),
        tax_rate=amount_of(tax.get("tax_rate")),
        image_url=row.get("sku_image", ""),
        status=row.get("display_status") or status,
        package_id=row.get("package_id", ""),
        package_status=row.get("package_status", ""),
        tracking_number=row.get("tracking_number", ""),
        provider_id=row.get("shipping_provider_id", ""),
        provider_name=row.get("shipping_provider_name", ""),
        shipped_at_s=row.get("rts_time") or times.get("shipped_at_s", 0),
    )


def _address(row: Mapping[str, Any], region: str) -> Address:
    districts = tuple(
        (
            one.get("address_level", ""),
            one.get("address_level_name", ""),
            one.get("address_name", ""),
        )
        for one in row.get("district_info") or ()
    )
    return Address(
        first_name=row.get("first_name", ""),
        last_name=row.get("last_name", ""),
        phone=row.get("phone_number", ""),
        region=row.get("region_code") or region,
        districts=districts,
        line1=row.get("address_line1", ""),
        line2=row.get("address_line2", ""),
        postal_code=row.get("postal_code", ""),
    )
