"""Lists that shift between pages, and batches that are done in part."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tts_chaos.core.entropy import Entropy
from tts_chaos.faults.data import (
    BatchPartlyRefused,
    ListChanged,
    PagesGap,
    PagesOverlap,
    PageTokenExpired,
)
from tts_chaos.faults.effect import (
    AlterAnswer,
    AnswerInstead,
    Moment,
    PlatformCommand,
    RewriteRequest,
)
from tts_chaos.faults.fault import Fault
from tts_chaos.wire.message import ApiRequest, ApiResponse, make_json_response
from tts_chaos.wire.paging import PageCursor, encode_page_token, read_page_token

UPDATE = "product.202309.update_inventory"
ROWS = [{"id": "1", "inventory": []}, {"id": "2", "inventory": []}]


def _page(token: str) -> ApiResponse:
    return make_json_response({"code": 0, "data": {"orders": [], "next_page_token": token}})


def _token_after(fault: Any, position: int) -> PageCursor | None:
    token = encode_page_token(PageCursor(position, 9_000, "s"))
    data = json.loads(fault.alter(_page(token)).body)["data"]
    return read_page_token(data["next_page_token"])


@pytest.mark.parametrize(
    ("fault", "cursor"),
    [
        pytest.param(PagesOverlap(rows=3), PageCursor(97, 9_000, "s"), id="overlap"),
        pytest.param(PagesOverlap(rows=500), PageCursor(1, 9_000, "s"), id="overlap-moves-on"),
        pytest.param(PagesGap(rows=2), PageCursor(102, 9_000, "s"), id="gap"),
        pytest.param(PageTokenExpired(), PageCursor(100, 0, "s"), id="expired"),
    ],
)
def test_the_token_of_the_next_page_leads_elsewhere(fault: Fault, cursor: PageCursor) -> None:
    assert _token_after(fault, 100) == cursor


@pytest.mark.parametrize("token", ["", "no token of the twin"])
def test_a_page_without_a_token_stays_as_it_is(token: str) -> None:
    page = _page(token)

    assert PagesGap().alter(page) == page


def _moment(request: ApiRequest, shop: str = "7") -> Moment:
    return Moment(
        request=request, operation=UPDATE, shop=shop, now_ms=0, hits=0, entropy=Entropy(2)
    )


def test_a_list_changes_before_each_page_but_the_first() -> None:
    fault = ListChanged(count=4)
    later = ApiRequest(method="POST", path="/", query="page_token=x")

    assert not fault.matches(ApiRequest(method="POST", path="/", query="page_size=5"))
    assert fault.matches(later)
    assert fault.effects(_moment(later)) == (
        PlatformCommand(name="place_orders", arguments={"count": 4, "shop": "7"}),
    )


def _update(rows: list[dict[str, Any]]) -> ApiRequest:
    return ApiRequest(method="POST", path="/", body=json.dumps({"skus": rows}).encode())


def test_one_sku_of_a_batch_is_left_out_and_told_of() -> None:
    rewrite, alter = BatchPartlyRefused().effects(_moment(_update(ROWS)))
    assert isinstance(rewrite, RewriteRequest)
    assert isinstance(alter, AlterAnswer)

    written = json.loads(rewrite.change(_update(ROWS)).body)["skus"]
    told = json.loads(alter.change(make_json_response({"code": 0, "data": {}})).body)

    refused = told["data"]["errors"][0]
    assert rewrite.signed_anew
    assert {written[0]["id"], refused["detail"]["sku_id"]} == {"1", "2"}
    assert (told["code"], refused["code"]) == (0, 12052364)


def test_a_batch_of_one_is_refused_as_a_whole_inside_code_zero() -> None:
    (effect,) = BatchPartlyRefused().effects(_moment(_update(ROWS[:1])))

    assert isinstance(effect, AnswerInstead)
    told = json.loads(effect.response.body)
    assert (told["code"], told["data"]["errors"][0]["detail"]["sku_id"]) == (0, "1")


def test_a_batch_that_is_refused_anyway_stays_refused() -> None:
    alter = BatchPartlyRefused().effects(_moment(_update(ROWS)))[1]
    assert isinstance(alter, AlterAnswer)
    refusal = make_json_response({"code": 36009003, "data": None})

    assert alter.change(refusal) == refusal


def test_what_names_no_sku_is_no_batch() -> None:
    assert not BatchPartlyRefused().matches(ApiRequest(method="POST", path="/", body=b"{}"))
    assert not BatchPartlyRefused().matches(ApiRequest(method="POST", path="/", body=b"<"))
