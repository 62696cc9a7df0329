"""What a client finds in a spoilt body; the platform's own answer is the same each time."""

from __future__ import annotations

import json
import zlib

import pytest

from tts_chaos.faults.body import (
    BodyCompressionBroken,
    BodyDuplicateKeys,
    BodyEncodingBroken,
    BodyHuge,
    BodyWrongType,
    ContentTypeWrong,
)
from tts_chaos.wire.message import ApiResponse, make_json_response

ANSWER = make_json_response({"code": 0, "message": "Success", "data": {"orders": []}})
PAGE = ApiResponse(status=502, body=b"<html>")


@pytest.mark.parametrize(
    ("becomes", "body"),
    [
        ("array", b"[]"),
        ("text", b'"ok"'),
        ("number", b"0"),
        ("null", b"null"),
        ("data_array", b'{"code":0,"message":"Success","data":[]}'),
        ("data_text", b'{"code":0,"message":"Success","data":"ok"}'),
    ],
)
def test_a_body_of_another_type(becomes: str, body: bytes) -> None:
    fault = BodyWrongType(becomes=becomes)  # type: ignore[arg-type]

    assert fault.alter(ANSWER).body == body


def test_a_payload_is_replaced_in_an_envelope_only() -> None:
    fault = BodyWrongType(becomes="data_array")

    assert fault.alter(PAGE) == PAGE
    assert fault.alter(ApiResponse(status=200, body=b"[1]")).body == b"[1]"


def test_a_huge_body_is_still_the_same_envelope() -> None:
    body = BodyHuge(padding_bytes=1_000).alter(ANSWER).body

    read = json.loads(body)
    assert len(read.pop("padding")) == 1_000
    assert read == json.loads(ANSWER.body)


@pytest.mark.parametrize(
    ("key", "pairs"),
    [("data", [{"orders": []}, None]), ("code", [0, 36009003])],
)
def test_a_key_comes_twice(key: str, pairs: list[object]) -> None:
    body = BodyDuplicateKeys(key=key).alter(ANSWER).body  # type: ignore[arg-type]

    members = json.loads(body, object_pairs_hook=list)
    assert [value for name, value in members if name == key] == [
        [("orders", [])] if value == {"orders": []} else value for value in pairs
    ]


def test_a_page_has_no_place_for_a_second_key() -> None:
    assert BodyDuplicateKeys().alter(PAGE) == PAGE


@pytest.mark.parametrize("encoded_as", ["utf-16", "utf-8-sig", "broken"])
def test_a_body_in_another_encoding_is_no_plain_json(encoded_as: str) -> None:
    body = BodyEncodingBroken(encoded_as=encoded_as).alter(ANSWER).body  # type: ignore[arg-type]

    with pytest.raises(ValueError):
        json.loads(body.decode("utf-8"))


def test_a_wrong_content_type_leaves_the_body_alone() -> None:
    answer = ContentTypeWrong(content_type="text/html").alter(ANSWER)

    assert answer.body == ANSWER.body
    assert [value for name, value in answer.headers if name == "content-type"] == ["text/html"]


def test_a_body_cut_off_in_compression_begins_well_and_does_not_end() -> None:
    answer = BodyCompressionBroken(how="cut_off").alter(ANSWER)
    unpacker = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)

    assert answer.header("content-encoding") == "gzip"
    assert ANSWER.body.startswith(unpacker.decompress(answer.body))
    assert not unpacker.eof


def test_garbage_said_to_be_compressed_is_refused_at_once() -> None:
    answer = BodyCompressionBroken(how="garbage").alter(ANSWER)

    with pytest.raises(zlib.error):
        zlib.decompress(answer.body, wbits=16 + zlib.MAX_WBITS)
