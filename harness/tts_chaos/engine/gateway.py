"""The platform's front door: the fault plane, then the twin, then the record.

Every request of every world comes through here, one at a time. The gateway applies what faults ask
of requests, answers and the platform's state; how the answer then travels is the caller's affair.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import msgspec

from tts_chaos.core.clock import SkewedClock
from tts_chaos.core.history import (
    Committed,
    FaultEvent,
    FaultMoment,
    History,
    Json,
    StepTaken,
)
from tts_chaos.core.secrets import SecretBook
from tts_chaos.engine.effects import apply_faults
from tts_chaos.engine.exchange_draft import ExchangeDraft, readable
from tts_chaos.engine.platform import Platform
from tts_chaos.engine.ports import Mortal
from tts_chaos.engine.postponed import Postponed, Postponements
from tts_chaos.engine.recorder import Recorder
from tts_chaos.engine.sorting_office import SortingOffice
from tts_chaos.errors import LimitExceededError, UsageError
from tts_chaos.faults.effect import PlatformCommand, WebhookMoment
from tts_chaos.faults.fault import Fault, Trigger
from tts_chaos.faults.plane import FaultPlane, Hit, Receipt
from tts_chaos.twin.store import Change
from tts_chaos.wire.delivery import Connection, Delivery, Fate, OutgoingWebhook
from tts_chaos.wire.message import ApiRequest

__all__ = ["Gateway"]


class _Open:
    """An exchange under way; recorded when concluded."""

    def __init__(self, delivery: Delivery, record: Callable[[Fate], None]) -> None:
        self.delivery = delivery
        self._record: Callable[[Fate], None] | None = record

    def conclude(self, fate: Fate) -> None:
        """Record the exchange with what the client experienced; later calls do nothing."""
        record, self._record = self._record, None
        if record is not None:
            record(fate)


class Gateway:
    """Implements `engine.ports.Door`. Thread-safe: one request is handled at a time.

    Args:
        clock: The platform's clock.
        plane: The faults of this run.
        recorder: Where exchanges and faults are recorded.
        secrets: Book by which records are redacted.
        call_limit: Requests after which the run counts as endless.
    """

    def __init__(
        self,
        *,
        clock: SkewedClock,
        plane: FaultPlane,
        recorder: Recorder,
        secrets: SecretBook,
        call_limit: int = 5_000,
    ) -> None:
        self._clock = clock
        self.plane = plane
        self._recorder = recorder
        self.secrets = secrets
        self._call_limit = call_limit
        self._platform: Platform | None = None
        self._client: Mortal | None = None
        self._lock = threading.RLock()
        self._calls = 0
        self._current_call = 0
        self._open: dict[int, _Open] = {}
        self._postponed = Postponements()
        self._has_begun = False
        self._failure: Exception | None = None
        self._post = SortingOffice()

    def begin(self) -> None:
        """Say that the platform is set up, and that from now on its changes are recorded."""
        self._has_begun = True

    def attach(self, platform: Platform) -> None:
        """Put the platform behind the door."""
        self._platform = platform

    def attach_client(self, client: Mortal | None) -> None:
        """Say who sends the requests, and can be killed; None for nobody who can."""
        self._client = client

    @property
    def platform(self) -> Platform:
        """The platform behind the door."""
        assert self._platform is not None, "attach() comes first"
        return self._platform

    @property
    def calls(self) -> int:
        """Requests taken in so far."""
        return self._calls

    def refuse_endless(self) -> None:
        """Raise if the integration has sent more requests than the scenario allows.

        Raises:
            LimitExceededError: Naming the limit.
        """
        if self._calls > self._call_limit:
            raise LimitExceededError(
                f"the integration sent more than {self._call_limit} requests, without end as it "
                "seems; raise limits.calls in the scenario if that is intended"
            )

    def raise_failure(self) -> None:
        """Raise what broke in the platform or in a fault, whatever the integration made of it.

        Raises:
            Exception: The first such error.
        """
        if self._failure is not None:
            raise self._failure

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Keep everybody else from the platform while its own methods are called directly."""
        with self._lock:
            yield

    def open(self, request: ApiRequest) -> _Open:
        """Take a request in and return its answer, ready to travel.

        Raises:
            LimitExceededError: If the run has become endless.
            ProgramKilledError: In the thread of an integration that is killed, by this very request
                or before.
        """
        with self._lock:
            self._end_dead_client()
            self._calls += 1
            self.refuse_endless()
            self._current_call = self._calls
            try:
                return self._take(request, self._calls)
            except Exception as error:
                # It goes through the integration, which may catch it: nothing proves more then.
                self._failure = self._failure or error
                raise
            finally:
                self._current_call = 0

    def _take(self, request: ApiRequest, call: int) -> _Open:
        started_ms = self._clock.now_ms() - self._clock.offset_ms
        self._catch_up()
        self.platform.advance()
        identity = self.platform.identify(request)
        hits = self.plane.on_request(
            request,
            operation=identity.operation,
            shop=identity.shop,
            call=call,
            now_ms=started_ms,
        )
        for hit in hits:
            if not hit.may_be_idle:
                self._fire(hit, call)
        answered = apply_faults(hits, request, self.platform)
        if answered.later_ms is not None:
            self._postponed.add(
                Postponed(
                    due_ms=started_ms + answered.later_ms,
                    call=call,
                    operation=identity.operation,
                    fault=answered.later_for,
                    request=answered.request,
                )
            )
        hits = self._settle(hits, answered.idle, call)
        draft = ExchangeDraft(
            call=call,
            identity=identity,
            request=request,
            answered=answered,
            faults=tuple(hit.fault for hit in hits),
            started_ms=started_ms,
            secrets=self.secrets,
        )
        opened = _Open(answered.delivery, lambda fate: self._record(draft, fate))
        self._open[call] = opened
        if answered.delivery.connection is Connection.CLIENT_KILLED:
            # Before any byte of an answer is on its way, so that none is ever read.
            opened.conclude(Fate.CLIENT_KILLED)
            self.kill_client()
            self._end_dead_client()
        return opened

    def kill_client(self) -> None:
        """Kill the integration.

        Raises:
            UsageError: If it cannot be killed.
        """
        if self._client is None:
            raise UsageError("what sends the requests here cannot be killed")
        self._client.kill()

    def _end_dead_client(self) -> None:
        if self._client is not None:
            self._client.end_if_killed()

    def _settle(self, hits: tuple[Hit, ...], idle: tuple[str, ...], call: int) -> tuple[Hit, ...]:
        """Record what turned out to have acted, take back what did not; returns what acted."""
        for hit in hits:
            if hit.fault in idle:
                self.plane.withdraw(hit.fault, call)
            elif hit.may_be_idle:
                self._fire(hit, call)
        return tuple(hit for hit in hits if hit.fault not in idle)

    def _apply_late(self, postponed: Postponed) -> None:
        """Let the platform handle a request that waited; what it changes counts to its call."""
        current, self._current_call = self._current_call, postponed.call
        try:
            handled = self.platform.handle(postponed.request)
        finally:
            self._current_call = current
        self._recorder.add(
            StepTaken(
                kind="applied late",
                name=postponed.operation or postponed.request.path,
                value={"call": postponed.call, "code": handled.code, "done": handled.committed},
            )
        )

    def _fire(self, hit: Hit, call: int) -> None:
        for command in hit.commands:
            self._run(command)
        self.record_fault(hit.fault, FaultMoment.FIRED, call=call)

    def _record(self, draft: ExchangeDraft, fate: Fate) -> None:
        with self._lock:
            self._open.pop(draft.call, None)
            if draft.is_large:
                self._recorder.add(draft.write(fate))
            else:
                self._recorder.add_later(lambda: draft.write(fate))

    def readable(self, body: bytes) -> str:
        """Return a body as the history keeps it: without secrets, a long one without its middle."""
        return readable(self.secrets, body)

    # -- faults ---------------------------------------------------------------------------------

    def arm(
        self,
        id: str,
        fault: Fault,
        trigger: Trigger,
        *,
        via_proxy: bool = False,
        limit_ms: int | None = None,
    ) -> None:
        """Arm a fault and run what it does at once.

        Args:
            id: Under which it is armed.
            fault: The fault.
            trigger: Where and when it acts.
            via_proxy: Whether a proxy realises it.
            limit_ms: After this long it ends, whatever its trigger says.

        Raises:
            UsageError: If the id is taken.
        """
        with self._lock:
            commands = self.plane.arm(
                id,
                fault,
                trigger,
                now_ms=self._true_now_ms(),
                via_proxy=via_proxy,
                limit_ms=limit_ms,
            )
            self.record_fault(id, FaultMoment.ARMED)
            for command in commands:
                self._run(command)

    def lift(self, id: str, *, by: str = "step") -> None:
        """Lift a fault and undo what it did to the platform; lifting twice does nothing.

        Requests that it holds up are handled first.

        Args:
            id: The fault.
            by: What ends it, for the receipt: `step`, `time`, `heal` or `limit`.

        Raises:
            UsageError: If no such fault is armed.
        """
        with self._lock:
            if all(armed.id != id for armed in self.plane.active()):
                self.plane.lift(id)
                return
            for postponed in self._postponed.take_of(id):
                self._apply_late(postponed)
            for command in self.plane.lift(id, now_ms=self._true_now_ms(), by=by):
                self._run(command)
            self._post.let_go(id)
            self.record_fault(id, FaultMoment.LIFTED)

    def infer_firing(self, id: str, detail: str) -> None:
        """Record that a fault acted although no request could show it."""
        with self._lock:
            self.plane.mark_inferred(id)
            self.record_fault(id, FaultMoment.FIRED, detail=detail, inferred=True)

    def record_fault(
        self,
        id: str,
        moment: FaultMoment,
        *,
        call: int = 0,
        detail: str = "",
        inferred: bool = False,
    ) -> None:
        """Write one moment of a fault's life into the history."""
        self._recorder.add(
            FaultEvent(
                fault=id,
                name=self.plane.name_of(id),
                moment=moment,
                call=call,
                detail=detail,
                inferred=inferred,
            )
        )

    def receipts(self) -> tuple[Receipt, ...]:
        """Return what became of every armed fault."""
        with self._lock:
            return self.plane.receipts()

    def _catch_up(self) -> None:
        """Do what is due by time: requests that waited, and the end of faults."""
        for postponed in self._postponed.take_due(self._true_now_ms()):
            self._apply_late(postponed)
        for id, by in self.plane.due_to_lift(self._true_now_ms()).items():
            self.lift(id, by=by)

    def next_due_ms(self) -> int | None:
        """Return the earliest instant, in true time, at which something is due here."""
        with self._lock:
            instants = (self._postponed.next_due_ms(), self.plane.next_end_ms())
            return min((instant for instant in instants if instant is not None), default=None)

    def platform_now_ms(self) -> int:
        """Return the instant by the platform's own, perhaps skewed, clock."""
        return self._clock.now_ms()

    def _true_now_ms(self) -> int:
        return self._clock.now_ms() - self._clock.offset_ms

    # -- the platform ---------------------------------------------------------------------------

    def command(self, name: str, arguments: Mapping[str, Any]) -> Json:
        """Run a platform command; faults whose time is over are lifted first.

        Raises:
            UsageError: If there is no such command, or an argument is wrong.
        """
        with self._lock:
            self._catch_up()
            return self.platform.command(name, arguments)

    def _run(self, command: PlatformCommand) -> None:
        self.platform.command(command.name, command.arguments)

    def on_change(self, change: Change) -> None:
        """Record a change of the platform's state; given to the twin as its observer.

        What is there before the first request or command is no change: the first `Truth` has it.
        """
        if not self._has_begun and not change.what.startswith("token."):
            return
        self._recorder.add(
            Committed(
                change=change.what,
                entity=self.secrets.redact(change.id),
                shop=change.shop_id,
                call=self._current_call,
                before=self._plain(change.before),
                after=self._plain(change.after),
            )
        )

    def _plain(self, entity: object | None) -> Json:
        """Return an entity as JSON with secrets as labels."""
        if entity is None:
            return None
        return self._read(msgspec.json.encode(entity, order="sorted"))

    def _read(self, text: bytes) -> Json:
        """Return what JSON says, with secrets as labels."""
        return msgspec.json.decode(self.secrets.redact(text.decode()))

    def due_webhooks(self) -> tuple[OutgoingWebhook, ...]:
        """Return the deliveries to make now, as the faults want them."""
        with self._lock:
            self._catch_up()
            self.platform.advance()
            now_ms = self._true_now_ms()
            moment = WebhookMoment(
                now_ms=now_ms,
                entropy=self.plane.entropy,
                sign=self.platform.sign_webhook,
                sign_as=lambda secret, body: self.platform.sign_webhook(body, secret),
                past=self._post.past,
            )
            due = self.platform.drain()
            self._post.remember(due, now_ms)
            deliveries, fired = self.plane.on_webhooks(due, moment)
            for id in fired:
                self.record_fault(id, FaultMoment.FIRED)
            self._miss_dropped(due, deliveries)
            made = self._post.release(deliveries, now_ms)
            self.plane.on_delivery((row.type for row in made), now_ms)
            return made

    def next_webhook_in_ms(self) -> int | None:
        """Return how long it is until a delivery is due, 0 where one is; None where none waits."""
        with self._lock:
            due_ms = self.platform.next_webhook_ms()
            waits = [] if due_ms is None else [due_ms - self._clock.now_ms()]
            kept_ms = self._post.next_due_ms()
            if kept_ms is not None:
                waits.append(kept_ms - self._true_now_ms())
            return max(0, min(waits)) if waits else None

    def hasten_post(self, by_ms: int) -> None:
        """Let what the platform's post waits for be due so much earlier, and nothing else."""
        with self._lock:
            self.platform.hasten_post(by_ms)
            self._post.hasten(by_ms)

    def acknowledge(self, delivery: OutgoingWebhook, status: int) -> None:
        """Tell the platform how a delivery was answered, where it is the platform's own.

        Args:
            delivery: The delivery.
            status: HTTP status, 0 where no answer came in time.
        """
        if not delivery.genuine and not delivery.replaces:
            return
        with self._lock:
            self.platform.acknowledge(
                delivery.notification, delivery.shop, delivery.attempt, status
            )

    def _miss_dropped(
        self, due: tuple[OutgoingWebhook, ...], made: tuple[OutgoingWebhook, ...]
    ) -> None:
        """Tell the platform that deliveries a fault dropped were never answered."""
        kept = {(delivery.notification, delivery.attempt) for delivery in made}
        for lost in due:
            if (lost.notification, lost.attempt) not in kept:
                self.platform.acknowledge(lost.notification, lost.shop, lost.attempt, 0)

    def ledger(self) -> Json:
        """Return the platform's truth with secrets as labels."""
        return self._read(self.ledger_text())

    def ledger_text(self) -> bytes:
        """Return the platform's truth as JSON, secrets and all."""
        with self._lock:
            self._catch_up()
            self.platform.advance()
            return msgspec.json.encode(self.platform.ledger(), order="sorted")

    def finish(self) -> None:
        """Record exchanges that never ended, so that nothing is lost."""
        with self._lock:
            for opened in list(self._open.values()):
                opened.conclude(Fate.UNFINISHED)

    def history(self) -> History:
        """Return all that was recorded so far."""
        return self._recorder.history()
