"""An integration that runs a receiver of its own gets its webhooks over HTTP, in the wire world."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest
from tests.quality.playing import broken_rules, describe, scenario_of

from tts_chaos.core.history import WebhookSent
from tts_chaos.core.verdict import Outcome
from tts_chaos.engine.result import RunResult
from tts_chaos.engine.run import Run
from tts_chaos.errors import UsageError
from tts_chaos.injectors.simulated import SimulatedWorld
from tts_chaos.injectors.wire import WireWorld
from tts_chaos.reference.factory import make_reference
from tts_chaos.reference.front_door import FrontDoor
from tts_chaos.subjects.in_process import InProcessSubject
from tts_chaos.subjects.webhook_post import post_webhook


class BehindADoor:
    """The reference, whose webhooks come only through its front door."""

    def __init__(self, reference: Any, url: str) -> None:
        self.sync_orders, self.flush = reference.sync_orders, reference.flush
        self.orders, self.stock = reference.orders, reference.stock
        self._url = url

    def webhook_url(self) -> str:
        return self._url


def _closed_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def _play(scenario: str, folder: Path, *, is_dead: bool = False) -> RunResult:
    with Run(scenario_of(scenario), WireWorld(), seed=7, searched_paths=[folder]) as run:
        assert run.connection is not None
        with make_reference(run.connection, folder) as reference, FrontDoor(reference) as door:
            port = _closed_port() if is_dead else door.port
            url = f"http://127.0.0.1:{port}/webhooks/tiktok"
            return run.play(InProcessSubject(BehindADoor(reference, url)))


@pytest.mark.slow
@pytest.mark.parametrize("scenario", ["webhooks/forged", "webhooks/at-the-last-attempt"])
def test_webhooks_come_through_the_integrations_own_door(scenario: str, tmp_path: Path) -> None:
    result = _play(scenario, tmp_path)

    sent = result.history.of(WebhookSent)
    assert broken_rules(result) == [], describe(result)
    assert result.outcome is Outcome.PASSED, describe(result)
    assert {record.status for record in sent if record.genuine} == {200}
    assert {record.status for record in sent if not record.genuine} <= {401}


@pytest.mark.slow
def test_a_door_that_is_shut_is_no_answer(tmp_path: Path) -> None:
    result = _play("webhooks/forged", tmp_path, is_dead=True)

    assert {record.status for record in result.history.of(WebhookSent)} == {0}


def test_in_virtual_time_it_is_refused_at_once_with_what_to_do(tmp_path: Path) -> None:
    with Run(scenario_of("webhooks/forged"), SimulatedWorld(), seed=7) as run:
        assert run.connection is not None
        with make_reference(run.connection, tmp_path) as reference:
            behind = BehindADoor(reference, "http://127.0.0.1:1/never-asked")
            result = run.play(InProcessSubject(behind, in_virtual_time=True))

    assert result.outcome is Outcome.NOT_EXERCISED
    assert "does not offer deliver_webhook(); webhook_url() names a receiver" in result.reason
    assert "play on real sockets: --tts-world wire" in result.reason
    assert result.calls == 0


@pytest.mark.parametrize("address", [None, "https://127.0.0.1:1/", "http://192.0.2.1:80/", "x"])
def test_an_address_elsewhere_is_refused(address: object) -> None:
    with pytest.raises(UsageError, match="webhooks are delivered on this machine only"):
        post_webhook(address, {}, b"")
