"""The control API over real HTTP against a real twin."""

from __future__ import annotations

import http.server
import json
import threading
import time
from collections.abc import Iterator
from typing import Any, ClassVar

import httpx
import pytest

from tts_chaos.serving.control import ROUTES, ControlApi
from tts_chaos.serving.fault_proxy import FaultProxy
from tts_chaos.serving.http_reading import Origin
from tts_chaos.serving.http_server import HttpServer, Listener
from tts_chaos.serving.standalone import Setup, Standalone

SETUP = Setup(seed="control", orders=3, products=2)


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Standalone, str]]:
    twin = Standalone(SETUP, proxy=FaultProxy.start(prefer="embedded")).start()
    listener = Listener(name="control", door=ControlApi(twin), origin=Origin(scheme="http"))
    server = HttpServer([listener]).start()
    yield twin, "http://127.0.0.1:{}".format(server.address("control")[1])
    server.stop()
    twin.stop()


@pytest.fixture
def twin(served: tuple[Standalone, str]) -> Standalone:
    served[0].reset()
    return served[0]


@pytest.fixture
def control(served: tuple[Standalone, str], twin: Standalone) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=served[1], trust_env=False) as client:
        yield client


@pytest.fixture
def api(twin: Standalone) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=twin.connection.api_url, trust_env=False) as client:
        yield client


def _orders(control: httpx.Client) -> list[dict[str, Any]]:
    shops = control.get("/state").json()["shops"]
    orders: list[dict[str, Any]] = next(iter(shops.values()))["orders"]
    return orders


def test_the_state_is_the_platforms_ledger(control: httpx.Client) -> None:
    state = control.get("/state").json()

    assert {"shops", "tokens"} <= set(state)
    assert len(_orders(control)) == 3


def test_the_state_shows_no_secret(control: httpx.Client, twin: Standalone) -> None:
    assert twin.connection.access_token not in control.get("/state").text


def test_the_history_is_json_lines_from_the_index_asked_for(
    control: httpx.Client, api: httpx.Client
) -> None:
    everything = control.get("/history").text.splitlines()
    api.get("/nowhere")

    newer = control.get("/history", params={"since": len(everything)}).text.splitlines()

    assert [json.loads(line)["path"] for line in newer] == ["/nowhere"]


def test_credentials_are_those_of_a_client(control: httpx.Client, twin: Standalone) -> None:
    given = control.get("/credentials").json()

    assert given["app_secret"] == twin.connection.app_secret
    assert given["api_url"] == twin.connection.api_url
    assert given["shops"][0]["cipher"] == twin.connection.shop_cipher


def test_the_platforms_clock_can_be_set_and_moved_on(control: httpx.Client) -> None:
    control.post("/clock", json={"offset_ms": 60_000})
    moved = control.post("/clock", json={"advance_ms": 5_000}).json()

    assert moved["offset_ms"] == 65_000
    assert abs(moved["platform_now_ms"] - time.time() * 1000 - 65_000) < 2_000


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({}, id="neither"),
        pytest.param({"offset_ms": 1, "advance_ms": 1}, id="both"),
        pytest.param({"offset_ms": "1"}, id="text"),
        pytest.param({"offset_ms": True}, id="a-truth-value"),
    ],
)
def test_a_clock_call_needs_exactly_one_whole_number(
    control: httpx.Client, body: dict[str, Any]
) -> None:
    answer = control.post("/clock", json=body)

    assert answer.status_code == 400
    assert answer.json()["expected"].startswith("exactly one of")


def test_orders_can_be_placed(control: httpx.Client) -> None:
    placed = control.post("/orders", json={"count": 2}).json()["orders"]

    assert len(placed) == 2
    assert set(placed) <= {order["id"] for order in _orders(control)}


def test_commands_are_listed_with_arguments(control: httpx.Client) -> None:
    commands = {c["command"]: c for c in control.get("/commands").json()["commands"]}

    assert commands["set_rate_limit"]["arguments"] == {"per_s": {"type": "integer", "minimum": 0}}
    assert commands["place_orders"]["arguments"]["hold"] == {"type": "boolean", "default": False}
    assert "platform's clock" in commands["shift_clock"]["help"]


def test_a_command_runs_and_its_value_comes_back(control: httpx.Client) -> None:
    assert control.post("/commands/rotate_app_secret").json()["value"]["app_secret"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "said"),
    [
        ("POST", "/commands/shift_clok", {}, 404, "Did you mean 'shift_clock'"),
        ("POST", "/commands/shift_clock", {"offset": 1}, 400, "Did you mean 'offset_ms'"),
        ("POST", "/commands/shift_clock", {"offset_ms": "x"}, 400, "offset_ms"),
        ("POST", "/orders", {"count": "many"}, 400, "count"),
        ("POST", "/faults", {}, 400, "$.fault"),
        ("POST", "/faults", {"fault": "port_refusd"}, 400, "Did you mean 'port_refused'"),
        ("POST", "/faults", {"fault": "answer_slow", "delay": 5}, 400, "'delay_ms'"),
        ("POST", "/faults", {"fault": "answer_slow"}, 400, "'delay_ms' is required"),
        ("POST", "/faults", {"fault": "port_refused", "times": 1}, 409, "cannot single out"),
        ("POST", "/faults", {"fault": "name_not_found"}, 409, "the look-up of names"),
        ("POST", "/faults", {"fault": "program_killed"}, 409, "has to be a program of its own"),
        (
            "POST",
            "/faults",
            {"fault": "platform_down", "operation": "order.get_ordr_list"},
            400,
            "no operation matches",
        ),
        (
            "POST",
            "/faults",
            {"fault": "platform_down", "operation": "token.*", "host": "api"},
            400,
            "is not on the host 'api'; write 'auth'",
        ),
        (
            "POST",
            "/faults",
            {"fault": "platform_down", "operation": "order.get_order_list", "only": "writes"},
            400,
            "is among the writes; leave only out",
        ),
        (
            "POST",
            "/faults",
            {"fault": "platform_down", "call": 100_001},
            400,
            "request 100001 is never sent",
        ),
        (
            "POST",
            "/faults",
            {"fault": "platform_down", "for_ms": 90_000_000},
            400,
            "every fault ends 86400000 ms after it was armed",
        ),
        ("POST", "/faults", {"fault": "platform_down", "on_webhook": 999}, 400, "no webhook type"),
        ("POST", "/faults", {"fault": "platform_down", "shop": "$shop:7"}, 400, "no $shop:7"),
        ("DELETE", "/faults/none-such", None, 404, "no fault 'none-such' is armed"),
        ("POST", "/webhooks", {"address": "https://example.com/x"}, 400, "127.0.0.1"),
        ("POST", "/webhooks", {"address": "http://192.0.2.1:80/x"}, 400, "on this machine only"),
        ("POST", "/webhooks", {"adress": "x"}, 400, "did you mean 'address'"),
        ("POST", "/webhooks", [1], 400, "an object"),
        ("GET", "/history?since=x", None, 400, "a whole number"),
        ("GET", "/stat", None, 404, "did you mean /state"),
        ("PUT", "/state", None, 405, "GET"),
        ("POST", "/reset", {"seed": 1}, 400, "unknown key"),
    ],
)
def test_a_mistake_is_answered_with_what_to_do(
    control: httpx.Client, method: str, path: str, body: Any, status: int, said: str
) -> None:
    answer = control.request(method, path, json=body)

    assert answer.status_code == status
    assert set(answer.json()) == {"error", "expected", "hint"}
    assert said in answer.text
    assert "Traceback" not in answer.text


def test_a_body_that_is_no_json_is_refused(control: httpx.Client) -> None:
    answer = control.post("/faults", content=b"{nonsense")

    assert answer.status_code == 400
    assert answer.json()["error"].startswith("the body is not JSON")


def test_the_index_lists_every_call(control: httpx.Client) -> None:
    calls = control.get("/").json()["calls"]

    assert [call["call"] for call in calls] == [f"{verb} {path}" for verb, path, _ in ROUTES]
    assert all(call["help"] for call in calls)


# -- browsers -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"host": "attacker.example"}, id="a-rebound-name"),
        pytest.param({"host": "attacker.example:8000"}, id="a-rebound-name-with-a-port"),
        pytest.param({"origin": "https://attacker.example"}, id="a-foreign-page"),
        pytest.param({"origin": "null"}, id="a-page-without-an-origin"),
        pytest.param({"origin": "http://127.0.0.1:1"}, id="a-page-of-another-port"),
        pytest.param({"sec-fetch-site": "cross-site"}, id="a-cross-site-fetch"),
    ],
)
def test_a_browser_is_refused(control: httpx.Client, headers: dict[str, str]) -> None:
    answer = control.post("/orders", json={"count": 1}, headers=headers)

    assert answer.status_code == 403
    assert len(_orders(control)) == 3


def test_localhost_by_name_is_fine(control: httpx.Client) -> None:
    assert control.get("/clock", headers={"host": "localhost:1"}).status_code == 200


# -- faults ---------------------------------------------------------------------------------------


def test_the_catalogue_names_settings_and_units(control: httpx.Client) -> None:
    catalogue = control.get("/faults").json()

    slow = next(fault for fault in catalogue["faults"] if fault["fault"] == "answer_slow")
    assert slow["settings"]["delay_ms"] == {"type": "int", "unit": "milliseconds"}
    assert catalogue["trigger"]["for_ms"]["unit"] == "milliseconds"


def test_an_armed_fault_acts_and_its_receipt_says_so(
    control: httpx.Client, api: httpx.Client
) -> None:
    armed = control.post("/faults", json={"fault": "connection_reset", "id": "once", "call": 2})
    api.get("/a")
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        api.get("/b")
    api.get("/c")

    receipt = control.get("/faults/armed").json()["faults"][0]
    assert armed.json()["id"] == "once"
    assert (receipt["matched"], receipt["fired"], receipt["calls"]) == (3, 1, [2])


def test_a_fault_of_the_line_goes_through_the_proxy_until_lifted(
    control: httpx.Client, twin: Standalone
) -> None:
    id = control.post("/faults", json={"fault": "port_refused"}).json()["id"]
    with pytest.raises(httpx.ConnectError):
        httpx.get(twin.connection.api_url, trust_env=False)

    lifted = control.delete(f"/faults/{id}").json()

    assert lifted == {"lifted": ["port_refused"]}
    assert httpx.get(twin.connection.api_url, trust_env=False).status_code


def test_a_fault_of_the_line_ends_by_itself(control: httpx.Client, twin: Standalone) -> None:
    control.post("/faults", json={"fault": "port_refused", "for_ms": 40})

    deadline = time.monotonic() + 3
    while time.monotonic() < deadline:
        try:
            httpx.get(twin.connection.api_url, trust_env=False)
        except httpx.ConnectError:
            time.sleep(0.01)
        else:
            break

    receipt = control.get("/faults/armed").json()["faults"][0]
    assert receipt["lifted"]


def test_a_fault_that_another_hides_is_refused_until_that_one_is_lifted(
    control: httpx.Client,
) -> None:
    control.post("/faults", json={"fault": "port_refused", "id": "down"})
    hidden = {"fault": "body_empty", "operation": "order.get_order_list"}

    refused = control.post("/faults", json=hidden)
    control.delete("/faults/down")
    armed = control.post("/faults", json=hidden)

    assert refused.status_code == 400
    assert "'down' breaks the connection on each request that 'body_empty'" in refused.text
    assert armed.status_code == 200


def test_a_shop_is_named_by_its_place_and_the_fault_meets_it(
    control: httpx.Client, twin: Standalone
) -> None:
    armed = control.post("/faults", json={"fault": "platform_down", "shop": "$shop"}).json()

    assert armed["trigger"]["shop"] == twin.connection.shops[0].id


def test_the_same_fault_can_be_armed_again_without_inventing_an_id(control: httpx.Client) -> None:
    body = {"fault": "connection_closed"}

    ids = [control.post("/faults", json=body).json()["id"] for _ in range(2)]

    assert ids == ["connection_closed", "connection_closed-2"]
    assert control.delete("/faults").json() == {"lifted": ids}


def test_an_id_in_use_is_refused(control: httpx.Client) -> None:
    control.post("/faults", json={"fault": "connection_closed", "id": "a"})

    answer = control.post("/faults", json={"fault": "connection_closed", "id": "a"})

    assert answer.status_code == 400
    assert "give this one another id" in answer.json()["error"]


def test_without_a_proxy_a_fault_of_the_line_is_refused_with_what_to_do() -> None:
    from tts_chaos.errors import FaultNotSupportedError
    from tts_chaos.faults.fault import Trigger
    from tts_chaos.faults.network import PortRefused

    twin = Standalone(SETUP).start()
    try:
        with pytest.raises(FaultNotSupportedError, match="no fault proxy stands before it"):
            twin.arm("down", PortRefused(), Trigger())
    finally:
        twin.stop()


# -- reset and webhooks ---------------------------------------------------------------------------


def test_a_reset_begins_anew_with_the_same_keys(control: httpx.Client, twin: Standalone) -> None:
    secret = twin.connection.app_secret
    control.post("/orders", json={"count": 2})
    control.post("/faults", json={"fault": "port_refused"})
    control.post("/commands/rotate_app_secret")

    credentials = control.post("/reset").json()

    assert credentials["app_secret"] == secret
    assert len(_orders(control)) == 3
    assert control.get("/faults/armed").json() == {"faults": []}
    assert httpx.get(twin.connection.api_url, trust_env=False).status_code


class Receiver(http.server.BaseHTTPRequestHandler):
    """Answers 500 to the first delivery and 200 to all others."""

    received: ClassVar[list[tuple[str, dict[str, str], bytes]]]
    arrived: ClassVar[threading.Event]
    url: ClassVar[str]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.received.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
        self.send_response(500 if len(self.received) == 1 else 200)
        self.send_header("content-length", "0")
        self.end_headers()
        self.arrived.set()

    def log_message(self, format: str, *args: object) -> None: ...


@pytest.fixture
def receiver() -> Iterator[type[Receiver]]:
    class OneReceiver(Receiver):
        received: ClassVar[list[tuple[str, dict[str, str], bytes]]] = []
        arrived = threading.Event()

    kind = OneReceiver
    server = http.server.HTTPServer(("127.0.0.1", 0), kind)
    kind.url = f"http://127.0.0.1:{server.server_port}/hooks?x=1"
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.01))
    thread.start()
    yield kind
    server.shutdown()
    thread.join()
    server.server_close()


def test_webhooks_are_delivered_signed_and_again_when_the_platforms_clock_says_so(
    control: httpx.Client, twin: Standalone, receiver: Any
) -> None:
    control.post("/webhooks", json={"address": receiver.url})
    control.post("/orders", json={"count": 1})
    assert receiver.arrived.wait(3)
    path, headers, body = receiver.received[0]
    receiver.arrived.clear()
    deadline = time.monotonic() + 3
    while not control.get("/webhooks").json()["failed"] and time.monotonic() < deadline:
        time.sleep(0.005)

    control.post("/clock", json={"advance_ms": 125_000})

    assert receiver.arrived.wait(3)
    assert path == "/hooks?x=1"
    assert headers["authorization"]
    assert json.loads(body)["shop_id"] == twin.connection.shop_id
    assert body in [again for _, _, again in receiver.received[1:]]
    assert control.delete("/webhooks").json() == {"address": None}
