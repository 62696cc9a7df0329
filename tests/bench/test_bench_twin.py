"""What the twin costs beside a door that does nothing, in process: a ratio within one run."""

from __future__ import annotations

import statistics
import sys
import time

import pytest
from tests.proofs.twin_speed.noop import NoOpDoor

from tts_chaos.engine.ports import Door
from tts_chaos.serving.http_reading import Origin, RequestReader
from tts_chaos.serving.http_writing import Send, plan_answer
from tts_chaos.serving.standalone import Setup, Standalone
from tts_chaos.wire.message import API_HOST, ApiRequest
from tts_chaos.wire.signing import attach_signature

ROUNDS = 7
CALLS_PER_ROUND = 100
NO_NOISE_RATIO = 200


def signed_search(twin: Standalone) -> bytes:
    """Return a signed search of five orders as it travels."""
    keys = twin._stage.twin.credentials()
    query = f"app_key={keys.app_key}&timestamp={twin.clock.now_ms() // 1000}"
    request = attach_signature(
        ApiRequest(
            method="POST",
            path="/order/202309/orders/search",
            query=f"{query}&shop_cipher={keys.shops[0].cipher}&page_size=5",
            headers=(("content-type", "application/json"),),
            body=b"{}",
        ),
        keys.app_secret,
    )
    head = (
        f"POST {request.path}?{request.query} HTTP/1.1\r\nhost: localhost\r\n"
        f"content-type: application/json\r\nx-tts-access-token: {keys.access_token}\r\n"
        "content-length: 2\r\n\r\n"
    )
    return head.encode() + request.body


def answer(door: Door, reader: RequestReader, request: bytes) -> bytes:
    """Return the bytes that a door answers to the bytes of a request, as a connection would."""
    (incoming,) = reader.feed(request)
    opened = door.open(incoming.request)
    planned = plan_answer(opened.delivery, method="POST", keep_alive=True)
    sent = b"".join(act.data for act in planned.acts if isinstance(act, Send))
    opened.conclude(planned.fate)
    return sent


@pytest.mark.slow
def test_the_twin_beside_a_door_that_does_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    twin = Standalone(Setup(history_limit=500))
    request = signed_search(twin)
    reader = RequestReader(Origin(host=API_HOST))
    whole = answer(twin, reader, request)
    assert whole.startswith(b"HTTP/1.1 200")
    doors: dict[str, Door] = {"no-op": NoOpDoor(len(whole)), "twin": twin}
    times_s: dict[str, list[float]] = {name: [] for name in doors}
    for _ in range(ROUNDS):
        for name, door in doors.items():
            began_s = time.perf_counter()
            for _ in range(CALLS_PER_ROUND):
                answer(door, reader, request)
            times_s[name].append((time.perf_counter() - began_s) / CALLS_PER_ROUND)
    medians_s = {name: statistics.median(values) for name, values in times_s.items()}
    ratio = medians_s["twin"] / medians_s["no-op"]

    with capsys.disabled():
        for name, median_s in medians_s.items():
            sys.stdout.write(f"\n  {name:<8} {median_s * 1e6:8.1f} us a request")
        sys.stdout.write(f"\n  the twin takes {ratio:.1f} times the no-op door\n")
    assert ratio < NO_NOISE_RATIO
