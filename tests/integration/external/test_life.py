"""The life of a program: started, ready, dying, killed, started again, ended. Real processes."""

from __future__ import annotations

import os
import shutil
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.programs import SERVER, make_subject, server_configuration

from tts_chaos.core.history import OpKind
from tts_chaos.errors import ConfigError
from tts_chaos.injectors.real_calls import RealCalls
from tts_chaos.subjects.external import subject as subject_module
from tts_chaos.subjects.external.failures import ProgramDiedError, ProgramEndedError

BASIC = 'sync_orders = "POST /sync"\nhealth = "GET /health"\nrestart = true'
PID = "ANSWERS['pid'] = lambda request, body: (200, [{'order_id': os.getpid()}])"


def _server(*more: str) -> dict[str, str]:
    return {"server.py": SERVER.replace("# more", "\n".join(more))}


def _is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in ("Z", "X")


def _eventually(holds: Callable[[], bool]) -> bool:
    deadline_s = time.monotonic() + 10
    while not holds() and time.monotonic() < deadline_s:
        time.sleep(0.01)
    return holds()


def test_it_runs_between_enter_and_exit(tmp_path: Path) -> None:
    configuration = server_configuration('shipments = "GET /pid"')
    with make_subject(tmp_path, configuration, _server(PID)) as subject:
        (row,) = subject.call("shipments", {})
        assert _is_alive(row["order_id"])

    assert not _is_alive(row["order_id"])


@pytest.mark.parametrize("ready", ["GET /health", "{ line = 'listening' }", "{ port = true }"])
def test_each_kind_of_readiness(tmp_path: Path, ready: str) -> None:
    value = ready if ready.startswith("{") else f"'{ready}'"
    configuration = server_configuration(BASIC, top=f"ready = {value}")
    with make_subject(tmp_path, configuration) as subject:
        # The line is written a moment before the port is open.
        assert _eventually(lambda: _answers(subject))


def _answers(subject: subject_module.ExternalSubject) -> bool:
    try:
        return bool(subject.call("health", {})["status"] == "ok")
    except Exception:  # noqa: BLE001 - tried again
        return False


def test_one_that_is_never_ready_is_told_with_its_last_lines(tmp_path: Path) -> None:
    program = 'import sys, time; print("still loading", flush=True); time.sleep(60)'
    configuration = server_configuration(BASIC, top="ready_within_s = 0.5")
    subject = make_subject(tmp_path, configuration, {"server.py": program})

    with pytest.raises(ConfigError) as caught, subject:
        pass

    told = str(caught.value)
    assert "tts-chaos.toml, integration.start: `{python} server.py {port}` did not come up" in told
    assert "not ready after 0.5 s: nothing takes connections at 127.0.0.1:" in told
    assert "    still loading" in told


def test_readiness_that_answers_with_an_error_is_named(tmp_path: Path) -> None:
    server = _server("ANSWERS['health'] = lambda request, body: (503, None)")
    configuration = server_configuration(BASIC, top='ready = "GET /health"\nready_within_s = 3')

    with (
        pytest.raises(ConfigError, match="GET /health answered 503"),
        make_subject(tmp_path, configuration, server),
    ):
        pass


def test_one_that_ends_while_starting_is_told_at_once(tmp_path: Path) -> None:
    program = 'raise SystemExit("cannot open the config")'
    subject = make_subject(tmp_path, server_configuration(BASIC), {"server.py": program})

    with (
        pytest.raises(ConfigError, match=r"(?s)ended with status 1.*    cannot open the config"),
        subject,
    ):
        pass


@pytest.mark.parametrize(
    ("start", "told"),
    [
        ('["no-such-program", "{port}"]', "no program 'no-such-program' in the folders of PATH"),
        ('["./none.sh", "{port}"]', "there is no program .*none.sh"),
        ('["./server.py", "{port}"]', r"server.py may not be executed; try chmod \+x"),
        ('["./odd", "{port}"]', "cannot start './odd': Exec format error"),
    ],
)
def test_a_command_that_cannot_run_is_named(tmp_path: Path, start: str, told: str) -> None:
    configuration = server_configuration(BASIC).replace(
        '["{python}", "server.py", "{port}"]', start
    )
    subject = make_subject(tmp_path, configuration, {"odd": "\0"})
    (tmp_path / "odd").chmod(0o755)

    with pytest.raises(ConfigError, match=told), subject:
        pass


def test_a_fixed_port_that_is_taken_is_not_mistaken_for_the_program(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        configuration = server_configuration(BASIC, top=f'base_url = "http://127.0.0.1:{port}"')

        with (
            pytest.raises(
                ConfigError, match=f"another program listens at 127.0.0.1:{port} already"
            ),
            make_subject(tmp_path, configuration),
        ):
            pass


TAKEN = """
import sys
from pathlib import Path
tries = Path("tries.txt")
before = tries.read_text().split() if tries.exists() else []
tries.write_text(" ".join([*before, sys.argv[1]]))
if len(before) < FAILS:
    sys.exit("OSError: [Errno 98] Address already in use")
"""


def _taken(fails: int) -> dict[str, str]:
    return {"server.py": TAKEN.replace("FAILS", str(fails)) + SERVER}


def test_a_port_that_somebody_took_meanwhile_is_given_up_for_another(tmp_path: Path) -> None:
    with make_subject(tmp_path, server_configuration(BASIC), _taken(fails=2)) as subject:
        assert subject.call("health", {}) == {"status": "ok"}

    assert len((tmp_path / "tries.txt").read_text().split()) == 3


def test_after_three_ports_it_is_no_accident(tmp_path: Path) -> None:
    subject = make_subject(tmp_path, server_configuration(BASIC), _taken(fails=3))

    with pytest.raises(ConfigError, match=r"(?s)ended with status 1.*Address already in use"):
        subject.start()
    subject.close()

    assert len((tmp_path / "tries.txt").read_text().split()) == 3


# -- death ----------------------------------------------------------------------------------------

DIES = "ANSWERS['sync'] = lambda request, body: (print('out of luck', flush=True), os._exit(3))"


def test_one_that_dies_while_it_works_leaves_the_outcome_unknown(tmp_path: Path) -> None:
    with make_subject(tmp_path, server_configuration(BASIC), _server(DIES)) as subject:
        done = RealCalls().run(lambda: subject.call("sync_orders", {}), limit_ms=10_000)

    assert done.kind is OpKind.INFO
    assert done.error.startswith("the program ended with status 3; its last lines:\n")
    assert done.error.endswith("    out of luck")


def test_what_is_asked_of_a_dead_one_did_not_happen(tmp_path: Path) -> None:
    with make_subject(tmp_path, server_configuration(BASIC), _server(DIES)) as subject:
        with pytest.raises(ProgramDiedError):
            subject.call("sync_orders", {})
        with pytest.raises(ProgramEndedError, match="the program ended with status 3"):
            subject.call("health", {})


def test_a_dead_one_can_be_started_again(tmp_path: Path) -> None:
    with make_subject(tmp_path, server_configuration(BASIC), _server(DIES)) as subject:
        with pytest.raises(ProgramDiedError):
            subject.call("sync_orders", {})
        subject.call("restart", {})

        assert subject.call("health", {}) == {"status": "ok"}


def test_a_killed_one_says_that_it_was_killed(tmp_path: Path) -> None:
    with make_subject(tmp_path, server_configuration(BASIC)) as subject:
        subject.kill()

        with pytest.raises(ProgramEndedError, match="killed by the scenario and not started again"):
            subject.call("health", {})
        subject.call("restart", {})
        assert subject.call("health", {}) == {"status": "ok"}


# -- end ------------------------------------------------------------------------------------------

SAYS_GOODBYE = """
def leave(*_):
    Path(os.environ["WORK"], "bye").write_text("bye")
    os._exit(0)
signal.signal(signal.SIGTERM, leave)
"""
WORK = '[integration.env]\nWORK = "{workspace}"'


def test_it_is_asked_to_end_before_it_is_killed(tmp_path: Path) -> None:
    configuration = server_configuration(BASIC, rest=WORK)
    with make_subject(tmp_path, configuration, _server(SAYS_GOODBYE)):
        pass

    assert (tmp_path / "work" / "bye").read_text() == "bye"


def test_a_launcher_may_go_before_what_it_launched(tmp_path: Path) -> None:
    start = """["sh", "-c", "{python} server.py {port} & wait"]"""
    configuration = server_configuration(BASIC, rest=WORK).replace(
        '["{python}", "server.py", "{port}"]', start
    )
    with make_subject(tmp_path, configuration, _server(SAYS_GOODBYE)):
        pass

    assert (tmp_path / "work" / "bye").read_text() == "bye"


def test_one_that_will_not_end_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject_module, "STOP_S", 0.2)
    deaf = _server(PID, "signal.signal(signal.SIGTERM, signal.SIG_IGN)")
    with make_subject(tmp_path, server_configuration('shipments = "GET /pid"'), deaf) as subject:
        (row,) = subject.call("shipments", {})

    assert not _is_alive(row["order_id"])


@pytest.mark.skipif(not shutil.which("setsid"), reason="setsid is not there")
def test_what_it_has_started_ends_with_it(tmp_path: Path) -> None:
    starts = (
        "CHILD = subprocess.Popen(['setsid', 'sleep', '300']).pid",
        "ANSWERS['pid'] = lambda request, body: (200, [{'order_id': CHILD}])",
    )
    configuration = server_configuration('shipments = "GET /pid"')
    with make_subject(tmp_path, configuration, _server(*starts)) as subject:
        (row,) = subject.call("shipments", {})
        assert _is_alive(row["order_id"])

    assert not _is_alive(row["order_id"])


# -- bounds ---------------------------------------------------------------------------------------


def test_a_call_that_hangs_is_bounded_and_the_program_still_ends(tmp_path: Path) -> None:
    hangs = "ANSWERS['sync'] = lambda request, body: time.sleep(300)"
    configuration = server_configuration(f'{BASIC}\nshipments = "GET /pid"')
    with make_subject(tmp_path, configuration, _server(hangs, PID)) as subject:
        (row,) = subject.call("shipments", {})
        done = RealCalls().run(lambda: subject.call("sync_orders", {}), limit_ms=300)
        alone = RealCalls().run_together([lambda: subject.call("sync_orders", {})], limit_ms=300)

    assert (done.kind, alone[0].kind) == (OpKind.INFO, OpKind.INFO)
    assert "still running after 300 ms" in done.error
    assert not _is_alive(row["order_id"])


@pytest.mark.slow
def test_one_that_writes_without_end_is_neither_held_up_nor_kept_whole(tmp_path: Path) -> None:
    writes = (
        "LINE = 'x' * 1023 + chr(10)\n"
        "def write(request, body):\n"
        "    for number in range(40 * 1024): sys.stdout.write(LINE)\n"
        "    sys.stdout.write('the end' + chr(10)); sys.stdout.flush()\n"
        "    return 200, None\n"
        "ANSWERS['sync'] = write"
    )
    with make_subject(tmp_path, server_configuration(BASIC), _server(writes)) as subject:
        subject.call("sync_orders", {})
        assert _eventually(lambda: subject.stdout.last_bytes().endswith(b"the end\n"))
        kept = subject.stdout.text()

    assert len(kept) < 33 * 1024 * 1024
    assert kept.startswith("listening\n")
    assert kept.endswith("the end\n")


# -- surroundings ---------------------------------------------------------------------------------


def test_the_environment_holds_what_is_configured_and_nothing_by_chance(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "http_proxy", "NO_PROXY", "AWS_SECRET_ACCESS_KEY", "GOPROXY"):
        monkeypatch.setenv(name, "leaked")
    configuration = server_configuration(
        'health = "GET /environment"',
        top='inherit = ["GOPROXY"]',
        rest='[integration.env]\nKEY = "{app_key}/{shop_cipher}"\nWORK = "{workspace}"',
    )
    with make_subject(tmp_path, configuration) as subject:
        told = subject.call("health", {})

    assert told["KEY"] == "the-app-key/the-cipher"
    assert told["WORK"] == str(tmp_path / "work")
    assert told["NODE_EXTRA_CA_CERTS"] == "/nowhere/ca.pem"
    assert told["PATH"] == os.environ["PATH"]
    assert [name for name, value in told.items() if value == "leaked"] == ["GOPROXY"]


def test_a_program_that_runs_already_is_told_the_addresses(tmp_path: Path) -> None:
    with make_subject(tmp_path, server_configuration('shipments = "GET /seen"')) as running:
        base_url = running._base_url
        other = tmp_path / "other"
        other.mkdir()
        configuration = (
            f'[integration]\nbase_url = "{base_url}"\nconnect = "POST /connect"\n'
            '[integration.capabilities]\nshipments = "GET /seen"\n'
        )
        with make_subject(other, configuration) as subject:
            (seen,) = subject.call("shipments", {})

    assert seen["path"] == "/connect"
    assert '"api_url": "https://localhost:1"' in seen["body"]


def test_one_that_should_run_already_and_does_not_is_named(tmp_path: Path) -> None:
    configuration = (
        f'[integration]\nbase_url = "http://127.0.0.1:{subject_module.free_port()}"\n'
        'connect = "POST /connect"\n'
        '[integration.capabilities]\norders = "GET /orders"\n'
    )
    with (
        pytest.raises(ConfigError, match=r"connect: POST /connect at .* refused; does the program"),
        make_subject(tmp_path, configuration),
    ):
        pass


@pytest.mark.skipif(not shutil.which("node"), reason="node is not there")
def test_a_node_program_works_the_same_way(tmp_path: Path) -> None:
    program = """
    require("node:http").createServer((request, response) => {
      response.end(JSON.stringify([{ id: request.url, status: process.env.STATUS }]));
    }).listen(Number(process.argv[2]), "127.0.0.1", () => console.log("up and listening"));
    """
    configuration = """
    [integration]
    start = "node shop.cjs {port}"
    ready = { line = "listening" }
    [integration.env]
    STATUS = "{shop_id}"
    [integration.capabilities]
    orders = "GET /orders?all=1"
    restart = true
    """
    with make_subject(tmp_path, configuration, {"shop.cjs": program}) as subject:
        subject.call("restart", {})

        assert subject.call("orders", {}) == [{"id": "/orders?all=1", "status": "7000"}]
