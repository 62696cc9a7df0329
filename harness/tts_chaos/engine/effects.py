"""Applies what faults ask for to one request, before, instead of and after the answer."""

from __future__ import annotations

import msgspec

from tts_chaos.engine.platform import Platform
from tts_chaos.faults.effect import (
    AlterAnswer,
    AnswerInstead,
    ApplyLater,
    BreakConnection,
    PlatformCommand,
    RepeatRequest,
    RewriteRequest,
    SlowAnswer,
)
from tts_chaos.faults.plane import Hit
from tts_chaos.wire.delivery import Delivery
from tts_chaos.wire.message import ApiRequest

__all__ = ["Answered", "apply_faults"]


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a request.

    Attributes:
        request: The request as the platform saw it.
        delivery: The answer and the way it travels.
        is_asked: Whether the platform was asked at all.
        committed: Whether a handler of the platform ran to its end.
        diagnosis: What the platform knows of a refusal's cause.
        basis: What the answer rests on, where it is not the platform's state: `twin.handled.Basis`.
        idle: Faults that would have changed the request or the answer and found nothing there to
            change: the field is not in this answer, or no answer was made at all.
        later_ms: In how many milliseconds the platform handles the request after all; None where
            it did, or never will.
        later_for: The fault that wants it so.
    """

    request: ApiRequest
    delivery: Delivery
    committed: bool
    is_asked: bool = False
    diagnosis: str = ""
    basis: str = ""
    idle: tuple[str, ...] = ()
    later_ms: int | None = None
    later_for: str = ""


def apply_faults(hits: tuple[Hit, ...], request: ApiRequest, platform: Platform) -> Answered:
    """Let the effects of all hits act, in order of arming, around the platform's own answer."""
    changed: set[str] = set()
    for hit in hits:
        for effect in hit.effects:
            if isinstance(effect, PlatformCommand):
                platform.command(effect.name, effect.arguments)
            elif isinstance(effect, RewriteRequest):
                before, request = request, effect.change(request)
                if request != before:
                    changed.add(hit.fault)
                    if effect.signed_anew:
                        request = platform.sign_anew(request)
    answered = _answer(hits, request, platform, changed)
    idle = tuple(hit.fault for hit in hits if hit.may_be_idle and hit.fault not in changed)
    later_for, later_ms = _postponed(hits)
    if answered.is_asked:
        later_for, later_ms = "", None
    return msgspec.structs.replace(answered, idle=idle, later_ms=later_ms, later_for=later_for)


def _postponed(hits: tuple[Hit, ...]) -> tuple[str, int | None]:
    """Return the first fault that wants the request handled later, and how much later."""
    return next(
        (
            (hit.fault, effect.delay_ms)
            for hit in hits
            for effect in hit.effects
            if isinstance(effect, ApplyLater)
        ),
        ("", None),
    )


def _answer(
    hits: tuple[Hit, ...], request: ApiRequest, platform: Platform, changed: set[str]
) -> Answered:
    """Break the connection where a fault wants that, else answer; `changed` gets what altered."""
    effects = [effect for hit in hits for effect in hit.effects]
    broken = next((e for e in effects if isinstance(e, BreakConnection)), None)
    if broken is not None and not broken.after_commit:
        delivery = Delivery(response=None, connection=broken.connection)
        return Answered(request=request, delivery=delivery, committed=False)
    # What was altered in an answer that is lost afterwards, no client ever sees.
    answered = _ask(hits, request, platform, changed if broken is None else set())
    if broken is not None:
        delivery = msgspec.structs.replace(answered.delivery, connection=broken.connection)
        answered = msgspec.structs.replace(answered, delivery=delivery)
    return answered


def _ask(
    hits: tuple[Hit, ...], request: ApiRequest, platform: Platform, changed: set[str]
) -> Answered:
    """Get an answer, from the platform or a fault, and let faults alter it and slow it down."""
    effects = [effect for hit in hits for effect in hit.effects]
    instead = next((e for e in effects if isinstance(e, AnswerInstead)), None)
    committed, diagnosis, basis = False, "", ""
    if instead is not None:
        response = instead.response
    else:
        repeat = next((e for e in effects if isinstance(e, RepeatRequest)), None)
        answers = [platform.handle(request) for _ in range(repeat.times if repeat else 1)]
        handled = answers[0 if repeat is not None and repeat.answer == "first" else -1]
        response, diagnosis, basis = handled.response, handled.diagnosis, handled.basis.value
        committed = any(answer.committed for answer in answers)
    for hit in hits:
        for effect in hit.effects:
            if isinstance(effect, AlterAnswer):
                before, response = response, effect.change(response)
                if response != before:
                    changed.add(hit.fault)
    delivery = Delivery(response=response)
    for effect in effects:
        if isinstance(effect, SlowAnswer):
            delivery = _slow_down(delivery, effect)
    return Answered(
        request=request,
        delivery=delivery,
        is_asked=instead is None,
        committed=committed,
        diagnosis=diagnosis,
        basis=basis,
    )


def _slow_down(delivery: Delivery, slow: SlowAnswer) -> Delivery:
    """Add one slowness to a delivery: waits add up, the last word on drip, stall and cut counts."""
    return msgspec.structs.replace(
        delivery,
        delay_ms=delivery.delay_ms + slow.delay_ms,
        drip_bytes=slow.drip_bytes or delivery.drip_bytes,
        drip_interval_ms=slow.drip_interval_ms or delivery.drip_interval_ms,
        stall_after_bytes=(
            delivery.stall_after_bytes if slow.stall_after_bytes is None else slow.stall_after_bytes
        ),
        cut_after_bytes=(
            delivery.cut_after_bytes if slow.cut_after_bytes is None else slow.cut_after_bytes
        ),
        cut_head_after_bytes=(
            delivery.cut_head_after_bytes
            if slow.cut_head_after_bytes is None
            else slow.cut_head_after_bytes
        ),
        cut_by=delivery.cut_by if slow.cut_by == "close" else slow.cut_by,
    )
