"""Numbers, words and hints of reports, beyond the verdict."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.histories import START_S, Story, line, order, told
from tests.support.oracle_cases import judge

from tts_chaos.core.verdict import Phase
from tts_chaos.oracles.findings import Findings, name_few, spell_ms
from tts_chaos.oracles.oracle import Rule

ONE, TWO, THREE = order("1"), order("2"), order("3")
DOWN: dict[str, Any] = {"status": 500, "code": 36009003}


def test_orders_are_sorted_into_four_baskets() -> None:
    story = (
        Story()
        .observe("orders", [told(ONE)])
        .truth(orders=[ONE, TWO, THREE])
        .invoke("sync_orders")
        .ok()
        .observe("orders", [told(ONE), told(TWO), told(order("8"))])
        .truth(orders=[ONE, TWO, THREE])
    )

    counts = judge("orders_complete", story).counts

    assert counts == {"acknowledged": 2, "lost": 1, "unexpected": 1, "recovered": 1}


def test_lost_orders_are_named() -> None:
    story = Story().observe("orders", []).truth(orders=[ONE, TWO])

    assert judge("orders_complete", story).reason == "2 of 2 orders are not known: 1, 2"


NEXT: dict[str, Any] = {"next_page_token": "p2", "orders": [{"id": "1"}]}
PAGE_2: dict[str, Any] = {"query": {"page_token": "p2"}}
LOSSES: list[tuple[str, Story, str]] = [
    ("nothing asked", Story(), "no order search reached the platform"),
    ("search never works", Story().call(**DOWN), "no order search ever succeeded"),
    (
        "token never refreshed",
        Story().call().invoke("sync_orders").expired().fail(),
        "the access token was refused (HTTP 401 with code 105002) and nothing ever refreshed it",
    ),
    (
        "search refused",
        Story().call().call(status=400, code=36009004, message="page_size is required"),
        "the order search as it is sent is refused for good: HTTP 400 with code 36009004",
    ),
    (
        "refresh refused",
        Story().call().invoke("sync_orders").expired().refresh(1, None).fail(),
        "the access token could not be refreshed: GET auth.tiktok-shops.com/api/v2/token/refresh",
    ),
    (
        "nobody polls",
        Story().webhook(about="2"),
        "a webhook about the order was acknowledged before its look-up",
    ),
    (
        "another shop's cipher",
        Story().call(shop="shop-2"),
        "no search of shop shop-1 ever succeeded",
    ),
    (
        "the mark moved",
        Story().call(body={"update_time_ge": START_S}),
        "the search asks only for changes after the orders' last one",
    ),
    ("one page only", Story().call(data=NEXT), "next_page_token is not followed"),
    (
        "one page only, too long to be kept",
        Story().call(query={"page_size": "1"}, data={"orders": "x" * 9}),
        "next_page_token is not followed",
    ),
    (
        "a page failed",
        Story().call(data=NEXT).call(**DOWN, **PAGE_2),
        "an error on a later page is taken for the end of the list",
    ),
    (
        "a detail failed",
        Story().call().call("detail", query={"ids": "2"}, **DOWN),
        "a failed order detail call drops its orders",
    ),
    (
        "delivered and dropped",
        Story().call(data={"orders": [{"id": "2"}]}),
        "the order was delivered in a search result and then dropped",
    ),
    (
        "webhook acknowledged",
        Story().call().webhook(about="2"),
        "a webhook about the order was acknowledged before its look-up",
    ),
]


@pytest.mark.parametrize(
    ("story", "words"), [pytest.param(s, w, id=n.replace(" ", "-")) for n, s, w in LOSSES]
)
def test_a_loss_is_explained_by_what_the_wire_shows(story: Story, words: str) -> None:
    story.observe("orders", [told(ONE)]).truth(orders=[ONE, TWO])

    (finding,) = judge("orders_complete", story).findings

    assert finding.defect.startswith(words)


SOLD_TWO = order("1", lines=[line("1-1"), line("1-2")])
DIFFERENCES: list[tuple[str, Story, int, int, str]] = [
    ("never pushed", Story(), 9, 5, "no push for this SKU ever reached"),
    ("push failed", Story().push(9, **DOWN), 9, 5, "the last push ended with HTTP 500"),
    (
        "refused inside code 0",
        Story().push(9, errors=[{"detail": {"sku_id": "S1"}}]),
        9,
        5,
        "the platform refused the SKU inside code 0",
    ),
    ("sold twice", Story(), 3, 5, "a sale was booked twice (stock lowered twice)"),
    ("sold three times", Story(), 1, 5, "a sale was booked twice (stock lowered twice)"),
    ("sale missed", Story(), 7, 5, "a sale was never booked"),
]


@pytest.mark.parametrize(
    ("story", "believed", "true", "words"),
    [pytest.param(*rest, id=name.replace(" ", "-")) for name, *rest in DIFFERENCES],
)
def test_a_difference_of_stock_is_explained(
    story: Story, believed: int, true: int, words: str
) -> None:
    story.observe("stock", {"S1": believed}).truth(orders=[SOLD_TWO], stock={"S1": true})

    (finding,) = judge("stock_converges", story).findings

    assert finding.defect.startswith(words)


def test_recovery_time_is_measured_from_the_begin_of_recovery() -> None:
    story = Story().wait(5_000).phase(Phase.RECOVERY).wait(90_000).waiting("x").wait(30_000)

    assert judge("recovered_in_time", story.waiting("")).counts["recovery_ms"] == 120_000


@pytest.mark.parametrize(
    ("duration_ms", "words"),
    [
        (0, "0 ms"),
        (999.4, "999 ms"),
        (1_000, "1 s"),
        (2_500, "2.5 s"),
        (61_500, "1 min 1 s"),
        (59_999, "59.999 s"),
        (60_000, "1 min"),
        (60_001, "1 min"),
        (120_000, "2 min"),
        (1_800_000, "30 min"),
        (7_200_000, "2 h"),
        (172_800_000, "2 d"),
        (5_430_000, "1 h 30 min"),
        (86_400_000 + 60_000, "1 d"),
    ],
)
def test_durations_are_told_as_people_say_them(duration_ms: float, words: str) -> None:
    assert spell_ms(duration_ms) == words


def test_a_broken_rule_is_reported_once_with_count_first_and_worst() -> None:
    findings = Findings({"late": Rule(expected="soon", defect="slow")})
    for index, delay in ((4, 10), (7, 90), (9, 20)):
        findings.add("late", f"{delay} ms late", actual=f"{delay}", index=index, weight=delay)

    (finding,) = findings.all()

    assert finding.message == "90 ms late (and 2 more such)"
    assert (finding.count, finding.first, finding.worst) == (3, 4, 7)
    assert (finding.expected, finding.actual, finding.defect) == ("soon", "90", "slow")


def test_findings_come_in_the_order_of_the_table() -> None:
    rule = Rule(expected="x", defect="y")
    findings = Findings({"grave": rule, "light": rule})
    findings.add("light", "a", index=1)
    findings.add("grave", "b", index=2)

    assert [finding.rule for finding in findings.all()] == ["grave", "light"]


def test_a_rule_that_no_table_has_is_our_own_defect() -> None:
    with pytest.raises(KeyError):
        Findings({}).add("invented", "x")


@pytest.mark.parametrize(
    ("names", "text"),
    [
        pytest.param(["a"], "a", id="one"),
        pytest.param(list("abcde"), "a, b, c, d, e", id="as-many-as-fit"),
        pytest.param(list("abcdefg"), "a, b, c, d, e and 2 more", id="more-than-fit"),
    ],
)
def test_few_names_are_named(names: list[Any], text: str) -> None:
    assert name_few(names) == text


def test_the_most_attempts_of_one_call_are_counted() -> None:
    story = Story().invoke("sync_orders").call(status=500, code=36009003).wait(500).call().ok()

    counts = judge("retries_bounded", story.invoke("ship").call("package").ok()).counts

    assert counts == {"logical_calls": 2, "most_attempts": 2}
