"""Reading packages: search, detail, label.

Source: protocol facts, sections 7.1 and 7.4, pitfall I7 (documented codes of a label asked too
early). Of two codes with one meaning 21042104 is told before shipping; how long a carrier takes to
produce a label is assumed.
"""

from __future__ import annotations

from typing import Any

from tts_chaos.twin.domains.fulfillment.entities import Package
from tts_chaos.twin.domains.fulfillment.render import render_package, render_package_detail
from tts_chaos.twin.domains.order.entities import Order
from tts_chaos.twin.handler import Call, RefusalError, handles
from tts_chaos.twin.listing import page_of, sort_rows, within_windows

__all__ = [
    "get_label",
    "get_package_detail",
    "search_packages",
]

NOT_YOURS = 21011028
NO_LABEL_BEFORE_SHIPPING = 21042104
NO_LABEL_AFTER_COLLECTION = 21042102
LABEL_IN_THE_MAKING = 11034037
LABELS_BY_PLATFORM_ONLY = 11034002
PACKAGE_CANCELLED = 21023059

LABEL_TAKES_S = 2
"""Seconds from shipping until the label is there. Assumed; short, so that polling is cheap."""

_LABELS = (
    "SHIPPING_LABEL",
    "SHIPPING_LABEL_AND_PACKING_SLIP",
    "SHIPPING_LABEL_PICTURE",
    "HAZMAT_LABEL",
)


@handles("fulfillment.202309.search_package")
def search_packages(call: Call) -> dict[str, Any]:
    """Return packages by state and time, the newest first unless asked otherwise."""
    rows = within_windows(call.env.store.list(Package, call.shop_id), call.body)
    status = call.body.get("package_status")
    found = [package for package in rows if not status or package.status == status]
    page = page_of(call, _sorted(call, found), sizes=(1, 50), default_size=20)
    return {
        "packages": [render_package(call.env, package) for package in page.items],
        "total_count": page.total_count,
        "next_page_token": page.next_page_token,
    }


def _sorted(call: Call, found: list[Package]) -> list[Package]:
    if call.query.get("sort_field") != "order_pay_time":
        return sort_rows(found, call.query, descending=True)
    is_ascending = call.query.get("sort_order") == "ASC"
    return sorted(found, key=lambda row: _paid_at_s(call, row), reverse=not is_ascending)


def _paid_at_s(call: Call, package: Package) -> int:
    order = call.env.store.get(Order, package.shop_id, package.order_id)
    return order.paid_at_s if order else 0


@handles("fulfillment.202309.get_package_detail")
def get_package_detail(call: Call) -> dict[str, Any]:
    """Return one package."""
    return render_package_detail(call.env, _package(call))


@handles("fulfillment.202309.get_package_shipping_document")
def get_label(call: Call) -> dict[str, Any]:
    """Return the address of a label or packing slip, once there is one."""
    package = _package(call)
    if package.status == "CANCELLED":
        raise RefusalError(PACKAGE_CANCELLED, "The package is cancelled.")
    if not package.shipped_at_s:
        raise RefusalError(NO_LABEL_BEFORE_SHIPPING, "Arrange the shipment first.")
    kind = call.query.get("document_type", "")
    if kind in _LABELS:
        _check_label(package, call.env.now_s())
    return {
        "doc_url": f"https://documents.example.net/{package.id}/{kind.lower()}.pdf",
        "tracking_number": package.tracking_number,
    }


def _check_label(package: Package, now_s: int) -> None:
    if package.self_shipped:
        raise RefusalError(LABELS_BY_PLATFORM_ONLY, "The seller's own carrier makes the label.")
    if package.collected_at_s:
        raise RefusalError(NO_LABEL_AFTER_COLLECTION, "The package was picked up.")
    if now_s < package.shipped_at_s + LABEL_TAKES_S:
        raise RefusalError(LABEL_IN_THE_MAKING, "The carrier still produces the label.")


def _package(call: Call) -> Package:
    package = call.env.store.get(Package, call.shop_id, call.path["package_id"])
    if package is None:
        raise RefusalError(NOT_YOURS, "The package does not exist in this shop.")
    return package
