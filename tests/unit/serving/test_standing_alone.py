"""Small parts of a twin that runs on its own."""

from __future__ import annotations

import io
import tracemalloc
from pathlib import Path

import pytest

from tts_chaos.core.clock import ManualClock
from tts_chaos.core.history import Dropped, History, Waiting
from tts_chaos.errors import UsageError
from tts_chaos.serving.rolling_recorder import RollingRecorder
from tts_chaos.serving.standalone import Setup, Standalone
from tts_chaos.serving.webhook_sender import check_address
from tts_chaos.wire.delivery import Fate
from tts_chaos.wire.message import ApiRequest
from tts_chaos.wire.signing import attach_signature


def test_a_rolling_recorder_keeps_the_newest_and_goes_on_counting() -> None:
    recorder = RollingRecorder(ManualClock(5), kept=2)

    for reason in "abc":
        recorder.add(Waiting(reason=reason))

    assert [(r.index, r.at_ms) for r in recorder.history()] == [(1, 5), (2, 5)]


def test_a_rolling_recorder_tells_what_is_new() -> None:
    recorder = RollingRecorder(ManualClock())
    for reason in "abc":
        recorder.add(Waiting(reason=reason))

    assert [record.index for record in recorder.since(2)] == [2]


def test_a_rolling_recorder_says_what_it_dropped() -> None:
    recorder = RollingRecorder(ManualClock(5), kept=2)
    for reason in "abcde":
        recorder.add(Waiting(reason=reason))

    first, *kept = recorder.since(1)

    assert first == Dropped(index=1, records=2)
    assert [record.index for record in kept] == [3, 4]
    assert History.from_json_lines(History([first]).to_json_lines()).records == (first,)


def test_a_spool_holds_what_memory_dropped() -> None:
    spool = io.BytesIO()
    recorder = RollingRecorder(ManualClock(5), kept=1, spool=spool)
    for reason in "abc":
        recorder.add(Waiting(reason=reason))

    spooled = History.from_json_lines(spool.getvalue())

    assert [(r.index, r.reason) for r in spooled.of(Waiting)] == [(0, "a"), (1, "b"), (2, "c")]


def ask_often(twin: Standalone, count: int) -> None:
    """Send signed searches of orders; each leaves one record."""
    keys = twin._stage.twin.credentials()
    query = f"app_key={keys.app_key}&timestamp={twin.clock.now_ms() // 1000}"
    request = ApiRequest(
        method="POST",
        path="/order/202309/orders/search",
        query=f"{query}&shop_cipher={keys.shops[0].cipher}&page_size=2",
        headers=(
            ("content-type", "application/json"),
            ("x-tts-access-token", keys.access_token),
        ),
        body=b"{}",
    )
    for _ in range(count):
        opened = twin.open(attach_signature(request, keys.app_secret))
        assert opened.delivery.response is not None
        assert opened.delivery.response.status == 200
        opened.conclude(Fate.ANSWERED)


def test_memory_stays_flat_once_the_history_is_full() -> None:
    twin = Standalone(Setup(history_limit=50))
    ask_often(twin, 100)
    tracemalloc.start()
    try:
        ask_often(twin, 300)
        half_way = tracemalloc.get_traced_memory()[0]
        ask_often(twin, 300)
        growth = tracemalloc.get_traced_memory()[0] / half_way
    finally:
        tracemalloc.stop()

    first = History.from_json_lines(twin.history_since(0)).records[0]
    assert isinstance(first, Dropped)
    assert growth < 1.1


def test_a_history_file_holds_every_record(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    twin = Standalone(Setup(history_limit=2, history_file=str(path)))
    ask_often(twin, 5)
    twin.stop()

    calls = [exchange.call for exchange in History.from_json_lines(path.read_bytes()).exchanges()]
    assert calls == [1, 2, 3, 4, 5]


def test_a_history_file_in_no_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="the history cannot be written to"):
        Standalone(Setup(history_file=str(tmp_path / "none" / "history.jsonl")))


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:80/x", "http://localhost:8000", "http://[::1]:8000/hooks?a=b"]
)
def test_a_receiver_on_this_machine_is_taken(address: str) -> None:
    assert check_address(address).port


@pytest.mark.parametrize(
    "address",
    [
        "https://127.0.0.1:80/x",
        "http://127.0.0.1/x",
        "http://127.0.0.1:99999/x",
        "http://192.0.2.1:80/x",
        "http://receiver.example:80/x",
        "http://localhost.example:80/x",
        "127.0.0.1:80",
        "",
    ],
)
def test_any_other_receiver_is_refused(address: str) -> None:
    with pytest.raises(UsageError, match=r"expected http://127\.0\.0\.1:<port>/<path>"):
        check_address(address)
