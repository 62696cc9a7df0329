"""Orders as the wire shows them.

Fields and spellings are those of the contracts. Optional values that do not exist are left out
rather than sent as null. Source: contracts of `order.*` (documented); which address fields are
masked for whom is inferred from the documented sample and protocol facts, section 7.3.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec

from tts_chaos.twin.domains.order.entities import Address, LineItem, Order
from tts_chaos.twin.money import ZERO, amount_text

__all__ = ["ledger_order", "order_json", "order_json_202507", "order_view", "visible_phone"]

Text = Callable[[Decimal], str]


def order_json(order: Order) -> msgspec.Raw:
    """Return `order_view` as JSON, ready to be part of an answer."""
    return msgspec.Raw(msgspec.json.encode(order_view(order)))


def order_json_202507(order: Order) -> msgspec.Raw:
    """Return the same with the fields that 202507 added."""
    return msgspec.Raw(msgspec.json.encode({**order_view(order), "fulfillment_priority_level": 1}))


def order_view(order: Order) -> dict[str, Any]:
    """Return `$.data.orders[]` of search and detail."""
    view: dict[str, Any] = {
        "id": order.id,
        "status": order.status,
        "order_type": "NORMAL",
        "commerce_platform": "TIKTOK_SHOP",
        "user_id": order.buyer.id,
        "buyer_email": order.buyer.email,
        "buyer_nickname": order.buyer.nickname,
        "buyer_message": order.buyer.message,
        "seller_note": order.seller_note,
        "create_time": order.created_at_s,
        "update_time": order.updated_at_s,
        "fulfillment_type": order.fulfillment_type,
        "shipping_type": order.shipping_type,
        "delivery_type": "HOME_DELIVERY",
        "delivery_option_id": order.delivery_option_id,
        "delivery_option_name": order.delivery_option_name,
        "warehouse_id": order.warehouse_id,
        "payment_method_name": order.payment_method,
        "payment_method_code": "",
        "payment_card_type": "",
        "payment_auth_code": "",
        # How long sellers may take is the shop's choice: assumed to be two working days.
        "handling_duration": {"days": "2", "type": "BUSINESS_DAY"},
        "is_cod": False,
        "is_sample_order": False,
        "is_on_hold_order": order.status == "ON_HOLD",
        "is_replacement_order": False,
        "is_exchange_order": False,
        "is_subscription_order": False,
        "is_buyer_request_cancel": order.cancel_requested_at_s > 0,
        "has_updated_recipient_address": order.has_new_address,
        "packages": [{"id": id} for id in _package_ids(order)],
        "payment": _payment(order),
        "recipient_address": _address(order),
        "line_items": [_line(line, order.currency) for line in order.lines],
    }
    view.update(_times(order))
    view.update(_shipment(order))
    view.update(_cancellation(order))
    return view


def ledger_order(order: Order) -> dict[str, Any]:
    """Return an order in the canonical form of the ledger; one line per unit."""
    return {
        "id": order.id,
        "shop_id": order.shop_id,
        "status": order.status,
        "currency": order.currency,
        "total_amount": amount_text(order.total, order.currency),
        "created_at_s": order.created_at_s,
        "updated_at_s": order.updated_at_s,
        "paid_at_s": order.paid_at_s,
        "buyer_email": order.buyer.email,
        "recipient_phone": visible_phone(order),
        "lines": [
            {
                "id": line.id,
                "sku_id": line.sku_id,
                "seller_sku": line.seller_sku,
                "sale_price": amount_text(line.sale_price, order.currency),
                "status": line.status,
            }
            for line in order.lines
        ],
    }


def visible_phone(order: Order) -> str:
    """Return the recipient's phone as an integration may see it: hidden, masked or in clear."""
    if order.status == "ON_HOLD":
        return ""
    phone = order.address.phone
    return _masked_phone(phone) if _is_masked(order) else phone


def _is_masked(order: Order) -> bool:
    return order.shipping_type == "TIKTOK" or order.fulfillment_type == "FULFILLMENT_BY_TIKTOK"


def _package_ids(order: Order) -> list[str]:
    return list(dict.fromkeys(line.package_id for line in order.lines if line.package_id))


def _times(order: Order) -> dict[str, int]:
    times = {
        "paid_time": order.paid_at_s,
        "rts_sla_time": order.ship_by_s,
        "tts_sla_time": order.collect_by_s,
        "shipping_due_time": order.ship_by_s,
        "collection_due_time": order.collect_by_s,
        "cancel_order_sla_time": order.cancel_by_s,
        "delivery_sla_time": order.deliver_by_s,
        "rts_time": order.shipped_at_s,
        "collection_time": order.collected_at_s,
        "delivery_time": order.delivered_at_s,
        "cancel_time": order.cancelled_at_s,
        "request_cancel_time": order.cancel_requested_at_s,
    }
    return {name: at_s for name, at_s in times.items() if at_s}


def _shipment(order: Order) -> dict[str, str]:
    shipped = next((line for line in order.lines if line.tracking_number), None)
    if shipped is None:
        return {}
    return {
        "tracking_number": shipped.tracking_number,
        "shipping_provider_id": shipped.provider_id,
        "shipping_provider": shipped.provider_name,
    }


def _cancellation(order: Order) -> dict[str, str]:
    if not order.cancel_initiator:
        return {}
    return {
        "cancellation_initiator": order.cancel_initiator,
        "cancel_reason": order.cancel_reason,
    }


def _payment(order: Order) -> dict[str, str]:
    shipping, currency = order.shipping, order.currency
    seller = sum((line.seller_discount for line in order.lines), ZERO)
    platform = sum((line.platform_discount for line in order.lines), ZERO)
    amounts = {
        "original_total_product_price": order.original_total,
        "seller_discount": seller,
        "platform_discount": platform,
        "sub_total": order.sub_total,
        "original_shipping_fee": shipping.original,
        "shipping_fee_seller_discount": shipping.seller_discount,
        "shipping_fee_platform_discount": shipping.platform_discount,
        "shipping_fee_cofunded_discount": ZERO,
        "shipping_fee": shipping.fee,
        "product_tax": order.product_tax,
        "shipping_fee_tax": shipping.tax,
        "tax": order.product_tax + shipping.tax,
        "retail_delivery_fee": ZERO,
        "total_amount": order.total,
    }
    texts = {name: amount_text(amount, currency) for name, amount in amounts.items()}
    return {"currency": currency, **texts}


def _line(line: LineItem, currency: str) -> dict[str, Any]:
    view: dict[str, Any] = {
        "id": line.id,
        "sku_id": line.sku_id,
        "sku_name": line.sku_name,
        "seller_sku": line.seller_sku,
        "sku_type": "NORMAL",
        "sku_image": line.image_url,
        "product_id": line.product_id,
        "product_name": line.product_name,
        "currency": currency,
        "original_price": amount_text(line.original_price, currency),
        "sale_price": amount_text(line.sale_price, currency),
        "seller_discount": amount_text(line.seller_discount, currency),
        "platform_discount": amount_text(line.platform_discount, currency),
        "gift_retail_price": amount_text(ZERO, currency),
        "retail_delivery_fee": amount_text(ZERO, currency),
        "is_gift": False,
        "is_dangerous_good": False,
        "needs_prescription": False,
        "item_tax": _line_tax(line, currency),
        "display_status": line.status,
        "package_id": line.package_id,
        "package_status": line.package_status,
        "tracking_number": line.tracking_number,
    }
    if line.provider_id:
        view["shipping_provider_id"] = line.provider_id
        view["shipping_provider_name"] = line.provider_name
    if line.shipped_at_s:
        view["rts_time"] = line.shipped_at_s
    if line.cancel_user:
        view["cancel_user"] = line.cancel_user
        view["cancel_reason"] = line.cancel_reason
    return view


def _line_tax(line: LineItem, currency: str) -> list[dict[str, str]]:
    if not line.tax_rate:
        return []
    return [
        {
            "tax_type": "SALES_TAX",
            "tax_amount": amount_text(line.tax, currency),
            "tax_rate": format(line.tax_rate.normalize(), "f"),
        }
    ]


def _address(order: Order) -> dict[str, Any]:
    address = order.address
    if order.status == "ON_HOLD":
        return _hidden_address(address)
    first, last = address.first_name, address.last_name
    if _is_masked(order):
        first, last = _masked_name(first), _masked_name(last)
    districts = [name for _, _, name in address.districts]
    lines = [line for line in (address.line1, address.line2) if line]
    return {
        "name": " ".join(part for part in (first, last) if part),
        "first_name": first,
        "last_name": last,
        "phone_number": visible_phone(order),
        "full_address": ", ".join([*districts, *lines]),
        "address_detail": ", ".join(lines),
        "address_line1": address.line1,
        "address_line2": address.line2,
        "address_line3": "",
        "address_line4": "",
        "district_info": [_district(address, row) for row in address.districts],
        "delivery_preferences": {"drop_off_location": ""},
        "postal_code": address.postal_code,
        "region_code": address.region,
    }


def _hidden_address(address: Address) -> dict[str, Any]:
    """An order on hold shows its country and nothing else."""
    hidden = ("name", "first_name", "last_name", "phone_number", "full_address", "address_detail")
    lines = tuple(f"address_line{number}" for number in range(1, 5))
    return {
        **dict.fromkeys((*hidden, *lines, "postal_code"), ""),
        "district_info": [],
        "delivery_preferences": {"drop_off_location": ""},
        "region_code": address.region,
    }


def _district(address: Address, row: tuple[str, str, str]) -> dict[str, str]:
    level, level_name, name = row
    view = {"address_level": level, "address_level_name": level_name, "address_name": name}
    if level == "L0":
        view["iso_code"] = address.region
    return view


def _masked_name(name: str) -> str:
    return f"{name[0]}***" if name else ""


def _masked_phone(phone: str) -> str:
    """Return `(+44)1632960012` as `(+44)163***12`."""
    code, bracket, number = phone.partition(")")
    return f"{code}{bracket}{number[:3]}***{number[-2:]}"
