"""A link rebuilt while bytes are under way."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

import pytest

from tts_chaos.core.entropy import Entropy
from tts_chaos.serving.fault_proxy.engine.link import Link
from tts_chaos.serving.fault_proxy.engine.toxic import Toxic

if TYPE_CHECKING:
    from tests.unit.fault_proxy.conftest import Lab


class RecordingTransport:
    """Notes what is written and whether it is read from."""

    def __init__(self) -> None:
        self.written = b""
        self.is_reading = True
        self.is_finished = False

    def write(self, data: bytes) -> None:
        self.written += data

    def is_closing(self) -> bool:
        return self.is_finished

    def pause_reading(self) -> None:
        self.is_reading = False

    def resume_reading(self) -> None:
        self.is_reading = True


class Track:
    """A link between two recording transports; also its owner."""

    def __init__(self, lab: Lab, *toxics: Toxic) -> None:
        self.loop = lab.loop
        self.source = RecordingTransport()
        self.destination = RecordingTransport()
        self.hit_by: list[str] = []
        self.link = Link(
            self,
            cast("asyncio.Transport", self.source),
            cast("asyncio.Transport", self.destination),
            list(toxics),
        )
        self.link.start()

    def entropy_for(self, toxic: Toxic) -> Entropy:
        return Entropy(toxic.name)

    def count_hit(self, toxic: Toxic) -> None:
        self.hit_by.append(toxic.name)

    def make_abortive(self) -> None:
        raise AssertionError

    def finish(self, transport: asyncio.Transport) -> None:
        assert cast("object", transport) is self.destination
        self.destination.is_finished = True


def make(kind: str, toxicity: float = 1.0, **attributes: int) -> Toxic:
    toxic = Toxic(kind, kind, "downstream", toxicity)
    toxic.attributes.update(attributes)
    return toxic


def test_without_toxics_bytes_go_straight_through(lab: Lab) -> None:
    track = Track(lab)
    track.link.receive(b"one")

    assert track.destination.written == b"one"


def test_bytes_held_by_an_earlier_toxic_pass_through_one_added_later(lab: Lab) -> None:
    track = Track(lab, make("latency", latency=100))
    track.link.receive(b"12345")
    track.link.add(make("limit_data", bytes=3))
    lab.advance(200)

    assert track.destination.written == b"123"


def test_a_toxic_added_after_the_end_does_nothing(lab: Lab) -> None:
    track = Track(lab)
    track.link.end()
    track.link.add(make("timeout", timeout=10))
    lab.advance(100)

    assert track.hit_by == []


def test_a_toxic_added_behind_one_that_has_closed_does_nothing(lab: Lab) -> None:
    track = Track(lab, make("limit_data", bytes=0))
    track.link.receive(b"x")
    track.link.add(make("timeout", timeout=10))
    lab.advance(100)

    assert track.hit_by == ["limit_data"]


def test_removing_from_the_middle_keeps_the_order(lab: Lab) -> None:
    first, middle, last = make("noop"), make("latency", latency=100), make("slicer")
    last.attributes["average_size"] = 100
    track = Track(lab, first, middle, last)
    track.link.receive(b"one")
    track.link.remove(middle)
    track.link.receive(b"two")

    assert track.destination.written == b"onetwo"


def test_a_toxic_whose_toxicity_drops_to_zero_frees_what_it_held(lab: Lab) -> None:
    toxic = make("latency", latency=1000)
    track = Track(lab, toxic)
    track.link.receive(b"one")
    toxic.toxicity = 0.0
    track.link.update(toxic, is_redrawn=True)
    track.link.receive(b"two")

    assert track.destination.written == b"onetwo"


def test_a_toxic_whose_toxicity_rises_acts_from_then_on(lab: Lab) -> None:
    toxic = make("latency", toxicity=0.0, latency=100)
    track = Track(lab, toxic)
    track.link.receive(b"one")
    toxic.toxicity = 1.0
    track.link.update(toxic, is_redrawn=True)
    track.link.receive(b"two")

    assert track.destination.written == b"one"


def test_the_source_is_read_again_only_when_nobody_holds_it(lab: Lab) -> None:
    track = Track(lab)
    track.link.pause("one")
    track.link.pause("two")
    track.link.resume("one")
    is_reading_early = track.source.is_reading
    track.link.resume("two")

    assert (is_reading_early, track.source.is_reading) == (False, True)


@pytest.mark.parametrize("kind", ["bandwidth", "slicer"])
def test_removing_a_toxic_that_held_the_source_back_lets_it_go(lab: Lab, kind: str) -> None:
    toxic = make(kind)
    toxic.attributes.update(dict.fromkeys(toxic.attributes, 1))
    track = Track(lab, toxic)
    track.link.receive(b"x" * 100_000)
    was_reading = track.source.is_reading
    track.link.remove(toxic)

    assert (was_reading, track.source.is_reading) == (False, True)


def test_nothing_is_written_to_a_closed_destination(lab: Lab) -> None:
    track = Track(lab, make("latency", latency=100))
    track.link.receive(b"one")
    track.destination.is_finished = True
    lab.advance(200)

    assert track.destination.written == b""


def test_a_disposed_link_leaves_no_timer(lab: Lab) -> None:
    track = Track(lab, make("latency", latency=100), make("timeout", timeout=100))
    track.link.receive(b"one")
    track.link.dispose()

    assert [timer for timer in lab.manual.timers if not timer.is_cancelled] == []
