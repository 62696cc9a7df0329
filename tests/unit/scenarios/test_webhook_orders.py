"""Each order of webhooks becomes a scenario; which of them break an integration is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.quality.zoo.orders_broken import BelievesWebhooks
from tests.support.webhook_orders import play_orders

from tts_chaos.cli.main import main
from tts_chaos.core.verdict import Outcome
from tts_chaos.errors import UsageError
from tts_chaos.reference.factory import make_reference
from tts_chaos.scenarios.loader import find_scenario_files, load_scenario
from tts_chaos.scenarios.webhook_orders import webhook_orders


def test_the_command_writes_each_wrong_order_of_five_as_a_scenario(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["webhook-orders", str(tmp_path / "orders")])

    files = list(find_scenario_files(tmp_path / "orders"))
    assert (code, len(files)) == (0, 119)
    assert len({load_scenario(file, tmp_path).description for file in files}) == 1
    assert "119 scenarios in" in capsys.readouterr().out


@pytest.mark.parametrize("count", [1, 6])
def test_more_changes_than_a_life_has_are_refused(count: int) -> None:
    with pytest.raises(UsageError, match=f"2 to 5 changes to reorder, not {count}"):
        webhook_orders(count)


@pytest.mark.slow
def test_a_believer_is_misled_where_the_newest_does_not_come_last() -> None:
    outcomes = play_orders(BelievesWebhooks, 3)

    misled = {name for name, outcome in outcomes.items() if outcome is Outcome.SAFETY_VIOLATED}
    assert misled == {"1-3-2", "2-3-1", "3-1-2", "3-2-1"}


@pytest.mark.slow
def test_the_reference_is_misled_by_no_order() -> None:
    outcomes = play_orders(make_reference, 3)

    assert set(outcomes.values()) == {Outcome.PASSED}
