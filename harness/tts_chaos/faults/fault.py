"""The shape of a fault, its trigger, and the catalogue.

A fault is a frozen value: its fields are its settings, units in their names. Where and when it acts
is the `Trigger`, the same for all. Adding a fault is adding one class with `@register_fault` to a
family's file.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal, TypeVar

import msgspec

from tts_chaos.core.registry import Registry
from tts_chaos.faults.effect import (
    Effect,
    Moment,
    PlatformCommand,
    Toxic,
    WebhookMoment,
)
from tts_chaos.wire.delivery import OutgoingWebhook
from tts_chaos.wire.message import ApiRequest

__all__ = ["CAUSES", "FAULTS", "Fault", "Trigger", "bounded", "register_fault"]

CAUSES = (
    "credentials",
    "permission",
    "endpoint",
    "network",
    "clock",
    "version",
    "rate_limit",
    "outage",
    "slowness",
    "contract",
    "mapping",
    "webhook",
)
"""The words by which an alert names what is wrong. Every fault has one of them."""


class Trigger(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where and when a fault acts. All given conditions must hold; none means every request.

    Attributes:
        operation: Operation id (`order.202309.get_order_list`), id without version
            (`order.get_order_list`), domain with star (`order.*`), or None for all.
        host: `api`, `auth`, or None for both.
        shop: Shop id, or None for all.
        only: `writes` (whatever changes something, token calls among it), `reads`, or None for
            both.
        on_webhook: Number of an event type: it sets in when a webhook of that type is delivered,
            and all that follows counts from then. None sets in when armed.
        call: First matching request on which it acts, counted from 1 since arming.
        times: How many matching requests it hits; None hits all until lifted.
        every: Hit only each n-th matching request, from `call` on.
        after_ms: Wait after setting in before it acts.
        for_ms: How long it acts before it lifts itself; None until healed.
    """

    operation: str | None = None
    host: str | None = None
    shop: str | None = None
    only: Literal["reads", "writes"] | None = None
    on_webhook: int | None = None
    call: int = 1
    times: int | None = None
    every: int = 1
    after_ms: int = 0
    for_ms: int | None = None

    @property
    def is_per_request(self) -> bool:
        """Whether it singles out requests, which a proxy at the level of bytes cannot do."""
        return (
            self.operation is not None
            or self.shop is not None
            or self.only is not None
            or self.on_webhook is not None
            or self.call != 1
            or self.times is not None
            or self.every != 1
        )


def bounded(trigger: Trigger, limit_ms: int) -> Trigger:
    """Return the trigger of a fault that ends by itself `limit_ms` after arming at the latest.

    For what a proxy realises: nobody may be left to lift it there.
    """
    left_ms = max(1, limit_ms - trigger.after_ms)
    for_ms = left_ms if trigger.for_ms is None else min(trigger.for_ms, left_ms)
    return msgspec.structs.replace(trigger, for_ms=for_ms)


class Fault(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of all faults; a subclass overrides what it needs.

    Class attributes:
        name: What the client experiences, in snake case.
        family: Family of the catalogue.
        cause: One of `CAUSES`: what a good alert would name.
        summary: One sentence for tables and stories.
        default_trigger: Trigger where the scenario gives none of its fields.
        target: `requests` or `webhooks`.
        needs: Capabilities without which an integration cannot be put to this test.
    """

    name: ClassVar[str]
    family: ClassVar[str]
    cause: ClassVar[str]
    summary: ClassVar[str]
    default_trigger: ClassVar[Trigger] = Trigger()
    target: ClassVar[str] = "requests"
    needs: ClassVar[tuple[str, ...]] = ()

    def mistakes(self) -> Iterator[tuple[str, str]]:
        """Yield each setting that makes no sense, with what is expected and why."""
        yield from ()

    def begin(self) -> tuple[PlatformCommand, ...]:
        """Return commands for the moment the fault sets in (arming, or its first match)."""
        return ()

    def matches(self, request: ApiRequest) -> bool:
        """Whether the fault has anything to do with a request of its trigger; pure.

        One that does not match is not counted: for faults of later pages, say.
        """
        return True

    def effects(self, moment: Moment) -> tuple[Effect, ...]:
        """Return the effects on one matching request, () where chance spares it; pure."""
        return ()

    def reshape(
        self, deliveries: tuple[OutgoingWebhook, ...], moment: WebhookMoment
    ) -> tuple[OutgoingWebhook, ...]:
        """Return what is delivered instead of `deliveries`; pure."""
        return deliveries

    def toxics(self) -> tuple[Toxic, ...]:
        """Return the same trouble for a proxy, or () where only a request-aware mechanism can."""
        return ()

    def end(self) -> tuple[PlatformCommand, ...]:
        """Return commands that undo `begin` when the fault is lifted."""
        return ()


FAULTS: Registry[type[Fault]] = Registry("fault")
F = TypeVar("F", bound=type[Fault])


def register_fault(cls: F) -> F:
    """Add a fault class to the catalogue under its `name`.

    Raises:
        ValueError: If the name is taken, the cause is none of `CAUSES`, or a setting has the name
            of a trigger's condition, which stands beside it in the same table.
    """
    if cls.cause not in CAUSES:
        raise ValueError(f"fault {cls.name!r} has cause {cls.cause!r}; expected one of {CAUSES}")
    shadowed = sorted(set(cls.__struct_fields__) & set(Trigger.__struct_fields__))
    if shadowed:
        raise ValueError(f"fault {cls.name!r} calls a setting {shadowed[0]!r}, as triggers do")
    FAULTS.add(cls.name, cls)
    return cls
