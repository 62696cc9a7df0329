"""What the API promises about promotion activities."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.surface.cases_product import SET_PRICE, price_row
from tests.surface.cases_promotion import DAY_S, GET, SEARCH, STOP, begun, put, row, running

if TYPE_CHECKING:
    from tests.support.shop_desk import Desk


def status(desk: Desk, id: str) -> str:
    return str(desk.call(GET, activity_id=id).data["status"])


def test_an_activity_begins_and_ends_by_itself(desk: Desk) -> None:
    id = begun(desk, begins_in_s=3600, lasts_s=3600)
    put(desk, id, row(desk))
    seen = [status(desk, id)]

    for _ in range(2):
        desk.wait(hours=1)
        seen.append(status(desk, id))

    assert seen == ["NOT_START", "ONGOING", "EXPIRED"]


def test_an_activity_for_variants_is_a_draft_until_it_has_one(desk: Desk) -> None:
    id = begun(desk)
    before = status(desk, id)

    put(desk, id, row(desk))

    assert (before, status(desk, id)) == ("DRAFT", "ONGOING")


def test_an_activity_for_the_shop_needs_no_products(desk: Desk) -> None:
    assert status(desk, begun(desk, product_level="SHOP")) == "ONGOING"


def test_a_variant_is_free_again_once_its_activity_is_over(desk: Desk) -> None:
    first = running(desk)
    desk.call(STOP, activity_id=first)

    assert put(desk, begun(desk), row(desk)).code == 0


def test_variants_put_in_together_are_put_in_all_or_none(desk: Desk) -> None:
    id = begun(desk)

    answer = put(desk, id, row(desk), row(desk, id="1729"))

    assert answer.code == 17029017
    assert desk.call(GET, activity_id=id).data["products"] == []


@pytest.mark.parametrize("begins_in_s", [0, DAY_S], ids=["running", "still to come"])
def test_only_an_activity_that_runs_locks_prices(desk: Desk, begins_in_s: int) -> None:
    put(desk, begun(desk, begins_in_s=begins_in_s), row(desk))
    body = {"skus": [price_row(desk)]}

    answer = desk.call(SET_PRICE, product_id=desk.product().id, body=body)

    assert answer.code == (0 if begins_in_s else 12052038)


def test_a_search_tells_the_states_of_now(desk: Desk) -> None:
    id = begun(desk, product_level="SHOP", lasts_s=3600)
    early = desk.call(SEARCH, body={"status": "ONGOING"}).data["activities"]
    desk.wait(hours=1)

    late = desk.call(SEARCH, body={"status": "EXPIRED"}).data["activities"]

    assert [[row["id"] for row in page] for page in (early, late)] == [[id], [id]]
