"""Webhooks are delivered when due, answered within three seconds, and otherwise come again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, cast

import msgspec
import pytest
from tests.support.engine_parts import Bench, ManualWorld, webhook

from tts_chaos.core.history import Json, OpKind, WebhookSent
from tts_chaos.engine.ports import Completion, World
from tts_chaos.engine.post import Post
from tts_chaos.faults.effect import WebhookMoment
from tts_chaos.faults.fault import Fault, Trigger
from tts_chaos.twin.twin import Twin
from tts_chaos.wire.delivery import OutgoingWebhook


class Office:
    """A post with a scripted platform on one side and a scripted receiver on the other."""

    def __init__(self) -> None:
        self.world = ManualWorld()
        self.bench = Bench()
        self.bench.clock = self.world.clock
        self.bench.platform_clock._base = self.world.clock
        self.received: list[tuple[int, list[str]]] = []
        self.answers: list[Completion] = []
        self.takes_ms = 0
        self.looks = 0
        self.post = Post(
            self.bench.gateway,
            cast("Twin", self.bench.platform),
            cast("World", self.world),
            self._receive,
            self.bench.recorder,
            look=self._look,
        )

    def _receive(self, together: Sequence[OutgoingWebhook]) -> list[Completion]:
        names = [delivery.notification for delivery in together]
        self.received.append((self.elapsed_ms, names))
        self.world.clock.advance(self.takes_ms)
        default = Completion(kind=OpKind.OK, value=200)
        return [self.answers.pop(0) if self.answers else default for _ in together]

    def _look(self) -> None:
        self.looks += 1

    @property
    def elapsed_ms(self) -> int:
        return sum(self.world.slept)

    @property
    def acknowledged(self) -> list[str]:
        return self.bench.platform.log


@pytest.fixture
def office() -> Office:
    return Office()


def _ok(value: Json) -> Completion:
    return Completion(kind=OpKind.OK, value=value)


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (_ok(200), 200),
        (_ok(204), 204),
        (_ok(401), 401),
        (_ok(None), 200),
        (_ok(True), 200),
        (_ok(False), 401),
        (_ok("done"), 200),
        (Completion(kind=OpKind.FAIL, error="boom"), 500),
        (Completion(kind=OpKind.INFO, error="hung"), 0),
    ],
    ids=[
        "a-status",
        "another-good-status",
        "a-refusal",
        "nothing",
        "true",
        "false",
        "something-else",
        "an-exception",
        "a-hang",
    ],
)
def test_what_a_receiver_returns_stands_for_a_status(
    office: Office, answer: Completion, status: int
) -> None:
    office.bench.platform.due = [webhook()]
    office.answers = [answer]

    office.post.deliver_due()

    assert office.acknowledged == [f"acknowledge n1 #1 {status}"]
    assert [sent.status for sent in office.bench.history.of(WebhookSent)] == [status]


@pytest.mark.parametrize(("takes_ms", "status"), [(3000, 200), (3001, 0)])
def test_an_answer_counts_within_three_seconds_and_not_after(
    office: Office, takes_ms: int, status: int
) -> None:
    office.bench.platform.due = [webhook()]
    office.takes_ms = takes_ms

    office.post.deliver_due()

    assert office.acknowledged == [f"acknowledge n1 #1 {status}"]


def test_a_webhook_the_platform_did_not_send_is_not_acknowledged_to_it(office: Office) -> None:
    office.bench.platform.due = [webhook(genuine=False)]

    office.post.deliver_due()

    assert office.received == [(0, ["n1"])]
    assert office.acknowledged == []


def test_deliveries_marked_parallel_arrive_together(office: Office) -> None:
    office.bench.platform.due = [webhook("n1"), webhook("n1", parallel=True), webhook("n2")]

    office.post.deliver_due()

    assert office.received == [(0, ["n1", "n1"]), (0, ["n2"])]


def test_each_of_several_parallel_deliveries_keeps_its_own_answer(office: Office) -> None:
    office.bench.platform.due = [webhook("n1"), webhook("n2", parallel=True)]
    office.answers = [_ok(200), _ok(500)]

    office.post.deliver_due()

    assert office.acknowledged == ["acknowledge n1 #1 200", "acknowledge n2 #1 500"]


class Delaying(Fault, frozen=True, kw_only=True):
    """Puts off the webhook called `only`, or all, until later or until it is lifted."""

    name: ClassVar[str] = "delaying"
    family: ClassVar[str] = "test"
    cause: ClassVar[str] = "webhook"
    summary: ClassVar[str] = "late"
    target: ClassVar[str] = "webhooks"

    delay_ms: int = 0
    only: str = ""

    def reshape(
        self, deliveries: tuple[OutgoingWebhook, ...], moment: WebhookMoment
    ) -> tuple[OutgoingWebhook, ...]:
        return tuple(
            msgspec.structs.replace(
                each, delay_ms=self.delay_ms, held=not self.delay_ms, fault=self.name
            )
            if self.only in ("", each.notification)
            else each
            for each in deliveries
        )


def test_a_late_webhook_waits_for_nobody_and_is_overtaken(office: Office) -> None:
    office.bench.gateway.arm("f", Delaying(delay_ms=2000, only="late"), Trigger())
    office.bench.platform.due = [webhook("late"), webhook("soon")]

    office.post.deliver_due()
    office.post.wait(5000)

    assert office.received == [(0, ["soon"]), (2000, ["late"])]


def test_what_is_kept_back_comes_at_once_when_the_fault_is_lifted(office: Office) -> None:
    office.bench.gateway.arm("f", Delaying(), Trigger())
    office.bench.platform.due = [webhook("n1"), webhook("n2")]
    office.post.deliver_due()
    office.post.wait(1000)
    assert office.received == []

    office.bench.gateway.lift("f")
    office.post.deliver_due()

    assert [names for _, names in office.received] == [["n1"], ["n2"]]


def test_what_is_late_comes_at_the_latest_when_the_fault_is_lifted(office: Office) -> None:
    office.bench.gateway.arm("f", Delaying(delay_ms=86_400_000), Trigger())
    office.bench.platform.due = [webhook("n1")]
    office.post.deliver_due()

    office.bench.gateway.lift("f")
    office.post.deliver_due()

    assert office.received == [(0, ["n1"])]


def test_a_webhook_kept_back_is_not_missed_by_the_platform(office: Office) -> None:
    office.bench.gateway.arm("f", Delaying(delay_ms=2000), Trigger())
    office.bench.platform.due = [webhook("n1")]

    office.post.deliver_due()

    assert office.acknowledged == []


def test_the_post_is_hastened_and_the_world_does_not_wait(office: Office) -> None:
    office.bench.gateway.arm("f", Delaying(delay_ms=3_600_000), Trigger())
    office.bench.platform.due = [webhook("n1")]
    office.post.deliver_due()

    office.post.hasten(3_599_999)
    assert office.received == []
    office.post.hasten(1)

    assert office.received == [(0, ["n1"])]
    assert office.world.slept == []


def test_the_platforms_own_post_is_hastened_from_one_retry_to_the_next(office: Office) -> None:
    office.bench.platform.next_webhook = office.world.clock.now_ms() + 120_000

    office.post.hasten(200_000)

    hastened = [line for line in office.acknowledged if line.startswith("hasten")]
    assert hastened[0] == "hasten 120000"
    assert sum(int(line.split()[1]) for line in hastened) == 200_000


def test_an_answer_to_what_came_in_place_of_the_platforms_own_is_the_platforms(
    office: Office,
) -> None:
    office.bench.platform.due = [webhook(genuine=False, replaces=True)]
    office.answers = [_ok(401)]

    office.post.deliver_due()

    assert office.acknowledged == ["acknowledge n1 #1 401"]


def test_what_a_delivery_makes_due_is_delivered_as_well(office: Office) -> None:
    office.bench.platform.due = [webhook("n1")]
    office.bench.platform.acknowledge = _then_due(office, [webhook("n2")])  # type: ignore[method-assign]

    office.post.deliver_due()

    assert [names for _, names in office.received] == [["n1"], ["n2"]]


def _then_due(office: Office, more: list[OutgoingWebhook]) -> Callable[..., None]:
    def acknowledge(*_: Any) -> None:
        office.bench.platform.due, more[:] = list(more), []

    return acknowledge


def test_deliveries_that_cause_deliveries_without_end_are_cut_off(office: Office) -> None:
    platform = office.bench.platform
    platform.acknowledge = lambda *_: platform.due.append(webhook())  # type: ignore[method-assign]
    platform.due = [webhook()]

    office.post.deliver_due()

    assert len(office.received) == 50


def test_the_integration_is_looked_at_after_each_batch(office: Office) -> None:
    office.bench.platform.due = [webhook("n1"), webhook("n2")]

    office.post.deliver_due()
    office.post.deliver_due()

    assert office.looks == 1


def test_a_wait_ends_when_it_is_over(office: Office) -> None:
    office.post.wait(5000)

    assert office.elapsed_ms == 5000


def test_a_wait_stops_where_the_platform_has_something_to_do(office: Office) -> None:
    office.bench.platform.next_due = office.world.clock.now_ms() + 2000

    office.post.wait(2500)

    assert office.world.slept[0] == 2000
    assert office.elapsed_ms == 2500


def test_what_is_due_is_told_by_the_platforms_own_clock(office: Office) -> None:
    office.bench.platform_clock.offset_ms = 60_000
    office.bench.platform.next_due = office.world.clock.now_ms() + 61_000

    office.post.wait(1000)

    assert office.world.slept == [1000]


def test_the_body_is_recorded_without_secrets(office: Office) -> None:
    office.bench.secrets.add("SECRET-TOKEN-1", "access_token:1")
    office.bench.platform.due = [webhook(body=b'{"t": "SECRET-TOKEN-1"}', fault="forged")]

    office.post.deliver_due()

    (sent,) = office.bench.history.of(WebhookSent)
    assert (sent.body, sent.fault) == ('{"t": "{access_token:1}"}', "forged")
