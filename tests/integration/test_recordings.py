"""Recording on real sockets, importing, verifying: the twin stands in for the platform."""

from __future__ import annotations

import argparse
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import yaml
from tests.support.shop_desk import Desk

from tts_chaos.cli.main import main
from tts_chaos.cli.record import add_arguments, record
from tts_chaos.cli.recording_files import LARGEST_BYTES
from tts_chaos.contracts.loader import load_contracts
from tts_chaos.contracts.recordings import Exchange, Origin
from tts_chaos.serving.http_reading import Origin as Stand
from tts_chaos.serving.http_server import HttpServer, Listener
from tts_chaos.serving.recording import CassetteFolder, RecordingDoor, check_upstream
from tts_chaos.serving.standalone import Setup, Standalone
from tts_chaos.wire.message import API_HOST, AUTH_HOST, ApiRequest, ApiResponse
from tts_chaos.wire.signing import attach_signature, encode_query

SEARCH = "/order/202309/orders/search"


@pytest.fixture
def platform() -> Iterator[Standalone]:
    twin = Standalone(Setup(orders=3, products=2)).start()
    yield twin
    twin.stop()


class Recorder:
    """A recording proxy in front of a platform, and a client of it."""

    def __init__(self, platform: Standalone, folder: Path) -> None:
        self.connection = platform.connection
        self.folder = CassetteFolder(folder, load_contracts(), key="k", origin=Origin.RECORDED)
        upstreams = {API_HOST: self.connection.api_url, AUTH_HOST: self.connection.token_url}
        self.door = RecordingDoor(upstreams, self.folder)
        self.server = HttpServer(
            [Listener(name="api", door=self.door, origin=Stand(host=API_HOST))]
        ).start()
        host, port = self.server.address("api")
        self.url = f"http://{host}:{port}"

    def search(self, now_s: int) -> httpx.Response:
        query = {
            "app_key": self.connection.app_key,
            "shop_cipher": self.connection.shop_cipher,
            "timestamp": str(now_s),
            "page_size": "10",
        }
        request = attach_signature(
            ApiRequest(
                method="POST",
                path=SEARCH,
                query=encode_query(query.items()),
                headers=(
                    ("content-type", "application/json"),
                    ("x-tts-access-token", self.connection.access_token),
                ),
                body=b"{}",
            ),
            self.connection.app_secret,
        )
        return httpx.post(
            f"{self.url}{SEARCH}?{request.query}",
            content=b"{}",
            headers=dict(request.headers),
            trust_env=False,
        )

    def close(self) -> None:
        self.server.stop()
        self.door.close()


def test_a_recorded_session_is_redacted_and_agrees_with_a_lifted_twin(
    platform: Standalone, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recorder = Recorder(platform, tmp_path)
    try:
        answer = recorder.search(platform.connection.access_token_expires_at - 7 * 86_400).json()
    finally:
        recorder.close()

    text = (tmp_path / "order" / "202309.get_order_list.yaml").read_text(encoding="utf-8")
    order = answer["data"]["orders"][0]
    secrets = (
        platform.connection.access_token,
        platform.connection.shop_cipher,
        order["buyer_email"],
    )
    assert answer["code"] == 0
    assert [secret for secret in secrets if secret in text] == []
    assert order["id"] in text
    assert main(["verify", str(tmp_path)]) == 0
    assert "1 exchanges in 1 recordings: 0 twin defects, 0 drifts" in capsys.readouterr().out


def test_the_shipped_recordings_agree_with_the_twin(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify"]) == 0
    assert "44 exchanges in 43 recordings: 0 twin defects, 0 drifts" in capsys.readouterr().out


def cassette(data: object, *, status: int = 200, uri: str = "") -> bytes:
    entry = {
        "request": {
            "method": "GET",
            "uri": uri
            or f"https://{API_HOST}/seller/202309/shops?app_key=1&timestamp=1790000000&sign=0",
            "headers": {"content-type": ["application/json"]},
            "body": None,
        },
        "response": {
            "status": {"code": status, "message": ""},
            "headers": {},
            "body": {"string": json.dumps(data)},
        },
    }
    return yaml.safe_dump({"version": 1, "interactions": [entry]}).encode()


def shops(*rows: dict[str, object], code: int = 0) -> dict[str, object]:
    return {"code": code, "message": "Success", "request_id": "1", "data": {"shops": list(rows)}}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param(
            cassette(shops({"id": 7, "region": "US"})),
            ["drift: ", "$.data.shops[0].id", "is no string"],
            id="a-type-the-contract-does-not-have",
        ),
        pytest.param(
            cassette(shops({"id": "7", "region": "US", "name": "Shop"})),
            ["twin defect: ", "$.data.shops[].name", "recorded string, answered absent"],
            id="a-field-the-twin-does-not-tell",
        ),
        pytest.param(
            cassette(shops(code=36009003), status=500),
            ["twin defect: ", "status", "recorded 500, answered 200"],
            id="another-status",
        ),
        pytest.param(
            cassette(shops(code=105005)),
            ["twin defect: ", "code", "recorded 105005, answered 0"],
            id="another-code",
        ),
    ],
)
def test_a_difference_is_named(
    text: bytes, told: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "shops.yaml"
    file.write_bytes(text)

    assert main(["verify", str(file)]) == 1

    output = capsys.readouterr().out
    assert [word for word in told if word not in output] == []
    assert "shops.yaml, exchange 0, seller.202309.get_active_shops" in output


def test_differences_come_as_json_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.yaml").write_bytes(cassette(shops({"id": 7})))

    main(["verify", "--json", str(tmp_path)])

    (row,) = json.loads(capsys.readouterr().out)
    assert row["differences"][0]["kind"] == "drift"


def test_an_archive_is_imported_redacted_and_foreign_calls_are_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def entry(url: str, text: str) -> dict[str, object]:
        return {
            "request": {"method": "GET", "url": url, "headers": []},
            "response": {"status": 200, "headers": [], "content": {"text": text}},
        }

    url = f"https://{API_HOST}/seller/202309/shops?app_key=6abcdefgh&sign={'ab' * 32}"
    entries = [entry(url, json.dumps(shops())), entry("https://ads.example.com/x", "{}")]
    source = tmp_path / "session.har"
    source.write_text(json.dumps({"log": {"entries": entries}}), encoding="utf-8")

    assert main(["import", str(source), "--to", str(tmp_path / "out")]) == 0

    text = (tmp_path / "out" / "seller" / "202309.get_active_shops.yaml").read_text("utf-8")
    assert "6abcdefgh" not in text
    assert "1 imported, 1 of others left out" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(["verify", "nowhere"], "nowhere is not there; expected a cassette", id="path"),
        pytest.param(["verify", "."], ". holds no recording", id="empty-folder"),
        pytest.param(["verify", "other.yaml"], "nothing was compared", id="nothing-compared"),
        pytest.param(
            ["import", "other.yaml", "--to", "out"],
            "nothing here is of TikTok Shop's Open API; found ads.example.com",
            id="another-api",
        ),
        pytest.param(
            ["import", "huge.har", "--to", "out"], "huge.har has 65 MB, at most 64 are", id="huge"
        ),
        pytest.param(["record", "--to", "out"], "say --i-own-this-shop if that is", id="consent"),
        pytest.param(
            ["record", "--to", "out", "--i-own-this-shop", "--upstream", "http://example.com"],
            "is not https; credentials would travel in clear",
            id="plain-http",
        ),
        pytest.param(
            ["record", "--to", "out", "--i-own-this-shop", "--upstream", "https://x.com/v1"],
            "has a path or a query; expected https://<host>",
            id="upstream-with-path",
        ),
        pytest.param(
            ["record", "--to", "file.txt", "--i-own-this-shop"], "cannot make the folder", id="file"
        ),
    ],
)
def test_bad_input_gets_one_sentence(
    arguments: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    if arguments != ["verify", "."]:
        (tmp_path / "other.yaml").write_bytes(cassette({}, uri="https://ads.example.com/x"))
        (tmp_path / "file.txt").write_text("", encoding="utf-8")
        with (tmp_path / "huge.har").open("wb") as file:
            file.truncate(LARGEST_BYTES + 2**20)

    assert main(arguments) == 2

    output = capsys.readouterr()
    assert message in output.err
    assert not (tmp_path / "out").is_dir() or list((tmp_path / "out").rglob("*.yaml")) == []


def test_a_file_in_which_a_secret_would_remain_is_not_written(tmp_path: Path) -> None:
    folder = CassetteFolder(tmp_path, load_contracts(), key="k", origin=Origin.RECORDED)
    body = b'{"code":0,"data":{"debug":"ROW_abcdefghijklmnopqrstuvwx"}}'
    door = RecordingDoor(
        {API_HOST: "https://upstream.test"},
        folder,
        transport=httpx.MockTransport(lambda _: httpx.Response(200, content=body)),
    )

    opened = door.open(ApiRequest(method="GET", path="/seller/202309/shops"))
    door.close()

    assert opened.delivery.response is not None
    assert opened.delivery.response.body == body
    assert "a token or cipher would remain" in door.refused[0]
    assert list(tmp_path.rglob("*")) == []


def test_a_command_records_until_it_is_interrupted(
    platform: Standalone, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    upstream = platform.connection.api_url
    options = parser.parse_args(
        ["--to", str(tmp_path), "--i-own-this-shop", "--upstream", upstream]
    )
    interrupted = threading.Event()
    interrupted.set()

    assert record(options, interrupted) == 0
    assert "0 passed on" in capsys.readouterr().out


def test_plain_http_is_allowed_on_loopback_only() -> None:
    assert check_upstream("http://127.0.0.1:80/") == "http://127.0.0.1:80"


def test_a_twin_starts_from_recordings() -> None:
    desk = Desk(region="GB", strict=True)
    order = desk.place()
    answer = desk.call("order.202309.get_order_list", query={"page_size": 5})
    told = Exchange(
        request=ApiRequest(method="POST", path=SEARCH),
        response=ApiResponse(status=200, body=answer.handled.response.body),
    )

    twin = Standalone(Setup(recorded=(told,)))

    ledger = twin._stage.twin.ledger()["shops"]
    assert isinstance(ledger, dict)
    (shop,) = ledger.values()
    assert [row["id"] for row in shop["orders"]] == [order.id]
