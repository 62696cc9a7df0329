"""Integrations that trust, refuse, drop or multiply webhooks."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Mapping

from tests.quality.zoo.base import Connector
from tests.quality.zoo.manners import Json
from tests.quality.zoo.orders_broken import LivesOnWebhooks
from tests.quality.zoo.registry import broken, broken_reference
from tests.quality.zoo.stock_broken import KeepsBooks

from tts_chaos.reference.connector import ReferenceIntegration

__all__: list[str] = []

# -- genuine and forged ---------------------------------------------------------------------------


@broken("genuine_webhooks_accepted.genuine_refused", "webhooks/delivered-twice")
class SignsRewrittenJson(Connector):
    """Checks the signature over JSON that was read and written again."""

    def is_genuine(self, headers: Mapping[str, str], body: bytes) -> bool:
        return super().is_genuine(headers, json.dumps(json.loads(body), indent=1).encode())


@broken("genuine_webhooks_accepted.genuine_refused", "webhooks/out-of-order")
class LeavesOutTheAppKey(Connector):
    """Computes the signature by the scheme of another product: over the body alone."""

    def is_genuine(self, headers: Mapping[str, str], body: bytes) -> bool:
        secret = self.settings["app_secret"].encode()
        expected = hmac.new(secret, body, hashlib.sha256).hexdigest()
        return hmac.compare_digest(expected, headers.get("authorization", ""))


@broken("genuine_webhooks_accepted.genuine_refused", "webhooks/delivered-twice")
class ExpectsTheWordBearer(Connector):
    """Expects a word before the signature, as another product of the platform sends it."""

    def is_genuine(self, headers: Mapping[str, str], body: bytes) -> bool:
        word, _, signature = headers.get("authorization", "").partition(" ")
        return word == "Bearer" and super().is_genuine({"authorization": signature}, body)


@broken("genuine_webhooks_accepted.genuine_refused", "webhooks/out-of-order")
class LosesTheSignatureAtItsGate(Connector):
    """Stands behind a gate that takes the header of the signature for a log-in of its own."""

    def deliver_webhook(self, headers: Mapping[str, str], body: bytes) -> int:
        passed = {key: headers[key] for key in headers if key.lower() != "authorization"}
        return super().deliver_webhook(passed, body)


@broken("genuine_webhooks_accepted.sent_again_needlessly", "webhooks/slow-answers-for-a-day")
class AnswersWithoutContent(Connector):
    """Answers a webhook with 204, which the platform does not take for received."""

    def deliver_webhook(self, headers: Mapping[str, str], body: bytes) -> int:
        return 204 if super().deliver_webhook(headers, body) == 200 else 401


@broken("genuine_webhooks_accepted.genuine_dropped", "webhooks/slow-answers-for-a-day")
class WorksBeforeItAnswers(Connector):
    """Reads the order of a webhook before it answers the webhook."""

    def take_event(self, event: Json) -> None:
        super().take_event(event)
        self.state["seen"].pop()
        self.work_off()


@broken("forged_webhooks_ignored.forgery_accepted", "webhooks/forged")
class ChecksNoSignature(Connector):
    """Has its signature check commented out."""

    def is_genuine(self, headers: Mapping[str, str], body: bytes) -> bool:
        return True


@broken("forged_webhooks_ignored.forgery_accepted", "webhooks/forged", "webhooks/unsigned")
class SkipsMissingSignatures(Connector):
    """Checks a signature only where there is one."""

    def is_genuine(self, headers: Mapping[str, str], body: bytes) -> bool:
        return "authorization" not in headers or super().is_genuine(headers, body)


@broken("forged_webhooks_ignored.forgery_accepted", "webhooks/signed-with-a-wrong-key")
class TriesAnEmptySecretToo(Connector):
    """Checks a signature by the old secret as well as the new one, and the old one is empty."""

    def is_genuine(self, headers: Mapping[str, str], body: bytes) -> bool:
        message = self.settings["app_key"].encode() + body
        by_old = hmac.new(b"", message, hashlib.sha256).hexdigest()
        given = headers.get("authorization", "")
        return hmac.compare_digest(by_old, given) or super().is_genuine(headers, body)


@broken("forged_webhooks_ignored.forgery_accepted", "webhooks/truncated")
class WavesBrokenJsonThrough(Connector):
    """Answers 200 to what is no JSON, so that nobody sends it again."""

    def deliver_webhook(self, headers: Mapping[str, str], body: bytes) -> int:
        try:
            json.loads(body)
        except ValueError:
            return 200
        return super().deliver_webhook(headers, body)


@broken("forged_webhooks_ignored.forgery_believed", "webhooks/forged")
class ChecksAfterwards(Connector):
    """Takes the status of a webhook over first and checks its signature afterwards."""

    def deliver_webhook(self, headers: Mapping[str, str], body: bytes) -> int:
        data = json.loads(body)["data"]
        order = self.state["orders"].get(str(data.get("order_id")))
        if order is not None:
            order["status"] = data["order_status"]
        return super().deliver_webhook(headers, body)


@broken_reference("forged_webhooks_ignored.forgery_accepted", "webhooks/forged")
def answers_forgeries_kindly(reference: ReferenceIntegration) -> None:
    """Answers every delivery with 200, forged ones included."""
    receive = reference._inbox.receive
    reference._inbox.receive = lambda *given: max(200, 0 * receive(*given))  # type: ignore[method-assign]


@broken("orders_exact.wrong_status", "webhooks/two-changes-in-one-second")
class KeysByOrderAndSecond(LivesOnWebhooks):
    """Takes a second change of an order within a second for a duplicate, and does not poll."""

    def is_new(self, event: Json) -> bool:
        key = f"{event['data'].get('order_id')} {event['timestamp']}"
        return super().is_new({"shop_id": event["shop_id"], "tts_notification_id": key})


@broken("orders_complete.order_lost", "webhooks/ids-as-numbers")
class RoundsIdsOfWebhooks(Connector):
    """Reads numbers as floating point, which rounds the last digits of ids away."""

    def take_event(self, event: Json) -> None:
        id = event["data"]["order_id"]
        rounded = id if isinstance(id, str) else int(float(id))
        super().take_event({**event, "data": {**event["data"], "order_id": rounded}})


# -- strange ones ---------------------------------------------------------------------------------


@broken("strange_webhooks_survived.receiver_broke", "webhooks/unknown-type")
class NeedsAShop(Connector):
    """Reads the shop of each webhook before anything else; events of accounts have none."""

    def take_event(self, event: Json) -> None:
        self.state["last_heard_of"] = event["shop_id"]
        super().take_event(event)


@broken("strange_webhooks_survived.receiver_broke", "webhooks/truncated")
class ParsesBeforeItChecks(Connector):
    """Parses a webhook before its signature is checked."""

    def is_genuine(self, headers: Mapping[str, str], body: bytes) -> bool:
        return "type" in json.loads(body) and super().is_genuine(headers, body)


@broken("strange_webhooks_survived.receiver_broke", "webhooks/oversize")
class KeepsBodiesInAColumn(Connector):
    """Keeps each body in a column of 64 KB, and its database refuses longer ones."""

    def deliver_webhook(self, headers: Mapping[str, str], body: bytes) -> int:
        if len(body) > 65_535:
            raise OverflowError("data too long for column 'body'")
        return super().deliver_webhook(headers, body)


@broken("strange_webhooks_survived.receiver_broke", "webhooks/without-content-type")
class ReadsByContentType(Connector):
    """Reads the body by its media type and expects there to be one."""

    def is_genuine(self, headers: Mapping[str, str], body: bytes) -> bool:
        is_json = headers["content-type"].startswith("application/json")
        return is_json and super().is_genuine(headers, body)


@broken("strange_webhooks_survived.unknown_type_refused", "webhooks/unknown-type")
class RefusesUnknownTypes(Connector):
    """Answers 400 to every type that it does not handle."""

    def deliver_webhook(self, headers: Mapping[str, str], body: bytes) -> int:
        status = super().deliver_webhook(headers, body)
        return 400 if status == 200 and json.loads(body)["type"] > 100 else status


@broken("foreign_webhooks_ignored.foreign_order_believed", "webhooks/of-another-shop")
class BooksStubs(Connector):
    """Books a stub for each order it first hears of, and forgets it when it cannot be read."""

    def take_event(self, event: Json) -> None:
        super().take_event(event)
        id = str(event["data"]["order_id"])
        known = self.state["orders"]
        stub = {"id": id, "status": event["data"]["order_status"], "stub": True, "update_time": 0}
        stub["lines"] = []
        known.setdefault(id, {**next(iter(known.values())), **stub})

    def sync_orders(self) -> None:
        super().sync_orders()
        orders = self.state["orders"]
        self.state["orders"] = {id: orders[id] for id in orders if not orders[id].get("stub")}


@broken("foreign_webhooks_ignored.foreign_status_believed", "webhooks/of-another-shop")
class CancelsForAnyShop(Connector):
    """Cancels an order as soon as a webhook says so, whatever shop it is of."""

    def take_event(self, event: Json) -> None:
        super().take_event(event)
        order = self.state["orders"].get(str(event["data"].get("order_id")))
        if order is not None and event["data"]["order_status"] == "CANCELLED":
            order["status"] = "CANCELLED"


# -- webhooks_once --------------------------------------------------------------------------------


@broken("webhooks_once.booked_twice", "webhooks/delivered-in-triplicate")
class BooksEachDelivery(Connector):
    """Books an order for each delivery of its webhook."""

    def is_new(self, event: Json) -> bool:
        self.state["seen"].append(event["data"]["order_id"])
        return True

    def orders(self) -> list[Json]:
        orders = {order["id"]: order for order in super().orders()}
        return [orders[id] for id in self.state["seen"] if id in orders]


@broken("webhooks_once.units_booked_twice", "webhooks/delivered-in-triplicate")
class BooksUnitsPerDelivery(Connector):
    """Adds the units of an order to its books with each delivery of its webhook."""

    def is_new(self, event: Json) -> bool:
        self.state["seen"].append(event["data"]["order_id"])
        return True

    def map_lines(self, rows: list[Json]) -> list[Json]:
        times = len(self.state["seen"]) // 2
        return [line for line in super().map_lines(rows) for _ in range(times)]


@broken("webhooks_once.stock_lowered_twice", "webhooks/delivered-in-triplicate")
class LowersStockPerDelivery(KeepsBooks):
    """Lowers its stock with each delivery of a webhook: looks up, lowers, and marks too late."""

    def is_new(self, event: Json) -> bool:
        return True

    def book(self, order: Json) -> None:
        deliveries = self.state["inbox"].count([order["shop_id"], order["id"]])
        for _ in range(deliveries):
            self.lower(order)
        Connector.book(self, order)


@broken("webhooks_once.conversion_told_twice", "webhooks/delivered-in-triplicate")
class ConvertsEachDelivery(Connector):
    """Queues a conversion with each delivery of a webhook."""

    def is_new(self, event: Json) -> bool:
        self.state["seen"].append(event["data"]["order_id"])
        return True

    def converted_orders(self) -> list[Json]:
        orders = {order["id"]: order for order in super().converted_orders()}
        return [orders[id] for id in self.state["seen"] if id in orders]


@broken("webhooks_once.conversion_told_twice", "webhooks/replayed-after-days")
class ForgetsAfterADay(Connector):
    """Queues a conversion with each new notification, and forgets after a day what it has seen."""

    def is_new(self, event: Json) -> bool:
        old = event["timestamp"] < time.time() - 86_400
        is_new = old or super().is_new(event)
        if is_new:
            self.state.setdefault("queued", []).append(event["data"]["order_id"])
        return is_new

    def converted_orders(self) -> list[Json]:
        orders = {order["id"]: order for order in super().converted_orders()}
        queued = self.state.get("queued", [])
        polled = [id for id in orders if id not in queued]
        return [orders[id] for id in [*polled, *queued] if id in orders]
