"""The five phases of a run, and the steps inside them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from tts_chaos.core.history import (
    Completed,
    Invoked,
    Json,
    Observed,
    OpKind,
    PhaseEntered,
    Searched,
    StepTaken,
    Waiting,
)
from tts_chaos.core.secrets import SecretBook
from tts_chaos.core.verdict import Outcome, Phase
from tts_chaos.engine.arguments import resolve
from tts_chaos.engine.capabilities import needed_to_play
from tts_chaos.engine.gateway import Gateway
from tts_chaos.engine.judgement import Ending, Judgement
from tts_chaos.engine.ports import Completion, Elsewhere, Mortal, Subject, World
from tts_chaos.engine.post import Post
from tts_chaos.engine.recorder import Recorder
from tts_chaos.engine.retelling import Retelling
from tts_chaos.errors import ChaosError, InjectionError
from tts_chaos.faults.fault import bounded
from tts_chaos.scenarios.model import (
    ActionStep,
    FaultStep,
    KillStep,
    LiftStep,
    PlatformStep,
    PostStep,
    Scenario,
    Step,
    WaitStep,
)
from tts_chaos.twin.twin import Twin
from tts_chaos.typing import OBSERVATIONS
from tts_chaos.wire.delivery import OutgoingWebhook

__all__ = ["Ending", "Phases"]

CANARY_ROUNDS = 5
"""Rounds of the integration's schedule within which the canary order has to arrive."""


class Phases:
    """Plays one scenario once."""

    def __init__(
        self,
        *,
        run: Scenario,
        gateway: Gateway,
        twin: Twin,
        world: World,
        subject: Subject,
        recorder: Recorder,
        secrets: SecretBook,
        judgement: Judgement,
        progress: Callable[[str], None],
    ) -> None:
        self._scenario = run
        self._gateway = gateway
        self._twin = twin
        self._world = world
        self._subject = subject
        self._mortal = subject if isinstance(subject, Mortal) else None
        gateway.attach_client(self._mortal)
        self._recorder = recorder
        self._secrets = secrets
        self._retelling = Retelling(recorder, secrets)
        self._judgement = judgement
        self._progress = progress
        self._post = Post(gateway, twin, world, self._deliver, recorder, look=self._look)
        self._ops = 0
        self._proxied: dict[str, int] = {}
        self._callers: set[str] = set()
        self._lines: list[Json] = []
        self.recovery_ms: int | None = None
        needed = needed_to_play(run)
        self.missing = tuple(name for name in needed if name not in subject.capabilities)

    @property
    def _is_wire(self) -> bool:
        return self._world.name == "wire"

    def play(self) -> Ending:
        """Play all phases; returns how they ended."""
        if self.missing:
            names = ", ".join(f"{name}()" for name in self.missing)
            absent = self._subject.absent if isinstance(self._subject, Elsewhere) else {}
            reasons = "".join(f"; {absent[name]}" for name in self.missing if name in absent)
            return Ending(Outcome.NOT_EXERCISED, f"the integration does not offer {names}{reasons}")
        broken = self._baseline()
        if broken:
            return Ending(Outcome.ABORTED, f"the steady-state hypothesis does not hold: {broken}")
        self._turbulence()
        self._heal()
        pending = self._recovery()
        self._enter(Phase.JUDGE)
        self._look()
        if pending:
            return Ending(Outcome.NOT_RECOVERED, pending)
        return Ending(None)

    # -- phases ---------------------------------------------------------------------------------

    def _enter(self, phase: Phase) -> None:
        self._recorder.add(PhaseEntered(phase=phase))
        self._progress(phase.value)

    def _baseline(self) -> str:
        self._enter(Phase.BASELINE)
        self._round()
        self._look()
        broken = self._judgement.broken_hypothesis()
        return f"{broken}{self._first_failure()}" if broken else ""

    def _first_failure(self) -> str:
        """Return what the integration's first failed call said, as the probable reason."""
        history = self._recorder.history()
        failed = [
            (record.index, record.action, record.error)
            for record in history.of(Completed)
            if record.kind is not OpKind.OK
        ]
        failed += [(row.index, row.name, row.error) for row in history.of(Observed) if row.error]
        if not failed:
            return ""
        _, name, error = min(failed)
        return f"; {name}() had failed: {error}"

    def _turbulence(self) -> None:
        self._enter(Phase.TURBULENCE)
        for step in self._scenario.method:
            self._take(step)
            if isinstance(step, ActionStep):
                self._look()
        self._post.deliver_due()

    def _heal(self) -> None:
        self._enter(Phase.HEAL)
        self.lift_everything()
        leftovers = [armed.id for armed in self._gateway.plane.active()]
        if leftovers:
            raise InjectionError(f"still active after healing: {', '.join(leftovers)}")
        for step in self._scenario.rollback:
            self._recorder.add(StepTaken(kind="rollback", name=_name_of(step)))
            self._take(step)

    def _recovery(self) -> str:
        """Let the integration's own schedule run until it is whole; returns why it is not."""
        self._enter(Phase.RECOVERY)
        recovery = self._scenario.recovery
        started_ms = self._world.clock.now_ms()
        tick_ms = recovery.wire_tick_ms if self._is_wire else recovery.tick_ms
        deadline_ms = started_ms + self._judgement.settings.rto_ms
        while True:
            # The schedule comes round one tick after the world is whole, not at that very moment.
            self._wait(tick_ms)
            self._round()
            self._look()
            reason = self._judgement.pending_reason()
            self._recorder.add(Waiting(reason=reason))
            now_ms = self._world.clock.now_ms()
            if not reason:
                self.recovery_ms = now_ms - started_ms
                return self._canary(tick_ms)
            if now_ms + tick_ms > deadline_ms:
                return reason

    def _canary(self, tick_ms: int) -> str:
        """Place one test order and see it arrive: the last word on "recovered"."""
        if not self._scenario.recovery.canary or "sync_orders" not in self._subject.capabilities:
            return ""
        self._command("place_orders", {"count": 1})
        for _ in range(CANARY_ROUNDS):
            self._round()
            self._look()
            reason = self._judgement.pending_reason()
            if not reason:
                return ""
            self._wait(tick_ms)
        return f"the canary order did not arrive: {reason}"

    def _round(self) -> None:
        """Let the integration do once what its own schedule does."""
        self._post.deliver_due()
        for action in self._scenario.recovery.actions:
            if action in self._subject.capabilities:
                self._act(ActionStep(action=action))

    # -- steps ----------------------------------------------------------------------------------

    def _take(self, step: Step) -> None:
        """Do one step.

        What several steps of the platform in a row announce arrives together, before anything else
        is done; so their webhooks can be reordered, and faults armed later leave them alone.
        """
        if not isinstance(step, PlatformStep):
            self._post.deliver_due()
        match step:
            case FaultStep():
                self._arm(step)
            case LiftStep():
                self._lift(step.id)
            case ActionStep():
                self._act(step)
            case PlatformStep():
                self._command(step.command, step.arguments)
            case WaitStep():
                self._recorder.add(StepTaken(kind="wait", name="wait", value=step.wait_ms))
                self._wait(step.wait_ms)
            case PostStep():
                self._recorder.add(StepTaken(kind="wait", name="post", value=step.post_ms))
                self._post.hasten(step.post_ms)
            case KillStep():
                self._recorder.add(StepTaken(kind="killed", name="kill"))
                self._gateway.kill_client()
        if isinstance(step, ActionStep):
            self._post.deliver_due()

    def _arm(self, step: FaultStep) -> None:
        trigger = step.trigger
        if trigger.shop is not None:
            trigger = msgspec.structs.replace(trigger, **self._fill({"shop": trigger.shop}))
        via_proxy = self._world.uses_proxy(step.fault, trigger)
        limits = self._scenario.limits
        limit_ms = limits.wire_fault_ms if self._is_wire else limits.fault_ms
        self._gateway.arm(step.id, step.fault, trigger, via_proxy=via_proxy, limit_ms=limit_ms)
        if via_proxy:
            self._proxied[step.id] = 0
            self._world.arm(step.id, step.fault, bounded(trigger, limit_ms))

    def _lift(self, id: str, *, by: str = "step") -> None:
        if id in self._proxied:
            del self._proxied[id]
            self._world.lift(id)
        self._gateway.lift(id, by=by)

    def lift_everything(self) -> None:
        """Lift every fault still armed; a failure to lift one does not keep the others."""
        failures = []
        # One that ended by its own time limit is no longer active, but its proxy has to be asked.
        armed_ids = [armed.id for armed in self._gateway.plane.active()]
        for id in dict.fromkeys((*armed_ids, *self._proxied)):
            try:
                self._lift(id, by="heal")
            except ChaosError as error:
                failures.append(str(error))
        if failures:
            raise InjectionError("; ".join(failures))

    def _command(self, name: str, arguments: Mapping[str, Json]) -> None:
        value = self._gateway.command(name, self._fill(dict(arguments)))
        self._recorder.add(
            StepTaken(kind="platform", name=name, value=self._secrets.redact_json(value))
        )

    def _fill(self, value: dict[str, Json]) -> dict[str, Json]:
        if "$" not in repr(value):
            return value
        filled: dict[str, Json] = resolve(
            value, ledger=self._twin.ledger(), credentials=self._twin.credentials()
        )
        return filled

    def _wait(self, duration_ms: int) -> None:
        self._post.wait(duration_ms)

    # -- the integration ------------------------------------------------------------------------

    @property
    def _limit_ms(self) -> int:
        limits = self._scenario.limits
        return limits.wire_action_ms if self._is_wire else limits.action_ms

    def _act(self, step: ActionStep) -> None:
        for turn in range(step.repeat):
            if turn and step.every_ms:
                self._wait(step.every_ms)
            arguments = self._fill(step.arguments)
            calls_before = self._gateway.calls
            self._invoke(step.action, [arguments] * step.parallel)
            self._note_hits(step.action)
            if self._gateway.calls > calls_before:
                self._callers.add(step.action)
            elif step.action in self._callers:
                self._infer_firings(step.action)

    def _invoke(self, action: str, each: Sequence[Mapping[str, Any]]) -> list[Completion]:
        first = self._ops + 1
        self._ops += len(each)
        for op, arguments in enumerate(each, first):
            self._recorder.add(Invoked(op=op, action=action, arguments=self._told(arguments)))
        works = [lambda a=arguments: self._subject.call(action, a) for arguments in each]
        if len(works) == 1:
            done = [self._world.call(works[0], limit_ms=self._limit_ms)]
        else:
            done = self._world.call_together(works, limit_ms=self._limit_ms)
        for op, completion in enumerate(done, first):
            self._complete(op, action, completion)
        # What the door refused or broke on went through the integration, which may catch it all.
        self._gateway.refuse_endless()
        self._gateway.raise_failure()
        return done

    def _told(self, arguments: Mapping[str, Any]) -> Json:
        """Return arguments as the history keeps them: no secrets, and no megabytes of a body."""
        shortened = {
            key: self._gateway.readable(value) if isinstance(value, bytes) else value
            for key, value in arguments.items()
        }
        return self._secrets.redact_json(shortened)

    def _complete(self, op: int, action: str, completion: Completion) -> None:
        leaks = self._secrets.find(completion.error)
        if leaks:
            self._recorder.add(
                Searched(
                    channel="exception",
                    source=action,
                    characters=len(completion.error),
                    leaks=leaks,
                )
            )
        self._recorder.add(
            Completed(
                op=op,
                action=action,
                kind=completion.kind,
                value=self._secrets.redact_json(completion.value),
                error=self._secrets.redact(completion.error),
            )
        )

    def _note_hits(self, action: str) -> None:
        """Count a proxied fault as fired that was met by connections without a request."""
        for armed in self._gateway.plane.active():
            if armed.id in self._proxied and armed.fired == 0:
                hits = self._world.hits(armed.id)
                if hits:
                    self._gateway.infer_firing(
                        armed.id, f"{hits} connections or look-ups met it during {action}()"
                    )

    def _infer_firings(self, action: str) -> None:
        """Conclude that a proxied fault acted from the silence of an action that sends requests.

        A fault that lets nothing through shows itself in no other way.
        """
        for armed in self._gateway.plane.active():
            if armed.id in self._proxied and armed.fired == 0:
                self._gateway.infer_firing(
                    armed.id, f"{action}() sends requests and none arrived while it ran"
                )

    def _deliver(self, together: Sequence[OutgoingWebhook]) -> list[Completion]:
        if "deliver_webhook" not in self._subject.capabilities:
            return [Completion(kind=OpKind.INFO, error="nobody listens") for _ in together]
        return self._invoke(
            "deliver_webhook",
            [{"headers": dict(each.headers), "body": each.body} for each in together],
        )

    def _look(self) -> None:
        """Observe the integration and put the platform's truth beside it."""
        # Of the dead nothing is asked: what they do not say is no failure of theirs.
        is_dead = self._mortal is not None and self._mortal.is_killed
        for name in OBSERVATIONS:
            if name in self._subject.capabilities and not is_dead:
                self._observe(name)
        self._retelling.tell_truth(self._gateway.ledger_text())

    def _observe(self, name: str) -> None:
        completion = self._world.call(lambda: self._subject.call(name, {}), limit_ms=self._limit_ms)
        if completion.kind is OpKind.OK:
            told = completion.value
            self._retelling.observe(name, self._new_lines(told) if name == "logs" else told)
            return
        error = self._secrets.redact(completion.error)
        self._recorder.add(Observed(name=name, error=error))

    def _new_lines(self, told: Json) -> Json:
        """Return the lines that were not told before, searched for secrets as any other log.

        A log that begins anew is new as a whole; without this, a history would grow by all of it
        with each look.
        """
        if not isinstance(told, list):
            return told
        known, self._lines = self._lines, told
        new = told[len(known) :] if told[: len(known)] == known else told
        text = "\n".join(each if isinstance(each, str) else repr(each) for each in new)
        leaks = self._secrets.find(text)
        if new:
            self._recorder.add(
                Searched(channel="log", source="logs()", characters=len(text), leaks=leaks)
            )
        return new


def _name_of(step: Step) -> str:
    match step:
        case FaultStep() | LiftStep():
            return step.id
        case ActionStep():
            return step.action
        case PlatformStep():
            return step.command
        case WaitStep():
            return "wait"
        case PostStep():
            return "post"
        case KillStep():
            return "kill"
