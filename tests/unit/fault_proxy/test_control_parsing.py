"""Reading requests and addresses of the control interface."""

from __future__ import annotations

import re

import pytest

from tts_chaos.errors import UsageError
from tts_chaos.serving.fault_proxy.client import ToxiproxyClient, check_name
from tts_chaos.serving.fault_proxy.driver import load_driver
from tts_chaos.serving.fault_proxy.engine.address import Address, bind, parse_address
from tts_chaos.serving.fault_proxy.engine.go_json import (
    decode,
    encode,
    read_members,
    shortest_float32,
)
from tts_chaos.serving.fault_proxy.engine.refusal import RefusedError


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"", "EOF"),
        (b" \n", "EOF"),
        (b"{", "unexpected EOF"),
        (b"tru", "unexpected EOF"),
        (b'{"a":"b', "unexpected EOF"),
        (b"[1,2", "unexpected EOF"),
        (b"nonsense", "invalid character 'o' in literal null (expecting 'u')"),
        (b'{"a":tru}', "invalid character '}' in literal true (expecting 'e')"),
        (b"\x00", "invalid character '\\x00' looking for beginning of value"),
        (b"NaN", "invalid character 'N' looking for beginning of value"),
        (b"{name:1}", "invalid character 'n' looking for beginning of object key string"),
        (b'{"a":1,}', "invalid character '}' looking for beginning of object key string"),
        (b'{"a" "b"}', "invalid character '\"' after object key"),
        (b'{"a":1 "b"}', "invalid character '\"' after object key:value pair"),
        (b"[1 2]", "invalid character '2' after array element"),
        (b'[{"a":1} 2]', "invalid character '2' after array element"),
        (b'{"a":[1,"]"] 2}', "invalid character '2' after object key:value pair"),
        (b'{"a":"\\e"}', "invalid character 'e' in string escape code"),
        (b"-x", "invalid character 'x' in numeric literal"),
        (b"-", "unexpected EOF"),
        (b'{"a":"b\tc"}', "invalid character '\\t' in string literal"),
    ],
)
def test_what_is_no_json_is_refused_in_the_words_of_the_server(body: bytes, problem: str) -> None:
    with pytest.raises(RefusedError) as caught:
        decode(body)

    assert (caught.value.message, caught.value.status) == (f"bad request body: {problem}", 400)


def test_what_follows_the_first_value_is_ignored() -> None:
    assert decode(b'{"a":true} nonsense') == {"a": True}


def test_members_match_in_any_case_and_null_leaves_them_out() -> None:
    value = decode(b'{"NAME":"a","listen":null,"other":1}')

    found = read_members(value, {"name": "string", "listen": "string"}, whole="T", owner="T.")

    assert found == {"name": "a"}


@pytest.mark.parametrize("text", ["9223372036854775807", "-9223372036854775808", "0", "-5"])
def test_integers_of_64_bits_are_read(text: str) -> None:
    found = read_members(decode(f'{{"n":{text}}}'.encode()), {"n": "int64"}, whole="", owner="")

    assert found == {"n": int(text)}


@pytest.mark.parametrize(
    "text", ["9223372036854775808", "1.0", "1e2", pytest.param("9" * 5000, id="endless")]
)
def test_other_numbers_are_no_integers(text: str) -> None:
    with pytest.raises(RefusedError, match=rf"cannot unmarshal number {re.escape(text)} into"):
        read_members(decode(f'{{"n":{text}}}'.encode()), {"n": "int64"}, whole="", owner="")


@pytest.mark.parametrize(
    ("value", "shown"), [(1.0, 1), (0.5, 0.5), (0.30000001192092896, 0.3), (-1.0, -1)]
)
def test_ratios_are_shown_as_short_as_32_bits_allow(value: float, shown: float) -> None:
    assert shortest_float32(value) == shown


def test_output_is_compact_and_safe_in_html() -> None:
    assert encode({"a": ["<&>", "ä"]}) == '{"a":["\\u003c\\u0026\\u003e","ä"]}'.encode()


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("", Address("", 0)),
        (":80", Address("", 80)),
        ("localhost:80", Address("127.0.0.1", 80)),
        ("127.0.0.1:", Address("127.0.0.1", 0)),
        ("127.0.0.1:+80", Address("127.0.0.1", 80)),
        ("127.0.0.1:http", Address("127.0.0.1", 80)),
        ("[::1]:80", Address("::1", 80)),
    ],
)
def test_addresses_are_read(text: str, address: Address) -> None:
    assert parse_address(text) == address


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("nonsense", "address nonsense: missing port in address"),
        ("[::1]", "address [::1]: missing port in address"),
        ("::1:80", "address ::1:80: too many colons in address"),
        ("a:b", "lookup tcp/b: unknown port"),
        ("a:-1", "address -1: invalid port"),
        ("a:65536", "address 65536: invalid port"),
    ],
)
def test_malformed_addresses_are_refused(text: str, problem: str) -> None:
    with pytest.raises(RefusedError) as caught:
        parse_address(text)

    assert (caught.value.message, caught.value.status) == (problem, 500)


@pytest.mark.parametrize("text", ["0.0.0.0:0", "10.0.0.1:0", "[::]:0", "host.example:0"])
def test_binding_stays_on_loopback(text: str) -> None:
    with pytest.raises(RefusedError, match="loopback only"):
        bind(text)


def test_an_address_prints_as_it_is_dialled() -> None:
    assert [str(Address("::1", 1)), str(Address("127.0.0.1", 2))] == ["[::1]:1", "127.0.0.1:2"]


@pytest.mark.parametrize("name", ["a", "A-9_z"])
def test_plain_names_are_accepted(name: str) -> None:
    assert check_name(name, "proxy") == name


@pytest.mark.parametrize("name", ["", "a/b", "a\n", "é", "a.b", "../x"])
def test_names_that_need_quoting_are_refused(name: str) -> None:
    with pytest.raises(UsageError, match="expected only letters"):
        check_name(name, "proxy")


class RecordingHttp:
    """Notes where the driver sends requests."""

    def __init__(self) -> None:
        self.urls: list[str] = []

    def get(self, url: str, **options: object) -> RecordingHttp:
        self.urls.append(url)
        return self

    post = delete = get
    content = b"{}"
    status_code = 200

    def json(self) -> dict[str, object]:
        return {}


def test_each_driver_talks_to_its_own_server() -> None:
    one, two = RecordingHttp(), RecordingHttp()
    first = load_driver(one, "127.0.0.1", 1)
    second = load_driver(two, "127.0.0.1", 2)

    first.Toxiproxy().proxies()
    second.Toxiproxy().proxies()

    assert one.urls == ["http://127.0.0.1:1/proxies"]
    assert two.urls == ["http://127.0.0.1:2/proxies"]


def test_a_driver_leaves_other_users_of_the_library_alone() -> None:
    import toxiproxy.api

    load_driver(RecordingHttp(), "127.0.0.1", 1)

    assert (toxiproxy.api.APIConsumer.port, toxiproxy.api.requests.__name__) == (8474, "requests")


@pytest.mark.parametrize("url", ["127.0.0.1:8474", "http://127.0.0.1:8474/"])
def test_a_url_may_come_without_scheme_or_with_a_slash(url: str) -> None:
    client = ToxiproxyClient(url)
    client.close()

    assert client.url == "http://127.0.0.1:8474"
