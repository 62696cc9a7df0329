"""What no careful client sends, and what must not come of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.support.shop_desk import Desk

PERSON = {
    "name": "Jo",
    "email": "jo@example.org",
    "phone_number": {"country_code": "+353", "local_number": "15550100"},
    "address": {"street_address_line1": "1 Quay", "postal_code": "D01", "country": "IE"},
}
LINE_UNKNOWN = 11001002


def test_a_contact_keeps_its_own_id_whatever_unknown_fields_are_sent(desk: Desk) -> None:
    body = {**PERSON, "id": None, "pony": 7}
    made = desk.call("product.202409.create_responsible_person", body=body)
    id = made.data["responsible_person_id"]

    found = desk.call("product.202409.search_responsible_persons", query={"page_size": 10}, body={})
    (row,) = found.data["responsible_persons"]

    assert row["id"] == id
    assert "pony" not in row


def test_a_line_without_its_id_is_refused(desk: Desk) -> None:
    order = desk.place()
    body = {
        "order_line_list": [{"sub_item_id": "7"}],
        "weight": {"value": "1", "unit": "KILOGRAM"},
        "dimension": {"length": "1", "width": "1", "height": "1", "unit": "CM"},
    }

    answer = desk.call(
        "fulfillment.202309.get_eligible_shipping_service", order_id=order.id, body=body
    )

    assert answer.code == LINE_UNKNOWN
