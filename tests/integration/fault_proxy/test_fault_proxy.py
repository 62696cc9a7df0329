"""`FaultProxy`: one meaning over both engines."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING, cast

import pytest

from tts_chaos.errors import BackendUnavailableError, InjectionError, UsageError
from tts_chaos.faults.effect import Toxic
from tts_chaos.serving.fault_proxy import FaultProxy, Preference
from tts_chaos.serving.fault_proxy.client import ToxiproxyClient

if TYPE_CHECKING:
    from tests.integration.fault_proxy.conftest import Bench

SLOW = Toxic(kind="latency", attributes={"latency": 60})
DOWN = Toxic(kind="down")


@pytest.fixture(params=["embedded", "toxiproxy"])
def proxy(request: pytest.FixtureRequest) -> Iterator[FaultProxy]:
    """A fault proxy on its own embedded engine, and one that has joined a real server."""
    url = None if request.param == "embedded" else request.getfixturevalue("server_url")
    with FaultProxy.start(url=url, prefer="embedded") as started:
        yield started


def ping(address: tuple[str, int]) -> float:
    """Return how many milliseconds an echo takes on a new connection."""
    with socket.create_connection(address, timeout=3) as connection:
        begin_s = time.monotonic()
        connection.sendall(b"ping")
        assert connection.recv(4) == b"ping"
        return (time.monotonic() - begin_s) * 1000


def test_a_proxy_forwards(proxy: FaultProxy, embedded: Bench) -> None:
    address = proxy.add("api", embedded.serve())

    assert ping(address) < 500


def test_an_applied_fault_acts(proxy: FaultProxy, embedded: Bench) -> None:
    address = proxy.add("api", embedded.serve())

    proxy.apply("api", "slow", [SLOW])

    assert ping(address) >= 57


def test_toxics_are_named_after_their_fault(proxy: FaultProxy, embedded: Bench) -> None:
    proxy.add("api", embedded.serve())
    proxy.apply("api", "slow", [SLOW, Toxic(kind="noop", stream="upstream")])

    assert proxy.verify_clear() == [
        "proxy 'api' still has toxic 'slow-1' (noop, upstream)",
        "proxy 'api' still has toxic 'slow-0' (latency, downstream)",
    ]


def test_a_cleared_fault_is_gone(proxy: FaultProxy, embedded: Bench) -> None:
    address = proxy.add("api", embedded.serve())
    proxy.apply("api", "slow", [Toxic(kind="timeout")])

    proxy.clear("api", "slow")

    assert proxy.verify_clear() == []
    assert ping(address) < 500


def test_clearing_twice_does_nothing(proxy: FaultProxy, embedded: Bench) -> None:
    proxy.add("api", embedded.serve())
    proxy.apply("api", "slow", [SLOW])
    proxy.clear("api", "slow")

    proxy.clear("api", "slow")

    assert proxy.verify_clear() == []


def test_clearing_one_fault_leaves_another(proxy: FaultProxy, embedded: Bench) -> None:
    address = proxy.add("api", embedded.serve())
    proxy.apply("api", "slow", [SLOW])
    proxy.apply("api", "other", [Toxic(kind="noop")])

    proxy.clear("api", "other")

    assert ping(address) >= 57


def test_a_fault_somebody_else_removed_counts_as_cleared(
    proxy: FaultProxy, embedded: Bench
) -> None:
    proxy.add("api", embedded.serve())
    proxy.apply("api", "slow", [SLOW])
    embedded.at(proxy.url).client.reset()

    proxy.clear("api", "slow")

    assert proxy.verify_clear() == []


def test_down_refuses_until_cleared_and_keeps_the_port(proxy: FaultProxy, embedded: Bench) -> None:
    address = proxy.add("api", embedded.serve())
    proxy.apply("api", "dead", [DOWN])
    with pytest.raises(ConnectionRefusedError):
        ping(address)
    assert proxy.verify_clear() == ["proxy 'api' is disabled"]

    proxy.clear("api", "dead")

    assert ping(address) < 500


def test_nobody_takes_the_port_of_a_proxy_that_is_down(proxy: FaultProxy, embedded: Bench) -> None:
    address = proxy.add("api", embedded.serve())
    proxy.apply("api", "dead", [DOWN])

    with socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind(address)


def test_a_proxy_stays_down_until_the_last_fault_lets_go(
    proxy: FaultProxy, embedded: Bench
) -> None:
    address = proxy.add("api", embedded.serve())
    proxy.apply("api", "one", [DOWN])
    proxy.apply("api", "two", [DOWN])
    proxy.clear("api", "one")
    with pytest.raises(ConnectionRefusedError):
        ping(address)

    proxy.clear("api", "two")

    assert ping(address) < 500


def test_an_attribute_the_toxic_does_not_have_is_refused(
    proxy: FaultProxy, embedded: Bench
) -> None:
    proxy.add("api", embedded.serve())

    with pytest.raises(InjectionError, match="armed without latancy=5; attributes of this toxic"):
        proxy.apply("api", "slow", [Toxic(kind="latency", attributes={"latancy": 5})])


def test_nothing_stays_of_a_fault_that_was_refused(proxy: FaultProxy, embedded: Bench) -> None:
    proxy.add("api", embedded.serve())

    with pytest.raises(InjectionError, match="invalid toxic type"):
        proxy.apply("api", "slow", [SLOW, DOWN, Toxic(kind="nope")])

    assert proxy.verify_clear() == []


def test_a_deleted_proxy_is_reported(proxy: FaultProxy, embedded: Bench) -> None:
    proxy.add("api", embedded.serve())

    embedded.at(proxy.url).clear()

    assert proxy.verify_clear() == ["proxy 'api' is gone from the server"]


def test_hits_are_counted_or_said_to_be_unknown(proxy: FaultProxy, embedded: Bench) -> None:
    address = proxy.add("api", embedded.serve())
    proxy.apply("api", "slow", [SLOW])
    ping(address)

    expected = 1 if proxy.engine == "embedded" else None
    assert proxy.hits("api") == expected
    assert proxy.hits("api", "slow") == expected


def test_stopping_closes_the_port(proxy: FaultProxy, embedded: Bench) -> None:
    address = proxy.add("api", embedded.serve())

    proxy.stop()
    proxy.stop()

    with pytest.raises(ConnectionRefusedError):
        ping(address)


@pytest.mark.parametrize("name", ["", "a/b", "a b", "ä", "a.b"])
def test_a_malformed_name_is_refused(proxy: FaultProxy, name: str) -> None:
    with pytest.raises(UsageError, match="expected only letters"):
        proxy.add(name, ("127.0.0.1", 1))


def test_a_second_proxy_of_one_name_is_refused(proxy: FaultProxy) -> None:
    proxy.add("api", ("127.0.0.1", 1))

    with pytest.raises(UsageError, match="already"):
        proxy.add("api", ("127.0.0.1", 1))


def test_a_second_fault_of_one_id_is_refused(proxy: FaultProxy) -> None:
    proxy.add("api", ("127.0.0.1", 1))
    proxy.apply("api", "slow", [SLOW])

    with pytest.raises(UsageError, match="is applied to proxy 'api' already"):
        proxy.apply("api", "slow", [SLOW])


def test_an_unknown_proxy_is_named_with_those_known(proxy: FaultProxy) -> None:
    proxy.add("api", ("127.0.0.1", 1))

    with pytest.raises(UsageError, match="there is no proxy 'apo'; known: api"):
        proxy.apply("apo", "slow", [SLOW])


def test_a_down_fault_counts_the_connections_it_cut(embedded: Bench) -> None:
    with FaultProxy.start(prefer="embedded") as proxy:
        address = proxy.add("api", embedded.serve())
        proxy.apply("api", "unseen", [DOWN])
        proxy.clear("api", "unseen")
        assert proxy.hits("api", "unseen") is None
        with socket.create_connection(address, timeout=3) as connection:
            connection.sendall(b"ping")
            connection.recv(4)
            proxy.apply("api", "dead", [DOWN])

        assert proxy.hits("api", "dead") == 1


def test_a_joined_server_keeps_what_others_made(bench: Bench) -> None:
    bench.client.create("api", "127.0.0.1:1", enabled=False)
    with FaultProxy.start(url=bench.url) as proxy:
        address = proxy.add("api", bench.serve())
        assert ping(address) < 500
        assert len(bench.client.proxies()) == 2

    assert list(bench.client.proxies()) == ["api"]


def test_two_users_of_one_server_do_not_meet(bench: Bench) -> None:
    with FaultProxy.start(url=bench.url) as one, FaultProxy.start(url=bench.url) as two:
        one.add("api", bench.serve())
        address = two.add("api", bench.serve())
        one.apply("api", "dead", [DOWN])

        assert ping(address) < 500


def test_two_servers_in_one_process_do_not_meet(embedded: Bench) -> None:
    with FaultProxy.start(prefer="embedded") as one, FaultProxy.start(prefer="embedded") as two:
        one.add("api", embedded.serve())
        two.add("api", embedded.serve())
        one.apply("api", "slow", [SLOW])

        assert two.verify_clear() == []


def test_the_environment_names_a_server_to_join(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOXIPROXY_URL", bench.url)

    with FaultProxy.start() as proxy:
        assert proxy.url == bench.url


def test_proxy_variables_do_not_lead_astray(
    embedded: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)

    with FaultProxy.start(prefer="embedded") as proxy:
        assert ping(proxy.add("api", embedded.serve())) < 500


def test_a_server_that_is_not_there_is_named() -> None:
    with pytest.raises(BackendUnavailableError, match=r"127\.0\.0\.1:9 does not answer"):
        FaultProxy.start(url="http://127.0.0.1:9")


def test_something_else_at_the_address_is_told_apart(embedded: Bench) -> None:
    def behave(peer: socket.socket) -> None:
        peer.recv(4096)
        peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello")

    host, port = embedded.serve(behave)

    with pytest.raises(BackendUnavailableError, match="is no Toxiproxy server"):
        FaultProxy.start(url=f"http://{host}:{port}")


def test_a_server_that_never_answers_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        host, port = silent.getsockname()
        client = ToxiproxyClient(f"http://{host}:{port}", timeout_s=0.1)

        with closing(client), pytest.raises(BackendUnavailableError, match="does not answer"):
            client.version()


@pytest.mark.parametrize("url", ["nonsense", "https://127.0.0.1:1", "http://127.0.0.1"])
def test_a_malformed_url_is_refused(url: str) -> None:
    with pytest.raises(UsageError, match="expected http://host:port"):
        FaultProxy.start(url=url)


def test_an_unknown_preference_is_refused() -> None:
    with pytest.raises(UsageError, match="expected one of"):
        FaultProxy.start(prefer=cast("Preference", "best"))
