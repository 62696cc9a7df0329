"""The first difference of two histories is shown where it is, and the ledgers where they part."""

from __future__ import annotations

from tests.support.histories import Story, order, request, told

from tts_chaos.reporting.comparing import first_difference
from tts_chaos.reporting.ledgers import ROWS_MOST, compare_ledgers, ledger_rows

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

    assert ledger_rows(agreed.truth(orders=[ONE, THREE], stock={"S1": 5}).history()) == []


def test_each_difference_names_ledger_id_field_and_both_sides() -> None:
    believed = [told(ONE, total_amount=12.5, status="DELIVERED"), {"id": "9", "status": "NEW"}]
    believed[0]["lines"] = believed[0]["lines"] * 2
    parted = (
        Story()
        .observe("orders", believed)
        .observe("stock", {"S1": 5, "S9": 1})
        .observe("shipments", [{"order_id": "2"}])
        .observe("refunds", [{"order_id": "1", "amount": "5.00", "currency": "GBP"}])
        .truth(
            orders=[ONE, TWO],
            stock={"S1": 4},
            shipments=[{"order_id": "1"}],
            returns=[request("R1", "1.25"), request("R2", "2.50"), request("R3", of="2")],
        )
    )

    rows = [tuple(row.values()) for row in ledger_rows(parted.history())]

    assert rows == [
        ("orders", "2", "the order", "has it", ""),
        ("orders", "9", "the order", "", "has it"),
        ("orders", "1", "status", "AWAITING_SHIPMENT", "DELIVERED"),
        ("orders", "1", "units", "1", "2"),
        ("stock", "S9", "the SKU", "", "has it"),
        ("stock", "S1", "available", "4", "5"),
        ("shipments", "2", "the shipment", "", "has it"),
        ("refunds", "2", "a refund", "has it", ""),
        ("refunds", "1", "given back", "3.75", "5"),
    ]


def test_a_record_has_all_differences_and_a_page_the_first_of_them() -> None:
    many = [order(f"8{number:03}") for number in range(ROWS_MOST + 5)]
    history = Story().observe("orders", []).truth(orders=many).history()

    (shown,) = compare_ledgers(history)

    assert (len(shown.differences), shown.more) == (ROWS_MOST, 5)
    assert len(ledger_rows(history)) == ROWS_MOST + 5


def test_a_ledger_that_cannot_be_read_is_a_row_of_the_record() -> None:
    (row,) = ledger_rows(Story().observe("refunds", "many").truth().history())

    assert row["integration"] == "refunds() told what cannot be read as refunds"


def test_refunds_that_add_up_to_the_same_are_equal_in_both_ledgers() -> None:
    told_whole = [{"order_id": "1", "amount": "3.75", "currency": "GBP"}]
    given = [request("R1", "1.25"), request("R2", "2.50")]

    assert ledger_rows(Story().observe("refunds", told_whole).truth(returns=given).history()) == []
