"""What a scenario cannot do without, and what it would be judged by if it were offered."""

from __future__ import annotations

import pytest

from tts_chaos.engine.capabilities import (
    expected_oracles,
    hypothesis_of,
    needed_to_play,
    unseen,
)
from tts_chaos.scenarios.loader import parse_scenario
from tts_chaos.scenarios.model import Scenario

HEAD = 'title = "t"\ndescription = "d"\nwhy = "w"\n'
SYNC = '[[method]]\naction = "sync_orders"\n'
NEEDS = {
    "what its actions do": (SYNC, ("sync_orders", "orders")),
    "what its operator does": (
        f'{SYNC}[[rollback]]\naction = "restart"\n',
        ("sync_orders", "restart", "orders"),
    ),
    "what its hypothesis looks at": (
        '[[steady-state-hypothesis.probe]]\noracle = "stock_converges"\n' + SYNC,
        ("sync_orders", "stock"),
    ),
    "not what is only judged": (
        f'{SYNC}[expect]\noracles = ["stock_converges"]\nalert = {{ cause = "clock" }}\n',
        ("sync_orders",),
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


def _load(text: str) -> Scenario:
    return parse_scenario(HEAD + text, id="a", path="a.toml")


@pytest.mark.parametrize("case", NEEDS, ids=lambda case: case.replace(" ", "-"))
def test_to_be_played_a_scenario_needs(case: str) -> None:
    text, expected = NEEDS[case]

    assert needed_to_play(_load(text)) == expected


def test_what_oracles_look_at_and_nobody_offers_stays_unseen() -> None:
    scenario = _load(
        f'{SYNC}[expect]\noracles = ["orders_complete", "stock_converges"]\n'
        'alert = { cause = "clock" }\n'
    )

    assert unseen(scenario, {"orders"}) == ("stock", "alerts")
    assert unseen(scenario, {"orders", "stock", "alerts"}) == ()


def test_recovery_in_time_and_a_wanted_alert_are_always_expected() -> None:
    plain = _load(f"{SYNC}[expect]\noracles = []\n")
    alerted = _load(f'{SYNC}[expect]\noracles = []\nalert = {{ cause = "clock" }}\n')

    assert expected_oracles(plain) == ("recovered_in_time",)
    assert expected_oracles(alerted) == ("recovered_in_time", "alert_raised")


def test_an_oracle_named_twice_judges_once() -> None:
    scenario = _load(f'{SYNC}[expect]\noracles = ["recovered_in_time", "recovered_in_time"]\n')

    assert expected_oracles(scenario) == ("recovered_in_time",)


def test_a_probe_replaces_what_is_presumed() -> None:
    probe = '[[steady-state-hypothesis.probe]]\noracle = "actions_end"\n'

    assert hypothesis_of(_load(SYNC)) == ("orders_complete", "orders_exact")
    assert hypothesis_of(_load(SYNC + probe)) == ("actions_end",)
