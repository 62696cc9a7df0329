"""The first difference of two histories is shown where it is, and the ledgers where they part."""

from __future__ import annotations

from tests.support.histories import Story, order, told

from tts_chaos.reporting.comparing import first_difference
from tts_chaos.reporting.ledger_difference import ledger_difference

ONE, TWO, THREE = order("1"), order("2"), order("3", status="UNPAID")


def story(body: object = None) -> Story:
    """Return a story with one call."""
    return Story().invoke("sync_orders").call(body=body).ok()


def test_equal_histories_have_no_difference() -> None:
    assert first_difference(story().history(), story().history()) == ""


def test_the_first_record_that_differs_is_named_with_field_and_both_values() -> None:
    difference = first_difference(story({"a": 1}).history(), story({"a": 2}).history())

    assert "record 1 of 3 is the first that differs" in difference
    assert "exchange order.202309.get_order_list" in difference
    assert "$.body" in difference
    assert '"{\\"a\\": 1}"' in difference
    assert '"{\\"a\\": 2}"' in difference


def test_a_history_that_ends_early_is_said_to_end() -> None:
    difference = first_difference(story().history(), story().observe("orders", []).history())

    assert "before  nothing: the history ends here" in difference
    assert "now     observe orders" in difference


def test_long_values_are_shown_where_they_part() -> None:
    left, right = story({"a": "x" * 900 + "L"}), story({"a": "x" * 900 + "R"})

    difference = first_difference(left.history(), right.history())

    assert 'xL\\"}"' in difference
    assert 'xR\\"}"' in difference
    assert all(len(line) < 300 for line in difference.splitlines())


def test_ledgers_that_agree_have_no_difference() -> None:
    agreed = Story().observe("orders", [told(ONE)]).observe("stock", {"S1": 5})

    assert ledger_difference(agreed.truth(orders=[ONE, THREE], stock={"S1": 5}).history()) == []


def test_each_difference_names_ledger_id_field_and_both_sides() -> None:
    believed = [told(ONE, total_amount=12.5, status="DELIVERED"), {"id": "9", "status": "NEW"}]
    believed[0]["lines"] = believed[0]["lines"] * 2
    parted = (
        Story()
        .observe("orders", believed)
        .observe("stock", {"S1": 5, "S9": 1})
        .observe("shipments", [{"order_id": "2"}])
        .truth(orders=[ONE, TWO], stock={"S1": 4}, shipments=[{"order_id": "1"}])
    )

    rows = [tuple(row.values()) for row in ledger_difference(parted.history())]

    assert rows == [
        ("orders", "1", "status", "AWAITING_SHIPMENT", "DELIVERED"),
        ("orders", "1", "units", 1, 2),
        ("orders", "2", "order", "AWAITING_SHIPMENT", None),
        ("orders", "9", "order", None, "NEW"),
        ("stock", "S1", "quantity", 4, 5),
        ("shipments", "1", "shipment", "shipped", None),
        ("shipments", "2", "shipment", None, "shipped"),
    ]
