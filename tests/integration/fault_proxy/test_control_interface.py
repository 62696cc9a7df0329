"""The control interface: both engines answer with the same statuses, types and bodies."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.integration.fault_proxy.conftest import Bench

JSON = "application/json"
TEXT = "text/plain; charset=utf-8"
A = (
    '{"name":"a","listen":"127.0.0.1:0","upstream":"127.0.0.1:1","enabled":false,'
    '"Logger":{},"toxics":[{"attributes":{"latency":10,"jitter":0},"name":"slow",'
    '"type":"latency","stream":"downstream","toxicity":0.3}]}'
)
SLOW = A.partition('"toxics":[')[2][:-2]
NO_PAGE = "404 page not found\n"
PROXY_ROW = '[]struct { toxiproxy.Proxy; Enabled *bool \\"json:\\\\\\"enabled\\\\\\"\\" }'


def refusal(message: str, status: int = 400) -> str:
    return f'{{"error":"{message}","status":{status}}}\n'


def malformed(problem: str) -> str:
    return refusal(f"bad request body: {problem}")


def wrong(kind: str, field: str, wanted: str) -> str:
    return malformed(f"json: cannot unmarshal {kind} into Go struct field {field} of type {wanted}")


NAMES = {"name": "b", "upstream": "127.0.0.1:1"}
OFF = {**NAMES, "enabled": False}


def body(**members: object) -> str:
    return json.dumps(members)


CASES = {
    # paths and methods
    "unknown-path": ("GET", "/nothing", None, 404, TEXT, NO_PAGE),
    "no-metrics-unless-asked-for": ("GET", "/metrics", None, 404, TEXT, NO_PAGE),
    "slash-at-the-end": ("GET", "/proxies/", None, 404, TEXT, NO_PAGE),
    "wrong-method": ("PUT", "/proxies", None, 405, None, ""),
    "head-is-a-wrong-method": ("HEAD", "/proxies", None, 405, None, ""),
    "wrong-method-for-a-proxy": ("PUT", "/proxies/a", None, 405, None, ""),
    "reset-is-no-get": ("GET", "/reset", None, 405, None, ""),
    "populate-is-no-get": ("GET", "/populate", None, 405, None, ""),
    "quoted-slash-in-a-name": ("GET", "/proxies/a%2Fb", None, 404, TEXT, NO_PAGE),
    "quoted-letter-in-a-name": ("GET", "/proxies/%61", None, 200, JSON, A),
    "query-is-ignored": ("GET", "/proxies/a?x=1", None, 200, JSON, A),
    "double-slash-redirects": ("GET", "//proxies", None, 301, None, ""),
    # showing
    "index": ("GET", "/proxies", None, 200, JSON, f'{{"a":{A}}}'),
    "proxy": ("GET", "/proxies/a", None, 200, JSON, A),
    "no-proxy": ("GET", "/proxies/x", None, 404, TEXT, refusal("proxy not found", 404)),
    "toxics": ("GET", "/proxies/a/toxics", None, 200, JSON, f"[{SLOW}]"),
    "toxic": ("GET", "/proxies/a/toxics/slow", None, 200, JSON, SLOW),
    "no-toxic": (
        "GET", "/proxies/a/toxics/x", None, 404, TEXT, refusal("toxic not found", 404)
    ),
    "toxics-of-no-proxy": (
        "GET", "/proxies/x/toxics", None, 404, TEXT, refusal("proxy not found", 404)
    ),
    # creating proxies
    "create-disabled-without-listen": (
        "POST", "/proxies", body(**OFF), 201, JSON,
        '{"name":"b","listen":"","upstream":"127.0.0.1:1","enabled":false,'
        '"Logger":{},"toxics":[]}',
    ),
    "create-with-members-in-another-case": (
        "POST", "/proxies", body(NAME="b", Upstream="127.0.0.1:1", enabled=False, more=1),
        201, JSON,
        '{"name":"b","listen":"","upstream":"127.0.0.1:1","enabled":false,'
        '"Logger":{},"toxics":[]}',
    ),
    "create-nothing": ("POST", "/proxies", "", 400, TEXT, malformed("EOF")),
    "create-truncated": ("POST", "/proxies", '{"name":"b"', 400, TEXT, malformed("unexpected EOF")),
    "create-no-json": (
        "POST", "/proxies", "nonsense", 400, TEXT,
        malformed("invalid character 'o' in literal null (expecting 'u')"),
    ),
    "create-trailing-comma": (
        "POST", "/proxies", '{"name":"b",}', 400, TEXT,
        malformed("invalid character '}' looking for beginning of object key string"),
    ),
    "create-array": (
        "POST", "/proxies", "[]", 400, TEXT,
        malformed("json: cannot unmarshal array into Go value of type toxiproxy.Proxy"),
    ),
    "create-null": ("POST", "/proxies", "null", 400, TEXT, refusal("missing required field: name")),
    "create-without-upstream": (
        "POST", "/proxies", '{"name":"b"}', 400, TEXT,
        refusal("missing required field: upstream"),
    ),
    "create-with-a-number-as-name": (
        "POST", "/proxies", '{"name":3}', 400, TEXT, wrong("number", "Proxy.name", "string")
    ),
    "create-with-a-word-as-flag": (
        "POST", "/proxies", '{"enabled":"yes"}', 400, TEXT,
        wrong("string", "Proxy.enabled", "bool"),
    ),
    "create-a-second-time": (
        "POST", "/proxies", body(name="a", upstream="x:1"), 409, TEXT,
        refusal("proxy already exists", 409),
    ),
    "create-on-no-address": (
        "POST", "/proxies", body(**NAMES, listen="nonsense"), 500, TEXT,
        refusal("listen tcp: address nonsense: missing port in address", 500),
    ),
    "create-on-a-port-too-high": (
        "POST", "/proxies", body(**NAMES, listen="127.0.0.1:99999"), 500, TEXT,
        refusal("listen tcp: address 99999: invalid port", 500),
    ),
    "create-on-a-port-that-is-a-word": (
        "POST", "/proxies", body(**NAMES, listen="127.0.0.1:x"), 500, TEXT,
        refusal("listen tcp: lookup tcp/x: unknown port", 500),
    ),
    # changing and deleting proxies
    "update-nothing": ("PATCH", "/proxies/a", "{}", 200, JSON, A),
    "update-null": ("PATCH", "/proxies/a", "null", 200, JSON, A),
    "update-keeps-the-name": ("PATCH", "/proxies/a", '{"name":"z"}', 200, JSON, A),
    "update-null-members": ("PATCH", "/proxies/a", '{"enabled":null}', 200, JSON, A),
    "update-upstream": (
        "PATCH", "/proxies/a", '{"upstream":"127.0.0.1:2"}', 200, JSON,
        A.replace("127.0.0.1:1", "127.0.0.1:2"),
    ),
    "update-by-post": ("POST", "/proxies/a", '{"enabled":false}', 200, JSON, A),
    "update-without-body": ("PATCH", "/proxies/a", "", 400, TEXT, malformed("EOF")),
    "update-to-no-address": (
        "PATCH", "/proxies/a", '{"listen":"nonsense"}', 500, TEXT,
        refusal("address nonsense: missing port in address", 500),
    ),
    "update-no-proxy": ("PATCH", "/proxies/x", "{}", 404, TEXT, refusal("proxy not found", 404)),
    "delete": ("DELETE", "/proxies/a", None, 204, None, ""),
    "delete-no-proxy": ("DELETE", "/proxies/x", None, 404, TEXT, refusal("proxy not found", 404)),
    # toxics
    "add-with-defaults": (
        "POST", "/proxies/a/toxics", '{"type":"latency"}', 200, JSON,
        '{"attributes":{"latency":0,"jitter":0},"name":"latency_downstream","type":"latency",'
        '"stream":"downstream","toxicity":1}',
    ),
    "add-upstream-in-capitals": (
        "POST", "/proxies/a/toxics", '{"type":"noop","stream":"UPSTREAM"}', 200, JSON,
        '{"attributes":{},"name":"noop_UPSTREAM","type":"noop","stream":"UPSTREAM","toxicity":1}',
    ),
    "add-with-an-unknown-attribute": (
        "POST", "/proxies/a/toxics",
        '{"type":"timeout","attributes":{"Timeout":5,"foo":3},"toxicity":0.333333333333}',
        200, JSON,
        '{"attributes":{"timeout":5},"name":"timeout_downstream","type":"timeout",'
        '"stream":"downstream","toxicity":0.33333334}',
    ),
    "add-with-a-name-that-needs-escapes": (
        "POST", "/proxies/a/toxics", '{"type":"noop","name":"<&>"}', 200, JSON,
        '{"attributes":{},"name":"\\u003c\\u0026\\u003e","type":"noop","stream":"downstream",'
        '"toxicity":1}',
    ),
    "add-of-no-type": (
        "POST", "/proxies/a/toxics", "{}", 400, TEXT, refusal("invalid toxic type")
    ),
    "add-of-an-unknown-type": (
        "POST", "/proxies/a/toxics", '{"type":"x"}', 400, TEXT, refusal("invalid toxic type")
    ),
    "add-to-no-stream": (
        "POST", "/proxies/a/toxics", '{"type":"latency","stream":"x"}', 400, TEXT,
        refusal("stream was invalid, can be either upstream or downstream"),
    ),
    "add-a-second-time": (
        "POST", "/proxies/a/toxics", '{"type":"latency","name":"slow"}', 409, TEXT,
        refusal("toxic already exists", 409),
    ),
    "add-with-a-fraction": (
        "POST", "/proxies/a/toxics", '{"type":"latency","attributes":{"latency":1.5}}', 400, TEXT,
        wrong("number 1.5", "LatencyToxic.attributes.latency", "int64"),
    ),
    "add-with-an-exponent": (
        "POST", "/proxies/a/toxics", '{"type":"slicer","attributes":{"average_size":1e3}}',
        400, TEXT, wrong("number 1e3", "SlicerToxic.attributes.average_size", "int"),
    ),
    "add-with-a-word-as-attribute": (
        "POST", "/proxies/a/toxics", '{"type":"reset_peer","attributes":{"timeout":"x"}}',
        400, TEXT, wrong("string", "ResetToxic.attributes.timeout", "int64"),
    ),
    "add-with-attributes-in-an-array": (
        "POST", "/proxies/a/toxics", '{"type":"latency","attributes":[]}', 400, TEXT,
        wrong("array", "ToxicWrapper.attributes", "toxics.NoopToxic"),
    ),
    "add-to-no-proxy": (
        "POST", "/proxies/x/toxics", "{}", 404, TEXT, refusal("proxy not found", 404)
    ),
    "change-attribute": (
        "PATCH", "/proxies/a/toxics/slow", '{"attributes":{"latency":20}}', 200, JSON,
        SLOW.replace("10", "20"),
    ),
    "change-toxicity": (
        "POST", "/proxies/a/toxics/slow", '{"toxicity":0.5}', 200, JSON, SLOW.replace("0.3", "0.5")
    ),
    "change-what-cannot-change": (
        "PATCH", "/proxies/a/toxics/slow", '{"stream":"upstream","type":"noop","name":"z"}',
        200, JSON, SLOW,
    ),
    "change-toxicity-to-a-word": (
        "PATCH", "/proxies/a/toxics/slow", '{"toxicity":"s"}', 400, TEXT,
        wrong("string", ".toxicity", "float32"),
    ),
    "change-no-toxic": (
        "PATCH", "/proxies/a/toxics/x", "{}", 404, TEXT, refusal("toxic not found", 404)
    ),
    "remove": ("DELETE", "/proxies/a/toxics/slow", None, 204, None, ""),
    "remove-no-toxic": (
        "DELETE", "/proxies/a/toxics/x", None, 404, TEXT, refusal("toxic not found", 404)
    ),
    # populate and reset
    "populate-nothing": ("POST", "/populate", "[]", 201, JSON, '{"proxies":null}'),
    "populate-one-that-is-there": (
        "POST", "/populate",
        '[{"name":"b","upstream":"127.0.0.1:1","listen":"localhost:0","enabled":false}]',
        201, JSON,
        '{"proxies":[{"name":"b","listen":"localhost:0","upstream":"127.0.0.1:1",'
        '"enabled":false,"Logger":{},"toxics":[]}]}',
    ),
    "populate-what-exists-leaves-it-alone": (
        "POST", "/populate",
        '[{"name":"a","upstream":"127.0.0.1:1","listen":"127.0.0.1:0","enabled":true}]',
        201, JSON, f'{{"proxies":[{A}]}}',
    ),
    "populate-no-array": (
        "POST", "/populate", "{}", 400, JSON,
        '{"error":"bad request body: json: cannot unmarshal object into Go value of type '
        f'{PROXY_ROW}","status":400,"proxies":null}}',
    ),
    "populate-empty-body": (
        "POST", "/populate", "", 400, JSON,
        '{"error":"bad request body: EOF","status":400,"proxies":null}',
    ),
    "populate-without-upstream": (
        "POST", "/populate", '[{"name":"b"}]', 400, JSON,
        '{"error":"missing required field: upstream at proxy 1","status":400,"proxies":null}',
    ),
    "populate-with-a-number-as-name": (
        "POST", "/populate", '[{"name":3}]', 400, JSON,
        '{"error":"bad request body: json: cannot unmarshal number into Go struct field '
        '.Proxy.name of type string","status":400,"proxies":null}',
    ),
    "populate-stops-half-way": (
        "POST", "/populate",
        '[{"name":"b","upstream":"x:1","enabled":false},{"name":"c","upstream":"x:1",'
        '"listen":"127.0.0.1:x"}]',
        500, JSON,
        '{"error":"listen tcp: lookup tcp/x: unknown port","status":500,"proxies":[{"name":"b",'
        '"listen":"","upstream":"x:1","enabled":false,"Logger":{},"toxics":[]}]}',
    ),
    "reset": ("POST", "/reset", None, 204, None, ""),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_request_gets_the_answer_of_the_server(bench: Bench, case: str) -> None:
    bench.client.create("a", "127.0.0.1:1", enabled=False)
    bench.ask(
        "POST",
        "/proxies/a/toxics",
        '{"type":"latency","name":"slow","attributes":{"latency":10},"toxicity":0.3}',
    )
    method, path, sent, status, content_type, text = CASES[case]

    reply = bench.ask(method, path, sent)

    assert (reply.status, reply.content_type, reply.text) == (status, content_type, text)


def test_a_browser_is_turned_away(bench: Bench) -> None:
    reply = bench.ask("GET", "/proxies", User_Agent="Mozilla/5.0")

    assert (reply.status, reply.text) == (403, "User agent not allowed\n")


def test_the_version_is_json_with_a_charset(bench: Bench) -> None:
    reply = bench.ask("GET", "/version")

    assert reply.content_type == "application/json;charset=utf-8"
    assert list(json.loads(reply.text)) == ["version"]


def test_a_redirect_names_the_clean_path(bench: Bench) -> None:
    assert bench.ask("GET", "//proxies").location == "/proxies"


def test_a_taken_port_is_named(bench: Bench) -> None:
    _, port = bench.proxy()

    reply = bench.ask("POST", "/proxies", body(**NAMES, listen=f"127.0.0.1:{port}"))

    problem = f"listen tcp 127.0.0.1:{port}: bind: address already in use"
    assert (reply.status, reply.text) == (500, refusal(problem, 500))


def test_a_proxy_that_cannot_listen_is_not_kept(bench: Bench) -> None:
    bench.ask("POST", "/proxies", body(**NAMES, listen="nonsense"))

    assert "b" not in bench.client.proxies()


def test_an_enabled_proxy_shows_the_address_it_got(bench: Bench) -> None:
    bench.client.create("a", "127.0.0.1:1", listen="localhost:0", enabled=False)

    state = bench.client.update("a", enabled=True)

    assert state.listen.startswith("127.0.0.1:")
    assert not state.listen.endswith(":0")


def test_toxics_are_listed_upstream_first(bench: Bench) -> None:
    bench.client.create("a", "127.0.0.1:1", enabled=False)
    bench.client.add_toxic("a", "one", "noop")
    bench.client.add_toxic("a", "two", "noop", stream="upstream")
    bench.client.add_toxic("a", "three", "noop")

    names = [toxic.name for toxic in bench.client.toxics("a")]

    assert names == ["two", "one", "three"]


def test_reset_enables_proxies_and_removes_toxics(bench: Bench) -> None:
    bench.client.create("a", "127.0.0.1:1", enabled=False)
    bench.client.add_toxic("a", "one", "noop")

    bench.client.reset()

    state = bench.client.proxy("a")
    assert (state.enabled, state.toxics) == (True, ())


def test_populate_replaces_a_proxy_that_differs_and_drops_its_toxics(bench: Bench) -> None:
    bench.client.create("a", "127.0.0.1:1", enabled=False)
    bench.client.add_toxic("a", "one", "noop")

    (state,) = bench.client.populate([{"name": "a", "upstream": "127.0.0.1:2", "enabled": False}])

    assert (state.upstream, state.toxics) == ("127.0.0.1:2", ())


def test_populate_closes_the_port_of_the_proxy_it_replaces(bench: Bench) -> None:
    address = bench.proxy(name="a")

    bench.client.populate([{"name": "a", "upstream": "127.0.0.1:2", "enabled": False}])

    with pytest.raises(ConnectionRefusedError):
        bench.connect(address)


def test_only_one_of_many_gets_a_name(bench: Bench) -> None:
    wanted = body(name="b", upstream="127.0.0.1:1", listen="127.0.0.1:0")

    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda _: bench.ask("POST", "/proxies", wanted), range(8)))

    assert sorted(reply.status for reply in replies) == [201] + [409] * 7
