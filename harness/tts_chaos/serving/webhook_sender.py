"""Delivers webhooks by HTTP in real time, with the platform's deadline and retry clock.

Deliveries go to one address on loopback, however the platform's subscriptions read: those of a real
app name a public host, which is not to be called from a test.
"""

from __future__ import annotations

import http.client
import ipaddress
import threading
from collections.abc import Callable, Iterable
from urllib.parse import SplitResult, urlsplit

from tts_chaos.core.history import WebhookSent
from tts_chaos.engine.gateway import Gateway
from tts_chaos.engine.recorder import Recorder
from tts_chaos.errors import UsageError
from tts_chaos.wire.delivery import OutgoingWebhook

__all__ = ["ANSWER_LIMIT_S", "WebhookSender", "check_address"]

ANSWER_LIMIT_S = 3.0
"""A receiver has 3 seconds to acknowledge. Source: protocol facts, section 6 (documented)."""

POLL_S = 0.05
"""How soon a webhook that a request caused is noticed."""


def check_address(address: str) -> SplitResult:
    """Return a receiver's address, taken apart.

    Raises:
        UsageError: If it is not plain HTTP on loopback.
    """
    url = urlsplit(address)
    try:
        port = url.port
    except ValueError:
        port = None
    if url.scheme != "http" or not url.hostname or port is None:
        raise UsageError(f"expected http://127.0.0.1:<port>/<path>, got {address!r}")
    if not _is_loopback(url.hostname):
        raise UsageError(
            f"webhooks are delivered on this machine only, and {url.hostname!r} is not it; "
            "expected http://127.0.0.1:<port>/<path>"
        )
    return url


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class WebhookSender:
    """Delivers what is due, in a thread of its own, from `start` until `stop`.

    Args:
        gateway: Where due deliveries come from.
        acknowledge: Tells the platform a receiver's answer: `acknowledge(delivery, status)`.
        recorder: Where deliveries are recorded.
        address: The receiver.

    Attributes:
        delivered: Deliveries answered with 2xx so far.
        failed: Deliveries that were not.
    """

    def __init__(
        self,
        gateway: Gateway,
        acknowledge: Callable[[OutgoingWebhook, int], None],
        recorder: Recorder,
        address: str,
    ) -> None:
        self._gateway = gateway
        self._acknowledge = acknowledge
        self._recorder = recorder
        self.address = address
        self._url = check_address(address)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tts-chaos-webhooks", daemon=True)
        self.delivered = 0
        self.failed = 0

    def start(self) -> WebhookSender:
        """Begin to deliver; returns this object."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """End; a delivery under way may take until its deadline."""
        self._over.set()
        self._thread.join(ANSWER_LIMIT_S + 1)

    def _run(self) -> None:
        while not self._over.wait(POLL_S):
            for together in _in_groups(self._gateway.due_webhooks()):
                self._deliver_together(together)

    def _deliver_together(self, together: list[OutgoingWebhook]) -> None:
        others = [threading.Thread(target=self._deliver, args=[each]) for each in together[1:]]
        for thread in others:
            thread.start()
        self._deliver(together[0])
        for thread in others:
            thread.join()

    def _deliver(self, delivery: OutgoingWebhook) -> None:
        status = self._post(delivery)
        if 200 <= status < 300:
            self.delivered += 1
        else:
            self.failed += 1
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
        if delivery.genuine or delivery.replaces:
            self._acknowledge(delivery, status)

    def _post(self, delivery: OutgoingWebhook) -> int:
        """Return the receiver's status, 0 where it did not answer in time or in HTTP."""
        host, port = self._url.hostname, self._url.port
        assert host is not None
        connection = http.client.HTTPConnection(host, port, timeout=ANSWER_LIMIT_S)
        target = (self._url.path or "/") + (f"?{self._url.query}" if self._url.query else "")
        try:
            connection.request("POST", target, delivery.body, dict(delivery.headers))
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()


def _in_groups(deliveries: Iterable[OutgoingWebhook]) -> list[list[OutgoingWebhook]]:
    """Return deliveries in order; one marked parallel goes together with the one before it."""
    groups: list[list[OutgoingWebhook]] = []
    for delivery in deliveries:
        if delivery.parallel and groups:
            groups[-1].append(delivery)
        else:
            groups.append([delivery])
    return groups
