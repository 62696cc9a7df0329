"""Cassettes and archives: what is read, what is written, what is refused."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tts_chaos.contracts.recordings import Exchange, Origin, Recording
from tts_chaos.contracts.recordings.cassette import read_cassette, write_cassette
from tts_chaos.contracts.recordings.har import is_har, read_har
from tts_chaos.errors import ContractError
from tts_chaos.wire.message import API_HOST, ApiRequest, ApiResponse

URI = f"https://{API_HOST}/order/202309/orders?ids=1%2C2"


def exchange(body: bytes = b"{}", answer: bytes = b'{"code":0}') -> Exchange:
    return Exchange(
        request=ApiRequest(
            method="POST",
            path="/order/202309/orders/search",
            query="page_size=5",
            headers=(("content-type", "application/json"),),
            body=body,
        ),
        response=ApiResponse(status=200, headers=(("x-a", "1"), ("x-a", "2")), body=answer),
    )


texts = st.text(st.characters(codec="utf-8"), max_size=60).map(str.encode)


@given(
    body=st.one_of(texts, st.binary(max_size=60)), answer=st.one_of(texts, st.binary(max_size=60))
)
def test_any_exchange_comes_back_as_it_was_written(body: bytes, answer: bytes) -> None:
    recording = Recording(
        path="x.yaml", exchanges=(exchange(body, answer),), origin=Origin.RECORDED, note="n"
    )

    assert read_cassette(write_cassette(recording), path="x.yaml") == recording


def foreign(**changed: Any) -> bytes:
    request = {"method": "get", "uri": URI, "headers": {"Accept": "*/*"}, "body": None}
    response = {"status": {"code": 200, "message": "OK"}, "headers": {}, "body": {"string": "{}"}}
    entry = {"request": request, "response": response, "recorded_at": "2026-01-01", **changed}
    return yaml.safe_dump({"version": 1, "interactions": [entry], "recorded_with": "x"}).encode()


def test_a_cassette_of_another_writer_is_read() -> None:
    recording = read_cassette(foreign(), path="x.yaml")

    (row,) = recording.exchanges
    assert recording.origin is Origin.IMPORTED
    assert (row.request.method, row.request.host, row.request.query) == (
        "GET",
        API_HOST,
        "ids=1%2C2",
    )
    assert row.request.header("accept") == "*/*"


def test_a_body_may_be_an_object_with_its_text_or_binary() -> None:
    request = {"method": "POST", "uri": URI, "headers": {}, "body": {"string": b"\xff\x00"}}

    (row,) = read_cassette(foreign(request=request), path="x.yaml").exchanges

    assert row.request.body == b"\xff\x00"


def test_a_cassette_written_as_json_is_read() -> None:
    text = json.dumps(yaml.safe_load(foreign())).encode()

    assert len(read_cassette(text, path="x.json").exchanges) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(b"a: [", r"x\.yaml: not YAML and not JSON", id="no-yaml"),
        pytest.param(b"just words", "expected an object with the list `interactions`", id="words"),
        pytest.param(b"openapi: 3.1.0", "not a cassette", id="another-document"),
        pytest.param(
            b"interactions: [{request: {method: GET}}]",
            r"x\.yaml, \$\.interactions\[0\]: not an interaction \(key: 'response'\)",
            id="no-response",
        ),
        pytest.param(
            foreign(request={"method": "GET", "uri": "/order", "headers": {}}),
            "expected an absolute http address, got '/order'",
            id="no-host",
        ),
    ],
)
def test_what_is_no_cassette_is_refused_with_file_and_key(text: bytes, message: str) -> None:
    with pytest.raises(ContractError, match=message):
        read_cassette(text, path="x.yaml")


def archive(**content: Any) -> bytes:
    entry = {
        "request": {
            "method": "POST",
            "url": URI,
            "headers": [{"name": "X-A", "value": "1"}],
            "postData": {"mimeType": "application/json", "text": "{}"},
        },
        "response": {"status": 200, "headers": [], "content": content},
    }
    return json.dumps({"log": {"version": "1.2", "entries": [entry]}}).encode()


def test_an_archive_is_read() -> None:
    text = archive(text='{"code":0}')

    (row,) = read_har(text, path="x.har").exchanges

    assert is_har(text)
    assert (row.request.body, row.response.body) == (b"{}", b'{"code":0}')
    assert row.request.header("x-a") == "1"


def test_an_archives_binary_content_is_decoded() -> None:
    text = archive(text=base64.b64encode(b"\xff").decode(), encoding="base64")

    assert read_har(text, path="x.har").exchanges[0].response.body == b"\xff"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(b"{}", "expected an object with `log.entries`", id="no-entries"),
        pytest.param(b'{"log": ', "not an HTTP archive", id="cut"),
        pytest.param(
            b'{"log": {"entries": [{}]}}', r"\$\.log\.entries\[0\]: not an entry", id="empty-entry"
        ),
        pytest.param(
            archive(text="%%%", encoding="base64"), "content is no base64", id="no-base64"
        ),
    ],
)
def test_what_is_no_archive_is_refused_with_file_and_key(text: bytes, message: str) -> None:
    with pytest.raises(ContractError, match=message):
        read_har(text, path="x.har")
