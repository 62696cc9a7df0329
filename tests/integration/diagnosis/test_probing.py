"""What is asked of the network and the platform, on real sockets of this machine."""

from __future__ import annotations

import os
import socket
import sqlite3
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme
from tests.support.diagnosing import SECRET, see

from tts_chaos.contracts.loader import load_contracts
from tts_chaos.diagnosis.settings import settings_of_files
from tts_chaos.errors import ConfigError, InternalError, UsageError
from tts_chaos.probing.calls import Caller, Credentials
from tts_chaos.probing.configuration import read_configuration, read_mapping
from tts_chaos.probing.network import look_at_host
from tts_chaos.probing.project_files import read_project
from tts_chaos.probing.quic import ask_quic, is_version_negotiation, make_probe
from tts_chaos.probing.targets import own_twin, real_platform, served_twin
from tts_chaos.serving.standalone import Setup, Standalone

TIMEOUT_S = 2.0


@contextmanager
def tls_server(
    authority: trustme.CA,
    *names: str,
    not_before: datetime | None = None,
    not_after: datetime | None = None,
) -> Iterator[int]:
    """Accept connections and shake hands; yields the port."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(*names, not_before=not_before, not_after=not_after).configure_cert(context)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    link, _ = listener.accept()
                except OSError:
                    return
                with link:
                    try:
                        context.wrap_socket(link, server_side=True).close()
                    except (OSError, ssl.SSLError):
                        continue

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield int(listener.getsockname()[1])
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(5)


@pytest.fixture
def authority(tmp_path: Path) -> tuple[trustme.CA, str]:
    made = trustme.CA()
    file = tmp_path / "ca.pem"
    file.write_bytes(made.cert_pem.bytes())
    return made, str(file)


def at(days: int) -> datetime:
    return datetime.now(UTC).replace(tzinfo=None) + timedelta(days=days)


def test_a_good_certificate_is_told_with_its_end(authority: tuple[trustme.CA, str]) -> None:
    made, ca_file = authority

    with tls_server(made, "localhost", not_after=at(3)) as port:
        seen = look_at_host("localhost", port, tls=True, ca_file=ca_file, timeout_s=TIMEOUT_S)

    assert seen.tcp_problem == ""
    assert seen.certificate is not None
    assert seen.certificate.problem == ""
    assert seen.certificate.expires_s is not None


@pytest.mark.parametrize(
    ("names", "facts", "problem"),
    [
        (("example.com",), {}, "wrong_name"),
        (("localhost",), {"not_before": at(-9), "not_after": at(-1)}, "expired"),
        (("localhost",), {"not_before": at(2), "not_after": at(9)}, "not_yet_valid"),
    ],
)
def test_a_bad_certificate_is_told_by_what_is_wrong(
    authority: tuple[trustme.CA, str],
    names: tuple[str, ...],
    facts: dict[str, datetime],
    problem: str,
) -> None:
    made, ca_file = authority

    with tls_server(made, *names, **facts) as port:
        seen = look_at_host("localhost", port, tls=True, ca_file=ca_file, timeout_s=TIMEOUT_S)

    assert seen.certificate is not None
    assert seen.certificate.problem == problem


def test_an_authority_that_nobody_trusts_is_told(authority: tuple[trustme.CA, str]) -> None:
    with tls_server(authority[0], "localhost") as port:
        seen = look_at_host("localhost", port, tls=True, timeout_s=TIMEOUT_S)

    assert seen.certificate is not None
    assert seen.certificate.problem in ("untrusted", "self_signed")


def test_a_port_without_listener_is_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    assert look_at_host("127.0.0.1", port, tls=False).tcp_problem == "refused"


def test_a_name_that_does_not_resolve_is_told() -> None:
    def nowhere(_host: str, _port: int) -> list[str]:
        raise socket.gaierror(-2, "Name or service not known")

    seen = look_at_host("nowhere.invalid", 443, tls=True, resolve=nowhere)

    assert (seen.name_problem, seen.addresses) == ("Name or service not known", ())


def test_a_name_server_that_never_answers_is_not_waited_for() -> None:
    released = threading.Event()

    def silent(_host: str, _port: int) -> list[str]:
        released.wait(30)
        return []

    seen = look_at_host("slow.invalid", 443, tls=True, timeout_s=0.1, resolve=silent)
    released.set()

    assert seen.name_problem == "no answer within 0.1 s"


def test_a_server_of_quic_is_noticed_by_its_list_of_versions() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        got: list[bytes] = []

        def serve() -> None:
            packet, sender = server.recvfrom(4_096)
            got.append(packet)
            server.sendto(b"\x80" + b"\0\0\0\0" + packet[5:23] + b"\0\0\0\x01", sender)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        said = ask_quic("127.0.0.1", server.getsockname()[1], timeout_s=TIMEOUT_S)
        thread.join(5)

    assert said == "answered"
    assert len(got[0]) == 1_200


def test_silence_and_refusal_over_udp_are_told_apart() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        port = silent.getsockname()[1]

        assert ask_quic("127.0.0.1", port, timeout_s=0.1) == "silent"

    assert ask_quic("127.0.0.1", port, timeout_s=TIMEOUT_S) == "refused"


def test_the_probe_is_no_list_of_versions_itself() -> None:
    assert not is_version_negotiation(make_probe(b"12345678"))


# -- the platform ----------------------------------------------------------------------------------


def test_a_twin_of_our_own_lets_its_credentials_in() -> None:
    with own_twin() as live:
        assert live.credentials is not None
        caller = Caller(
            live.target.api_url, live.credentials, load_contracts(), ca_file=live.ca_file
        )
        walk, *probes = caller.ask(["seller.order.info", "seller.product.write"])
        caller.close()

    assert (walk.code, walk.date_s is not None) == (0, True)
    assert [(row.scope, row.code != 105005) for row in probes] == [("seller.order.info", True)]


def test_a_scope_that_was_taken_away_is_answered_by_105005() -> None:
    twin = Standalone(Setup(orders=1, products=1)).start()
    try:
        twin.command("refuse_scope", {"scope": "seller.order.info"})
        told = twin.connection
        credentials = Credentials(
            app_key=told.app_key, app_secret=told.app_secret, access_token=told.access_token
        )
        caller = Caller(told.api_url, credentials, load_contracts())
        answers = caller.ask(["seller.order.info", "seller.logistics"])
        caller.close()
        before = twin.history_since(0)
    finally:
        twin.stop()

    assert [row.code for row in answers[1:]] == [105005, 0]
    assert b'"method":"GET"' in before
    assert b'"method":"POST"' not in before


def test_nothing_but_what_the_table_names_can_be_called() -> None:
    caller = Caller(
        "http://127.0.0.1:9",
        Credentials(app_key="k", app_secret="s", access_token="t"),
        load_contracts(),
    )
    try:
        with pytest.raises(InternalError, match="may change something"):
            caller._call("order.202309.get_order_list")
        with pytest.raises(InternalError, match="may change something"):
            caller._call("order.202407.get_price_detail")
    finally:
        caller.close()


@pytest.mark.parametrize(
    "url",
    ["https://open-api.tiktokglobalshop.com", "http://10.0.0.1:80", "localhost:80", "http://["],
)
def test_only_this_machine_may_stand_in(url: str) -> None:
    with pytest.raises(UsageError, match="expected an address on this machine"):
        real_platform({}, stand_in=url)
    with pytest.raises(UsageError, match="expected an address on this machine"):
        served_twin(url, {}, timeout_s=1)


# -- files -----------------------------------------------------------------------------------------


def test_git_tells_what_it_keeps_and_what_it_ignores(tmp_path: Path) -> None:
    for name, text in ((".gitignore", ".env\n"), (".env", "A=1"), ("a.py", ""), ("b.py", "")):
        (tmp_path / name).write_text(text)
    subprocess.run(["git", "init", "-q", "."], cwd=tmp_path, check=True)
    subprocess.run(["git", "add", "a.py"], cwd=tmp_path, check=True)

    found = {file.path: file for file in read_project(tmp_path).files}

    assert [(n, f.tracked, f.ignored) for n, f in sorted(found.items())] == [
        (".env", False, True),
        (".gitignore", False, False),
        ("a.py", True, False),
        ("b.py", False, False),
    ]


def test_without_git_nothing_is_said_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.py").write_text("")
    monkeypatch.setenv("PATH", "")

    (file,) = read_project(tmp_path).files

    assert (file.tracked, file.ignored) == (None, None)


def test_odd_files_are_passed_over_or_named(tmp_path: Path) -> None:
    (tmp_path / "picture.dat").write_bytes(b"\x89PNG\0\0")
    (tmp_path / "latin.py").write_bytes(b"caf\xe9 = 1")
    (tmp_path / "huge.log").write_bytes(b"x" * (16 * 1024 * 1024 + 1))
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules" / "x.js").write_text("")

    found = read_project(tmp_path)

    assert [file.path for file in found.files] == ["latin.py"]
    assert {row.path: row.reason for row in found.unreadable} == {
        "huge.log": "it has 16 MB, at most 16 are read",
        "dangling": "No such file or directory",
    }


def test_a_database_is_searched_for_secrets_and_nothing_else(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "shop.db") as database:
        database.execute("create table tokens (app_secret)")
        database.execute("insert into tokens values (?)", (SECRET,))
    database.close()

    (found,) = read_project(tmp_path).files

    assert (found.path, found.is_database, SECRET in found.text) == ("shop.db", True, True)
    assert settings_of_files([found]) == []


def test_what_is_excluded_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("")
    (tmp_path / "generated.py").write_text("")

    assert [f.path for f in read_project(tmp_path, exclude=["gen*"]).files] == ["a.py"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[doctor]\noperation = []", "unknown key 'operation'; did you mean 'operations'"),
        ("[doctor]\noperations = 'x'", r"doctor.operations is 'x'; expected a list"),
        ("[doctor]\noperations = ['order.get_order_lits']", "did you mean 'order.get_order_list'"),
        ("[doctor]\nmapping = 3", "doctor.mapping is 3; expected a table"),
        ("doctor = 3", "expected a table"),
        ("[doctor", "is not TOML"),
    ],
)
def test_a_mistake_in_the_configuration_is_told_with_its_key(
    tmp_path: Path, text: str, message: str
) -> None:
    (tmp_path / "tts-chaos.toml").write_text(text)

    with pytest.raises(ConfigError, match=message) as caught:
        read_configuration(tmp_path, load_contracts())
    assert "tts-chaos.toml" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("m.toml", "[orders", "is not TOML"),
        ("m.json", "{", "is not JSON"),
        ("m.json", "[]", r"expected tables such as \[orders\]"),
        ("m.toml", "orders = 3", r"expected tables such as \[orders\]"),
        ("none.toml", None, "cannot read"),
        ("none.json", None, "cannot read"),
    ],
)
def test_a_mistake_in_a_mapping_is_told_with_its_file(
    tmp_path: Path, name: str, text: str | None, message: str
) -> None:
    file = tmp_path / name
    if text is not None:
        file.write_text(text)

    with pytest.raises(ConfigError, match=message):
        read_mapping(file)


def test_a_mapping_is_read_from_toml_and_json(tmp_path: Path) -> None:
    (tmp_path / "m.toml").write_text('[orders]\nid = "orders[].id"\n')
    (tmp_path / "m.json").write_text('{"orders": {"id": "orders[].id"}}')

    assert read_mapping(tmp_path / "m.toml") == read_mapping(tmp_path / "m.json")


def test_a_server_that_says_nothing_is_not_waited_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        seen = look_at_host("127.0.0.1", port, tls=True, timeout_s=0.2)
        caller = Caller(
            f"http://127.0.0.1:{port}",
            Credentials(app_key="k", app_secret="s", access_token="t"),
            load_contracts(),
            timeout_s=0.2,
        )
        (answer,) = caller.ask(["seller.order.info"])
        caller.close()

    assert seen.certificate is not None
    assert seen.certificate.problem == "other"
    assert answer.failure == "the answer took too long"


def test_the_configuration_may_stand_in_pyproject(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.tts_chaos.doctor]\nexclude = ['a/*']")

    assert read_configuration(tmp_path, load_contracts()).exclude == ("a/*",)


def test_a_project_without_settings_binds_none() -> None:
    assert real_platform(see(environment={}).binding).credentials is None
