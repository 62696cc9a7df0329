"""Plays every order of the webhooks of one order's life against an integration."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path

from tests.quality.zoo.registry import Make

from tts_chaos.core.verdict import Outcome
from tts_chaos.engine.run import Run
from tts_chaos.injectors.simulated import SimulatedWorld
from tts_chaos.scenarios.loader import parse_scenario
from tts_chaos.scenarios.webhook_orders import webhook_orders
from tts_chaos.subjects.in_process import InProcessSubject

__all__ = ["play_orders"]


def play_orders(make: Make, count: int, only: Iterable[str] = ()) -> dict[str, Outcome]:
    """Return the outcome of each order of `count` webhooks, by its name."""
    texts = {name.removesuffix(".toml"): text for name, text in webhook_orders(count).items()}
    chosen = set(only) or set(texts)
    return {name: _play(make, name, text) for name, text in texts.items() if name in chosen}


def _play(make: Make, name: str, text: str) -> Outcome:
    scenario = parse_scenario(text, id=f"orders/{name}", path=f"{name}.toml")
    with tempfile.TemporaryDirectory() as workspace:
        folder = Path(workspace)
        with Run(scenario, SimulatedWorld(), seed=7, searched_paths=[folder]) as run:
            assert run.connection is not None
            integration = make(run.connection, folder)
            try:
                return run.play(InProcessSubject(integration)).outcome
            finally:
                integration.close()
