"""The parts of the reaches that open no socket."""

from __future__ import annotations

import ssl
import struct
from pathlib import Path

import pytest
import trustme

from tts_chaos.errors import ConfigError, UsageError
from tts_chaos.faults.fault import Fault
from tts_chaos.faults.network import NameElsewhere, NameNotFound
from tts_chaos.injectors.reach.choosing import choose_reach
from tts_chaos.injectors.reach.destinations import twin_addresses
from tts_chaos.injectors.reach.disguise import disguise
from tts_chaos.injectors.reach.java_trust import make_trust_store
from tts_chaos.injectors.reach.name_server import answer
from tts_chaos.injectors.reach.room_names import RoomNames
from tts_chaos.injectors.reach.runtimes import Runtime, runtime_of
from tts_chaos.injectors.reach.trust import Trust
from tts_chaos.injectors.reach.witness import destination_of
from tts_chaos.injectors.reach_faults import ReachFaults
from tts_chaos.typing import ShopAccess, TwinConnection
from tts_chaos.wire.message import API_HOST, AUTH_HOST

HOSTS = {"open-api.example": "127.84.84.1", "lost.example": ""}


def _find(name: str, _kind: int) -> str | None:
    return HOSTS.get(name)


def _question(name: str, kind: int = 1) -> bytes:
    labels = b"".join(bytes([len(part)]) + part.encode() for part in name.split("."))
    return struct.pack(">6H", 7, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">HH", kind, 1)


def _connection(api_url: str) -> TwinConnection:
    return TwinConnection(
        api_url=api_url,
        token_url=api_url,
        app_key="key",
        app_secret="secret",
        access_token="access",
        refresh_token="refresh",
        access_token_expires_at=0,
        refresh_token_expires_at=0,
        shops=[ShopAccess("1", "c", "GB", "Shop")],
    )


@pytest.fixture(scope="module")
def authority() -> str:
    return trustme.CA().cert_pem.bytes().decode()


# -- the name server ------------------------------------------------------------------------------


def test_a_host_of_the_platform_has_its_address() -> None:
    refused: list[str] = []

    reply = answer(_question("Open-API.example"), _find, refused.append)

    assert reply[:2] == b"\0\7"
    assert reply.endswith(b"\x00\x04\x7f\x54\x54\x01")
    assert refused == []


def test_a_host_of_the_platform_has_no_address_of_version_six() -> None:
    reply = answer(_question("open-api.example", kind=28), _find, pytest.fail)

    assert struct.unpack_from(">6H", reply) == (7, 0x8180, 1, 0, 0, 0)


def test_another_name_does_not_exist_and_is_noted() -> None:
    refused: list[str] = []

    reply = answer(_question("outside.example"), _find, refused.append)

    assert struct.unpack_from(">6H", reply) == (7, 0x8183, 1, 0, 0, 0)
    assert refused == ["outside.example"]


@pytest.mark.parametrize("kind", [1, 28])
def test_a_host_that_shall_not_be_found_does_not_exist_and_is_not_noted(kind: int) -> None:
    reply = answer(_question("lost.example", kind=kind), _find, pytest.fail)

    assert struct.unpack_from(">6H", reply) == (7, 0x8183, 1, 0, 0, 0)


def _armed(fault: Fault) -> ReachFaults:
    faults = ReachFaults("namespace", lambda _port: ("127.0.0.2", 9), lambda _name: None)
    faults.serve({"api": 1, "token": 2})
    faults.apply("api", "f", fault.toxics())
    return faults


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (NameNotFound(), ""),
        (NameElsewhere(), "127.84.84.101"),
        (NameElsewhere(whose="nobody"), "127.84.84.200"),
    ],
    ids=["not found", "a stranger", "nobody"],
)
def test_a_look_up_goes_wrong_until_the_fault_is_lifted(fault: Fault, expected: str) -> None:
    faults = _armed(fault)
    names = RoomNames([API_HOST, AUTH_HOST], faults)

    # A client asks for both versions of IP, and that is one look-up.
    assert [names.find(API_HOST, kind) for kind in (1, 28)] == [expected, expected]
    assert names.find(AUTH_HOST, 1) == "127.84.84.2"
    assert (faults.hits("api", "f"), faults.hits("token", "f")) == (1, 0)

    faults.clear("api", "f")
    assert names.find(API_HOST, 1) == "127.84.84.1"


def test_a_host_in_the_domain_of_this_machine_is_no_other_host() -> None:
    names = RoomNames([API_HOST], None)

    assert names.find(f"{API_HOST}.corp.example", 1) == ""
    assert names.find("outside.example", 1) is None


def test_nobody_is_met_where_no_stranger_was_armed() -> None:
    with pytest.raises(ConnectionRefusedError, match=API_HOST):
        _armed(NameNotFound()).stranger_for(API_HOST)


def test_asking_what_an_address_is_called_is_not_noted() -> None:
    reply = answer(_question("1.0.0.127.in-addr.arpa", kind=12), _find, pytest.fail)

    assert reply[3] == 0x83


@pytest.mark.parametrize(
    "noise",
    [b"", b"short", b"\0" * 12, _question("x")[:-3], b"\0\1\1\0\0\1\0\0\0\0\0\0\x3fabc"],
    ids=["nothing", "half a head", "no question", "cut question", "label past the end"],
)
def test_what_is_no_question_has_no_answer(noise: bytes) -> None:
    assert answer(noise, _find, pytest.fail) == b""


# -- the witness ----------------------------------------------------------------------------------


def _packet(destination: bytes, *, protocol: int = 6, flags: int = 0x02) -> bytes:
    head = struct.pack(">BBHHHBBH", 0x45, 0, 60, 0, 0, 64, protocol, 0) + b"\x7f\0\0\1"
    return head + destination + struct.pack(">HHIIBB", 5000, 443, 0, 0, 0x50, flags)


@pytest.mark.parametrize(
    ("packet", "expected"),
    [
        (_packet(b"\x5d\xb8\xd8\x22"), "93.184.216.34:443"),
        (_packet(b"\x5d\xb8\xd8\x22", protocol=17, flags=0), "93.184.216.34:443"),
        (
            b"\x60\0\0\0\0\x14\x06\x40"
            + b"\0" * 15
            + b"\1\x20\1\x0d\xb8"
            + b"\0" * 11
            + b"\1"
            + _packet(b"\0" * 4)[20:],
            "[2001:db8::1]:443",
        ),
    ],
    ids=["first packet of a connection", "datagram", "version 6"],
)
def test_a_packet_to_the_outside_is_seen(packet: bytes, expected: str) -> None:
    assert destination_of(packet) == expected


@pytest.mark.parametrize(
    "packet",
    [
        _packet(b"\x7f\0\0\1"),
        _packet(b"\x5d\xb8\xd8\x22", flags=0x12),
        _packet(b"\x5d\xb8\xd8\x22", flags=0x10),
        _packet(b"\x5d\xb8\xd8\x22", protocol=1),
        _packet(b"\x5d\xb8\xd8\x22")[:22],
        b"",
    ],
    ids=["loopback", "answer", "later packet", "neither TCP nor UDP", "cut", "empty"],
)
def test_other_packets_are_not(packet: bytes) -> None:
    assert destination_of(packet) is None


# -- trust ----------------------------------------------------------------------------------------


def test_the_environment_keeps_what_it_held(authority: str, tmp_path: Path) -> None:
    ca_file = tmp_path / "ca.pem"
    ca_file.write_text(authority)
    folder = tmp_path / "reach"
    folder.mkdir()

    after = Trust(str(ca_file), folder).environment(
        {"PYTHONPATH": "/mine", "JAVA_TOOL_OPTIONS": "-Xmx1g", "PHP_INI_SCAN_DIR": "/php", "A": "b"}
    )

    assert after["SSL_CERT_FILE"] == str(ca_file)
    assert after["PYTHONPATH"] == f"{folder / 'python'}:/mine"
    assert after["JAVA_TOOL_OPTIONS"].endswith(" -Xmx1g")
    assert after["PHP_INI_SCAN_DIR"] == f"/php:{folder / 'php'}"
    assert after["A"] == "b"


def test_a_trust_store_ends_with_a_seal_over_the_rest(authority: str) -> None:
    store = make_trust_store(authority)

    assert store[:12] == bytes.fromhex("feedfeed 00000002 00000001")
    assert ssl.PEM_cert_to_DER_cert(authority) in store
    assert len(store) == 12 + 4 + 11 + 8 + 7 + 4 + len(ssl.PEM_cert_to_DER_cert(authority)) + 20


def test_each_target_of_a_disguise_is_real_and_named_once(authority: str, tmp_path: Path) -> None:
    ca_file = tmp_path / "ca.pem"
    ca_file.write_text(authority)

    mounts = disguise(tmp_path, ["localhost"], str(ca_file))

    targets = [target for _, target in mounts]
    assert len(targets) == len(set(targets))
    assert all(target.exists() and not target.is_symlink() for target in targets)
    written = {target: source for source, target in mounts}
    hosts = written[Path("/etc/hosts").resolve()].read_text().splitlines()
    real = Path("/etc/hosts").read_text().splitlines()
    assert hosts == [line for line in real if "localhost" not in line]


# -- the choice -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (["/usr/bin/python3.12", "-u", "shop.py"], Runtime("python", ("-u",))),
        (["node", "--enable-source-maps", "shop.mjs"], Runtime("node", ("--enable-source-maps",))),
        (["npm", "start"], Runtime("node")),
        (["java", "-jar", "shop.jar"], Runtime("java", ("-jar",))),
        (["php", "shop.php"], Runtime("php")),
        (["sh", "-c", "true"], Runtime("shell", ("-c",))),
        (["./by-env"], Runtime("python")),
        (["./direct"], Runtime("node", ("--harmony",))),
        (["./compiled"], Runtime("binary")),
        (["./not-there"], Runtime("unknown")),
        ([], Runtime("unknown")),
    ],
)
def test_a_runtime_is_known_by_name_or_first_line(
    command: list[str], expected: Runtime, tmp_path: Path
) -> None:
    (tmp_path / "by-env").write_text("#!/usr/bin/env -S python3\n")
    (tmp_path / "direct").write_text("#!/usr/bin/node --harmony\n")
    (tmp_path / "compiled").write_bytes(b"\x7fELF")

    assert runtime_of(command, tmp_path) == expected


def test_a_misspelt_reach_is_told_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"no reach 'namespaces'\. Did you mean 'namespace'\?"):
        choose_reach("namespaces", ["true"])


def test_a_reach_needs_a_program_to_start() -> None:
    with pytest.raises(ConfigError, match="there is no command to start"):
        choose_reach("proxy", [])


@pytest.mark.parametrize("option", ["-I", "-E", "-S"])
def test_a_python_that_would_not_load_a_redirect_is_told(option: str) -> None:
    with pytest.raises(Exception, match=f"when started with {option}"):
        choose_reach("shim", ["python3", option, "shop.py"])


def test_a_simulated_twin_is_out_of_reach() -> None:
    with pytest.raises(UsageError, match="play the scenario in the wire world"):
        twin_addresses(_connection("https://open-api.tiktokglobalshop.com"))
