"""How the platform's post reacts to each kind of answer, on a real socket, without the wait."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping

import pytest
from tests.support.webhook_receivers import CUT, receiving

from tts_chaos.serving.standalone import Setup, Standalone

RETRIES_MS = (120_000, 1_800_000, 10_800_000, 43_200_000)
PATIENCE_S = 20.0
SLOW_S = 3.4


class Script:
    """Answers one status after the other, the last for ever; a float sleeps before a 200."""

    def __init__(self, *answers: int | float) -> None:
        self.answers = answers
        self.bodies: list[bytes] = []
        self._changed = threading.Condition()

    def __call__(self, headers: Mapping[str, str], body: bytes) -> int:
        with self._changed:
            answer = self.answers[min(len(self.bodies), len(self.answers) - 1)]
            self.bodies.append(body)
            self._changed.notify_all()
        if isinstance(answer, float):
            time.sleep(answer)
            return 200
        return answer


@pytest.fixture
def twin() -> Iterator[Standalone]:
    twin = Standalone(Setup(orders=2, products=2)).start()
    yield twin
    twin.stop()


def _answered(twin: Standalone) -> int:
    sender = twin.webhooks
    return 0 if sender is None else sender.delivered + sender.failed


def _await(twin: Standalone, count: int) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while _answered(twin) < count and time.monotonic() < deadline:
        time.sleep(0.005)
    assert _answered(twin) == count


def _deliver(twin: Standalone, address: str) -> None:
    twin.command("subscribe_webhooks", {"types": [1]})
    twin.start_webhooks(address)
    twin.command("place_orders", {"count": 1})
    _await(twin, 1)


@pytest.mark.parametrize("status", [200, 401])
def test_an_acknowledgement_ends_the_delivery(twin: Standalone, status: int) -> None:
    script = Script(status)
    with receiving(script) as address:
        _deliver(twin, address)
        for wait_ms in RETRIES_MS:
            twin.hasten_post(wait_ms)
        time.sleep(0.3)

    assert len(script.bodies) == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    "answer",
    [201, 204, 302, 400, 404, 429, 500, 503, CUT, SLOW_S],
    ids=lambda answer: {CUT: "closed", SLOW_S: "slow"}.get(answer, str(answer)),
)
def test_any_other_answer_brings_the_same_webhook_again_after_two_minutes(
    twin: Standalone, answer: int | float
) -> None:
    script = Script(answer, 200)
    with receiving(script) as address:
        _deliver(twin, address)
        twin.hasten_post(119_000)
        time.sleep(0.2)
        assert len(script.bodies) == 1
        twin.hasten_post(1_000)
        _await(twin, 2)

    assert script.bodies[0] == script.bodies[1]


@pytest.mark.slow
def test_a_failing_receiver_is_tried_five_times_by_the_retry_clock_and_no_more(
    twin: Standalone,
) -> None:
    script = Script(500)
    with receiving(script) as address:
        _deliver(twin, address)
        for attempt, wait_ms in enumerate(RETRIES_MS, 2):
            twin.hasten_post(wait_ms)
            _await(twin, attempt)
        twin.hasten_post(10 * RETRIES_MS[-1])
        time.sleep(0.3)

    assert len(script.bodies) == 5
    assert len(set(script.bodies)) == 1


def test_a_dead_receiver_is_tried_again(twin: Standalone) -> None:
    script = Script(200)
    with receiving(script) as address:
        pass
    _deliver(twin, address)

    twin.hasten_post(RETRIES_MS[0])
    _await(twin, 2)

    assert twin.webhooks is not None
    assert (twin.webhooks.delivered, twin.webhooks.failed) == (0, 2)


def test_hastening_the_post_leaves_the_platforms_clock_alone(twin: Standalone) -> None:
    twin.hasten_post(RETRIES_MS[-1])

    assert twin.clock.offset_ms == 0
