"""Each toxic to the millisecond, on time moved by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tts_chaos.serving.fault_proxy.engine.toxics import STAGES

if TYPE_CHECKING:
    from tests.unit.fault_proxy.conftest import Lab


def test_latency_delays_each_chunk_from_its_own_arrival(lab: Lab) -> None:
    lab.put("latency", latency=100)
    lab.send(b"one")
    lab.advance(30)
    lab.send(b"two")
    lab.advance(500)

    assert lab.out == [(100, b"one"), (130, b"two")]


def test_latency_stamps_chunks_so_that_a_second_one_adds_up(lab: Lab) -> None:
    lab.put("latency", latency=100)
    lab.send(b"one")
    lab.advance(100)

    assert lab.stamps_ms == [100]


def test_latency_ends_right_after_the_last_chunk(lab: Lab) -> None:
    lab.put("latency", latency=100).feed(b"one", 0.0)
    lab.stage.end()
    lab.advance(500)

    assert lab.out == [(100, b"one"), (100, None)]


def test_latency_without_data_ends_at_once(lab: Lab) -> None:
    lab.put("latency", latency=100).end()

    assert lab.out == [(0, None)]


def test_jitter_draws_from_below_to_above(lab: Lab) -> None:
    lab.put("latency", latency=100, jitter=50)
    for number in range(40):
        lab.advance(number * 1000)
        lab.send(b"x")
    lab.advance(50_000)
    delays_ms = [at_ms - number * 1000 for number, (at_ms, _) in enumerate(lab.out)]

    assert min(delays_ms) >= 50
    assert max(delays_ms) < 150
    assert max(delays_ms) - min(delays_ms) > 50


def test_jitter_never_reorders(lab: Lab) -> None:
    lab.put("latency", latency=50, jitter=50)
    for number in range(40):
        lab.advance(number)
        lab.send(bytes([number]))
    lab.advance(1000)

    assert [data for _, data in lab.out] == [bytes([number]) for number in range(40)]


def test_an_update_frees_the_chunk_at_hand_and_the_rest_obeys(lab: Lab) -> None:
    lab.put("latency", latency=100)
    lab.send(b"one")
    lab.send(b"two")
    lab.advance(10)
    lab.attributes["latency"] = 300
    lab.stage.update()
    lab.advance(1000)

    assert lab.out == [(10, b"one"), (300, b"two")]


def test_bandwidth_takes_as_long_as_the_bytes_need(lab: Lab) -> None:
    lab.put("bandwidth", rate=10)
    lab.send(b"x" * 500)
    lab.send(b"y" * 300)
    lab.advance(1000)

    assert lab.out == [(50, b"x" * 500), (80, b"y" * 300)]


def test_bandwidth_serves_long_chunks_every_tenth_of_a_second(lab: Lab) -> None:
    lab.put("bandwidth", rate=1)
    lab.send(b"x" * 250)
    lab.advance(1000)

    assert [(at_ms, len(data or b"")) for at_ms, data in lab.out] == [
        (100, 100),
        (200, 100),
        (250, 50),
    ]


def test_bandwidth_gives_no_credit_for_idle_time(lab: Lab) -> None:
    lab.put("bandwidth", rate=10)
    lab.advance(1000)
    lab.send(b"x" * 500)
    lab.advance(2000)

    assert lab.out == [(1050, b"x" * 500)]


def test_bandwidth_of_zero_starts_to_flow_when_raised(lab: Lab) -> None:
    lab.put("bandwidth", rate=0)
    lab.send(b"one")
    lab.send(b"x" * 100)
    lab.advance(1000)
    assert lab.out == []
    lab.attributes["rate"] = 10
    lab.stage.update()
    lab.advance(2000)

    assert lab.out == [(1000, b"one"), (1010, b"x" * 100)]


def test_bandwidth_of_zero_acts_although_nothing_leaves(lab: Lab) -> None:
    lab.put("bandwidth", rate=0)
    lab.send(b"one")

    assert lab.hits == 1


def test_holding_too_much_pauses_the_source_until_half_is_gone(lab: Lab) -> None:
    lab.put("bandwidth", rate=100)
    lab.send(b"x" * 70_000)
    was_paused = lab.is_paused
    lab.advance(400)

    assert was_paused
    assert not lab.is_paused


def test_slicer_cuts_in_halves_down_to_the_average(lab: Lab) -> None:
    lab.put("slicer", average_size=30, size_variation=0)
    lab.send(b"x" * 100)

    assert lab.sizes() == [25, 25, 25, 25]


def test_slicer_spaces_pieces_by_microseconds(lab: Lab) -> None:
    lab.put("slicer", average_size=50, delay=5000)
    lab.send(b"x" * 100)
    lab.advance(100)

    assert [at_ms for at_ms, _ in lab.out] == [0, 5]


def test_slicer_varies_the_cuts_and_loses_nothing(lab: Lab) -> None:
    lab.put("slicer", average_size=30, size_variation=10)
    payload = bytes(range(200))
    lab.send(payload)

    assert b"".join(data for _, data in lab.out if data) == payload
    assert len(set(lab.sizes())) > 1


@pytest.mark.parametrize("variation", [0, 1000])
def test_slicer_with_senseless_sizes_still_ends(lab: Lab, variation: int) -> None:
    lab.put("slicer", average_size=0, size_variation=variation)
    lab.send(b"x" * 64)

    assert sum(lab.sizes()) == 64


def test_limit_data_passes_exactly_so_many_bytes_and_closes(lab: Lab) -> None:
    lab.put("limit_data", bytes=5)
    lab.send(b"123")
    lab.send(b"456")
    lab.send(b"789")

    assert lab.out == [(0, b"123"), (0, b"45"), (0, None)]


def test_limit_data_of_zero_closes_at_the_first_byte(lab: Lab) -> None:
    lab.put("limit_data", bytes=0)
    lab.send(b"123")

    assert lab.out == [(0, None)]


def test_limit_data_that_is_not_reached_has_not_acted(lab: Lab) -> None:
    lab.put("limit_data", bytes=5)
    lab.send(b"1234")

    assert lab.hits == 0


def test_limit_data_remembers_its_count_when_raised(lab: Lab) -> None:
    lab.put("limit_data", bytes=5)
    lab.send(b"1234")
    lab.attributes["bytes"] = 6
    lab.stage.update()
    lab.send(b"5678")

    assert lab.sizes() == [4, 2]


def test_timeout_closes_without_any_data(lab: Lab) -> None:
    lab.put("timeout", timeout=100)
    lab.advance(1000)

    assert lab.out == [(100, None)]


def test_timeout_starts_over_with_each_chunk_and_drops_it(lab: Lab) -> None:
    lab.put("timeout", timeout=100)
    lab.advance(60)
    lab.send(b"x")
    lab.advance(1000)

    assert lab.out == [(160, None)]


def test_timeout_ends_with_its_source(lab: Lab) -> None:
    lab.put("timeout", timeout=0).end()

    assert lab.out == [(0, None)]


def test_reset_peer_resets_after_its_wait(lab: Lab) -> None:
    lab.put("reset_peer", timeout=100)
    lab.send(b"x")
    lab.advance(50)
    lab.send(b"y")
    lab.advance(1000)

    assert lab.out == [(100, None)]
    assert lab.is_abortive


def test_reset_peer_on_an_older_connection_closes_in_order(lab: Lab) -> None:
    lab.put("reset_peer", is_from_start=False)
    lab.send(b"x")
    lab.advance(1)

    assert lab.out == [(0, None)]
    assert not lab.is_abortive


def test_slow_close_delays_the_end_alone(lab: Lab) -> None:
    lab.put("slow_close", delay=100)
    lab.send(b"x")
    lab.stage.end()
    lab.advance(1000)

    assert lab.out == [(0, b"x"), (100, None)]


def test_slow_close_ends_at_once_when_removed(lab: Lab) -> None:
    lab.put("slow_close", delay=100).end()
    lab.advance(10)
    lab.stage.remove()

    assert lab.out == [(10, None)]


def test_noop_passes_everything_and_never_acts(lab: Lab) -> None:
    lab.put("noop")
    lab.send(b"x")
    lab.stage.end()

    assert lab.out == [(0, b"x"), (0, None)]
    assert lab.hits == 0


@pytest.mark.parametrize("kind", ["latency", "bandwidth", "slicer"])
def test_removing_frees_all_that_is_held_in_order(lab: Lab, kind: str) -> None:
    lab.put(kind, latency=1000, rate=1, average_size=1, delay=1_000_000)
    lab.send(b"one")
    lab.send(b"two")
    lab.stage.end()

    lab.stage.remove()

    assert b"".join(data for _, data in lab.out if data) == b"onetwo"
    assert lab.out[-1] == (0, None)


@pytest.mark.parametrize("kind", sorted(STAGES))
def test_a_disposed_stage_leaves_no_timer(lab: Lab, kind: str) -> None:
    lab.put(kind)
    lab.attributes.update(dict.fromkeys(lab.attributes, 50))
    lab.stage.update()
    lab.send(b"x" * 200)
    lab.stage.end()

    lab.stage.dispose()

    assert [timer for timer in lab.manual.timers if not timer.is_cancelled] == []


@pytest.mark.parametrize("kind", sorted(STAGES))
def test_nothing_follows_the_end(lab: Lab, kind: str) -> None:
    lab.put(kind)
    lab.stage.close()
    before = list(lab.out)

    lab.send(b"x")
    lab.stage.end()
    lab.advance(10_000)

    assert lab.out == before == [(0, None)]
