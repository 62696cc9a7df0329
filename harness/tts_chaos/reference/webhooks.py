"""Webhooks: kept before they are answered, taken into account once, never believed blindly.

A webhook says that something changed, not what is true: it may come twice, late, or in the wrong
order. So each one only causes its orders to be read. Where the API cannot be read just now, the
event stays in the inbox and is worked off later.

Source: protocol facts, section 6 (documented): signature, 200 or 401 within three seconds; that
`tts_notification_id` is shared by duplicates is inferred.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterable, Mapping
from typing import Any

from tts_chaos.reference.alerts import Alerts
from tts_chaos.reference.database import Database
from tts_chaos.reference.errors import ConnectorError
from tts_chaos.reference.journal import Journal
from tts_chaos.reference.order_sync import OrderSync
from tts_chaos.reference.refund_book import CANCELLATION, RETURN
from tts_chaos.reference.refunds import CANCELLED, RETURNED, Refunds
from tts_chaos.reference.settings import ReferenceSettings, Shop
from tts_chaos.reference.signing import is_genuine_webhook
from tts_chaos.reference.vault import Vault

__all__ = ["Inbox"]

_ACCEPTED = 200
_REFUSED = 401
_DEAUTHORIZED = 6
_AUTHORIZATION_ENDS = 7
_KINDS = 1_000_000
_TRIES = 20
_BATCH = 200
_SUBJECT = "webhooks"
_REQUESTS = {CANCELLED: CANCELLATION, RETURNED: RETURN}
_HURRY_S = 0.8
"""Who took longer over the order has no time for a second read before the answer is due."""


class Inbox:
    """Receives webhooks and works them off."""

    def __init__(
        self,
        *,
        database: Database,
        vault: Vault,
        orders: OrderSync,
        refunds: Refunds,
        alerts: Alerts,
        journal: Journal,
    ) -> None:
        self._database = database
        self._vault = vault
        self._orders = orders
        self._refunds = refunds
        self._alerts = alerts
        self._journal = journal

    def receive(
        self,
        settings: ReferenceSettings,
        headers: Mapping[str, str] | Iterable[tuple[str, str]],
        body: bytes,
    ) -> int:
        """Take one delivery; returns the HTTP status to answer: 200 or 401."""
        signature = _authorization(headers)
        if not is_genuine_webhook(settings.app_key, settings.app_secret, body, signature):
            text = "a webhook without a genuine signature was refused"
            self._alerts.report("webhook", _SUBJECT, text)
            return _REFUSED
        id, kind, shop_id, value = _read(body)
        is_new = self._database.write(
            "INSERT OR IGNORE INTO inbox VALUES (?, ?, ?, ?, ?, 'pending', 0)",
            id,
            shop_id,
            kind,
            self._vault.seal(body.decode("utf-8", "replace")),
            time.time(),
        )
        self._journal.write("webhook", id=id, type=kind, shop=shop_id, is_new=bool(is_new))
        if is_new:
            self._tell(kind, value)
            self._work_off(settings, id, shop_id, value, in_a_hurry=True)
        return _ACCEPTED

    def pending(self) -> int:
        """Return how many events wait."""
        row = self._database.row("SELECT count(*) AS n FROM inbox WHERE state = 'pending'")
        return int(row["n"]) if row else 0

    def work_off(self, settings: ReferenceSettings) -> None:
        """Work off what waits, oldest first. What still cannot be read keeps waiting."""
        rows = self._database.rows(
            "SELECT * FROM inbox WHERE state = 'pending' ORDER BY received_at LIMIT ?", _BATCH
        )
        for row in rows:
            value = _parse(self._vault.open(row["sealed"]).encode())
            done = self._work_off(settings, row["id"], row["shop_id"], value, in_a_hurry=False)
            if not done and row["tries"] + 1 < _TRIES:
                return

    def _work_off(
        self,
        settings: ReferenceSettings,
        id: str,
        shop_id: str,
        value: Mapping[str, Any],
        *,
        in_a_hurry: bool,
    ) -> bool:
        shop = settings.shop(shop_id)
        order_ids = _order_ids(value)
        if shop is None or not order_ids:
            self._close(id, "kept")
            return True
        try:
            started = time.monotonic()
            orders = self._orders.read(shop, order_ids, in_a_hurry=in_a_hurry)
            is_late = in_a_hurry and time.monotonic() - started > _HURRY_S
            is_shown = not is_late and self._is_shown(shop, value, in_a_hurry=in_a_hurry)
        except ConnectorError as error:
            self._put_off(id, error.cause)
            return False
        told_at = _update_time(value)
        if not is_shown or any(order.update_time < told_at for order in orders):
            # The API does not show the change yet.
            self._put_off(id, "slowness")
            return False
        self._close(id, "done")
        return True

    def _is_shown(self, shop: Shop, value: Mapping[str, Any], *, in_a_hurry: bool) -> bool:
        """Read the request that an event tells of; whether the API shows it already."""
        kind = _REQUESTS.get(_kind(value))
        if kind is None:
            return True
        id = str(value["data"].get(kind.id) or "")
        read = self._refunds.read(shop, kind, _order_ids(value), in_a_hurry=in_a_hurry)
        return not id or any(request.id == id for request in read)

    def _put_off(self, id: str, cause: str) -> None:
        """Keep the event for later; polling finds the change in the end even where this does not.

        The count of tries bounds events whose order can never be read.
        """
        self._database.write(
            "UPDATE inbox SET tries = tries + 1,"
            " state = CASE WHEN tries + 1 >= ? THEN 'given_up' ELSE state END WHERE id = ?",
            _TRIES,
            id,
        )
        self._journal.warn("webhook_put_off", id=id, cause=cause)

    def _close(self, id: str, state: str) -> None:
        self._database.write("UPDATE inbox SET state = ? WHERE id = ?", state, id)

    def _tell(self, kind: int, value: Mapping[str, Any]) -> None:
        if not value:
            self._alerts.report("contract", _SUBJECT, "a genuine webhook could not be read")
        elif kind == _DEAUTHORIZED:
            self._alerts.report("credentials", _SUBJECT, "the seller removed the app")
        elif kind == _AUTHORIZATION_ENDS:
            self._alerts.report("credentials", _SUBJECT, "the authorisation ends soon; renew it")


def _authorization(headers: Mapping[str, str] | Iterable[tuple[str, str]]) -> str:
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    return next((value for name, value in pairs if name.lower() == "authorization"), "")


def _parse(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _read(body: bytes) -> tuple[str, int, str, dict[str, Any]]:
    """Return key, type, shop and content. Ids may come as numbers, and some types lack them."""
    value = _parse(body)
    shop_id = _storable(value.get("shop_id"))
    notification = _storable(value.get("tts_notification_id"))
    digest = hashlib.sha256(body).hexdigest()
    key = f"{shop_id} {notification}" if notification else f"{shop_id} {digest}"
    return key, _kind(value), shop_id, value


def _kind(value: Mapping[str, Any]) -> int:
    kind = value.get("type")
    return kind if isinstance(kind, int) and 0 <= kind < _KINDS else -1


def _storable(value: Any) -> str:
    """Return an id as text that a database takes: JSON can hold half a character."""
    return str(value or "").encode("utf-8", "backslashreplace").decode()


def _order_ids(value: Mapping[str, Any]) -> list[str]:
    """Return the orders an event is about, whatever its type."""
    data = value.get("data")
    if not isinstance(data, dict):
        return []
    found = [data.get("order_id")]
    packages = data.get("package_list")
    for package in packages if isinstance(packages, list) else []:
        ids = package.get("order_id_list") if isinstance(package, dict) else None
        found.extend(ids if isinstance(ids, list) else [])
    texts = [str(id) for id in found if isinstance(id, str | int) and not isinstance(id, bool)]
    return list(dict.fromkeys(text for text in texts if text.isascii() and text.isdigit()))


def _update_time(value: Mapping[str, Any]) -> int:
    data = value.get("data")
    moment = data.get("update_time") if isinstance(data, dict) else None
    return moment if isinstance(moment, int) and not isinstance(moment, bool) else 0
