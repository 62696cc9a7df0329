"""Tables of sizes: made and changed for a category, found again.

Source: contracts of the operations (documented fields). Unknown ids are refused with the generic
code of a bad parameter, as no source names one (assumed); so is that a chart is of its account and
tells its table in English.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from tts_chaos.twin.domains.product.classification import leaf_of
from tts_chaos.twin.handler import Call, RefusalError, handles
from tts_chaos.twin.listing import page_of

__all__ = ["SizeChart", "create_size_chart", "edit_size_chart", "search_size_charts"]

BAD_PARAMETER = 12052910
LOCALE = "en-GB"
REUSABLE = "REUSABLE_TEMPLATE"


class SizeChart(msgspec.Struct, frozen=True, kw_only=True):
    """A table of sizes. `data` is as on the wire; never changed in place."""

    id: str
    open_id: str
    name: str
    mode: str
    category_id: str
    data: Mapping[str, Any]
    shop_id: str = ""


@handles("product.202610.create_size_chart_v2")
def create_size_chart(call: Call) -> dict[str, Any]:
    """Keep a chart for a category."""
    chart = SizeChart(
        id=call.env.mint_id(),
        open_id=call.open_id,
        name=call.body.get("template_name") or "",
        mode=call.body["size_chart_mode"],
        category_id=leaf_of(call.env, call.body["category_id"]).id,
        data=call.body["size_chart_data"],
    )
    call.env.store.put(chart, change="size_chart.created")
    return {"size_chart_id": chart.id}


@handles("product.202610.edit_size_chart_v2")
def edit_size_chart(call: Call) -> dict[str, Any]:
    """Replace the table of a chart, and its name where one is sent."""
    chart = call.env.store.get(SizeChart, "", call.body["size_chart_id"])
    if chart is None or chart.open_id != call.open_id:
        raise RefusalError(BAD_PARAMETER, f"There is no size chart {call.body['size_chart_id']}.")
    after = msgspec.structs.replace(
        chart,
        data=call.body["size_chart_data"],
        name=call.body.get("template_name") or chart.name,
    )
    call.env.store.put(after, change="size_chart.edited")
    return {"size_chart_id": after.id}


@handles("product.202407.search_size_charts")
def search_size_charts(call: Call) -> dict[str, Any]:
    """Return charts by id, name and mode."""
    ids, mode = call.body.get("ids"), call.body.get("size_chart_mode")
    keyword = (call.body.get("keyword") or "").lower()
    found = [
        row
        for row in call.env.store.list(SizeChart)
        if row.open_id == call.open_id
        and (not ids or row.id in ids)
        and (not mode or row.mode == mode)
        and keyword in row.name.lower()
    ]
    page = page_of(call, found, sizes=(1, 100), default_size=20)
    return {
        "size_chart": [_shown(row, call.query.get("locales")) for row in page.items],
        "total_count": page.total_count,
        "next_page_token": page.next_page_token,
    }


def _shown(row: SizeChart, locales: list[str] | None) -> dict[str, Any]:
    has_locale = not locales or LOCALE in locales
    return {
        "template_id": row.id,
        "template_name": row.name,
        "images": [],
        "related_category_ids": [row.category_id],
        "size_chart_datas": [{"locale": LOCALE, "size_chart_data": row.data}] if has_locale else [],
        "size_chart_mode": row.mode,
    }
