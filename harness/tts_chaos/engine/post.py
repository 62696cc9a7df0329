"""Delivers webhooks when they are due, with the platform's deadline and retry clock."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from tts_chaos.core.history import OpKind, WebhookSent
from tts_chaos.engine.gateway import Gateway
from tts_chaos.engine.ports import Completion, World
from tts_chaos.engine.recorder import Recorder
from tts_chaos.twin.twin import Twin
from tts_chaos.wire.delivery import OutgoingWebhook

__all__ = ["DEADLINE_MS", "Post"]

DEADLINE_MS = 3_000
"""A receiver has 3 seconds to acknowledge. Source: protocol facts, section 6 (documented)."""

ROUND_LIMIT = 50
"""Deliveries that cause deliveries without end are a loop; this many rounds are not needed."""

HASTEN_LIMIT = 1_000
"""Instants at which something is due within one span of the post; more is a loop."""

Receiver = Callable[[Sequence[OutgoingWebhook]], list[Completion]]
"""Takes deliveries to make at the same moment, returns how each ended, in order."""


class Post:
    """Brings due webhooks to the integration and their answers back to the platform.

    Args:
        gateway: The platform's door.
        twin: The platform.
        world: Where time passes.
        receiver: Makes deliveries.
        recorder: Where they are recorded.
        look: Observes the integration; called after each delivery.
    """

    def __init__(
        self,
        gateway: Gateway,
        twin: Twin,
        world: World,
        receiver: Receiver,
        recorder: Recorder,
        *,
        look: Callable[[], None],
    ) -> None:
        self._gateway = gateway
        self._twin = twin
        self._world = world
        self._receiver = receiver
        self._recorder = recorder
        self._look = look

    def wait(self, duration_ms: int) -> None:
        """Let time pass, delivering each webhook when it is due."""
        end_ms = self._world.clock.now_ms() + duration_ms
        while True:
            self.deliver_due()
            now_ms = self._world.clock.now_ms()
            if now_ms >= end_ms:
                return
            with self._gateway.exclusive():
                due_ms = self._twin.next_due_ms()
            pause_ms = end_ms - now_ms
            if due_ms is not None:
                in_ms = due_ms - self._gateway.platform_now_ms()
                pause_ms = min(pause_ms, max(in_ms, 1))
            own_due_ms = self._gateway.next_due_ms()
            if own_due_ms is not None:
                pause_ms = min(pause_ms, max(own_due_ms - now_ms, 1))
            kept_ms = self._gateway.next_webhook_in_ms()
            if kept_ms is not None:
                pause_ms = min(pause_ms, max(kept_ms, 1))
            self._world.sleep(pause_ms)

    def hasten(self, span_ms: int) -> None:
        """Let only the platform's post live through `span_ms`: what it would send then comes now.

        The world's time does not pass for it, so that half a day of retries is there at once, in
        either world.
        """
        left_ms = span_ms
        for _ in range(HASTEN_LIMIT):
            self.deliver_due()
            in_ms = self._gateway.next_webhook_in_ms()
            if in_ms is None or in_ms > left_ms:
                break
            step_ms = min(left_ms, max(in_ms, 1))
            self._gateway.hasten_post(step_ms)
            left_ms -= step_ms
        self._gateway.hasten_post(left_ms)

    def deliver_due(self) -> None:
        """Deliver all that is due now, and what becomes due by it."""
        for _ in range(ROUND_LIMIT):
            deliveries = self._gateway.due_webhooks()
            if not deliveries:
                return
            for together in _in_groups(deliveries):
                self._deliver(together)
            # At once: what a webhook did may be repaired by the next sync before anybody sees it.
            self._look()

    def _deliver(self, together: list[OutgoingWebhook]) -> None:
        started_ms = self._world.clock.now_ms()
        completions = self._receiver(together)
        in_time = self._world.clock.now_ms() - started_ms <= DEADLINE_MS
        for delivery, completion in zip(together, completions, strict=True):
            status = _status_of(completion) if in_time else 0
            self._record(delivery, status)
            self._gateway.acknowledge(delivery, status)

    def _record(self, delivery: OutgoingWebhook, status: int) -> None:
        self._recorder.add(
            WebhookSent(
                notification=delivery.notification,
                type=delivery.type,
                shop=delivery.shop,
                attempt=delivery.attempt,
                genuine=delivery.genuine,
                body=self._gateway.readable(delivery.body),
                status=status,
                fault=delivery.fault,
            )
        )


def _in_groups(deliveries: Iterable[OutgoingWebhook]) -> list[list[OutgoingWebhook]]:
    """Return deliveries in order; one marked parallel goes together with the one before it."""
    groups: list[list[OutgoingWebhook]] = []
    for delivery in deliveries:
        if delivery.parallel and groups:
            groups[-1].append(delivery)
        else:
            groups.append([delivery])
    return groups


def _status_of(completion: Completion) -> int:
    """Return the HTTP status a receiver's return value stands for; an exception is a 500."""
    if completion.kind is not OpKind.OK:
        return 500 if completion.kind is OpKind.FAIL else 0
    value = completion.value
    if isinstance(value, bool) or value is None:
        return 401 if value is False else 200
    return value if isinstance(value, int) else 200
