"""How packages come to be, move and follow their order.

Packages follow their order: one that is paid, shipped by hand, collected, delivered or cancelled
takes them along. Knows orders as values only: moving an order, and with it the units in stock, is
the business of whoever calls.

Source: protocol facts, section 7.4 (documented: a package exists from payment on, in the US only
after a ship call); webhook events, type 4 (documented: packages split).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from tts_chaos.twin.domains.fulfillment.entities import Package
from tts_chaos.twin.domains.fulfillment.lifecycle import PACKAGE, SUB_STATUS
from tts_chaos.twin.domains.logistics.entities import Carrier
from tts_chaos.twin.domains.logistics.population import delivery_options
from tts_chaos.twin.domains.order.entities import LineItem, Order
from tts_chaos.twin.following import follows
from tts_chaos.twin.handler import TwinEnv
from tts_chaos.twin.shops import region_of_shop
from tts_chaos.twin.store import Change
from tts_chaos.wire.webhook import EventType

__all__ = [
    "Shipment",
    "drop_lines",
    "follow_order",
    "make_shipment",
    "move_package",
    "note_on_lines",
    "open_package",
    "packages_of",
    "ship_package",
    "split_off",
]

PACKAGED = "order.packaged"
"""Commit by which an order learns of its packages; nothing follows from it."""

REGION_WITHOUT_EARLY_PACKAGES = "US"


class Shipment(msgspec.Struct, frozen=True, kw_only=True):
    """How a package leaves: carrier, number, and who hands it over."""

    tracking_number: str
    carrier: Carrier
    self_shipped: bool = False
    handover_method: str = "DROP_OFF"
    pickup_start_s: int = 0
    pickup_end_s: int = 0


def packages_of(env: TwinEnv, order: Order) -> list[Package]:
    """Return the packages of an order that are not cancelled, in order of its lines."""
    current = env.store.get(Order, order.shop_id, order.id) or order
    ids = dict.fromkeys(line.package_id for line in current.lines if line.package_id)
    rows = (env.store.get(Package, order.shop_id, id) for id in ids)
    return [row for row in rows if row is not None and row.status != "CANCELLED"]


def open_package(
    env: TwinEnv,
    order: Order,
    lines: Iterable[LineItem],
    *,
    tag: str = "DEFAULT",
    at_s: int | None = None,
) -> Package:
    """Create a package for `lines`, now or at that instant, and note its id on them."""
    now_s = env.now_s() if at_s is None else at_s
    package = Package(
        id=env.mint_id(),
        shop_id=order.shop_id,
        order_id=order.id,
        line_ids=tuple(line.id for line in lines),
        tag=tag,
        created_at_s=now_s,
        updated_at_s=now_s,
    )
    env.store.put(package, change="package.created")
    note_on_lines(env, package)
    return package


def move_package(
    env: TwinEnv, package: Package, event: str, *, change: str = "", **changes: Any
) -> Package:
    """Move `package` by an event of `lifecycle.PACKAGE`, with further fields in the same commit.

    Args:
        env: The twin's environment.
        package: What moves.
        event: What happens to it.
        change: Past participle for the commit's name; the event's own by default.
        **changes: Further fields of the package.

    Raises:
        IllegalMoveError: If the table has no such move; nothing changes.
    """
    status = PACKAGE.next(package.status, event)
    changes = {
        "status": status,
        "sub_status": SUB_STATUS[event],
        "updated_at_s": env.now_s(),
        **changes,
    }
    return env.store.update(
        Package,
        package.shop_id,
        package.id,
        lambda current: msgspec.structs.replace(current, **changes),
        change=f"package.{change or _PAST[event]}",
    )


_PAST = {
    "ship": "shipped",
    "collect": "collected",
    "deliver": "delivered",
    "cancel": "cancelled",
}


def ship_package(
    env: TwinEnv,
    package: Package,
    shipment: Shipment,
    *,
    change: str = "shipped",
    at_s: int | None = None,
) -> Package:
    """Let a package leave. Neither the order nor its units move: they follow the order's lines.

    Raises:
        IllegalMoveError: If the package cannot be shipped; nothing changes.
    """
    now_s = env.now_s() if at_s is None else at_s
    return move_package(
        env,
        package,
        "ship",
        change=change,
        tracking_number=shipment.tracking_number,
        carrier_id=shipment.carrier.id,
        carrier_name=shipment.carrier.name,
        self_shipped=shipment.self_shipped,
        handover_method=shipment.handover_method,
        pickup_start_s=shipment.pickup_start_s,
        pickup_end_s=shipment.pickup_end_s,
        shipped_at_s=now_s,
        updated_at_s=now_s,
    )


def split_off(env: TwinEnv, order: Order, package: Package, line_ids: set[str]) -> Package:
    """Move some lines of an unshipped package into a new one and emit webhook 4.

    Source: protocol facts, section 7.4 (documented: a split makes new ids). That the lines left
    behind keep their package is assumed.
    """
    kept = tuple(id for id in package.line_ids if id not in line_ids)
    rest = env.store.update(
        Package,
        package.shop_id,
        package.id,
        lambda current: msgspec.structs.replace(
            current, line_ids=kept, tag="SPLIT", updated_at_s=env.now_s()
        ),
        change="package.split",
    )
    lines = [line for line in order.lines if line.id in line_ids]
    new = open_package(env, order, lines, tag="SPLIT")
    env.emit(EventType.PACKAGE_UPDATE, order.shop_id, _split_notice(env, order, [rest, new]))
    return new


@follows(Order)
def follow_order(env: TwinEnv, change: Change) -> None:
    """Bring packages in step with an order that was just stored."""
    order = change.after
    if not isinstance(order, Order) or change.what == PACKAGED:
        return
    if order.status == "CANCELLED":
        for package in packages_of(env, order):
            if package.status != "COMPLETED":
                move_package(env, package, "cancel")
                note_on_lines(env, package, status="CANCELLED")
        return
    if order.status == "UNPAID":
        return
    if order.shipped_at_s or region_of_shop(env, order.shop_id) != REGION_WITHOUT_EARLY_PACKAGES:
        _package_the_rest(env, order)
    if order.shipped_at_s:
        _ship_the_rest(env, order)
    if order.collected_at_s:
        _advance(env, order, "collect", "collected_at_s", order.collected_at_s)
    if order.delivered_at_s:
        _advance(env, order, "deliver", "delivered_at_s", order.delivered_at_s)


def make_shipment(env: TwinEnv, shop_id: str) -> Shipment:
    """Return the shipment the platform arranges: its first carrier, a number of its own."""
    options = delivery_options(env, shop_id)
    carriers = options[0].carriers if options else ()
    carrier = carriers[0] if carriers else Carrier(id="", name="")
    return Shipment(tracking_number=env.entropy.digits(16), carrier=carrier)


def _package_the_rest(env: TwinEnv, order: Order) -> None:
    bare = [line for line in order.open_lines if not line.package_id]
    if bare:
        open_package(env, order, bare, at_s=order.paid_at_s)


def _ship_the_rest(env: TwinEnv, order: Order) -> None:
    """Ship what no call of the integration shipped: someone did it in the seller's own tool."""
    for package in packages_of(env, order):
        if package.status == "PROCESSING":
            shipment = make_shipment(env, order.shop_id)
            shipped = ship_package(env, package, shipment, at_s=order.shipped_at_s)
            note_on_lines(env, shipped, status="FULFILLING")


def _advance(env: TwinEnv, order: Order, event: str, field: str, at_s: int) -> None:
    for package in packages_of(env, order):
        if package.status == "FULFILLING" and not getattr(package, field):
            stamps: dict[str, Any] = {field: at_s, "updated_at_s": at_s}
            moved = move_package(env, package, event, **stamps)
            note_on_lines(env, moved, status=moved.status)


def note_on_lines(env: TwinEnv, package: Package, *, status: str = "TO_FULFILL") -> None:
    """Write id, carrier and number of a package on the lines it holds, in one commit."""

    def noted(order: Order) -> Order:
        lines = tuple(
            msgspec.structs.replace(
                line,
                package_id=package.id,
                package_status=status,
                tracking_number=package.tracking_number,
                provider_id=package.carrier_id,
                provider_name=package.carrier_name,
            )
            if line.id in package.line_ids
            else line
            for line in order.lines
        )
        return msgspec.structs.replace(order, lines=lines)

    env.store.update(Order, package.shop_id, package.order_id, noted, change=PACKAGED)


def _split_notice(env: TwinEnv, order: Order, packages: list[Package]) -> dict[str, Any]:
    return {
        "sc_type": "SPLIT",
        "role_type": "ROLE_SELLER",
        "package_list": [{"package_id": row.id, "order_id_list": [order.id]} for row in packages],
        "update_time": env.now_s(),
    }


def drop_lines(env: TwinEnv, order: Order, line_ids: set[str]) -> None:
    """Take cancelled line items out of unshipped packages; a package left empty is cancelled."""
    for package in packages_of(env, order):
        kept = tuple(id for id in package.line_ids if id not in line_ids)
        if package.status != "PROCESSING" or kept == package.line_ids:
            continue
        if not kept:
            move_package(env, package, "cancel")
            continue
        env.store.put(
            msgspec.structs.replace(package, line_ids=kept, updated_at_s=env.now_s()),
            change="package.lines_dropped",
        )
