"""A correct integration on requests that lives on webhooks, and works them off by several threads.

A webhook is checked, kept and answered at once. Workers, each with a session of its own, read the
orders that are due, push stock and ship; a poll only sweeps up what no webhook told. What several
workers share (the document, the pair, the parcels under way) is touched under a lock. The broken
members of `threads_broken` replace one method each.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import requests
from tests.quality.zoo.base import Connector
from tests.quality.zoo.manners import Json, Trouble
from tests.quality.zoo.requests_form import RequestsConnector

from tts_chaos.typing import ShopAccess

__all__ = ["WebhookFirst"]

WORKERS = 3
BATCH = 10
"""Orders that one worker reads at once."""

Item = TypeVar("Item")


class WebhookFirst(RequestsConnector):
    """Reads what webhooks announce, with several workers."""

    # -- sessions and workers -------------------------------------------------------------------

    def open_connections(self) -> None:
        self.local = threading.local()
        self.sessions: list[requests.Session] = []
        self.shipping: dict[str, threading.Lock] = {}

    @property
    def session(self) -> requests.Session:  # type: ignore[override]
        """The session of this thread: they are not made to be shared."""
        if not hasattr(self.local, "session"):
            self.local.session = requests.Session()
            self.local.session.trust_env = False
            self.sessions.append(self.local.session)
        session: requests.Session = self.local.session
        return session

    def spread(self, work: Callable[[Item], Any], items: Iterable[Item]) -> None:
        """Let the workers do each item, whatever becomes of the others.

        Raises:
            Trouble: The first one.
        """
        waiting = list(items)
        if len(waiting) < 2:
            for item in waiting:
                work(item)
            return
        with ThreadPoolExecutor(max_workers=WORKERS) as pool:
            done = [pool.submit(work, item) for item in waiting]
        for each in done:
            each.result()

    def close(self) -> None:
        for session in self.sessions:
            session.close()

    # -- shared state ---------------------------------------------------------------------------

    def alert(self, cause: str, message: str) -> None:
        with self.lock:
            super().alert(cause, message)

    def pause_s(self, trouble: Trouble, attempt: int) -> float:
        with self.lock:
            return super().pause_s(trouble, attempt)

    def book(self, order: Json) -> None:
        with self.lock:
            super().book(order)

    def keep_levels(self, shop: ShopAccess, data: Json) -> None:
        with self.lock:
            super().keep_levels(shop, data)

    def skus_of(self, shop: ShopAccess) -> list[str]:
        with self.lock:
            return super().skus_of(shop)

    def note_shipment(self, order_id: str, package: str) -> None:
        with self.lock:
            super().note_shipment(order_id, package)

    # -- orders ---------------------------------------------------------------------------------

    def read_orders(self, shop: ShopAccess, ids: list[str]) -> None:
        batches = [ids[start : start + BATCH] for start in range(0, len(ids), BATCH)]
        self.spread(lambda batch: Connector.read_orders(self, shop, batch), batches)

    def work_off(self) -> None:
        with self.lock:
            due = list(self.state["inbox"])
        homes = {shop.id: shop for shop in self.connection.shops}
        self.spread(
            lambda row: self.work_off_order(homes[row[0]], row),
            [list(row) for row in sorted({tuple(row) for row in due}) if row[0] in homes],
        )
        for id in sorted({row[0] for row in due} & homes.keys()):
            self.read_levels(homes[id], self.skus_of(homes[id]))

    def work_off_order(self, shop: ShopAccess, row: list[str]) -> None:
        """Read one announced order; only then is it no longer due."""
        Connector.read_orders(self, shop, [row[1]])
        with self.lock:
            self.state["inbox"] = [each for each in self.state["inbox"] if each != row]

    # -- stock ----------------------------------------------------------------------------------

    def ask(self, sku: str, quantity: int) -> None:
        with self.lock:
            super().ask(sku, quantity)

    def flush(self) -> None:
        try:
            self.work_off()
            for turn in range(1, 6):
                waiting = self.unapplied()
                if not waiting:
                    return
                self.push_all(waiting, turn)
        finally:
            self.save()
        raise Trouble("contract", "the platform does not keep what is pushed")

    def push_all(self, waiting: list[str], turn: int) -> None:
        """Push several SKUs side by side."""
        self.spread(lambda sku: self.push(sku, turn), waiting)

    def still_waiting(self) -> list[str]:
        with self.lock:
            return super().still_waiting()

    def push(self, sku: str, turn: int) -> Trouble | None:
        trouble = super().push(sku, turn)
        if trouble is not None and (turn == 5 or trouble.cause == "mapping"):
            raise trouble
        return trouble

    # -- shipping -------------------------------------------------------------------------------

    def ship(self, order_id: str) -> None:
        with self.lock:
            turn = self.shipping.setdefault(order_id, threading.Lock())
        with turn:
            super().ship(order_id)

    # -- observations ---------------------------------------------------------------------------

    def orders(self) -> Any:
        with self.lock:
            return super().orders()

    def stock(self) -> Mapping[str, int]:
        with self.lock:
            levels: Mapping[str, int] = super().stock()
            return levels
