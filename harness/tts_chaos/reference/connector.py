"""The connector as its owner sees it: what it does, what it knows, how it is doing.

It has no threads of its own. Call `sync_orders` and `flush` from a scheduler, say once a minute,
and `deliver_webhook` from the web server; all methods may be called from several threads and from
several processes that share the database.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import httpx

from tts_chaos.reference.alerts import Alerts
from tts_chaos.reference.catalogue import Catalogue
from tts_chaos.reference.client import ApiClient
from tts_chaos.reference.conversions import Conversions
from tts_chaos.reference.database import Database
from tts_chaos.reference.errors import (
    ConnectorError,
    CredentialsError,
    SyncIncompleteError,
)
from tts_chaos.reference.journal import Journal, hide_queries_of_httpx
from tts_chaos.reference.leases import Leases
from tts_chaos.reference.order_sync import OrderSync
from tts_chaos.reference.orders import OrderBook
from tts_chaos.reference.pacing import Jitter, Pauses
from tts_chaos.reference.refund_book import RefundBook
from tts_chaos.reference.refunds import Refunds
from tts_chaos.reference.settings import ReferenceSettings, Shop
from tts_chaos.reference.shipping import Shipping
from tts_chaos.reference.stock import Stock
from tts_chaos.reference.tokens import TokenKeeper, TokenStore
from tts_chaos.reference.transport import Transport
from tts_chaos.reference.vault import Vault
from tts_chaos.reference.webhooks import Inbox

__all__ = ["ReferenceIntegration"]

_CREDENTIALS = frozenset({"app_key", "app_secret", "access_token", "refresh_token"})
_TOKENS = frozenset({"access_token", "refresh_token"})
_CONNECTION = frozenset({"ca_file", "use_system_proxy"})
_TOKEN_LIFE_S = 7 * 86_400
"""Source: protocol facts, section 2.2 (documented). A shorter real life is told by code 105002."""

_STALE_S = 900.0


class ReferenceIntegration:
    """A connector between a shop's own systems and TikTok Shop.

    Args:
        settings: Where, who, and how patient.
        transport: Transport below httpx, for tests.
    """

    def __init__(
        self, settings: ReferenceSettings, *, transport: httpx.BaseTransport | None = None
    ) -> None:
        hide_queries_of_httpx()
        self._inner_transport = transport
        self._settings = settings
        self._settings_lock = threading.Lock()
        self._open()

    def _open(self) -> None:
        settings = self._settings
        self._journal = Journal([settings.app_secret, settings.access_token])
        self._journal.hide(settings.refresh_token, *(shop.cipher for shop in settings.shops))
        vault = Vault(settings.encryption_key)
        self._database = Database(settings.database, sync_to_disk=settings.sync_to_disk)
        try:
            self._assemble(settings, vault)
        except BaseException:
            self._database.close()
            raise

    def _assemble(self, settings: ReferenceSettings, vault: Vault) -> None:
        self._alerts = Alerts(self._database, self._journal)
        self._pauses = Pauses(self._database)
        self._transport = Transport(settings, inner=self._inner_transport)
        patience = settings.patience
        # The longest single step is one try: connecting, the answer as a whole, its last wait.
        leases = Leases(
            self._database, life_s=patience.connect_s + patience.total_s + patience.read_s
        )
        jitter = Jitter(settings.jitter_seed)
        self._token_store = TokenStore(self._database, vault)
        self._token_store.seed(settings)
        self._keeper = TokenKeeper(
            settings=lambda: self._settings,
            store=self._token_store,
            transport=lambda: self._transport,
            leases=leases,
            alerts=self._alerts,
            journal=self._journal,
            jitter=jitter,
        )
        client = ApiClient(
            settings=lambda: self._settings,
            transport=lambda: self._transport,
            tokens=self._keeper,
            pauses=self._pauses,
            leases=leases,
            alerts=self._alerts,
            journal=self._journal,
            jitter=jitter,
        )
        self._wire(client, vault, leases, jitter)

    def _wire(self, client: ApiClient, vault: Vault, leases: Leases, jitter: Jitter) -> None:
        database, alerts, journal = self._database, self._alerts, self._journal
        self._book = OrderBook(database, vault)
        self._orders = OrderSync(client=client, book=self._book, alerts=alerts, journal=journal)
        self._stock = Stock(
            database=database,
            client=client,
            leases=leases,
            alerts=alerts,
            journal=journal,
            jitter=jitter,
        )
        self._shipping = Shipping(
            database=database,
            client=client,
            orders=self._orders,
            leases=leases,
            journal=journal,
            jitter=jitter,
        )
        self._refunds = Refunds(
            client=client,
            orders=self._orders,
            book=RefundBook(database),
            leases=leases,
            alerts=alerts,
            journal=journal,
            jitter=jitter,
        )
        self._inbox = Inbox(
            database=database,
            vault=vault,
            orders=self._orders,
            refunds=self._refunds,
            alerts=alerts,
            journal=journal,
        )
        self._catalogue = Catalogue(database=database, client=client)
        self._conversions = Conversions(database=database, book=self._book, alerts=alerts)

    # Actions

    def sync_orders(self) -> dict[str, int]:
        """Fetch new and changed orders and refunds of all shops, work off the inbox, read stock.

        Returns:
            {changed}: how many orders are new or changed.

        Raises:
            SyncIncompleteError: If anything could not be read. What was read is stored, an alert is
                raised, and the next run makes up for the rest.
        """
        errors: list[ConnectorError] = []
        changed = 0
        for shop in self._settings.shops:
            try:
                changed += self._orders.sync(shop)
                self._refunds.sync(shop)
                self._read_stock(shop)
            except CredentialsError as error:
                errors.append(error)
                break  # the token is the same for all shops
            except SyncIncompleteError as error:
                errors.extend(error.errors)
                if any(isinstance(each, CredentialsError) for each in error.errors):
                    break
            except ConnectorError as error:
                errors.append(error)
        if errors:
            self._journal.warn("sync_incomplete", causes=[error.cause for error in errors])
            raise SyncIncompleteError(errors)
        self._inbox.work_off(self._settings)
        return {"changed": changed}

    def _read_stock(self, shop: Shop) -> None:
        known = {*self._stock.skus_of(shop), *self._book.skus_of(shop.id)}
        self._stock.refresh(shop, sorted(known))

    def push_stock(self, changes: Mapping[str, int]) -> None:
        """Set sellable quantities: {sku_id: quantity}.

        The wish is kept before anything is sent. A newer one replaces an older one.

        Raises:
            SettingsError: If a quantity is none; then nothing is kept.
            PushPendingError: If some of it is not confirmed yet; `flush` tries again.
        """
        self._stock.ask(changes)
        self.flush()

    def keep_stock(self, changes: Mapping[str, int]) -> None:
        """Keep a wish as `push_stock` does, and leave the pushing to the next `flush`.

        Raises:
            SettingsError: If a quantity is none; then nothing is kept.
        """
        self._stock.ask(changes)

    def flush(self) -> None:
        """Push whatever waits in the outbox.

        Raises:
            PushPendingError: If some of it still waits.
        """
        self._stock.flush(self._settings.shops, self._settings.patience)

    def ship(self, order_id: str, *, tracking_number: str = "") -> list[dict[str, str]]:
        """Ship all parcels of an order; returns its shipments. Doing it again changes nothing.

        Raises:
            NotShippableError: If its state does not allow it.
            UnknownOutcomeError: If it stayed unknown whether a parcel was shipped.
            ConnectorError: If a call failed for good.
        """
        return self._shipping.ship(
            str(order_id),
            shops=self._settings.shops,
            patience=self._settings.patience,
            tracking_number=tracking_number,
        )

    def refund(self, order_id: str, amount: str = "") -> list[dict[str, Any]]:
        """Give money back for a delivered order; returns what its buyer got back so far.

        Args:
            order_id: The order.
            amount: Decimal text, in the order's currency; "" for everything that is left, which
                grants the buyer's own request where one is open.

        Raises:
            NotRefundableError: If its state does not allow it.
            UnknownOutcomeError: If it stayed unknown whether the money went back; asked again, the
                same decision is taken up.
            ConnectorError: If a call failed for good.
        """
        settings = self._settings
        return self._refunds.refund(
            str(order_id), str(amount), shops=settings.shops, patience=settings.patience
        )

    def cancel(self, order_id: str) -> list[dict[str, Any]]:
        """Cancel an order that was not shipped; returns what its buyer got back.

        Raises:
            NotRefundableError: If its state does not allow it.
            UnknownOutcomeError: If it stayed unknown whether the order is cancelled.
            ConnectorError: If a call failed for good.
        """
        settings = self._settings
        return self._refunds.cancel(str(order_id), shops=settings.shops, patience=settings.patience)

    def deliver_webhook(
        self, headers: Mapping[str, str] | Iterable[tuple[str, str]], body: bytes | str
    ) -> int:
        """Receive one webhook; returns the HTTP status to answer it with: 200 or 401."""
        raw = body.encode() if isinstance(body, str) else bytes(body)
        return self._inbox.receive(self._settings, headers, raw)

    def quote_checkout(self, lines: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Price a basket of {sku_id, quantity}; returns {currency, total_amount, as_of}.

        Raises:
            PriceUnknownError: If the basket cannot be priced.
        """
        return self._catalogue.quote(lines, self._settings.shops)

    def restart(self) -> None:
        """Stop, and start again from what is on disk."""
        self.close()
        self._open()

    def reconfigure(self, **changes: Any) -> None:
        """Take new settings from an operator; names are those of `ReferenceSettings`.

        New tokens replace the stored pair. Where their expiry is not given, the documented life
        counts from now. New credentials of any kind end the silence after a refused refresh.

        Raises:
            SettingsError: If a name is no setting or a value is unusable; then nothing changes.
        """
        with self._settings_lock:
            settings = self._settings.changed_by(_with_expiry(changes))
            old, self._settings = self._settings, settings
            self._journal.hide(settings.app_secret, settings.access_token, settings.refresh_token)
            self._journal.hide(*(shop.cipher for shop in settings.shops))
            if settings.database != old.database or settings.encryption_key != old.encryption_key:
                self.restart()
                return
            if _CONNECTION & set(changes):
                replaced, self._transport = (
                    self._transport,
                    Transport(settings, inner=self._inner_transport),
                )
                replaced.close()
            if _TOKENS & set(changes):
                self._token_store.seed(settings)
            if _CREDENTIALS & set(changes):
                self._keeper.revive()
        self._pauses.forget()
        self._journal.write("reconfigured", settings=sorted(changes))

    # Observations

    def orders(self, *, newest: int | None = None) -> list[dict[str, Any]]:
        """Return the orders it knows, one line per unit; needs no connection.

        Args:
            newest: Return only so many, the latest created; None returns all, oldest first.
        """
        return self._book.all() if newest is None else self._book.newest(newest)

    def stock(self) -> dict[str, int]:
        """Return the sellable quantity per SKU it knows; needs no connection."""
        return self._stock.known()

    def shipments(self) -> list[dict[str, str]]:
        """Return the confirmed shipments: {order_id, package_id, tracking_number}."""
        return self._shipping.all()

    def refunds(self) -> list[dict[str, Any]]:
        """Return what was given back: {order_id, id, amount, currency, line_ids, shop_id}."""
        return self._refunds.all()

    def alerts(self) -> list[dict[str, Any]]:
        """Return the alerts it raised: {cause, message, at, last_at, count, open}."""
        return self._alerts.all()

    def logs(self) -> list[str]:
        """Return the latest lines of its log, the oldest first: JSON, without secrets."""
        return self._journal.lines

    def tokens(self) -> dict[str, Any]:
        """Return the token pair it holds. For tests and for nothing else: these are secrets."""
        pair = self._token_store.load()
        return {
            "access_token": pair.access_token,
            "refresh_token": pair.refresh_token,
            "access_token_expires_at": pair.access_expires_at,
        }

    def conversions(self) -> list[dict[str, Any]]:
        """Return the conversion records that may be sent."""
        return self._conversions.all()

    def health(self) -> dict[str, Any]:
        """Return {status, open_alerts, waiting_pushes, waiting_webhooks, oldest_sync_s}.

        `degraded` means that what is known is still told, and may be old.
        """
        open_causes = sorted({alert["cause"] for alert in self._alerts.all() if alert["open"]})
        mark = min(self._book.watermark(shop.id) for shop in self._settings.shops)
        oldest_s = time.time() - mark if mark else None
        waiting = len(self._stock.pending()), self._inbox.pending()
        is_well = not open_causes and not any(waiting)
        is_fresh = oldest_s is None or oldest_s < _STALE_S
        return {
            "status": "ok" if is_well and is_fresh else "degraded",
            "open_alerts": open_causes,
            "waiting_pushes": waiting[0],
            "waiting_webhooks": waiting[1],
            "oldest_sync_s": oldest_s,
        }

    def close(self) -> None:
        """Close the connections and the database."""
        self._transport.close()
        self._database.close()

    def __enter__(self) -> ReferenceIntegration:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _with_expiry(changes: Mapping[str, Any]) -> dict[str, Any]:
    completed = dict(changes)
    if "access_token" in changes:
        completed.setdefault("access_token_expires_at", int(time.time()) + _TOKEN_LIFE_S)
    return completed
