"""What became of the work once the load was over."""

from __future__ import annotations

import pytest
from tests.support.load_rows import sample

from tts_chaos.core.history import Committed, History, Observed, Truth, WebhookSent
from tts_chaos.load.after_peak import back_in_budget, look_back, oversold_units
from tts_chaos.load.budgets import Budget
from tts_chaos.load.results import FaultBand

P95 = Budget(subject="checkout", key="p95", limit=500)
BAND = FaultBand(name="outage", begin_s=10, end_s=20)


def _stock(sku: str, available: int) -> Committed:
    return Committed(change="stock.committed", entity=sku, after={"available": available})


def test_units_below_zero_are_oversold_once_per_sku() -> None:
    changes = [_stock("1", 3), _stock("1", -1), _stock("1", -2), _stock("2", -1), _stock("3", 0)]

    assert oversold_units(changes) == 3


@pytest.mark.parametrize(
    ("slow_until_s", "expected"),
    [
        pytest.param(20.0, 0.0, id="at-once"),
        pytest.param(31.0, 15.0, id="after-three-windows"),
        pytest.param(60.0, None, id="never"),
    ],
)
def test_latencies_are_back_once_every_later_window_holds(
    slow_until_s: float, expected: float | None
) -> None:
    rows = [
        sample(due_s=n / 10, latency_ms=900 if n / 10 < slow_until_s else 100) for n in range(600)
    ]

    assert back_in_budget(rows, [P95], [BAND]) == {"checkout": expected}


def test_without_a_fault_there_is_nothing_to_come_back_from() -> None:
    assert back_in_budget([sample()], [P95], []) == {}


def _history(known: list[str]) -> History:
    orders = [
        {"id": id, "status": "AWAITING_SHIPMENT", "currency": "GBP", "total_amount": "1.00",
         "lines": []}
        for id in known
    ]  # fmt: skip
    truth: dict[str, object] = {
        "shops": {
            "7": {
                "orders": [
                    {"id": id, "status": "AWAITING_SHIPMENT", "line_items": []} for id in ("1", "2")
                ],
                "stock": {},
                "shipments": [],
            }
        }
    }
    return History(
        [
            Committed(index=0, change="order.placed", entity="1"),
            Committed(index=1, change="order.placed", entity="2"),
            WebhookSent(index=2, notification="a", type=1, status=200),
            WebhookSent(index=3, notification="b", type=1, status=0),
            Observed(index=4, name="orders", value=orders),
            Truth(index=5, ledger=truth),
        ]
    )


def test_lost_and_doubled_orders_are_counted() -> None:
    lost, doubled, whole = (look_back(_history(known), drain_s=1.0, drain_limit_s=5.0, waiting="",
                            backlog=[], back={})
                            for known in (["1"], ["1", "2", "2"], ["1", "2"]))  # fmt: skip

    assert (whole.orders_placed, whole.orders_lost, whole.orders_doubled) == (2, 0, 0)
    assert (lost.orders_lost, doubled.orders_doubled) == (1, 1)
    assert (whole.webhooks_delivered, whole.webhooks_failed) == (1, 1)
    assert lost.is_unsafe
    assert doubled.is_unsafe


def test_what_the_integration_does_not_tell_is_not_judged() -> None:
    told = look_back(_history(["1", "2"]), drain_s=1.0, drain_limit_s=5.0, waiting="", backlog=[],
                     back={})  # fmt: skip

    assert "shipments_true" not in {oracle.oracle for oracle in told.oracles}
