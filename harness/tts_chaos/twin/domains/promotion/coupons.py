"""Coupons, which sellers make in their own tool and integrations only read.

Source: contracts of the operations (documented fields and states). No source names a code for an
unknown coupon; the generic one is assumed.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tts_chaos.core.entropy import Entropy
from tts_chaos.twin.domains.product.money import Price, price_text
from tts_chaos.twin.domains.product.population import currency_of
from tts_chaos.twin.domains.promotion.entities import Coupon, status_of
from tts_chaos.twin.handler import Call, RefusalError, TwinEnv, handles
from tts_chaos.twin.listing import page_of
from tts_chaos.twin.money import round_amount

__all__ = ["get_coupon", "populate_coupons", "search_coupons"]

INVALID_PARAMETER = 36009004
_DAY_S = 86_400
_TITLES = ("Welcome back", "Spring thanks", "A little off")


def populate_coupons(env: TwinEnv, shop_id: str, region: str, entropy: Entropy) -> list[Coupon]:
    """Give a shop a coupon that is over, one that runs and one that is still to come."""
    return [
        env.store.put(_make(env, shop_id, region, at, title, entropy), change="coupon.created")
        for at, title in enumerate(_TITLES, start=-1)
    ]


def _make(
    env: TwinEnv, shop_id: str, region: str, period: int, title: str, entropy: Entropy
) -> Coupon:
    currency = currency_of(region)
    begin_s = env.now_s() - 10 * _DAY_S + period * 30 * _DAY_S
    step = 1000 if currency in ("IDR", "VND", "JPY") else 1

    def amount(units: int) -> str:
        return price_text(
            Price(amount=round_amount(Decimal(units * step), currency), currency=currency)
        )

    return Coupon(
        id=entropy.digits(19),
        shop_id=shop_id,
        title=title,
        promo_code=f"{title.split()[0].upper()}{entropy.digits(4)}",
        currency=currency,
        reduction=amount(entropy.integer(2, 5)),
        least_spend=amount(30),
        begin_s=begin_s,
        end_s=begin_s + 20 * _DAY_S,
        created_at_s=begin_s - _DAY_S,
    )


@handles("promotion.202406.search_coupons")
def search_coupons(call: Call) -> dict[str, Any]:
    """Return coupons by state, title and kind."""
    now_s, body = call.env.now_s(), call.body
    keyword = (body.get("title_keyword") or "").lower()
    kinds = body.get("display_type")
    found = [
        row
        for row in call.env.store.list(Coupon, call.shop_id)
        if keyword in row.title.lower()
        and (not body.get("status") or status_of(row, now_s) in body["status"])
        and (not kinds or "PROMO_CODE" in kinds)
    ]
    page = page_of(call, found, sizes=(1, 100), default_size=20)
    return {
        "coupons": [_shown(row, now_s) for row in page.items],
        "total_count": page.total_count,
        "next_page_token": page.next_page_token,
    }


@handles("promotion.202406.get_coupon")
def get_coupon(call: Call) -> dict[str, Any]:
    """Return one coupon with what buyers did with it."""
    coupon = call.env.store.get(Coupon, call.shop_id, call.path["coupon_id"])
    if coupon is None:
        text = "Invalid coupon_id. The coupon does not exist in this shop."
        raise RefusalError(INVALID_PARAMETER, text, variant="parameter_invalid")
    more = {
        "display_channels": ["ALL"],
        "usage_stats": {"claimed_count": 0, "redeemed_count": 0},
        "product_ids": [],
    }
    return {"coupon": {**_shown(coupon, call.env.now_s()), **more}}


def _shown(row: Coupon, now_s: int) -> dict[str, Any]:
    return {
        "id": row.id,
        "title": row.title,
        "display_type": "PROMO_CODE",
        "status": status_of(row, now_s),
        "create_time": row.created_at_s,
        "update_time": row.created_at_s,
        "claim_duration": {"start_time": row.begin_s, "end_time": row.end_s},
        "redemption_duration": {
            "type": "ABSOLUTE",
            "start_time": row.begin_s,
            "end_time": row.end_s,
        },
        "promo_code": row.promo_code,
        "target_buyer_segment": "ALL",
        "usage_limits": {"single_buyer_claim_limit": 1, "total_claim_limit": row.claims},
        "discount": {
            "type": "AMOUNT_OFF",
            "reduction_amount": {"amount": row.reduction, "currency": row.currency},
        },
        "threshold": {
            "type": "MIN_SPEND",
            "min_spend": {"amount": row.least_spend, "currency": row.currency},
        },
        "product_scope": "FULL_SHOP",
        "creation_source": "SELLER_CENTER",
    }
