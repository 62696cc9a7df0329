"""Envelopes in, envelopes out, and everything that is none."""

from __future__ import annotations

import re

import pytest

from tts_chaos.core.clock import ManualClock
from tts_chaos.core.entropy import Entropy
from tts_chaos.core.history import Json
from tts_chaos.wire.envelope import (
    Envelope,
    encode,
    make_envelope_response,
    mint_request_id,
    parse_envelope,
)


def test_fields_are_written_in_documented_order() -> None:
    envelope = Envelope(code=0, message="Success", request_id="r", data={"shops": []})

    assert encode(envelope) == (
        b'{"code":0,"message":"Success","request_id":"r","data":{"shops":[]}}'
    )


def test_a_refusal_carries_null_data() -> None:
    refusal = Envelope(code=36009014, message="m", request_id="r")

    assert encode(refusal).endswith(b'"data":null}')


def test_fields_may_be_missing_and_unknown_ones_are_ignored() -> None:
    assert parse_envelope(b'{"code":105002,"detail":1}') == Envelope(code=105002)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"404 page not found", id="text"),
        pytest.param(b"<html></html>", id="html"),
        pytest.param(b'{"code":0,"mess', id="cut-json"),
        pytest.param(b'{"message":"Success"}', id="no-code"),
        pytest.param(b'{"code":"0"}', id="code-as-text"),
        pytest.param(b'{"code":0.5}', id="code-as-fraction"),
        pytest.param(b"[]", id="a-list"),
        pytest.param(b'{"code":0,"data":' + b"[" * 100_000, id="nested-without-end"),
        pytest.param(b'{"code":0,"message":"\xff"}', id="not-utf-8"),
    ],
)
def test_what_is_no_envelope_is_none(body: bytes) -> None:
    assert parse_envelope(body) is None


def test_success_is_decided_by_the_code() -> None:
    assert Envelope(code=0).succeeded
    assert not Envelope(code=105002, message="Success").succeeded


def test_failures_of_single_items_are_found_inside_a_success() -> None:
    envelope = Envelope(code=0, data={"errors": [{"code": 12052038}]})

    assert envelope.item_errors == [{"code": 12052038}]


@pytest.mark.parametrize("data", [None, {}, {"errors": None}, {"errors": "x"}, []])
def test_data_without_item_failures_has_none(data: Json) -> None:
    assert Envelope(code=0, data=data).item_errors == []


def test_a_request_id_is_a_date_and_time_then_hexadecimal() -> None:
    clock = ManualClock(1_718_305_585_000)

    request_id = mint_request_id(clock, Entropy(1))

    assert re.fullmatch(r"20240613190625[0-9a-f]{20}", request_id)


def test_request_ids_of_one_instant_differ() -> None:
    clock, entropy = ManualClock(), Entropy(1)

    assert mint_request_id(clock, entropy) != mint_request_id(clock, entropy)


def test_an_answer_carries_the_content_type_seen_on_the_platform() -> None:
    response = make_envelope_response(Envelope(code=106001), status=401)

    assert response.status == 401
    assert response.header("content-type") == "application/json; charset=utf-8"
