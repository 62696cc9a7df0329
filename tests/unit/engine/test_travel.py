"""What a client with given time-outs experiences of a delivery."""

from __future__ import annotations

import pytest

from tts_chaos.engine.travel import Journey, Timeouts, travel
from tts_chaos.wire.delivery import Connection, Delivery, Fate
from tts_chaos.wire.message import ApiResponse

BODY = b"0123456789"
ANSWER = ApiResponse(status=200, body=BODY)
PATIENT = Timeouts(connect_ms=1_000, read_ms=5_000)


def _delivery(**settings: object) -> Delivery:
    return Delivery(response=ANSWER, **settings)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("delivery", "timeouts", "journey"),
    [
        pytest.param(
            _delivery(), PATIENT, Journey(fate=Fate.ANSWERED, elapsed_ms=0, body=BODY), id="at-once"
        ),
        pytest.param(
            _delivery(delay_ms=5_000),
            PATIENT,
            Journey(fate=Fate.ANSWERED, elapsed_ms=5_000, body=BODY),
            id="just-within-the-time-out",
        ),
        pytest.param(
            _delivery(delay_ms=5_001),
            PATIENT,
            Journey(fate=Fate.READ_TIMED_OUT, elapsed_ms=5_000),
            id="just-beyond-the-time-out",
        ),
        pytest.param(
            _delivery(drip_bytes=4, drip_interval_ms=4_000),
            PATIENT,
            Journey(fate=Fate.ANSWERED, elapsed_ms=12_000, body=BODY),
            id="a-drip-outlasts-a-time-out-between-bytes",
        ),
        pytest.param(
            _delivery(drip_bytes=4, drip_interval_ms=6_000),
            PATIENT,
            Journey(fate=Fate.READ_TIMED_OUT, elapsed_ms=5_000),
            id="a-drip-with-too-long-pauses",
        ),
        pytest.param(
            _delivery(stall_after_bytes=3, delay_ms=100),
            PATIENT,
            Journey(fate=Fate.READ_TIMED_OUT, elapsed_ms=5_100, body=b"012"),
            id="a-stalled-body",
        ),
        pytest.param(
            _delivery(stall_after_bytes=10),
            PATIENT,
            Journey(fate=Fate.ANSWERED, elapsed_ms=0, body=BODY),
            id="a-stall-after-the-last-byte-is-none",
        ),
        pytest.param(
            _delivery(stall_after_bytes=3),
            Timeouts(),
            Journey(fate=Fate.READ_TIMED_OUT, elapsed_ms=None, body=b"012"),
            id="a-stall-without-time-out-lasts-for-ever",
        ),
        pytest.param(
            _delivery(cut_after_bytes=4),
            PATIENT,
            Journey(fate=Fate.CUT_SHORT, elapsed_ms=0, body=b"0123"),
            id="a-cut-body",
        ),
        pytest.param(
            _delivery(connection=Connection.RESET_BEFORE_ANSWER),
            PATIENT,
            Journey(fate=Fate.RESET, elapsed_ms=0),
            id="reset-although-the-platform-answered",
        ),
        pytest.param(
            Delivery(response=None, connection=Connection.BLACK_HOLED),
            PATIENT,
            Journey(fate=Fate.CONNECT_TIMED_OUT, elapsed_ms=1_000),
            id="black-hole",
        ),
        pytest.param(
            Delivery(response=None, connection=Connection.BLACK_HOLED),
            Timeouts(),
            Journey(fate=Fate.CONNECT_TIMED_OUT, elapsed_ms=None),
            id="black-hole-without-time-out-lasts-for-ever",
        ),
        pytest.param(
            Delivery(response=None, connection=Connection.REFUSED),
            Timeouts(),
            Journey(fate=Fate.REFUSED, elapsed_ms=0),
            id="refused-at-once",
        ),
        pytest.param(
            Delivery(response=None, connection=Connection.SILENT),
            PATIENT,
            Journey(fate=Fate.READ_TIMED_OUT, elapsed_ms=5_000),
            id="silence",
        ),
    ],
)
def test_travel(delivery: Delivery, timeouts: Timeouts, journey: Journey) -> None:
    assert travel(delivery, timeouts) == journey
