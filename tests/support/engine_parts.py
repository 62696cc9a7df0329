"""Small stand-ins for what the engine works with: faults, a platform, time moved by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, TypeVar

from tts_chaos.core.clock import ManualClock, SkewedClock
from tts_chaos.core.entropy import Entropy
from tts_chaos.core.history import History, Json, OpKind
from tts_chaos.core.secrets import SecretBook
from tts_chaos.engine.gateway import Gateway
from tts_chaos.engine.ports import Completion, Door
from tts_chaos.engine.recorder import Recorder
from tts_chaos.errors import InjectionError
from tts_chaos.faults.effect import Effect, Moment, PlatformCommand, WebhookMoment
from tts_chaos.faults.fault import Fault, Trigger
from tts_chaos.faults.plane import FaultPlane
from tts_chaos.twin.handled import Basis, Handled, Identity
from tts_chaos.typing import TwinConnection
from tts_chaos.wire.delivery import OutgoingWebhook
from tts_chaos.wire.message import ApiRequest, make_json_response

__all__ = [
    "Bench",
    "Dropping",
    "ManualWorld",
    "Scripted",
    "ScriptedPlatform",
    "webhook",
    "webhook_moment",
]

T = TypeVar("T")


class Scripted(Fault, frozen=True, kw_only=True):
    """A fault whose effects a test hands in."""

    name: ClassVar[str] = "scripted"
    family: ClassVar[str] = "test"
    cause: ClassVar[str] = "network"
    summary: ClassVar[str] = "whatever the test wants"

    wanted: tuple[Effect, ...] = ()
    first: tuple[PlatformCommand, ...] = ()
    last: tuple[PlatformCommand, ...] = ()

    def effects(self, moment: Moment) -> tuple[Effect, ...]:
        return self.wanted

    def begin(self) -> tuple[PlatformCommand, ...]:
        return self.first

    def end(self) -> tuple[PlatformCommand, ...]:
        return self.last


class Dropping(Fault, frozen=True, kw_only=True):
    """A fault that lets no webhook through."""

    name: ClassVar[str] = "dropping"
    family: ClassVar[str] = "test"
    cause: ClassVar[str] = "webhook"
    summary: ClassVar[str] = "no webhook arrives"
    target: ClassVar[str] = "webhooks"

    def reshape(
        self, deliveries: tuple[OutgoingWebhook, ...], moment: WebhookMoment
    ) -> tuple[OutgoingWebhook, ...]:
        return ()


def webhook(notification: str = "n1", **changes: Any) -> OutgoingWebhook:
    """Return a delivery that is due."""
    values: dict[str, Any] = {
        "notification": notification,
        "type": 1,
        "shop": "s1",
        "attempt": 1,
        "headers": (("authorization", "sig"),),
        "body": b"{}",
    }
    return OutgoingWebhook(**{**values, **changes})


def webhook_moment(
    sign: Callable[[bytes], str] = lambda _body: "signed",
    *,
    now_ms: int = 0,
    seed: int | str = 1,
    past: tuple[tuple[int, OutgoingWebhook], ...] = (),
) -> WebhookMoment:
    """Return a moment in which webhooks are about to be delivered."""
    return WebhookMoment(
        now_ms=now_ms,
        entropy=Entropy(seed),
        sign=sign,
        sign_as=lambda secret, _body: f"signed with {secret!r}",
        past=past,
    )


class ScriptedPlatform:
    """Answers everything with code 0 and keeps what it was asked, in order."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.due: list[OutgoingWebhook] = []
        self.next_due: int | None = None
        self.next_webhook: int | None = None
        self.failure: Exception | None = None
        self.basis = Basis.STATE

    def identify(self, request: ApiRequest) -> Identity:
        return Identity(operation="order.202309.get_order_list", shop="s1")

    def handle(self, request: ApiRequest) -> Handled:
        if self.failure is not None:
            raise self.failure
        self.log.append(f"handle {request.method} {request.host}{request.path}")
        return Handled(
            response=make_json_response({"code": 0, "message": "Success"}),
            operation="order.202309.get_order_list",
            shop="s1",
            code=0,
            message="Success",
            committed=True,
            basis=self.basis,
        )

    def command(self, name: str, arguments: Mapping[str, Any]) -> Json:
        self.log.append(name)
        return None

    def advance(self) -> None:
        """Nothing moves by itself."""

    def drain(self) -> tuple[OutgoingWebhook, ...]:
        due, self.due = tuple(self.due), []
        return due

    def next_due_ms(self) -> int | None:
        return self.next_due

    def acknowledge(self, notification: str, shop: str, attempt: int, status: int) -> None:
        self.log.append(f"acknowledge {notification} #{attempt} {status}")

    def sign_anew(self, request: ApiRequest) -> ApiRequest:
        return request

    def next_webhook_ms(self) -> int | None:
        return self.next_webhook

    def hasten_post(self, by_ms: int) -> None:
        self.log.append(f"hasten {by_ms}")
        if self.next_webhook is not None:
            self.next_webhook -= by_ms

    def sign_webhook(self, body: bytes, secret: str | None = None) -> str:
        return "signed" if secret is None else f"signed with {secret}"

    def ledger(self) -> dict[str, Json]:
        return {"shops": {}}


class ManualWorld:
    """A world without a network whose time moves only when somebody sleeps."""

    def __init__(self, name: str = "simulated") -> None:
        self.name = name
        self.clock = ManualClock()
        self.door: Door | None = None
        self.slept: list[int] = []
        self.lifted: list[str] = []
        self.proxied: frozenset[str] = frozenset()
        self.will_not_lift = False
        self.is_closed = False
        self.proxy_engine = ""
        self.tests_program = False

    def open(
        self, door: Door, credentials: TwinConnection, platform_clock: SkewedClock
    ) -> TwinConnection:
        self.door = door
        return credentials

    def close(self) -> None:
        self.is_closed = True

    def refusal(self, fault: Fault, trigger: Trigger) -> str | None:
        return None

    def kill_refusal(self) -> str | None:
        return None

    def uses_proxy(self, fault: Fault, trigger: Trigger) -> bool:
        return fault.name in self.proxied

    def arm(self, id: str, fault: Fault, trigger: Trigger) -> None:
        """Nothing to arm."""

    def lift(self, id: str) -> None:
        self.lifted.append(id)
        if self.will_not_lift:
            raise InjectionError(f"{id} is still there")

    def sleep(self, duration_ms: int) -> None:
        self.slept.append(duration_ms)
        self.clock.advance(duration_ms)

    def call(self, work: Callable[[], T], *, limit_ms: int) -> Completion:
        try:
            return Completion(kind=OpKind.OK, value=work())
        except Exception as error:  # noqa: BLE001 - as every world does
            return Completion(kind=OpKind.FAIL, error=f"{type(error).__name__}: {error}")

    def call_together(
        self, works: Sequence[Callable[[], Any]], *, limit_ms: int
    ) -> list[Completion]:
        return [self.call(work, limit_ms=limit_ms) for work in works]

    def refused_destinations(self) -> tuple[str, ...]:
        return ()

    def hits(self, id: str) -> int:
        return 0

    def leftover_threads(self) -> tuple[str, ...]:
        return ()


class Bench:
    """A gateway with a scripted platform behind it."""

    def __init__(self, *, call_limit: int = 100, begin: bool = True) -> None:
        self.clock = ManualClock()
        self.platform_clock = SkewedClock(self.clock)
        self.recorder = Recorder(self.clock)
        self.secrets = SecretBook()
        self.platform = ScriptedPlatform()
        self.gateway = Gateway(
            clock=self.platform_clock,
            plane=FaultPlane(Entropy("test")),
            recorder=self.recorder,
            secrets=self.secrets,
            call_limit=call_limit,
        )
        self.gateway.attach(self.platform)
        if begin:
            self.gateway.begin()

    def arm(self, id: str, *effects: Effect, trigger: Trigger | None = None) -> None:
        """Arm a fault with these effects on every request."""
        self.gateway.arm(id, Scripted(wanted=effects), trigger or Trigger())

    @property
    def history(self) -> History:
        """What was recorded."""
        return self.recorder.history()
