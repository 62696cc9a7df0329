"""Stock: an outbox of quantities to push, and what the platform is known to sell.

A push is a row in the outbox before anything is sent, and leaves it only when the platform was read
and found to hold the quantity. So a crash, a lost answer or a refusal inside code 0 cannot lose it,
and the local belief never runs ahead of the platform.

Source: protocol facts, section 7.6 (documented): quantities are absolute and sellable, every
warehouse of a SKU must be listed, failures per SKU come inside code 0.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tts_chaos.reference.alerts import Alerts
from tts_chaos.reference.client import ApiClient, Call
from tts_chaos.reference.database import Database
from tts_chaos.reference.errors import (
    CallError,
    ConnectorError,
    PushPendingError,
    SettingsError,
    UnknownOutcomeError,
)
from tts_chaos.reference.journal import Journal
from tts_chaos.reference.leases import Leases
from tts_chaos.reference.pacing import Jitter
from tts_chaos.reference.settings import Patience, Shop

__all__ = ["Level", "Stock"]

_READ_SIZE = 300
_WRITE_SIZE = 50
_ROUNDS = 4
_LARGEST_QUANTITY = 99_999


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """What the platform sells of one SKU. `warehouses` maps warehouse ids to quantities."""

    shop: Shop
    product_id: str
    sku_id: str
    quantity: int
    committed: int
    warehouses: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Push:
    sku_id: str
    quantity: int
    sequence: int
    committed_before: int | None

    def is_done(self, level: Level) -> bool:
        """Whether the platform holds the quantity, or held it before the sales since then."""
        if level.quantity == self.quantity:
            return True
        if self.committed_before is None:
            return False
        sold = level.committed - self.committed_before
        return sold > 0 and level.quantity + sold == self.quantity


class Stock:
    """Pushes and reads stock of all shops."""

    def __init__(
        self,
        *,
        database: Database,
        client: ApiClient,
        leases: Leases,
        alerts: Alerts,
        journal: Journal,
        jitter: Jitter,
    ) -> None:
        self._database = database
        self._client = client
        self._leases = leases
        self._alerts = alerts
        self._journal = journal
        self._jitter = jitter

    def known(self) -> dict[str, int]:
        """Return the sellable quantity by SKU id, as last read from the platform."""
        rows = self._database.rows("SELECT sku_id, quantity FROM stock ORDER BY sku_id")
        return {row["sku_id"]: row["quantity"] for row in rows}

    def pending(self) -> list[str]:
        """Return the SKU ids that wait in the outbox."""
        return [row["sku_id"] for row in self._database.rows("SELECT sku_id FROM outbox")]

    def ask(self, changes: Mapping[str, int]) -> None:
        """Put quantities into the outbox; a newer one replaces an older one of the same SKU.

        Raises:
            SettingsError: If a quantity is none; then nothing is kept.
        """
        for sku_id, quantity in changes.items():
            if isinstance(quantity, bool) or quantity not in range(_LARGEST_QUANTITY + 1):
                raise SettingsError(
                    f"quantity {quantity!r} of SKU {sku_id}; expected 0 to {_LARGEST_QUANTITY}",
                    cause="mapping",
                )
        with self._database.transaction() as connection:
            for sku_id, quantity in changes.items():
                connection.execute(
                    "INSERT INTO outbox VALUES (?, ?, 1, ?, 0, NULL, '')"
                    " ON CONFLICT (sku_id) DO UPDATE SET quantity = excluded.quantity,"
                    " sequence = sequence + 1, asked_at = excluded.asked_at, tries = 0,"
                    " committed_before = NULL, last_error = ''",
                    (str(sku_id), quantity, time.time()),
                )

    def refresh(self, shop: Shop, sku_ids: Sequence[str]) -> None:
        """Read what the platform sells of some SKUs of a shop, and remember it.

        Raises:
            ConnectorError: If it cannot be read.
        """
        for start in range(0, len(sku_ids), _READ_SIZE):
            self._read(shop, sku_ids[start : start + _READ_SIZE])

    def skus_of(self, shop: Shop) -> list[str]:
        """Return the SKU ids known to belong to a shop."""
        rows = self._database.rows("SELECT sku_id FROM stock WHERE shop_id = ?", shop.id)
        return [row["sku_id"] for row in rows]

    def flush(self, shops: Sequence[Shop], patience: Patience) -> None:
        """Push what waits in the outbox.

        Raises:
            PushPendingError: If some of it still waits.
        """
        if not self.pending():
            return
        with self._leases.hold("stock-flush"):
            problem = self._flush(shops, patience)
        waiting = self.pending()
        if waiting and problem is not None:
            raise PushPendingError(waiting, cause=problem.cause, reason=str(problem)) from problem

    def _flush(self, shops: Sequence[Shop], patience: Patience) -> ConnectorError | None:
        """Read, write what differs, and read again until nothing differs or nothing moves."""
        problem: ConnectorError | None = None
        refused: set[str] = set()
        for turn in range(1, _ROUNDS + 1):
            pushes = [push for push in self._outbox() if push.sku_id not in refused]
            if not pushes:
                break
            try:
                levels = self._locate(shops, [push.sku_id for push in pushes])
            except ConnectorError as error:
                return error
            problem = self._missing(pushes, levels, refused) or problem
            undone = self._settle(pushes, levels)
            if not undone:
                continue
            if turn == _ROUNDS:
                return problem or ConnectorError("the platform does not keep what is pushed")
            try:
                problem = self._write(undone, levels, refused) or problem
            except UnknownOutcomeError as error:
                # Whether it was applied is for the next round's read to say.
                problem = error
                self._leases.sleep(self._jitter.pause_s(patience, turn))
            except ConnectorError as error:
                return error
        return problem

    def _outbox(self) -> list[_Push]:
        rows = self._database.rows("SELECT * FROM outbox ORDER BY asked_at, sku_id")
        return [
            _Push(
                sku_id=row["sku_id"],
                quantity=row["quantity"],
                sequence=row["sequence"],
                committed_before=row["committed_before"],
            )
            for row in rows
        ]

    def _locate(self, shops: Sequence[Shop], sku_ids: Sequence[str]) -> dict[str, Level]:
        """Read the levels of SKUs wherever they are sold; shops known to sell them come first."""
        found: dict[str, Level] = {}
        for shop in shops:
            own = set(self.skus_of(shop))
            wanted = [id for id in sku_ids if id in own]
            if wanted:
                found.update(self._read(shop, wanted))
        for shop in shops:
            wanted = [id for id in sku_ids if id not in found]
            if wanted:
                found.update(self._read(shop, wanted))
        return found

    def _read(self, shop: Shop, sku_ids: Sequence[str]) -> dict[str, Level]:
        data = self._client.call(
            Call(
                name="inventory.search",
                method="POST",
                path="/product/202309/inventory/search",
                shop=shop,
                body={"sku_ids": list(sku_ids)},
            )
        )
        levels = _parse_levels(data, shop, set(sku_ids))
        with self._database.transaction() as connection:
            connection.executemany(
                "INSERT OR REPLACE INTO stock VALUES (?, ?, ?, ?, ?)",
                [
                    (level.sku_id, shop.id, level.product_id, level.quantity, level.committed)
                    for level in levels.values()
                ],
            )
        return levels

    def _missing(
        self, pushes: Sequence[_Push], levels: Mapping[str, Level], refused: set[str]
    ) -> ConnectorError | None:
        """Report SKUs that no shop sells; they stay in the outbox."""
        missing = [push.sku_id for push in pushes if push.sku_id not in levels]
        if not missing:
            return None
        refused.update(missing)
        return self._refuse(missing, f"no shop sells SKU {', '.join(missing)}", "mapping")

    def _settle(self, pushes: Sequence[_Push], levels: Mapping[str, Level]) -> list[_Push]:
        """Take what is done out of the outbox; returns the rest that can be written."""
        undone = []
        for push in pushes:
            level = levels.get(push.sku_id)
            if level is None:
                continue
            if not push.is_done(level):
                undone.append(push)
                continue
            self._database.write(
                "DELETE FROM outbox WHERE sku_id = ? AND sequence = ?", push.sku_id, push.sequence
            )
            self._alerts.all_well(_subject(push.sku_id))
            self._journal.write("stock_pushed", sku=push.sku_id, quantity=push.quantity)
        return undone

    def _write(
        self,
        pushes: Sequence[_Push],
        levels: Mapping[str, Level],
        refused: set[str],
    ) -> ConnectorError | None:
        problem: ConnectorError | None = None
        by_product: dict[tuple[str, str], list[_Push]] = {}
        for push in pushes:
            level = levels[push.sku_id]
            by_product.setdefault((level.shop.id, level.product_id), []).append(push)
        for group in by_product.values():
            for start in range(0, len(group), _WRITE_SIZE):
                batch = group[start : start + _WRITE_SIZE]
                try:
                    failed = self._update(batch, levels)
                except UnknownOutcomeError:
                    raise
                except CallError as error:
                    refused.update(push.sku_id for push in batch)
                    self._note(batch, str(error))
                    problem = error
                    continue
                refused.update(failed)
                for sku_id, text in failed.items():
                    problem = self._refuse([sku_id], text, "contract")
        return problem

    def _update(self, pushes: Sequence[_Push], levels: Mapping[str, Level]) -> dict[str, str]:
        """Write one product; returns why, by SKU id, for those that were refused."""
        first = levels[pushes[0].sku_id]
        with self._database.transaction() as connection:
            connection.executemany(
                "UPDATE outbox SET tries = tries + 1,"
                " committed_before = coalesce(committed_before, ?)"
                " WHERE sku_id = ? AND sequence = ?",
                [(levels[push.sku_id].committed, push.sku_id, push.sequence) for push in pushes],
            )
        data = self._client.call(
            Call(
                name="inventory.update",
                method="POST",
                path=f"/product/202309/products/{first.product_id}/inventory/update",
                shop=first.shop,
                body={
                    "skus": [
                        {
                            "id": push.sku_id,
                            "inventory": _spread(push.quantity, levels[push.sku_id].warehouses),
                        }
                        for push in pushes
                    ]
                },
                changes=True,
            )
        )
        return _failures(data, [push.sku_id for push in pushes])

    def _refuse(self, sku_ids: Sequence[str], text: str, cause: str) -> ConnectorError:
        for sku_id in sku_ids:
            self._alerts.report(cause, _subject(sku_id), text)
            self._database.write(
                "UPDATE outbox SET last_error = ? WHERE sku_id = ?", text[:200], sku_id
            )
        return ConnectorError(text, cause=cause)

    def _note(self, pushes: Sequence[_Push], text: str) -> None:
        for push in pushes:
            self._database.write(
                "UPDATE outbox SET last_error = ? WHERE sku_id = ?", text[:200], push.sku_id
            )


def _subject(sku_id: str) -> str:
    return f"stock of SKU {sku_id}"


def _spread(quantity: int, warehouses: Mapping[str, int]) -> list[dict[str, Any]]:
    """Spread a quantity over all warehouses of a SKU.

    Each keeps what it has as far as the quantity goes, the first takes what is left over.
    """
    left = quantity
    shares: dict[str, int] = {}
    for warehouse_id, present in reversed(list(warehouses.items())):
        shares[warehouse_id] = min(present, left)
        left -= shares[warehouse_id]
    first = next(iter(warehouses))
    shares[first] += left
    return [{"warehouse_id": id, "quantity": shares[id]} for id in warehouses]


def _parse_levels(data: Mapping[str, Any], shop: Shop, wanted: set[str]) -> dict[str, Level]:
    levels: dict[str, Level] = {}
    try:
        for product in data.get("inventory") or []:
            for sku in product.get("skus") or []:
                if str(sku["id"]) in wanted:
                    levels[str(sku["id"])] = _parse_level(sku, str(product["product_id"]), shop)
    except (KeyError, TypeError, AttributeError) as error:
        raise ConnectorError(
            f"the inventory reply lacks {error} or has another form", cause="mapping"
        ) from error
    return levels


def _parse_level(sku: Mapping[str, Any], product_id: str, shop: Shop) -> Level:
    warehouses = {
        str(row["warehouse_id"]): _whole(row, "available_quantity")
        for row in sku["warehouse_inventory"]
    }
    if not warehouses or not product_id.isdigit():
        raise KeyError("warehouse_inventory")
    return Level(
        shop=shop,
        product_id=product_id,
        sku_id=str(sku["id"]),
        quantity=_whole(sku, "total_available_quantity"),
        committed=_whole(sku, "total_committed_quantity"),
        warehouses=warehouses,
    )


def _whole(row: Mapping[str, Any], name: str) -> int:
    value = row[name]
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(name)
    return value


def _failures(data: Mapping[str, Any], sku_ids: Sequence[str]) -> dict[str, str]:
    """Return why, by SKU id, SKUs were refused; a failure that names none counts for all."""
    failed: dict[str, str] = {}
    errors = data.get("errors")
    for error in errors if isinstance(errors, list) else []:
        row = error if isinstance(error, dict) else {}
        detail = row.get("detail")
        sku_id = str(detail.get("sku_id") or "") if isinstance(detail, dict) else ""
        text = f"the platform refuses it with code {row.get('code')}: {row.get('message')}"
        for id in [sku_id] if sku_id in sku_ids else sku_ids:
            failed[id] = text
    return failed
