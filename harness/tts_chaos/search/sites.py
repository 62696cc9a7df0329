"""Where faults can act: each request and each delivery of a calm run, and what a fault would do.

A spy among the faults sees every request and answer of a calm run, and changes nothing. From that,
what any fault would make of any of them is computed without playing it: two faults that would let
the integration be told the same, and the platform do the same, leave the same state.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import ClassVar

import msgspec

from tts_chaos.contracts.operation import is_write
from tts_chaos.core.entropy import Entropy
from tts_chaos.core.history import History, PhaseEntered
from tts_chaos.core.verdict import Phase
from tts_chaos.engine.result import RunResult
from tts_chaos.engine.run import Run
from tts_chaos.faults.effect import (
    AlterAnswer,
    AnswerInstead,
    BreakConnection,
    Effect,
    Moment,
    RewriteRequest,
    WebhookMoment,
)
from tts_chaos.faults.fault import Fault, Trigger
from tts_chaos.wire.delivery import OutgoingWebhook
from tts_chaos.wire.message import AUTH_HOST, ApiResponse

__all__ = [
    "WEBHOOKS",
    "DeliverySite",
    "RequestSite",
    "Site",
    "Sites",
    "Told",
    "spy_on",
    "told",
    "trigger_at",
]

WEBHOOKS = "webhooks"
_CHANCES = 8
"""Draws after which a fault that chance always spared counts as one that does nothing."""

OFTEN = 1_000
"""More often than any run has requests: a file cannot say *always* where a default says *once*."""


class RequestSite(msgspec.Struct, frozen=True, kw_only=True):
    """A request of the calm run.

    Attributes:
        call: Its number in the run, from 1.
        nth: Its number among the requests of its operation, from 1.
        moment: What a fault may look at.
        response: The platform's answer.
    """

    call: int
    nth: int
    moment: Moment
    response: ApiResponse

    @property
    def operation(self) -> str:
        """Id of the operation."""
        return self.moment.operation

    @property
    def is_write(self) -> bool:
        """Whether it changes something; a token call issues a pair."""
        request = self.moment.request
        return request.host == AUTH_HOST or is_write(request.method, request.path)

    @property
    def label(self) -> str:
        """For people: `order.202309.get_order_list #2`."""
        return f"{self.operation} #{self.nth}"


class DeliverySite(msgspec.Struct, frozen=True, kw_only=True):
    """Webhooks that are due together, in the calm run."""

    nth: int
    deliveries: tuple[OutgoingWebhook, ...]
    moment: WebhookMoment

    @property
    def operation(self) -> str:
        """Stands where a request has its operation."""
        return WEBHOOKS

    @property
    def label(self) -> str:
        """For people: `webhooks #2`."""
        return f"{WEBHOOKS} #{self.nth}"


Site = RequestSite | DeliverySite


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What a fault makes of a site.

    Attributes:
        digest: Equal where the integration is told the same and the platform does the same.
        when: `before` the platform would have handled the request, `after` it, or `platform` where
            the platform's own state is changed.
    """

    digest: str
    when: str


class Sites:
    """All sites of a calm run, in order: requests, then deliveries."""

    def __init__(self, requests: Iterable[RequestSite], deliveries: Iterable[DeliverySite]) -> None:
        self.requests = tuple(requests)
        self.deliveries = tuple(deliveries)

    def __iter__(self) -> Iterator[Site]:
        yield from self.requests
        yield from self.deliveries

    def __len__(self) -> int:
        return len(self.requests) + len(self.deliveries)

    @property
    def operations(self) -> tuple[str, ...]:
        """Operations that were called, in order of the first call."""
        return tuple(dict.fromkeys(site.operation for site in self.requests))


def told(fault: Fault, site: Site) -> Told | None:
    """Return what a fault makes of a site; None where it finds nothing to do."""
    if isinstance(site, DeliverySite):
        return _reshaped(fault, site) if fault.target == WEBHOOKS else None
    return _met(fault, site) if fault.target != WEBHOOKS else None


def trigger_at(fault: Fault, site: Site, *, call: int, times: int | None = 1) -> Trigger | None:
    """Return a trigger for the `call`-th match at a site's operation, or None where none fits.

    Args:
        fault: The fault; conditions of its default trigger stay where a file cannot take them off.
        site: Where.
        call: First match on which it acts, from 1.
        times: How many; None for all that follow.
    """
    usual = fault.default_trigger
    if isinstance(site, DeliverySite):
        return msgspec.structs.replace(usual, call=call, times=times)
    host = "auth" if site.moment.request.host == AUTH_HOST else "api"
    if usual.only is not None and usual.only != ("writes" if site.is_write else "reads"):
        return None
    if not site.operation:
        return None
    return msgspec.structs.replace(
        usual,
        operation=site.operation,
        host=None if usual.host is None else host,
        call=call,
        times=OFTEN if times is None and usual.times is not None else times,
    )


def _met(fault: Fault, site: RequestSite) -> Told | None:
    if not fault.matches(site.moment.request):
        return None
    commands, effects = fault.begin(), _effects(fault, site.moment)
    acting = [part for effect in effects if (part := _part(effect, site, effects)) is not None]
    if not commands and not acting:
        return None
    when = "platform" if commands else "before"
    if any(is_after for _, is_after in acting):
        when = "after"
    parts = [*map(repr, commands), *map(repr, fault.end()), *(text for text, _ in acting)]
    return Told(digest=_digest(parts), when=when)


def _effects(fault: Fault, moment: Moment) -> tuple[Effect, ...]:
    """Return what a fault does to a request, chance permitting."""
    for chance in range(_CHANCES):
        entropy = Entropy(f"told/{chance}")
        effects = fault.effects(msgspec.structs.replace(moment, entropy=entropy, hits=0))
        if effects:
            return effects
    return ()


def _part(effect: Effect, site: RequestSite, beside: tuple[Effect, ...]) -> tuple[str, bool] | None:
    """Return an effect as text that is equal for equal doings, and whether it follows the commit.

    None for an effect that finds nothing to change.
    """
    match effect:
        case BreakConnection():
            return f"broken {effect.connection} {effect.after_commit}", effect.after_commit
        case AnswerInstead():
            return f"told {_same(effect.response)}", False
        case AlterAnswer():
            if any(isinstance(other, AnswerInstead) for other in beside):
                return None
            altered = effect.change(site.response)
            return None if altered == site.response else (f"altered {_same(altered)}", True)
        case RewriteRequest():
            changed = effect.change(site.moment.request)
            if changed == site.moment.request:
                return None
            return f"rewritten {changed!r} {effect.signed_anew}", False
        case _:
            return repr(effect), False


def _same(response: ApiResponse) -> str:
    """Return an answer without what differs from one request to the next."""
    return repr(msgspec.structs.replace(response, body=_without_request_id(response.body)))


def _without_request_id(body: bytes) -> bytes:
    mark = b'"request_id":'
    start = body.find(mark)
    if start < 0:
        return body
    end = body.find(b'"', body.find(b'"', start + len(mark)) + 1)
    return body[:start] + body[end + 1 :]


def _reshaped(fault: Fault, site: DeliverySite) -> Told | None:
    moment = msgspec.structs.replace(site.moment, entropy=Entropy("told"))
    shaped = fault.reshape(site.deliveries, moment)
    if shaped == site.deliveries:
        return None
    # The name of the fault is written into each delivery; what counts is what arrives.
    parts = [repr(msgspec.structs.replace(each, fault="")) for each in shaped]
    return Told(digest=_digest(parts), when="after")


def _digest(parts: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


class _RequestSpy(Fault, frozen=True, kw_only=True):
    """Changes nothing; keeps what passes."""

    name: ClassVar[str] = "request_spy"
    family: ClassVar[str] = "search"
    cause: ClassVar[str] = "contract"
    summary: ClassVar[str] = "requests and answers are kept"

    keep: Callable[[Moment, ApiResponse], None]

    def effects(self, moment: Moment) -> tuple[Effect, ...]:
        """Keep request and answer."""

        def look(response: ApiResponse) -> ApiResponse:
            self.keep(moment, response)
            return response

        return (AlterAnswer(change=look),)


class _DeliverySpy(Fault, frozen=True, kw_only=True):
    """Changes nothing; keeps what is delivered."""

    name: ClassVar[str] = "delivery_spy"
    family: ClassVar[str] = "search"
    cause: ClassVar[str] = "contract"
    summary: ClassVar[str] = "deliveries are kept"
    target: ClassVar[str] = WEBHOOKS

    keep: Callable[[tuple[OutgoingWebhook, ...], WebhookMoment], None]

    def reshape(
        self, deliveries: tuple[OutgoingWebhook, ...], moment: WebhookMoment
    ) -> tuple[OutgoingWebhook, ...]:
        """Keep the deliveries."""
        self.keep(deliveries, moment)
        return deliveries


def spy_on(run: Run) -> Callable[[RunResult], Sites]:
    """Let spies watch a run about to be played; returns what makes the sites of its result.

    Faults are armed when the turbulence begins and lifted when it ends, so only what comes between
    is a site.
    """
    seen: list[tuple[Moment, ApiResponse]] = []
    posts: list[tuple[tuple[OutgoingWebhook, ...], WebhookMoment]] = []
    run.gateway.arm("request_spy", _RequestSpy(keep=lambda *met: seen.append(met)), Trigger())
    run.gateway.arm("delivery_spy", _DeliverySpy(keep=lambda *met: posts.append(met)), Trigger())
    return lambda result: _sites(seen, posts, result.history)


def _sites(
    seen: list[tuple[Moment, ApiResponse]],
    posts: list[tuple[tuple[OutgoingWebhook, ...], WebhookMoment]],
    history: History,
) -> Sites:
    begun = {entered.phase: entered for entered in history.of(PhaseEntered)}
    start, end = begun[Phase.TURBULENCE], begun[Phase.HEAL]
    within = {x.call for x in history.exchanges() if start.index < x.index < end.index}
    counts: Counter[str] = Counter()
    requests = []
    for call, (moment, response) in enumerate(seen, 1):
        if call in within:
            counts[moment.operation] += 1
            nth = counts[moment.operation]
            requests.append(RequestSite(call=call, nth=nth, moment=moment, response=response))
    met = [post for post in posts if start.at_ms <= post[1].now_ms <= end.at_ms]
    deliveries = (
        DeliverySite(nth=nth, deliveries=due, moment=moment)
        for nth, (due, moment) in enumerate(met, 1)
    )
    return Sites(requests, deliveries)
