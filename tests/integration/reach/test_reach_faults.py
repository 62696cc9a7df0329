"""Faults of the way itself: a proxy that opens no tunnel, and names that lead nowhere or astray."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Literal

import pytest
from tests.integration.reach.conftest import API_URL, AUTH_URL, PROGRAMS, Twin, run_in
from tests.integration.serving.conftest import ScriptedDoor
from tests.integration.serving.test_wire_world import CREDENTIALS
from tests.support.hard_coded import PROGRAMS as HARD_CODED
from tests.support.hard_coded import play_hard_coded

from tts_chaos.core.clock import SkewedClock
from tts_chaos.faults.fault import Fault, Trigger
from tts_chaos.faults.intermediary import TunnelLoginPage
from tts_chaos.faults.network import NameElsewhere, NameNotFound
from tts_chaos.injectors.reach.choosing import choose_reach
from tts_chaos.injectors.reach.namespace import NamespaceReach
from tts_chaos.injectors.wire import WireWorld
from tts_chaos.subjects.reach import REACHES, Reach

GOOD = "0123456789"
FAULTS = {"proxy": TunnelLoginPage(), "namespace": NameNotFound()}
SEEN = {"proxy": "407", "namespace": "resolve"}

Command = Callable[[str], list[str]]


@contextmanager
def _stage(how: str, argv: list[str]) -> Iterator[tuple[Twin, Reach]]:
    """A twin and the way to it for one program."""
    if how == "namespace" and (problem := NamespaceReach().probe()):
        pytest.skip(problem)
    world, door = WireWorld(tests_program=True, reach=how), ScriptedDoor()
    with ExitStack() as undo:
        undo.callback(world.close)
        connection = world.open(door, CREDENTIALS, SkewedClock(world.clock))
        reach = choose_reach(how, argv, faults=world.reach_faults)
        reach.open(connection)
        undo.callback(reach.close)
        yield Twin(world, door, connection), reach


def _said(reach: Reach, argv: list[str]) -> str:
    done = run_in(reach, argv)
    return done.stdout + done.stderr


def _show(how: str, argv: list[str], fault: Fault, *words: str) -> None:
    """See a program fail with one of some words while a fault is armed, and work else."""
    with _stage(how, argv) as (twin, reach):
        command = [*argv, API_URL]
        assert GOOD in _said(reach, command)

        twin.world.arm("f", fault, Trigger())
        told = _said(reach, command)
        met = twin.world.hits("f")
        twin.world.lift("f")

        assert GOOD not in told
        assert any(word in told for word in words), told
        assert met > 0
        assert GOOD in _said(reach, command)
        assert reach.refused() == ()


# -- a proxy that opens no tunnel -----------------------------------------------------------------


@pytest.mark.proves_fault("tunnel_login_page", "wire")
@pytest.mark.parametrize(
    ("program", "told_as", "said"),
    [
        # A 2xx says that the tunnel is open: what follows is taken for the beginning of TLS.
        ("curl", "page", "wrong version number"),
        ("curl", "redirect", "response 302"),
        ("curl", "proxy", "response 407"),
        ("curl", "portal", "response 511"),
        ("python-httpx", "proxy", "407 Proxy Authentication Required"),
    ],
)
def test_a_login_page_takes_the_place_of_the_tunnel(
    program: str,
    told_as: Literal["page", "redirect", "proxy", "portal"],
    said: str,
    command_of: Command,
) -> None:
    _show("proxy", command_of(program), TunnelLoginPage(told_as=told_as), said)


def test_the_login_page_comes_whole_with_its_head(command_of: Command) -> None:
    command = [*command_of("curl"), "-v"]
    with _stage("proxy", command) as (twin, reach):
        twin.world.arm("f", TunnelLoginPage(told_as="redirect"), Trigger())
        told = _said(reach, [*command, API_URL])

    assert "HTTP/1.1 302 Found" in told
    assert "location: https://login.example.org/session" in told
    assert twin.hosts_asked() == []


# -- names ----------------------------------------------------------------------------------------


@pytest.mark.proves_fault("name_not_found", "wire")
@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("python-urllib", "Name or service not known"),
        ("node-fetch", "ENOTFOUND"),
        ("curl", "Could not resolve host"),
    ],
)
def test_a_name_does_not_resolve(program: str, said: str, command_of: Command) -> None:
    _show("namespace", command_of(program), NameNotFound(), said)


@pytest.mark.proves_fault("name_elsewhere", "wire")
def test_a_name_leads_to_a_stranger(command_of: Command) -> None:
    _show("namespace", command_of("curl"), NameElsewhere(), "SSL certificate problem")


def test_a_client_that_checks_no_certificate_meets_the_stranger(command_of: Command) -> None:
    command = [*command_of("curl"), "-k"]
    with _stage("namespace", command) as (twin, reach):
        twin.world.arm("f", NameElsewhere(), Trigger())
        _said(reach, [*command, API_URL])

    assert len(twin.hosts_asked()) == 1
    assert twin.hosts_asked() != [API_URL.split("/")[2]]


def test_a_name_leads_to_nobody(command_of: Command) -> None:
    fault = NameElsewhere(whose="nobody")

    _show("namespace", command_of("curl"), fault, "Failed to connect", "Could not connect")


# -- what both have in common ---------------------------------------------------------------------


@pytest.mark.parametrize("how", ["proxy", "namespace"])
def test_one_host_alone_is_concerned(how: str, command_of: Command) -> None:
    command = command_of("curl")
    with _stage(how, command) as (twin, reach):
        twin.world.arm("f", FAULTS[how], Trigger(host="auth"))

        assert GOOD in _said(reach, [*command, API_URL])
        assert twin.world.hits("f") == 0
        assert GOOD not in _said(reach, [*command, AUTH_URL])
        assert twin.world.hits("f") > 0


@pytest.mark.parametrize("how", ["proxy", "namespace"])
def test_a_client_that_keeps_its_connections_meets_it_at_its_next_request(how: str) -> None:
    command = [sys.executable, str(PROGRAMS / "session_get.py"), API_URL]
    with _stage(how, command) as (twin, reach):
        program = subprocess.Popen(
            reach.wrap(command),
            env=reach.environment({}),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        with program:
            assert program.stdin is not None
            assert program.stdout is not None

            def ask() -> str:
                print(file=program.stdin, flush=True)
                return program.stdout.readline()  # type: ignore[union-attr]

            before = [ask(), ask()]
            twin.world.arm("f", FAULTS[how], Trigger())
            # The end of a connection has a way to go: the first request may still be lost on one.
            during = [ask(), ask()]
            twin.world.lift("f")
            after = ask()
            program.stdin.close()

    assert [GOOD in each for each in (*before, after)] == [True] * 3
    assert not any(GOOD in each for each in during)
    assert SEEN[how] in during[-1]


@pytest.mark.parametrize("how", REACHES)
def test_what_another_reach_would_realise_is_refused_with_the_way_to_it(how: str) -> None:
    world = WireWorld(tests_program=True, reach=how)

    said = {way: world.refusal(fault, Trigger()) for way, fault in FAULTS.items()}

    assert {way: problem is None for way, problem in said.items()} == {
        way: way == how for way in FAULTS
    }
    assert all(f'how = "{way}"' in problem for way, problem in said.items() if problem)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("language", "way", "scenario"),
    [
        ("PHP", "proxy", "intermediary/proxy-opens-no-tunnel"),
        ("Node", "namespace", "network/name-not-found"),
    ],
)
def test_a_program_passes_the_bundled_scenario(
    language: str, way: str, scenario: str, tmp_path: Path
) -> None:
    program = next(row for row in HARD_CODED if row.language == language)
    if problem := program.missing(way):
        pytest.skip(problem)

    outcomes = play_hard_coded(program, way, tmp_path, [scenario])

    assert outcomes == {scenario: "passed"}
