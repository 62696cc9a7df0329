"""The price of an order, taken apart: `order.202407.get_price_detail`.

Consistent with the payment block of the order: `total` is its `total_amount`, and every amount of
the order is the sum of that amount over its lines, to the minor unit. Source: contract of the
operation (documented fields); that `payment` equals `total` where no voucher is used is inferred.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tts_chaos.twin.domains.order.entities import LineItem, Order
from tts_chaos.twin.domains.order.pricing import share_out
from tts_chaos.twin.money import ZERO, amount_text

__all__ = ["price_detail_view"]

_ALWAYS_ZERO = (
    "voucher_deduction_platform",
    "voucher_deduction_seller",
    "shipping_fee_deduction_platform_voucher",
    "cod_fee",
    "sku_gift_original_price",
    "sku_gift_net_price",
)


def price_detail_view(order: Order) -> dict[str, Any]:
    """Return `$.data` of the price detail."""
    shipping, currency, count = order.shipping, order.currency, len(order.lines)
    shares = zip(
        share_out(shipping.original, count, currency),
        share_out(shipping.seller_discount, count, currency),
        share_out(shipping.platform_discount, count, currency),
        share_out(shipping.tax, count, currency),
        strict=True,
    )
    lines = [_line_amounts(line, *share) for line, share in zip(order.lines, shares, strict=True)]
    totals = {name: sum((line[name] for line in lines), ZERO) for name in lines[0]}
    rate = _rate_text(order.lines[0].tax_rate)
    return {
        **_texts(totals, currency),
        "cod_fee_net_amount": amount_text(ZERO, currency),
        "tax_rate": rate,
        "line_items": [
            {
                "id": line.id,
                **_texts(amounts, currency),
                "cod_fee_amount": amount_text(ZERO, currency),
                "tax_rate": rate,
            }
            for line, amounts in zip(order.lines, lines, strict=True)
        ],
    }


def _line_amounts(
    line: LineItem,
    delivery: Decimal,
    seller_share: Decimal,
    platform_share: Decimal,
    delivery_tax: Decimal,
) -> dict[str, Decimal]:
    fee = delivery - seller_share - platform_share
    total = line.sale_price + fee + line.tax + delivery_tax
    return {
        "total": total,
        "payment": total,
        "sku_list_price": line.original_price,
        "sku_sale_price": line.sale_price,
        "subtotal": line.sale_price,
        "subtotal_deduction_seller": line.seller_discount,
        "subtotal_deduction_platform": line.platform_discount,
        "subtotal_tax_amount": line.tax,
        "shipping_list_price": delivery,
        "shipping_sale_price": fee,
        "shipping_fee_deduction_seller": seller_share,
        "shipping_fee_deduction_platform": platform_share,
        "tax_amount": line.tax + delivery_tax,
        "net_price_amount": line.sale_price,
        **dict.fromkeys(_ALWAYS_ZERO, ZERO),
    }


def _texts(amounts: dict[str, Decimal], currency: str) -> dict[str, str]:
    texts = {name: amount_text(amount, currency) for name, amount in amounts.items()}
    return {"currency": currency, **texts}


def _rate_text(rate: Decimal) -> str:
    return format(rate.normalize(), "f")
