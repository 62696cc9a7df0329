"""Faults of the line: who is concerned, when they begin and end, and what is checked."""

from __future__ import annotations

import threading
from collections.abc import Collection, Sequence
from typing import ClassVar

import pytest

from tts_chaos.errors import InjectionError, UsageError
from tts_chaos.faults.effect import Toxic
from tts_chaos.faults.fault import Fault, Trigger
from tts_chaos.faults.intermediary import TunnelLoginPage
from tts_chaos.faults.network import NameNotFound, PortRefused
from tts_chaos.faults.program import ProgramKilled
from tts_chaos.faults.slowness import AnswerSlow
from tts_chaos.faults.tls import CertificateExpired
from tts_chaos.serving.line import ALL_MECHANISMS as ALL
from tts_chaos.serving.line import Line, refusal


class Narrow(Fault, frozen=True, kw_only=True):
    name: ClassVar[str] = "narrow_for_test"

    def toxics(self) -> tuple[Toxic, ...]:
        return (Toxic(kind="bandwidth", attributes={"rate": 1}),)


class RecordingProxy:
    engine = "recording"

    def __init__(self) -> None:
        self.held: dict[tuple[str, str], int] = {}
        self.log: list[tuple[str, str, str]] = []
        self.changed = threading.Condition()
        self.is_refusing = False

    def add(self, name: str, upstream: tuple[str, int]) -> tuple[str, int]:
        return upstream

    def apply(self, name: str, fault_id: str, toxics: Sequence[Toxic]) -> None:
        self._note("apply", name, fault_id)
        self.held[name, fault_id] = len(toxics)

    def clear(self, name: str, fault_id: str) -> None:
        self._note("clear", name, fault_id)
        if self.is_refusing:
            raise InjectionError("planted")
        self.held.pop((name, fault_id), None)

    def verify_clear(self) -> list[str]:
        return [f"proxy {name!r} still has toxic '{id}-0'" for name, id in self.held]

    def stop(self) -> None: ...

    def _note(self, verb: str, name: str, fault_id: str) -> None:
        with self.changed:
            self.log.append((verb, name, fault_id))
            self.changed.notify_all()

    def wait_for(self, count: int) -> list[tuple[str, str, str]]:
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.log) >= count, 3)
        return self.log


@pytest.mark.parametrize(
    ("host", "names"), [(None, ["api", "token"]), ("api", ["api"]), ("auth", ["token"])]
)
def test_a_fault_concerns_the_hosts_of_its_trigger(host: str | None, names: list[str]) -> None:
    proxy = RecordingProxy()

    Line(proxy).arm("f", PortRefused(), Trigger(host=host))

    assert [name for _, name, _ in proxy.log] == names


def test_a_fault_begins_late_and_ends_by_itself() -> None:
    proxy = RecordingProxy()
    line = Line(proxy)

    line.arm("f", PortRefused(), Trigger(host="api", after_ms=20, for_ms=20))

    assert proxy.log == []
    assert proxy.wait_for(2) == [("apply", "api", "f"), ("clear", "api", "f")]
    line.lift("f")
    assert len(proxy.log) == 2


def test_what_is_due_together_is_done_in_order_of_its_instant_then_of_arming() -> None:
    proxy = RecordingProxy()
    line = Line(proxy)
    ids = [f"f{number}" for number in range(30)]
    with line._lock:
        # Nobody gets at the line until all of it is long due.
        for id in ids:
            line.arm(id, PortRefused(), Trigger(host="api", after_ms=40))
        line.arm("first", PortRefused(), Trigger(host="api", after_ms=1, for_ms=10))
        threading.Event().wait(0.08)
        assert proxy.log == []

    log = proxy.wait_for(32)

    assert [id for _, _, id in log] == ["first", "first", *ids]
    assert [verb for verb, _, _ in log[:2]] == ["apply", "clear"]


def test_its_thread_ends_with_the_last_that_waits() -> None:
    line = Line(RecordingProxy())
    line.arm("f", PortRefused(), Trigger(after_ms=600_000))
    (thread,) = [each for each in threading.enumerate() if each.name == "tts-chaos-line"]

    line.close()
    thread.join(5)

    assert not thread.is_alive()


def test_a_fault_lifted_before_it_begins_never_does() -> None:
    proxy = RecordingProxy()
    line = Line(proxy)
    line.arm("f", PortRefused(), Trigger(after_ms=60_000, for_ms=60_000))

    line.lift("f")

    assert proxy.log == []
    assert not [t for t in threading.enumerate() if t.name == "tts-chaos-line" and not t.daemon]


def test_a_fault_that_could_not_end_by_itself_is_reported_when_lifted() -> None:
    proxy = RecordingProxy()
    proxy.is_refusing = True
    line = Line(proxy)
    line.arm("f", PortRefused(), Trigger(host="api", for_ms=10))
    proxy.wait_for(2)

    with pytest.raises(InjectionError, match="planted"):
        line.lift("f")


def test_lifting_one_fault_does_not_ask_for_the_others_end() -> None:
    proxy = RecordingProxy()
    line = Line(proxy)
    line.arm("a", PortRefused(), Trigger())
    line.arm("b", AnswerSlow(delay_ms=1), Trigger())

    line.lift("a")

    assert {id for _, id in proxy.held} == {"b"}


def test_ids_that_a_proxy_would_refuse_are_spelt_otherwise_and_kept_apart() -> None:
    proxy = RecordingProxy()
    line = Line(proxy)

    line.arm("a.b", PortRefused(), Trigger(host="api"))
    line.arm("a b", PortRefused(), Trigger(host="api"))

    ids = [id for _, _, id in proxy.log]
    assert len(set(ids)) == 2
    assert all(id.startswith("a_b-") for id in ids)


def test_an_id_on_the_line_is_refused() -> None:
    line = Line(RecordingProxy())
    line.arm("f", PortRefused(), Trigger())

    with pytest.raises(UsageError, match="'f' is on the line already"):
        line.arm("f", PortRefused(), Trigger())


PROXY = {"proxy"}


@pytest.mark.parametrize(
    ("fault", "trigger", "has", "said"),
    [
        pytest.param(PortRefused(), Trigger(), PROXY, None, id="refused-with-a-proxy"),
        pytest.param(PortRefused(), Trigger(), (), "no fault proxy", id="refused-without"),
        pytest.param(PortRefused(), Trigger(call=2), PROXY, "cannot single", id="one-refused"),
        pytest.param(NameNotFound(), Trigger(), {"resolver"}, None, id="name-not-found"),
        pytest.param(NameNotFound(), Trigger(), PROXY, "only Python code", id="no-resolver"),
        pytest.param(TunnelLoginPage(), Trigger(), {"tunnel"}, None, id="tunnel"),
        pytest.param(TunnelLoginPage(), Trigger(), PROXY, 'how = "proxy"', id="no-tunnel"),
        pytest.param(TunnelLoginPage(), Trigger(times=1), ALL, "cannot single", id="one-tunnel"),
        pytest.param(CertificateExpired(), Trigger(), {"entrance"}, None, id="certificate"),
        pytest.param(CertificateExpired(), Trigger(), PROXY, "without it", id="no-tls"),
        pytest.param(CertificateExpired(), Trigger(call=2), ALL, "cannot single", id="one-hello"),
        pytest.param(AnswerSlow(delay_ms=1), Trigger(), (), None, id="slow-at-the-door"),
        pytest.param(Narrow(), Trigger(), (), "no fault proxy", id="toxics-alone"),
        pytest.param(ProgramKilled(), Trigger(), {"process"}, None, id="killed"),
        pytest.param(ProgramKilled(), Trigger(), PROXY, "program of its own", id="not-killed"),
    ],
)
def test_what_cannot_be_realised_is_said(
    fault: Fault, trigger: Trigger, has: Collection[str], said: str | None
) -> None:
    problem = refusal(fault, trigger, mechanisms=has)

    assert problem is None if said is None else said in (problem or "")
