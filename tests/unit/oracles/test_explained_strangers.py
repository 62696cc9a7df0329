"""What is said of orders that the platform does not have, and of units that were multiplied."""

from __future__ import annotations

import json

import pytest
from tests.support.histories import Story, line, order, told
from tests.support.oracle_cases import judge

ID = "576461413038785752"
NOTIFICATION = "7327112393057371910"


def believing(story: Story, id: str) -> Story:
    """End a story: the integration knows an order under another id besides."""
    true = order(ID)
    return story.observe("orders", [told(true), told({**true, "id": id})]).truth(orders=[true])


def announced(story: Story, *, genuine: bool = True, **data: str) -> Story:
    """Continue a story by a webhook that tells `data`."""
    body = {"type": 1, "tts_notification_id": NOTIFICATION, "data": {"order_id": ID, **data}}
    return story.webhook(NOTIFICATION, body=json.dumps(body), genuine=genuine)


@pytest.mark.parametrize(
    ("story", "id", "words"),
    [
        pytest.param(
            announced(Story()),
            NOTIFICATION,
            "what a webhook tells as tts_notification_id is taken for an order's id",
            id="a-notification",
        ),
        pytest.param(
            announced(Story(), genuine=False, order_id="576461413038785999"),
            "576461413038785999",
            "told by a webhook that the platform never sent",
            id="a-forgery",
        ),
        pytest.param(Story(), str(int(float(ID))), "was rounded", id="a-rounded-id"),
        pytest.param(
            Story().call("detail", data={"orders": [{"id": ID, "packages": [{"id": "115288"}]}]}),
            "115288",
            "is taken for an order's id",
            id="an-id-of-an-answer",
        ),
        pytest.param(Story(), "42", "orders are invented", id="nothing-known"),
    ],
)
def test_an_order_that_the_platform_does_not_have_is_traced(
    story: Story, id: str, words: str
) -> None:
    (finding,) = judge("orders_complete", believing(story, id)).findings

    assert words in finding.defect


@pytest.mark.parametrize(
    ("deliveries", "units", "words"),
    [
        pytest.param(3, 3, "once for each of the 3 webhooks", id="each-delivery"),
        pytest.param(2, 3, "once, and once more for each of the 2 webhooks", id="and-the-sync"),
        pytest.param(0, 3, "quantities are added up", id="no-delivery"),
        pytest.param(5, 3, "quantities are added up", id="another-number"),
    ],
)
def test_units_that_are_counted_per_delivery_are_said_to_be(
    deliveries: int, units: int, words: str
) -> None:
    true = order(ID)
    story = Story()
    for _ in range(deliveries):
        announced(story)
    lines = [line(f"{ID}{number}") for number in range(units)]
    story.observe("orders", [told({**true, "lines": lines})]).truth(orders=[true])

    (finding,) = judge("orders_unique", story).findings

    assert words in finding.defect
