"""The users that Locust runs: a shop's checkout, its stock keeping, and its order management.

They drive the front door of an integration in any language, or the twin itself, and differ only in
where a request goes. Each request is due at an instant that was fixed before, and its latency
counts from there: a server that stands still cannot keep its own slowness from being measured.
"""

from __future__ import annotations

import json
import random
import re
import time
from typing import Any, ClassVar

from locust import FastHttpUser, task
from locust.exception import CatchResponseError

from tts_chaos.load.caller import Answer, Caller
from tts_chaos.load.generator import Generator
from tts_chaos.load.plan import RESTOCK, Operation, Target
from tts_chaos.load.samples import area_of
from tts_chaos.wire.signing import sign_v2

__all__ = ["CheckoutUser", "InventoryUser", "OrderUser", "ShopUser"]

_FIRST_ERROR = 400
_SUCCESS = re.compile(rb'"code"\s*:\s*0\b')
"""Of an envelope. Source: protocol facts, section 4 (documented)."""


class ShopUser(FastHttpUser):
    """What the three have in common."""

    abstract = True
    host = "http://tts-chaos.invalid"
    area: ClassVar[str] = ""
    max_redirects = 0
    connection_timeout = network_timeout = 10.0

    def __init__(self, environment: Any) -> None:
        self.generator: Generator = environment.tts_generator
        self.target: Target = environment.tts_target
        self.connection_timeout = self.network_timeout = self.target.timeout_s
        type(self).host = self.target.base_url
        super().__init__(environment)
        # Data of its own for each user, the same for the same seed.
        seed = self.generator.plan.seed
        self._number = self.generator.next_number()
        self.choice = random.Random(f"{seed} {self.generator.worker} {self._number}")  # noqa: S311
        self._source = self.generator.source(self.area, self.choice.random())
        self._due_s: float | None = None
        self._was_free = True
        self._made = 0
        self._caller = Caller(self.target.base_url, self.target.timeout_s)

    def on_start(self) -> None:
        """Count in."""
        self.generator.count_users(1)

    def on_stop(self) -> None:
        """Count out."""
        self.generator.count_users(-1)
        self._caller.close()

    def wait_time(self) -> float:
        """Take the next ticket; returns how long to wait for its instant."""
        due_s = self._source.take()
        if due_s is None:
            self._due_s = None
            return 3600.0
        left_s: float = due_s - self.generator.now_s()
        self._due_s, self._was_free = due_s, left_s > 0
        return max(0.0, left_s - self.generator.early_s)

    def do(self, operation: str, **values: str) -> Answer | None:
        """Make one request where a ticket is due; returns its answer, None where none was made.

        An operation that the target does not offer is replaced by one of its area.
        """
        due_s, self._due_s = self._due_s, None
        if due_s is None:
            return None
        name, call = self._offered(operation)
        if call is None:
            return None
        method, path, body, headers = self._render(call, values)
        self.generator.wait_until(due_s)
        answer = self._caller.call(method, path, body, headers)
        late_s = self.generator.since_begin(answer.began_s) - due_s
        self.generator.record(
            name,
            self._outcome(answer),
            due_s=due_s,
            # Where all were busy, it is the integration that kept them.
            late_s=max(late_s, 0.0) if self._was_free else -late_s,
            ended_s=self.generator.since_begin(answer.ended_s),
        )
        self._tell_locust(method, name, path, answer)
        return answer

    def _tell_locust(self, method: str, name: str, path: str, answer: Answer) -> None:
        """Let Locust's own tables have it too."""
        problem = answer.problem
        if problem is None and answer.status >= _FIRST_ERROR:
            problem = CatchResponseError(f"HTTP status {answer.status}")
        took_s = answer.ended_s - answer.began_s
        self.environment.events.request.fire(
            request_type=method,
            name=name,
            response_time=took_s * 1000,
            response_length=len(answer.content),
            response=answer,
            context={},
            exception=problem,
            start_time=time.time() - took_s,
            url=path,
        )

    def _outcome(self, answer: Answer) -> str:
        status = answer.status
        if not status:
            return "no_answer"
        if status >= 500:
            return "failed"
        if status >= 300:
            return "refused"
        if self.target.app_key and not _SUCCESS.search(answer.content):
            return "wrong"
        return "ok"

    def _offered(self, operation: str) -> tuple[str, Operation | None]:
        offered = self.target.operations
        if operation in offered:
            return operation, offered[operation]
        name = next((name for name in offered if area_of(name) == self.area), "")
        return name, offered.get(name)

    def _render(
        self, call: Operation, given: dict[str, str]
    ) -> tuple[str, str, Any, dict[str, str]]:
        # What a template does not ask for is not drawn: most ask for one thing or none.
        path, body = call.path, call.body
        if "{" in path or "{" in body:
            values = self._values(path + body) | given
            path, body = _fill(path, values), _fill(body, values)
        headers = dict(self.target.headers)
        if body:
            headers["content-type"] = "application/json"
        if self.target.app_key:
            path = self._signed(path, body, headers)
        return call.method, path, body.encode() if body else None, headers

    def _values(self, template: str) -> dict[str, str]:
        target, choice = self.target, self.choice
        sku = choice.choice(target.bought) if target.bought else "0"
        values = {"sku_id": sku}
        if "{lines}" in template or "{quantity}" in template:
            values["quantity"] = quantity = str(choice.randint(1, 3))
            values["lines"] = f'[{{"sku_id":"{sku}","quantity":{quantity}}}]'
        if "{order_id}" in template:
            values["order_id"] = choice.choice(target.order_ids) if target.order_ids else "0"
        if "{product_id}" in template:
            values["product_id"] = target.stocked.get(sku, "0")
        if "{unique}" in template:
            self._made += 1
            values["unique"] = f"{self.generator.worker}-{self._number}-{self._made}"
        return values

    def _signed(self, path: str, body: str, headers: dict[str, str]) -> str:
        target = self.target
        bare, _, text = path.partition("?")
        query = [
            *((name, value) for name, _, value in (p.partition("=") for p in text.split("&") if p)),
            ("app_key", target.app_key),
            ("shop_cipher", target.shop_cipher),
            ("timestamp", str(int(time.time()))),
        ]
        headers["x-tts-access-token"] = target.access_token
        headers["content-type"] = "application/json"
        kind = headers["content-type"]
        signature = sign_v2(target.app_secret, bare, query, body.encode(), kind)
        return f"{bare}?{'&'.join(f'{name}={value}' for name, value in query)}&sign={signature}"


class CheckoutUser(ShopUser):
    """Asks for prices, and now and then buys."""

    weight = 3
    area = "checkout"

    @task(9)
    def quote(self) -> None:
        """Price a basket."""
        self.do("checkout.quote")

    @task(1)
    def buy(self) -> None:
        """Price a basket, and let a buyer order it on the platform, which posts webhooks then."""
        answer = self.do("checkout.buy" if "checkout.buy" in self.target.operations else
                         "checkout.quote")  # fmt: skip
        if answer is not None and self.target.control_url:
            self._order()

    def _order(self) -> None:
        """Place an order on the platform; the shop has no part in it, so it is not measured."""
        sku_id = self.choice.choice(self.target.bought) if self.target.bought else ""
        body = json.dumps({"units": 1, "sku_id": sku_id})
        url = f"{self.target.control_url}/orders"
        headers = {"content-type": "application/json"}
        answer = self.client.request("POST", url, name="platform: order placed", data=body,
                                     headers=headers)  # fmt: skip
        if answer.status_code == 200:
            self.generator.note_placed(json.loads(answer.content)["orders"])


class InventoryUser(ShopUser):
    """Reads stock, and now and then sets it."""

    weight = 5
    area = "inventory"

    @task(19)
    def read(self) -> None:
        """Read the stock of a SKU."""
        self.do("inventory.read")

    @task(1)
    def push(self) -> None:
        """Set the stock of a SKU that buyers do not order, so that the last word is the shop's."""
        if not self.target.stocked:
            self.do("inventory.read")
            return
        sku_id = self.choice.choice(list(self.target.stocked))
        quantity = str(self.choice.randint(*RESTOCK))
        product_id = self.target.stocked[sku_id]
        self.do("inventory.push", sku_id=sku_id, quantity=quantity, product_id=product_id)


class OrderUser(ShopUser):
    """Looks at orders, and now and then ships one."""

    weight = 2
    area = "orders"

    @task(39)
    def list(self) -> None:
        """Read the newest orders."""
        self.do("orders.list")

    @task(1)
    def ship(self) -> None:
        """Ship an order that was placed; each once."""
        order_id = self.generator.next_to_ship()
        if order_id is None:
            self.do("orders.list")
        else:
            self.do("orders.ship", order_id=order_id)


def _fill(template: str, values: dict[str, str]) -> str:
    if "{" not in template:
        return template
    for name, value in values.items():
        template = template.replace("{" + name + "}", value)
    return template
