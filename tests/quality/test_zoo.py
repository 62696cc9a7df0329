"""The harness can fail: for each rule there is a broken integration that this very rule catches.

And it is silent where it should be: correct integrations of several shapes pass the same scenarios
without a single finding.
"""

from __future__ import annotations

import sys
from itertools import pairwise

import pytest
from tests.quality.playing import CAUGHT, broken_rules, describe, play
from tests.quality.verdicts import (
    ECHO,
    IMPLIED,
    OUT_OF_REACH,
    RULES,
    Shown,
    found_in,
    idle_rules,
)
from tests.quality.zoo.async_form import AsyncConnector
from tests.quality.zoo.base import Connector
from tests.quality.zoo.catalogue import ZOO, Make, Member
from tests.quality.zoo.naming import HARMS, WORDS, names_defect
from tests.quality.zoo.orders_broken import LivesOnWebhooks
from tests.quality.zoo.refunds_form import RefundsConnector
from tests.quality.zoo.requests_form import RequestsConnector
from tests.quality.zoo.stock_broken import KeepsBooks, WritesFirst
from tests.quality.zoo.webhook_first import WebhookFirst
from tests.unit.oracles import order_cases, run_cases, token_cases, webhook_cases, wire_cases

from tts_chaos.core.verdict import Outcome
from tts_chaos.reference.factory import make_reference

ALL_CASES = (order_cases, wire_cases, token_cases, run_cases, webhook_cases)


def _is_like(member: Member, form: type) -> bool:
    return isinstance(member.make, type) and issubclass(member.make, form)


SCENARIOS = sorted({member.scenario for member in ZOO})
OF_ORDERS = [scenario for scenario in SCENARIOS if not scenario.startswith("refunds/")]
"""What an integration without refunds can be judged by."""
SHAPES_OF_ORDERS = ("auth/token-expired-401", "overload/rate-limited-429", "network/port-refused")
OF_FORM = {
    form: sorted({member.scenario for member in ZOO if _is_like(member, form)})
    for form in (AsyncConnector, WebhookFirst, RefundsConnector)
}
"""By form of an integration: the scenarios in which one of this form is shown to be broken."""

CORRECT: list[tuple[Make, str]] = [
    *((make_reference, scenario) for scenario in SCENARIOS),
    *((Connector, scenario) for scenario in OF_ORDERS),
    *((form, scenario) for form, scenarios in OF_FORM.items() for scenario in scenarios),
    *((RequestsConnector, scenario) for scenario in SHAPES_OF_ORDERS),
    (LivesOnWebhooks, "webhooks/while-the-api-is-down"),
    (LivesOnWebhooks, "webhooks/two-changes-in-one-second"),
    (KeepsBooks, "stock/push-fails-three-times"),
    (KeepsBooks, "stock/pushed-again-while-down"),
    (KeepsBooks, "webhooks/delivered-in-triplicate"),
    (WritesFirst, "stock/warehouse-added"),
    (WritesFirst, "data/batch-partly-refused"),
]
EXPLAINED = [
    ("ReadsOnePage", "next_page_token is not followed"),
    ("SendsPageTokenInBody", "the order search as it is sent is refused for good"),
    ("SkipsBrokenDetails", "a failed order detail call drops its orders"),
    ("MovesItsMarkFirst", "the mark of the last sync moved although they were not read"),
    ("FiltersByLocalTime", "local time is taken for UTC"),
    ("UsesOneCipher", "its cipher or token is mixed up with another shop's"),
    ("SignsOtherBytes", "The `sign` query parameter is invalid"),
    ("ForgetsFailedLookUps", "acknowledged before its look-up succeeded"),
    ("RefreshesAtTheApiHost", "the access token could not be refreshed: GET open-api"),
    ("NeverRefreshes", "nothing ever refreshed it"),
    ("MarksFailedPushesDone", "was never sent again, or was marked done although it failed"),
    ("LowersStockPerDelivery", "deliveries are not deduplicated"),
    ("TakesUtcForLocalTime", "local time is taken for UTC or the reverse"),
    ("SpellsCanceledWithOneL", "'CANCELED' is no status of the platform"),
    ("SignsSpacesAndSendsNone", "body_reserialised: the body was written anew after signing"),
    ("SignsNoEmptyBody", "empty_object_not_signed"),
    ("SignsWithoutBody", "v1_recipe: the body was left out of the signature"),
    ("SendsUpperCase", "upper_case: the digest is in upper case"),
    ("HashesWithoutAKey", "plain_hash: the digest is a plain SHA-256"),
    ("ForgetsTheWrap", "secret_not_wrapped"),
    ("KeepsALineEndInItsSecret", "secret_white_space: the secret has white space around it"),
    ("SignsItsToken", "token_signed: the access token was signed along"),
    ("SignsEncodedValues", "encoded_values_signed: percent-encoded values were signed"),
    ("SendsPlusBare", "plus_sent_bare: a plus sign was sent unescaped"),
    ("SortsByLetter", "sorted_by_letter: sort the keys by byte"),
    ("AddsAParameterAfterwards", "the parameter trace_id was sent but not signed"),
    ("StampsLocalTime", "the timestamp is 3600 s ahead of the platform"),
    ("SendsPageSizeInBody", "param query.page_size is missing"),
    ("PutsTheOrderIntoThePath", "GET /order/202507/orders/"),
    ("CallsTheFirstApi", "POST /api/orders/search as it is sent is refused for good"),
    ("EndsPathsWithASlash", "/order/202309/orders/search/ as it is sent is refused for good"),
    ("SendsIdsAsAList", "where a comma list belongs"),
    ("RepeatsAKey", "repeated_key: a repeated key is ambiguous"),
    ("NamesNoShop", "`shop_cipher` query parameter is required"),
    ("RefreshesByPost", "POST auth.tiktok-shops.com/api/v2/token/refresh was refused for good"),
]


def _shown(member: Member) -> Shown:
    result = play(member.make, member.scenario, member.world)
    return Shown(member=member, outcome=result.outcome, found=tuple(found_in(result)))


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_has_a_broken_integration(rule: str) -> None:
    members = [member.name for member in ZOO if member.rule == rule]

    assert members or rule in OUT_OF_REACH, f"no member of the zoo breaks {rule}; add one"


@pytest.mark.parametrize("rule", OUT_OF_REACH)
def test_a_rule_out_of_reach_is_broken_by_a_history_written_by_hand(rule: str) -> None:
    oracle, _, name = rule.partition(".")
    cases = [
        *order_cases.CASES,
        *wire_cases.CASES,
        *token_cases.CASES,
        *run_cases.CASES,
        *webhook_cases.CASES,
    ]

    assert [case.claim for case in cases if case.oracle == oracle and name in case.rules]


def test_no_rule_is_out_of_reach_that_a_member_breaks() -> None:
    assert OUT_OF_REACH.keys() & {member.rule for member in ZOO} == set()


def test_members_and_rules_out_of_reach_name_rules_that_exist() -> None:
    assert {*OUT_OF_REACH, *(member.rule for member in ZOO)} <= {*RULES}


@pytest.mark.parametrize("member", ZOO, ids=lambda member: member.id)
def test_a_broken_integration_is_caught_by_its_rule(member: Member) -> None:
    result = play(member.make, member.scenario, member.world)

    assert member.rule in broken_rules(result), (
        f"{member.name} ({member.defect}) should break {member.rule}, but {describe(result)}"
    )
    assert result.outcome in CAUGHT, describe(result)


@pytest.mark.parametrize(
    ("make", "scenario"), CORRECT, ids=lambda part: getattr(part, "__name__", part)
)
def test_a_correct_integration_passes_without_a_finding(make: Make, scenario: str) -> None:
    result = play(make, scenario)

    assert broken_rules(result) == [], describe(result)
    assert result.outcome is Outcome.PASSED, describe(result)


@pytest.mark.slow
def test_a_correct_integration_passes_on_real_sockets_without_a_finding() -> None:
    result = play(Connector, "network/port-refused", "wire")

    assert broken_rules(result) == [], describe(result)
    assert result.outcome is Outcome.PASSED, describe(result)


@pytest.mark.parametrize(("name", "words"), EXPLAINED)
def test_the_likely_defect_is_the_planted_one(name: str, words: str) -> None:
    member = next(member for member in ZOO if member.name == name)
    result = play(member.make, member.scenario, member.world)

    assert any(words in finding.defect for finding in result.findings), describe(result)


@pytest.mark.parametrize("member", ZOO, ids=lambda member: member.id)
def test_no_message_counts_long_times_in_milliseconds(member: Member) -> None:
    result = play(member.make, member.scenario, member.world)
    words = " ".join(f"{f.message} {f.expected} {f.actual}" for f in result.findings).split()

    counts = [before for before, word in pairwise(words) if word == "ms"]
    assert [count for count in counts if len(count) > 3] == []


def test_each_rule_catches_a_member_that_no_other_rule_catches() -> None:
    idle = idle_rules(map(_shown, ZOO))

    assert set(idle) == IMPLIED.keys() | OUT_OF_REACH.keys()


def test_the_first_finding_names_the_planted_defect() -> None:
    missed = [shown.member.id for shown in map(_shown, ZOO) if not shown.is_named]

    sys.stdout.write(f"{1 - len(missed) / len(ZOO):.1%} named; not named: {', '.join(missed)}\n")
    assert len(missed) <= 0.05 * len(ZOO)


def test_members_that_are_caught_by_harm_alone_say_what_would_name_them() -> None:
    harmed = {member.name for member in ZOO if member.rule in HARMS}

    assert sorted(harmed - WORDS.keys()) == []
    assert sorted(WORDS.keys() - {member.name for member in ZOO}) == []


def test_a_finding_names_a_defect_by_its_rule_and_its_words() -> None:
    lost = "orders_complete.order_lost"
    words = "next_page_token is not followed"

    assert names_defect("ReadsOnePage", lost, lost, words)
    assert not names_defect("ReadsOnePage", lost, lost, "4 orders are not known")
    assert names_defect("Any", "https_only.plain_http", "https_only.plain_http", "")
    assert not names_defect("Any", "https_only.plain_http", "https_only.secret_in_url", "")


def test_without_its_only_rule_a_member_would_pass() -> None:
    member = ZOO[0]
    found = (("https_only.plain_http", ""), (ECHO, ""))
    alone = Shown(member=member, outcome=Outcome.NOT_RECOVERED, found=found)
    beside = Shown(
        member=member, outcome=alone.outcome, found=(*found, ("actions_end.process_ended", ""))
    )

    assert alone.only_rule == "https_only.plain_http"
    assert beside.only_rule == ""
    assert "https_only.plain_http" not in idle_rules([alone])
    assert "https_only.plain_http" in idle_rules([beside])
