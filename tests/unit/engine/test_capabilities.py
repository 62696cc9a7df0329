"""What a scenario cannot do without, named before anything is played."""

from __future__ import annotations

import pytest

from tts_chaos.engine.capabilities import needed_capabilities
from tts_chaos.scenarios.loader import parse_scenario

HEAD = 'title = "t"\ndescription = "d"\nwhy = "w"\n'
SYNC = '[[method]]\naction = "sync_orders"\n'
NEEDS = {
    "what its actions do": (SYNC, ("sync_orders", "orders")),
    "what its operator does": (
        f'{SYNC}[[rollback]]\naction = "restart"\n',
        ("sync_orders", "restart", "orders"),
    ),
    "what its oracles look at": (
        f'{SYNC}[expect]\noracles = ["stock_converges"]\n',
        ("sync_orders", "stock"),
    ),
    "alerts where it expects one": (
        f'{SYNC}[expect]\noracles = []\nalert = {{ cause = "clock" }}\n',
        ("sync_orders", "alerts"),
    ),
    "a receiver where webhooks go wrong": (
        f'[[method]]\nfault = "webhooks_dropped"\n{SYNC}',
        ("deliver_webhook", "sync_orders", "orders"),
    ),
    "a receiver where webhooks are subscribed": (
        '[[method]]\nplatform = "subscribe_webhooks"\n',
        ("deliver_webhook", "orders"),
    ),
    "no receiver for other platform commands": (
        '[[method]]\nplatform = "place_orders"\n',
        ("orders",),
    ),
}


@pytest.mark.parametrize("case", NEEDS, ids=lambda case: case.replace(" ", "-"))
def test_a_scenario_needs(case: str) -> None:
    text, expected = NEEDS[case]

    assert needed_capabilities(parse_scenario(HEAD + text, id="a", path="a.toml")) == expected
