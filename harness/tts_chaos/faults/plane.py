"""The fault plane: which armed faults act on this request, and the receipt of all they did.

Sans-IO and sequential; whoever serves several threads serialises calls.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec

from tts_chaos.contracts.operation import is_write, matches_operation
from tts_chaos.core.entropy import Entropy
from tts_chaos.errors import UsageError
from tts_chaos.faults.effect import (
    PASSED_BY_REQUESTS,
    AlterAnswer,
    Effect,
    Moment,
    PlatformCommand,
    RewriteRequest,
    WebhookMoment,
)
from tts_chaos.faults.fault import Fault, Trigger
from tts_chaos.wire.delivery import OutgoingWebhook
from tts_chaos.wire.message import AUTH_HOST, ApiRequest

__all__ = ["ArmedFault", "FaultPlane", "Hit", "Receipt"]

ARMED_LIMIT = 64
"""More armed faults than this in one run is a mistake in a generator, not an experiment."""


@dataclass(slots=True)
class ArmedFault:
    """A fault with its trigger, and what has become of it."""

    id: str
    fault: Fault
    trigger: Trigger
    armed_ms: int
    entropy: Entropy
    via_proxy: bool = False
    limit_ms: int | None = None
    set_in_ms: int | None = None
    started: bool = False
    lifted: bool = False
    lifted_ms: int | None = None
    lifted_by: str = ""
    matched: int = 0
    fired: int = 0
    calls: list[int] = field(default_factory=list)

    def is_active(self, now_ms: int) -> bool:
        """Whether it may act at `now_ms`."""
        if self.lifted or self.set_in_ms is None:
            return False
        return now_ms >= self.set_in_ms + self.trigger.after_ms and not self.is_over(now_ms)

    def is_over(self, now_ms: int) -> bool:
        """Whether its own time limit has passed."""
        end_ms = self.end_ms
        return end_ms is not None and now_ms >= end_ms

    @property
    def end_ms(self) -> int | None:
        """The instant at which it ends by itself; None where nothing limits it."""
        own_ms = self._own_end_ms
        last_ms = None if self.limit_ms is None else self.armed_ms + self.limit_ms
        return min((end for end in (own_ms, last_ms) if end is not None), default=None)

    @property
    def ends_by(self) -> str:
        """What would end it by itself first: `time`, its own, or the `limit` of all faults."""
        return "limit" if self.end_ms != self._own_end_ms else "time"

    @property
    def _own_end_ms(self) -> int | None:
        if self.trigger.for_ms is None or self.set_in_ms is None:
            return None
        return self.set_in_ms + self.trigger.after_ms + self.trigger.for_ms

    def concerns(self, request: ApiRequest, operation: str, shop: str) -> bool:
        """Whether the request lies within its blast radius."""
        trigger = self.trigger
        host = "auth" if request.host == AUTH_HOST else "api"
        return (
            self.fault.target == "requests"
            and trigger.host in (None, host)
            and trigger.shop in (None, shop)
            and (trigger.operation is None or matches_operation(trigger.operation, operation))
            and trigger.only in (None, _kind_of(request))
            and self.fault.matches(request)
        )

    def counts(self) -> bool:
        """Count one matching request and say whether the fault hits it."""
        self.matched += 1
        past = self.matched - self.trigger.call
        if past < 0 or past % self.trigger.every:
            return False
        return self.trigger.times is None or self.fired < self.trigger.times


def _kind_of(request: ApiRequest) -> str:
    """Return `writes` or `reads`. A token call is a GET, and yet issues a new pair."""
    changes = request.host == AUTH_HOST or is_write(request.method, request.path)
    return "writes" if changes else "reads"


def _stamp(
    armed: ArmedFault, before: tuple[OutgoingWebhook, ...], shaped: tuple[OutgoingWebhook, ...]
) -> tuple[OutgoingWebhook, ...]:
    """Put the id of the armed fault where the fault, which does not know it, put its name."""
    name = armed.fault.name
    return tuple(
        msgspec.structs.replace(each, fault=armed.id)
        if each.fault == name and each not in before
        else each
        for each in shaped
    )


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """One fault acting on one request: commands to run first, then effects."""

    fault: str
    commands: tuple[PlatformCommand, ...]
    effects: tuple[Effect, ...]

    @property
    def may_be_idle(self) -> bool:
        """Whether all it does is to change a request or an answer that may have nothing to change.

        Such a hit counts as fired once something was changed, not when its request comes.
        """
        return (
            not self.commands
            and bool(self.effects)
            and all(isinstance(effect, AlterAnswer | RewriteRequest) for effect in self.effects)
        )


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one armed fault. Instants in milliseconds, Unix time.

    Attributes:
        fault: Id under which it was armed.
        name: Its name in the catalogue.
        armed_ms: When it was armed.
        matched: Requests or deliveries within its trigger.
        fired: How often it acted.
        calls: On which exchanges, by ordinal; a firing on webhooks, or one that no request could
            show, has none.
        lifted: Whether it has ended.
        lifted_ms: When; None where it has not.
        lifted_by: What ended it: `step` (the scenario or a person), `time` (its own `for_ms`),
            `heal` (the end of the turbulence), `limit` (the longest that any fault may last).
    """

    fault: str
    name: str
    armed_ms: int
    matched: int
    fired: int
    calls: tuple[int, ...]
    lifted: bool
    lifted_ms: int | None = None
    lifted_by: str = ""


class FaultPlane:
    """All faults of one run."""

    def __init__(self, entropy: Entropy) -> None:
        self.entropy = entropy
        self._armed: dict[str, ArmedFault] = {}

    def arm(
        self,
        id: str,
        fault: Fault,
        trigger: Trigger,
        *,
        now_ms: int,
        via_proxy: bool = False,
        limit_ms: int | None = None,
    ) -> tuple[PlatformCommand, ...]:
        """Accept a fault; returns the commands to run at once.

        Args:
            id: Under which it is armed.
            fault: The fault.
            trigger: Where and when it acts.
            now_ms: The instant.
            via_proxy: Whether a proxy realises it, and the plane only counts.
            limit_ms: After this long it ends, whatever its trigger says.

        Raises:
            UsageError: If the id is taken or too many faults are armed.
        """
        if id in self._armed:
            raise UsageError(f"a fault with id {id!r} is armed already; give this one another id")
        if len(self._armed) >= ARMED_LIMIT:
            raise UsageError(f"more than {ARMED_LIMIT} faults armed in one run")
        armed = ArmedFault(
            id=id,
            fault=fault,
            trigger=trigger,
            armed_ms=now_ms,
            entropy=self.entropy.child(id),
            via_proxy=via_proxy,
            limit_ms=limit_ms,
            set_in_ms=None if trigger.on_webhook is not None else now_ms,
        )
        self._armed[id] = armed
        if trigger.is_per_request or trigger.after_ms:
            return ()
        armed.started = True
        return fault.begin()

    def on_request(
        self, request: ApiRequest, *, operation: str, shop: str, call: int, now_ms: int
    ) -> tuple[Hit, ...]:
        """Return the faults that hit this request, in order of arming, and count them."""
        hits = []
        for armed in self._armed.values():
            if not armed.is_active(now_ms) or not armed.concerns(request, operation, shop):
                continue
            if not armed.counts():
                continue
            moment = Moment(
                request=request,
                operation=operation,
                shop=shop,
                now_ms=now_ms,
                hits=armed.fired,
                entropy=armed.entropy,
                since_ms=now_ms - (armed.set_in_ms or 0) - armed.trigger.after_ms,
            )
            hit = self._hit(armed, moment)
            if hit is not None:
                armed.fired += 1
                armed.calls.append(call)
                hits.append(hit)
        return tuple(hits)

    def _hit(self, armed: ArmedFault, moment: Moment) -> Hit | None:
        """Return what a fault does to a request; None where chance spares it."""
        commands = () if armed.started else armed.fault.begin()
        armed.started = True
        if armed.via_proxy:
            kinds = {toxic.kind for toxic in armed.fault.toxics()}
            if kinds and kinds <= PASSED_BY_REQUESTS:
                return None
            return Hit(fault=armed.id, commands=commands, effects=())
        effects = armed.fault.effects(moment)
        chooses = type(armed.fault).effects is not Fault.effects
        if chooses and not effects and not commands:
            return None
        return Hit(fault=armed.id, commands=commands, effects=effects)

    def on_delivery(self, types: Iterable[int], now_ms: int) -> None:
        """Let the faults set in that wait for a webhook of one of these types."""
        delivered = set(types)
        for armed in self._armed.values():
            if armed.set_in_ms is None and armed.trigger.on_webhook in delivered:
                armed.set_in_ms = now_ms

    def on_webhooks(
        self, deliveries: tuple[OutgoingWebhook, ...], moment: WebhookMoment
    ) -> tuple[tuple[OutgoingWebhook, ...], tuple[str, ...]]:
        """Return the deliveries to make, and the ids of the faults that changed them."""
        fired = []
        for armed in self._armed.values():
            if armed.fault.target != "webhooks" or not armed.is_active(moment.now_ms):
                continue
            if not deliveries or not armed.counts():
                continue
            own = msgspec.structs.replace(moment, entropy=armed.entropy)
            reshaped = _stamp(armed, deliveries, armed.fault.reshape(deliveries, own))
            if reshaped == deliveries:
                continue
            armed.fired += 1
            armed.started = True
            fired.append(armed.id)
            deliveries = reshaped
        return deliveries, tuple(fired)

    def withdraw(self, id: str, call: int) -> None:
        """Take back a firing that changed nothing; the request stays counted as matching.

        So `call = 3` means the third request within the blast radius, and `times = 1` the first
        answer that really came out changed.
        """
        armed = self._armed[id]
        armed.fired -= 1
        armed.calls.remove(call)

    def mark_inferred(self, id: str) -> None:
        """Count a firing that no request could show."""
        self._armed[id].fired += 1

    def due_to_lift(self, now_ms: int) -> dict[str, str]:
        """Return the faults whose time is over by id, with what ends each: `time` or `limit`."""
        over = (a for a in self._armed.values() if not a.lifted and a.is_over(now_ms))
        return {armed.id: armed.ends_by for armed in over}

    def next_end_ms(self) -> int | None:
        """Return the earliest instant at which a fault ends by itself, None where none does."""
        ends = (armed.end_ms for armed in self._armed.values() if not armed.lifted)
        return min((end_ms for end_ms in ends if end_ms is not None), default=None)

    def lift(self, id: str, *, now_ms: int = 0, by: str = "step") -> tuple[PlatformCommand, ...]:
        """End a fault; returns the commands that undo it. Lifting twice does nothing.

        Args:
            id: The fault.
            now_ms: The instant, for the receipt.
            by: What ends it, for the receipt: `step`, `time`, `heal` or `limit`.

        Raises:
            UsageError: If no fault has this id.
        """
        if id not in self._armed:
            known = ", ".join(self._armed) or "none"
            raise UsageError(f"no fault with id {id!r} is armed; armed: {known}")
        armed = self._armed[id]
        if armed.lifted:
            return ()
        armed.lifted, armed.lifted_ms, armed.lifted_by = True, now_ms, by
        return armed.fault.end() if armed.started else ()

    def name_of(self, id: str) -> str:
        """Return the catalogue name of the fault armed under `id`."""
        return self._armed[id].fault.name

    def active(self) -> tuple[ArmedFault, ...]:
        """Return faults not yet lifted, in order of arming."""
        return tuple(armed for armed in self._armed.values() if not armed.lifted)

    def receipts(self) -> tuple[Receipt, ...]:
        """Return one receipt per fault ever armed, in order of arming."""
        return tuple(
            Receipt(
                fault=armed.id,
                name=armed.fault.name,
                armed_ms=armed.armed_ms,
                matched=armed.matched,
                fired=armed.fired,
                calls=tuple(armed.calls),
                lifted=armed.lifted,
                lifted_ms=armed.lifted_ms,
                lifted_by=armed.lifted_by,
            )
            for armed in self._armed.values()
        )
