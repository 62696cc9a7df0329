"""Bugs that no single fault shows, each planted in the zoo's correct integration.

Each needs two or three troubles in the life of one process: what the integration does about one is
wrong only because of another before it.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

from tests.quality.zoo.base import Connector
from tests.quality.zoo.manners import Json, Trouble

from tts_chaos.typing import ShopAccess, TwinConnection

__all__ = ["PLANTED", "PLANTED_LATER", "Correct"]

PASSING = ("network", "slowness", "outage", "contract")
"""Causes of troubles that say nothing about tokens or limits."""


class Correct(Connector):
    """Behaves as the zoo's correct one, and remembers what troubles it met.

    Attributes:
        faults: How many faults it takes to show the planted bug; 0 for none.
        met: Words for troubles met since the start of the process.
    """

    faults: ClassVar[int] = 0

    def __init__(self, connection: TwinConnection, folder: Path) -> None:
        self.met: set[str] = set()
        super().__init__(connection, folder)

    def renew(self, refused: str) -> bool:
        is_renewed = super().renew(refused)
        self.met.add("renewed")
        return is_renewed

    def note_wait(self, path: str, shop: ShopAccess, trouble: Trouble) -> None:
        super().note_wait(path, shop, trouble)
        self.met.add("limited")

    def write_stock(self, sku: str, quantity: int, level: Json) -> None:
        try:
            super().write_stock(sku, quantity, level)
        except Trouble as trouble:
            if trouble.kind == "unknown":
                self.met.add("write lost")
            raise

    def skip(self, ids: Iterable[str]) -> None:
        """Never read some orders again."""
        self.state.setdefault("skipped", []).extend(ids)

    def read_orders(self, shop: ShopAccess, ids: list[str]) -> None:
        skipped = self.state.get("skipped", [])
        super().read_orders(shop, [id for id in ids if id not in skipped])

    def forget_wishes(self) -> None:
        """Take everything that waits for pushed."""
        self.state["outbox"].clear()


class ForgetsLostWritesOnRenewal(Correct):
    """A new token begins a new session, in which writes of the old one are not looked after."""

    faults = 2

    def renew(self, refused: str) -> bool:
        is_renewed = super().renew(refused)
        if "write lost" in self.met:
            self.forget_wishes()
        return is_renewed


class ForgetsLostWritesWhenLimited(Correct):
    """Once limited it saves calls: it does not look whether a lost write was done."""

    faults = 2

    def unapplied(self) -> list[str]:
        if {"limited", "write lost"} <= self.met:
            self.forget_wishes()
        return super().unapplied()


class SkipsOrdersAfterRenewal(Correct):
    """Orders that cannot be read with a fresh token are taken for broken, and never read again."""

    faults = 2

    def details(self, shop: ShopAccess, ids: list[str]) -> Json:
        try:
            return super().details(shop, ids)
        except Trouble as trouble:
            if "renewed" in self.met and trouble.cause in PASSING:
                self.skip(ids)
            raise


class SkipsOrdersOnceLimited(Correct):
    """Orders that cannot be read after a pause that was asked for are never read again."""

    faults = 2

    def details(self, shop: ShopAccess, ids: list[str]) -> Json:
        try:
            return super().details(shop, ids)
        except Trouble as trouble:
            if "limited" in self.met and trouble.cause in PASSING:
                self.skip(ids)
            raise


class TakesAFailedLookForNo(Correct):
    """Where it cannot see whether a parcel has left after a lost answer, it ships it again."""

    faults = 2

    def has_left(self, shop: ShopAccess, package: str) -> bool:
        try:
            return super().has_left(shop, package)
        except Trouble:
            if "shipment lost" not in self.met:
                raise
            return False

    def send_shipment(self, shop: ShopAccess, order: Json, package: str) -> None:
        try:
            super().send_shipment(shop, order, package)
        except Trouble as trouble:
            if trouble.kind == "unknown":
                self.met.add("shipment lost")
            raise


class GivesUpAtTheSecondFailedRefresh(Correct):
    """Two refreshes that failed for a passing reason are taken for a refresh token that is dead."""

    faults = 2

    def note_failed_refresh(self, trouble: Trouble) -> None:
        super().note_failed_refresh(trouble)
        self.state["failed"] = self.state.get("failed", 0) + 1
        if self.state["failed"] > 1:
            self.state["is_dead"] = True


class BooksShipmentsOnAFreshToken(Correct):
    """Limited and then with a fresh token, it books a shipment before it was sent, and sends none.

    It was made to keep within the limit, by leaving out what the other session had sent already.
    """

    faults = 2

    def send_shipment(self, shop: ShopAccess, order: Json, package: str) -> None:
        if {"limited", "renewed"} <= self.met:
            self.note_shipment(order["id"], package)
            return
        super().send_shipment(shop, order, package)

    def has_left(self, shop: ShopAccess, package: str) -> bool:
        return package in self.state["shipments"] or super().has_left(shop, package)


class ForgetsLostWritesOnRenewalWhenLimited(Correct):
    """As above, but only where it has to save calls as well."""

    faults = 3

    def unapplied(self) -> list[str]:
        if {"limited", "renewed", "write lost"} <= self.met:
            self.forget_wishes()
        return super().unapplied()


class SkipsOrdersAfterRenewalWhenLimited(Correct):
    """As above, but only with both a fresh token and a pause behind it."""

    faults = 3

    def details(self, shop: ShopAccess, ids: list[str]) -> Json:
        try:
            return super().details(shop, ids)
        except Trouble as trouble:
            if {"renewed", "limited"} <= self.met and trouble.cause in PASSING:
                self.skip(ids)
            raise


class TakesAFailedLookForNoOnAFreshToken(TakesAFailedLookForNo):
    """As above, but only after a refresh."""

    faults = 3

    def has_left(self, shop: ShopAccess, package: str) -> bool:
        if "renewed" in self.met:
            return super().has_left(shop, package)
        return Correct.has_left(self, shop, package)


class BelievesAPushThatCannotBeRead(Correct):
    """Where it cannot see whether a lost write was done, it takes it for done."""

    faults = 2

    def unapplied(self) -> list[str]:
        try:
            return super().unapplied()
        except Trouble:
            if "write lost" not in self.met:
                raise
            self.forget_wishes()
            return []


class ShipsAgainOnceLimited(Correct):
    """Once limited it saves the look whether a shipment whose answer was lost has left."""

    faults = 2

    def has_left(self, shop: ShopAccess, package: str) -> bool:
        if {"limited", "shipment lost"} <= self.met:
            return False
        return super().has_left(shop, package)

    def send_shipment(self, shop: ShopAccess, order: Json, package: str) -> None:
        try:
            super().send_shipment(shop, order, package)
        except Trouble as trouble:
            if trouble.kind == "unknown":
                self.met.add("shipment lost")
            raise


class TakesALimitAfterAFailedRefreshForItsEnd(Correct):
    """A limit that follows a refresh that failed is taken for the end of the authorisation."""

    faults = 3

    def note_failed_refresh(self, trouble: Trouble) -> None:
        super().note_failed_refresh(trouble)
        self.met.add("refresh failed")

    def note_wait(self, path: str, shop: ShopAccess, trouble: Trouble) -> None:
        super().note_wait(path, shop, trouble)
        if "refresh failed" in self.met:
            self.state["is_dead"] = True


PLANTED: tuple[type[Correct], ...] = (
    ForgetsLostWritesOnRenewal,
    ForgetsLostWritesWhenLimited,
    SkipsOrdersAfterRenewal,
    SkipsOrdersOnceLimited,
    TakesAFailedLookForNo,
    GivesUpAtTheSecondFailedRefresh,
    BooksShipmentsOnAFreshToken,
    ForgetsLostWritesOnRenewalWhenLimited,
    SkipsOrdersAfterRenewalWhenLimited,
    TakesAFailedLookForNoOnAFreshToken,
)

PLANTED_LATER: tuple[type[Correct], ...] = (
    BelievesAPushThatCannotBeRead,
    ShipsAgainOnceLimited,
    TakesALimitAfterAFailedRefreshForItsEnd,
)
"""Planted once the way of drawing was settled, which no change of it has looked at."""
