"""Every kind of difference, in each direction, drifts or says why nothing does."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from tts_chaos.contracts.diff import Difference, Side
from tts_chaos.contracts.diff.kinds import KINDS, make_difference
from tts_chaos.contracts.loader import load_contracts
from tts_chaos.faults.catalogue import FAULTS
from tts_chaos.scenarios.drift import NOTHING_DRIFTS, drift_fault, drift_scenarios
from tts_chaos.scenarios.loader import parse_scenario

SEARCH = "order.202309.get_order_list"
EVENT = "ORDER_STATUS_CHANGE"
PATHS = {
    Side.OPERATION: "query.shop_cipher",
    Side.REQUEST: "query.page_size",
    Side.ANSWER: "$.data.orders[].status",
    Side.WEBHOOK: "$.data.order_status",
}
NEW: dict[str, Any] = {
    "type_changed": "integer",
    "field_renamed": "other_name",
    "cipher_changed": "required",
    "code_added": 99_999_901,
    "limit_tightened": {"maximum": 10},
    "limit_changed": {"pattern": "^[0-9]$"},
}


def _sides_of(kind: str) -> tuple[Side, ...]:
    row = KINDS[kind]
    if kind.startswith("event_"):
        return (Side.WEBHOOK,)
    if row.whole is not None:
        return (Side.OPERATION,)
    return (Side.REQUEST, Side.ANSWER, Side.WEBHOOK)


def _difference(kind: str, side: Side) -> Difference:
    subject = EVENT if side is Side.WEBHOOK else SEARCH
    return make_difference(kind, side, subject, PATHS[side], old="1", new=NEW.get(kind, "NEW"))


ALL = [(kind, side) for kind in KINDS for side in _sides_of(kind)]


@pytest.mark.parametrize(("kind", "side"), ALL, ids=str)
def test_a_difference_becomes_a_fault_or_has_a_reason(kind: str, side: Side) -> None:
    fault = drift_fault(_difference(kind, side), load_contracts().webhooks)

    if (kind, side) in NOTHING_DRIFTS:
        assert fault is None
        assert NOTHING_DRIFTS[kind, side]
    else:
        assert fault is not None
        assert fault["fault"] in FAULTS


def test_no_reason_is_given_for_what_cannot_be() -> None:
    assert set(NOTHING_DRIFTS) <= set(ALL)


def test_every_scenario_made_of_a_difference_can_be_loaded() -> None:
    rows = [_difference(kind, side) for kind, side in ALL]

    made = dict(drift_scenarios(rows, load_contracts().webhooks))

    assert len(made) == len(set(ALL) - set(NOTHING_DRIFTS))
    for name, text in made.items():
        assert parse_scenario(text, id=name, path=f"{name}.toml").id == name


@pytest.mark.parametrize("new", [{"default": 5}, {"format": "date"}], ids=str)
def test_a_default_or_format_of_a_request_drifts_nothing(new: dict[str, Any]) -> None:
    row = make_difference("limit_changed", Side.REQUEST, SEARCH, "query.page_size", new=new)

    assert drift_fault(row, {}) is None


def test_a_removed_event_drops_webhooks_of_its_type_alone() -> None:
    ((_, text),) = drift_scenarios(
        [make_difference("event_removed", Side.WEBHOOK, EVENT, old=EVENT)],
        load_contracts().webhooks,
    )

    step = next(row for row in tomllib.loads(text)["method"] if "fault" in row)
    assert (step["fault"], step["event"]) == ("webhooks_dropped", 1)
