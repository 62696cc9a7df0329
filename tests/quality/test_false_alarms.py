"""A few of the runs of `make prove-false-alarms`, and that an alarm would be told."""

from __future__ import annotations

import pytest
from tests.proofs.prove_false_alarms import draw, play_drawn
from tests.quality import playing
from tests.quality.zoo.orders_broken import ReadsOnePage

DRAWN = list(draw("simulated", 12))


@pytest.mark.parametrize("drawn", DRAWN, ids=lambda drawn: "-".join(map(str, drawn)))
def test_a_correct_integration_is_silent_under_any_seed(drawn: list[object]) -> None:
    assert play_drawn(drawn) == ["passed", ""]


def test_the_runs_are_spread_over_integrations_scenarios_and_seeds() -> None:
    drawn = list(draw("simulated", 3000))

    by_integration = {name: [d for d in drawn if d[0] == name] for name in playing.CORRECT}
    assert {name: len(runs) for name, runs in by_integration.items()} == dict.fromkeys(
        playing.CORRECT, 1000
    )
    for runs in by_integration.values():
        scenarios = [scenario for _, scenario, _, _ in runs]
        assert min(map(scenarios.count, scenarios)) >= 5
        assert len({seed for *_, seed in runs}) == 1000


def test_an_alarm_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(playing, "CORRECT", {})
    monkeypatch.setitem(play_drawn.__globals__, "CORRECT", {"broken": ReadsOnePage})

    outcome, told = play_drawn(["broken", "orders/more-than-a-page", "simulated", 3])

    assert outcome == "safety_violated"
    assert "next_page_token is not followed" in told
