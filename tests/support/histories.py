"""Histories written by hand, in as few words as a test can be read in.

    history = (
        Story()
        .invoke("sync_orders")
        .call("search", status=500, code=36009003)
        .ok()
        .truth(orders=[order("1")])
        .history()
    )

Time stands still unless `wait` or `took_ms` moves it. Each call is signed as a careful client would
sign it: anew for each second.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from tts_chaos.core.clock import SIMULATED_EPOCH_MS
from tts_chaos.core.history import (
    Committed,
    Completed,
    Exchange,
    FaultEvent,
    FaultMoment,
    History,
    Invoked,
    Leak,
    Observed,
    OpKind,
    PhaseEntered,
    Record,
    Searched,
    StepTaken,
    Truth,
    Waiting,
    WebhookSent,
)
from tts_chaos.core.verdict import Phase
from tts_chaos.wire.message import API_HOST, AUTH_HOST

__all__ = ["DAY_S", "START_S", "Story", "line", "order", "pair", "request", "told"]

START_S = SIMULATED_EPOCH_MS // 1000
DAY_S = 86_400

CALLS: dict[str, tuple[str, str, str]] = {
    "search": ("order.202309.get_order_list", "POST", "/order/202309/orders/search"),
    "detail": ("order.202309.get_order_detail", "GET", "/order/202309/orders"),
    "package": ("fulfillment.202309.get_package_detail", "GET", "/fulfillment/202309/packages/{}"),
    "ship": ("fulfillment.202309.ship_package", "POST", "/fulfillment/202309/packages/{}/ship"),
    "mark": (
        "fulfillment.202309.mark_package_as_shipped",
        "POST",
        "/fulfillment/202309/orders/{}/packages",
    ),
    "batch": (
        "fulfillment.202309.batch_ship_packages",
        "POST",
        "/fulfillment/202309/packages/ship",
    ),
    "cancel": ("return_refund.202309.cancel_order", "POST", "/return_refund/202309/cancellations"),
    "refund": ("return_refund.202309.create_return", "POST", "/return_refund/202309/returns"),
    "approve": (
        "return_refund.202309.approve_return",
        "POST",
        "/return_refund/202309/returns/{}/approve",
    ),
    "returns": (
        "return_refund.202309.search_returns",
        "POST",
        "/return_refund/202309/returns/search",
    ),
    "cancellations": (
        "return_refund.202309.search_cancellations",
        "POST",
        "/return_refund/202309/cancellations/search",
    ),
    "push": (
        "product.202309.update_inventory",
        "POST",
        "/product/202309/products/{}/inventory/update",
    ),
    "stock": (
        "product.202309.inventory_search",
        "POST",
        "/product/202309/inventory/search",
    ),
    "refresh": ("token.v2.refresh", "GET", "/api/v2/token/refresh"),
}
"""Calls by short name: operation id, verb and path; `{}` takes the id of the entity."""


def line(id: str, sku: str = "S1", price: str = "5.00", **fields: Any) -> dict[str, Any]:
    """Return a line of an order as the platform's ledger has it: one unit."""
    return {
        "id": id,
        "sku_id": sku,
        "seller_sku": f"seller-{sku}",
        "sale_price": price,
        "status": "AWAITING_SHIPMENT",
        **fields,
    }


def order(id: str, status: str = "AWAITING_SHIPMENT", **fields: Any) -> dict[str, Any]:
    """Return an order as the platform's ledger has it: one unit of S1, 12.50 GBP in all."""
    return {
        "id": id,
        "shop_id": "shop-1",
        "status": status,
        "currency": "GBP",
        "total_amount": "12.50",
        "created_at_s": START_S - DAY_S,
        "updated_at_s": START_S - DAY_S,
        "paid_at_s": 0 if status == "UNPAID" else START_S - DAY_S,
        "buyer_email": f"buyer{id}@example.com",
        "recipient_phone": "+440000000000",
        "lines": [line(f"{id}-1")],
        **fields,
    }


def request(
    id: str = "R1", amount: str = "5.00", *, of: str = "1", role: str = "BUYER", status: str = ""
) -> dict[str, Any]:
    """Return a return as the platform's ledger has it; one that gives nothing still waits."""
    waits = "RETURN_OR_REFUND_REQUEST_PENDING"
    granted = "RETURN_OR_REFUND_REQUEST_SUCCESS"
    return {
        "id": id,
        "order_id": of,
        "status": status or (waits if amount == "0" else granted),
        "type": "REFUND",
        "role": role,
        "line_ids": [f"{of}-1"],
        "refund_amount": amount,
        "currency": "GBP",
    }


def told(true: Mapping[str, Any], *, without: Sequence[str] = (), **fields: Any) -> dict[str, Any]:
    """Return an order of the ledger as an integration tells it."""
    belief = {
        "id": true["id"],
        "status": true["status"],
        "currency": true["currency"],
        "total_amount": true["total_amount"],
        "lines": [
            {key: each[key] for key in ("id", "sku_id", "sale_price")} for each in true["lines"]
        ],
        **fields,
    }
    return {key: value for key, value in belief.items() if key not in without}


def pair(number: int, *, refresh: int | None = None, life_s: int = 7 * DAY_S) -> dict[str, Any]:
    """Return the data of a token reply: access token `number`, refresh token alike unless said."""
    return {
        "access_token": f"{{access_token:{number}}}",
        "refresh_token": f"{{refresh_token:{number if refresh is None else refresh}}}",
        "access_token_expire_in": START_S + life_s,
    }


class Story:
    """Builds a history record by record; every method returns the story."""

    def __init__(self, start_ms: int = SIMULATED_EPOCH_MS) -> None:
        self.now_ms = start_ms
        self._records: list[Record] = []
        self._open: list[tuple[int, str]] = []
        self._ops = 0
        self._calls = 0

    def history(self) -> History:
        """Return what was told."""
        return History(self._records)

    def _add(self, record: Record) -> Story:
        placed = msgspec.structs.replace(record, index=len(self._records), at_ms=self.now_ms)
        self._records.append(placed)
        return self

    def wait(self, duration_ms: int) -> Story:
        """Let time pass."""
        self.now_ms += duration_ms
        return self

    # -- the run --------------------------------------------------------------------------------

    def phase(self, phase: Phase) -> Story:
        """Enter a phase."""
        return self._add(PhaseEntered(phase=phase))

    def step(self, name: str, kind: str = "platform", *, value: Any = None) -> Story:
        """Let the runner take a step."""
        return self._add(StepTaken(kind=kind, name=name, value=value))

    def done_late(self, call: int) -> Story:
        """Let the platform do now what a call asked for whose answer was given up."""
        return self.step("late", "applied late", value={"call": call, "code": 0, "done": True})

    def fault(self, name: str, moment: str = "fired", *, inferred: bool = False) -> Story:
        """Arm, fire or lift a fault."""
        return self._add(
            FaultEvent(fault=name, name=name, moment=FaultMoment(moment), inferred=inferred)
        )

    def waiting(self, reason: str) -> Story:
        """Say why the integration is not yet whole."""
        return self._add(Waiting(reason=reason))

    def searched(self, channel: str, *leaks: str) -> Story:
        """Search a channel; `leaks` are labels of secrets found."""
        found = tuple(Leak(secret=leak, excerpt=f"... {leak} ...") for leak in leaks)
        return self._add(Searched(channel=channel, source=channel, characters=99, leaks=found))

    # -- the integration ------------------------------------------------------------------------

    def invoke(self, action: str, **arguments: Any) -> Story:
        """Begin an action; the next `ok`, `fail` or `info` ends the one begun last."""
        self._ops += 1
        self._open.append((self._ops, action))
        return self._add(Invoked(op=self._ops, action=action, arguments=arguments))

    def ok(self, value: Any = None) -> Story:
        """End the action: it happened."""
        return self._complete(OpKind.OK, value, "")

    def fail(self, error: str = "failed") -> Story:
        """End the action: it did not happen."""
        return self._complete(OpKind.FAIL, None, error)

    def info(self, error: str = "killed") -> Story:
        """End the action: nobody knows whether it happened."""
        return self._complete(OpKind.INFO, None, error)

    def _complete(self, kind: OpKind, value: Any, error: str) -> Story:
        op, action = self._open.pop()
        return self._add(Completed(op=op, action=action, kind=kind, value=value, error=error))

    def observe(self, name: str, value: Any = None, *, error: str = "") -> Story:
        """Ask the integration."""
        return self._add(Observed(name=name, value=value, error=error))

    # -- the wire -------------------------------------------------------------------------------

    def call(
        self,
        name: str = "search",
        entity: str = "E1",
        *,
        status: int = 200,
        code: int | None = 0,
        message: str = "",
        data: Any = None,
        body: Any = None,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        token: str = "{access_token:1}",
        fate: str = "answered",
        took_ms: int = 0,
        **fields: Any,
    ) -> Story:
        """Let the client send a request; see `CALLS` for names.

        `headers` are those of the answer, `sent_headers` those of the request; `stamped_ms` is the
        instant it was signed for; other fields are those of `Exchange`.
        """
        operation, method, path = CALLS[name]
        path = path.format(entity)
        sent = "" if body is None else json.dumps(body)
        started_ms = fields.pop("started_ms", self.now_ms)
        stamped_ms = fields.pop("stamped_ms", started_ms)
        sent_headers = fields.pop("sent_headers", ())
        self.now_ms += took_ms
        self._calls += 1
        envelope = {"code": code, "message": message, "data": {} if data is None else data}
        exchange = Exchange(
            call=self._calls,
            operation=operation,
            shop="shop-1",
            token="" if name == "refresh" else token,
            method=method,
            host=fields.pop("host", AUTH_HOST if name == "refresh" else API_HOST),
            path=path,
            query=(
                tuple((query or {}).items())
                if name == "refresh"
                else _signed(path, dict(query or {}), stamped_ms, sent)
            ),
            headers=sent_headers,
            body=sent,
            status=status,
            code=code,
            message=message,
            response_headers=tuple((headers or {}).items()),
            response_body="" if code is None else json.dumps(envelope),
            fate=fate,
            committed=code == 0 and status == 200,
            started_ms=started_ms,
        )
        return self._add(msgspec.structs.replace(exchange, **fields))

    def refresh(self, presented: int = 1, granted: int | None = 2, **fields: Any) -> Story:
        """Let the client refresh: present a refresh token, and be granted a pair or refused."""
        query = {"refresh_token": f"{{refresh_token:{presented}}}"}
        if granted is None:
            return self.call("refresh", query=query, **{"code": 36004005, **fields})
        data = fields.pop("data", pair(granted))
        return self.call("refresh", query=query, data=data, **fields)

    def expired(self, name: str = "search", **fields: Any) -> Story:
        """Let the platform refuse a call because its access token has expired."""
        return self.call(name, **{"status": 401, "code": 105002, **fields})

    def push(self, quantity: int, sku: str = "S1", *, errors: Any = None, **fields: Any) -> Story:
        """Let the client set a stock quantity."""
        body = {"skus": [{"id": sku, "inventory": [{"quantity": quantity}]}]}
        return self.call("push", body=body, data={"errors": errors} if errors else {}, **fields)

    # -- the platform ---------------------------------------------------------------------------

    def truth(
        self,
        orders: Iterable[Mapping[str, Any]] = (),
        stock: Mapping[str, int] | None = None,
        tokens: Mapping[str, Any] | None = None,
        shipments: Iterable[Mapping[str, str]] = (),
        returns: Iterable[Mapping[str, Any]] = (),
        cancellations: Iterable[Mapping[str, Any]] = (),
    ) -> Story:
        """Read the platform's ledger."""
        shop = {
            "orders": [dict(each) for each in orders],
            "stock": {s: {"available": n, "committed": 0} for s, n in (stock or {}).items()},
            "shipments": [dict(each) for each in shipments],
            "returns": [dict(each) for each in returns],
            "cancellations": [dict(each) for each in cancellations],
        }
        return self._add(Truth(ledger={"shops": {"shop-1": shop}, "tokens": dict(tokens or {})}))

    def issued(self, number: int = 1, *, life_s: int = 7 * DAY_S) -> Story:
        """Issue the pair that the run starts with."""
        after = {
            "access_token": f"{{access_token:{number}}}",
            "refresh_token": f"{{refresh_token:{number}}}",
            "access_expires_at_s": self.now_ms // 1000 + life_s,
        }
        return self.committed("token.issued", str(number), after=after)

    def committed(
        self, change: str, entity: str = "E1", *, after: Any = None, call: int = 0
    ) -> Story:
        """Change the platform's state."""
        return self._add(
            Committed(change=change, entity=entity, shop="shop-1", after=after, call=call)
        )

    def decided(self, about: str = "1", *, claims: str = "", status: int = 200) -> Story:
        """Deliver a webhook about a return."""
        state = claims or "RETURN_OR_REFUND_REQUEST_SUCCESS"
        data = {"order_id": about, "return_id": "R1", "return_status": state}
        sent = WebhookSent(
            notification=f"R{len(self._records)}",
            type=12,
            shop="shop-1",
            body=json.dumps({"type": 12, "data": data}),
            status=status,
        )
        return self._add(sent)

    def webhook(
        self,
        notification: str = "N1",
        *,
        about: str = "1",
        claims: str = "AWAITING_SHIPMENT",
        status: int = 200,
        genuine: bool = True,
        **fields: Any,
    ) -> Story:
        """Deliver a webhook about an order."""
        body = json.dumps({"type": 1, "data": {"order_id": about, "order_status": claims}})
        sent = WebhookSent(
            notification=notification,
            type=1,
            shop="shop-1",
            body=body,
            status=status,
            genuine=genuine,
        )
        return self._add(msgspec.structs.replace(sent, **fields))


def _signed(path: str, query: dict[str, str], at_ms: int, body: str) -> tuple[tuple[str, str], ...]:
    """Return query parameters stamped and signed for the second of `at_ms`."""
    stamped = {**query, "app_key": "key", "timestamp": str(at_ms // 1000)}
    digest = hashlib.sha256(f"{path}{sorted(stamped.items())}{body}".encode()).hexdigest()[:8]
    return (*stamped.items(), ("sign", f"{{sign:{digest}}}"))
