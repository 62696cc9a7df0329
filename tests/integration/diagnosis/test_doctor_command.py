"""`tts-chaos doctor` as it is typed: clean, planted, against a twin, a stand-in, and nothing."""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from tts_chaos.cli.main import main
from tts_chaos.diagnosis.observed import HostSeen
from tts_chaos.serving.control import ControlApi
from tts_chaos.serving.http_reading import Origin
from tts_chaos.serving.http_server import HttpServer, Listener
from tts_chaos.serving.standalone import Setup, Standalone

ROOT = Path(__file__).parents[3]
SCHEMA = json.loads((ROOT / "docs" / "doctor.schema.json").read_text())
PROGRAM = """
def sync(call):
    found = call("POST", "/order/202309/orders/search")
    return call("GET", "/order/202507/orders", ids=found)
"""


@pytest.fixture(autouse=True)
def _nothing_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.upper().endswith("_PROXY") or name.startswith(("TTS_", "TIKTOK")):
            monkeypatch.delenv(name)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "shop.py").write_text(PROGRAM)
    return tmp_path


@pytest.fixture
def twin() -> Iterator[Standalone]:
    served = Standalone(Setup(orders=1, products=1, tls=True)).start()
    yield served
    served.stop()


@pytest.fixture
def control(twin: Standalone) -> Iterator[str]:
    listener = Listener(name="control", door=ControlApi(twin), origin=Origin(scheme="http"))
    server = HttpServer([listener]).start()
    yield f"http://127.0.0.1:{server.address('control')[1]}"
    server.stop()


def settings_of(twin: Standalone, **changes: str) -> dict[str, str]:
    """Return what a project that uses this twin has in its environment."""
    told = asdict(twin.connection)
    names = ("app_key", "app_secret", "access_token", "refresh_token", "api_url", "token_url")
    return {
        **{f"TTS_{name.upper()}": str(told[name]) for name in names},
        "TTS_SHOP_CIPHER": twin.connection.shop_cipher,
        "TTS_ACCESS_TOKEN_EXPIRE_IN": str(twin.connection.access_token_expires_at),
        "TTS_REFRESH_TOKEN_EXPIRE_IN": str(twin.connection.refresh_token_expires_at),
        "TTS_SECRET_ROTATED_AT": str(int(time.time())),
        **changes,
    }


def put(monkeypatch: pytest.MonkeyPatch, settings: Mapping[str, str]) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(name, value)


class Told:
    """What one run printed, and how it ended."""

    def __init__(self, capsys: pytest.CaptureFixture[str], *arguments: str) -> None:
        self.status = main(["doctor", *arguments])
        self.out, self.err = capsys.readouterr()

    @property
    def document(self) -> dict[str, Any]:
        read: dict[str, Any] = json.loads(self.out)
        jsonschema_rs.Draft202012Validator(SCHEMA, validate_formats=True).validate(read)
        return read

    def found(self, *severities: str) -> dict[str, str]:
        """Return what was found, by check; with severities, only that."""
        wanted = severities or ("error", "warning", "note")
        return {
            row["check"]: finding["what"]
            for row in self.document["checks"]
            for finding in row["findings"]
            if finding["severity"] in wanted
        }

    def status_of(self, check: str) -> str:
        statuses = {row["check"]: str(row["status"]) for row in self.document["checks"]}
        return statuses[check]


def test_a_clean_project_ends_with_0(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = Told(capsys, "--project", str(project), "--json")

    assert told.status == 0
    assert told.found("error", "warning") == {}
    assert [told.status_of(c) for c in ("credentials_accepted", "clock_right", "tls_trusted")] == [
        "clean"
    ] * 3


def test_people_are_told_what_where_and_how(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "bad.py").write_text('URL = "https://api.tiktokshop.com/v1/orders"\n')

    told = Told(capsys, "--project", str(project), "--offline")

    assert told.status == 1
    assert "ERROR    bad.py:1: api.tiktokshop.com is no host" in told.out
    assert "-> write https://open-api.tiktokglobalshop.com/order/202507/orders" in told.out
    assert "Nobody was asked" in told.out
    assert "1 error, 0 warnings" in told.out


@pytest.mark.parametrize(
    ("fail_on", "status"), [("error", 0), ("warning", 1), ("note", 1), ("never", 0)]
)
def test_the_exit_status_is_1_from_the_chosen_gravity_on(
    project: Path, capsys: pytest.CaptureFixture[str], fail_on: str, status: int
) -> None:
    (project / "old.py").write_text('get("/order/202309/orders")\n')

    told = Told(capsys, "--project", str(project), "--offline", "--fail-on", fail_on)

    assert told.status == status


def test_a_served_twin_is_asked_with_the_projects_own_credentials(
    project: Path,
    twin: Standalone,
    control: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    put(monkeypatch, settings_of(twin))

    told = Told(capsys, "--project", str(project), "--url", control, "--json")

    assert told.document["target"]["uses_settings"]
    assert (told.status, told.found("error", "warning")) == (0, {})
    assert told.status_of("scopes_granted") == "clean"


def test_a_wrong_secret_a_lost_scope_and_a_clock_are_told_apart(
    project: Path,
    twin: Standalone,
    control: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    arguments = ("--project", str(project), "--url", control, "--json")
    secret = "00" * 20

    put(monkeypatch, settings_of(twin, TTS_APP_SECRET=secret))
    wrong_secret = Told(capsys, *arguments)
    put(monkeypatch, settings_of(twin))
    twin.command("refuse_scope", {"scope": "seller.order.info"})
    lost_scope = Told(capsys, *arguments)
    twin.command("allow_scope", {"scope": "seller.order.info"})
    twin.command("shift_clock", {"offset_ms": -60_000})
    ahead = Told(capsys, *arguments)
    twin.command("shift_clock", {"offset_ms": 0})
    twin.command("expire_access_tokens", {})
    expired = Told(capsys, *arguments)

    assert "app secret is wrong" in wrong_secret.found()["credentials_accepted"]
    assert secret not in wrong_secret.out
    assert list(lost_scope.found("error")) == ["scopes_granted"]
    assert {"credentials_accepted", "clock_right"} == set(ahead.found("error"))
    told_s = float(ahead.found()["clock_right"].split("clock is ")[1].split(" s ahead")[0])
    assert told_s == pytest.approx(60, abs=2)  # `Date` has whole seconds, and machines pause
    assert "token has ended" in expired.found()["credentials_accepted"]
    assert {t.status for t in (wrong_secret, lost_scope, ahead, expired)} == {1}


def test_the_real_platform_is_asked_by_gets_alone(
    project: Path,
    twin: Standalone,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    # A server on loopback stands in: nothing else is taken.
    put(monkeypatch, settings_of(twin, TTS_API_URL="https://open-api.tiktokglobalshop.com",
                                 TTS_TOKEN_URL="https://auth.tiktok-shops.com"))  # fmt: skip
    before = twin.ledger()

    told = Told(
        capsys, "--project", str(project), "--against-real-platform", "--json",
        "--stand-in", twin.connection.api_url, "--stand-in-ca", str(twin.connection.ca_file),
    )  # fmt: skip

    assert told.status_of("scopes_granted") == "clean"
    assert told.status_of("credentials_accepted") == "clean"
    asked = [json.loads(line) for line in twin.history_since(0).splitlines()]
    methods = {row["method"] for row in asked if row["record"] == "exchange"}
    assert methods == {"GET"}
    assert twin.ledger() == before


def test_without_credentials_the_real_platform_is_not_called(
    project: Path, twin: Standalone, capsys: pytest.CaptureFixture[str]
) -> None:
    told = Told(
        capsys, "--project", str(project), "--against-real-platform", "--json",
        "--stand-in", twin.connection.api_url, "--stand-in-ca", str(twin.connection.ca_file),
    )  # fmt: skip

    assert told.status == 1
    assert "credentials_present" in told.found("error")
    assert told.status_of("credentials_accepted") == "not_checked"
    assert b'"record":"exchange"' not in twin.history_since(0)


def test_no_network_is_told_and_nothing_hangs(
    project: Path,
    twin: Standalone,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    put(monkeypatch, settings_of(twin))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    told = Told(
        capsys, "--project", str(project), "--against-real-platform", "--json",
        "--stand-in", f"https://localhost:{port}", "--timeout-s", "1",
    )  # fmt: skip

    assert told.status == 1
    assert "refused" in told.found()["tcp_open"]
    assert "no connection" in told.found()["answers_genuine"]


def test_a_proxy_variable_that_is_no_address_is_told(
    project: Path,
    twin: Standalone,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    # The real platform is named and cannot be asked: the client refuses such a proxy at once, and
    # nothing listens there. Its hosts are looked up nowhere.
    put(monkeypatch, {**settings_of(twin), "HTTPS_PROXY": "gopher://127.0.0.1:9"})
    monkeypatch.setattr(
        "tts_chaos.probing.observing.look_at_host",
        lambda host, port, **_: HostSeen(host=host, port=port),
    )

    told = Told(capsys, "--project", str(project), "--against-real-platform", "--json")

    assert "no address of a proxy" in told.found("error")["proxies_right"]
    assert "a proxy variable cannot be used" in told.found()["answers_genuine"]


def test_a_stand_in_is_asked_directly_whatever_proxy_is_set(
    project: Path,
    twin: Standalone,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    put(monkeypatch, {**settings_of(twin), "HTTPS_PROXY": "http://127.0.0.1:9"})

    told = Told(
        capsys, "--project", str(project), "--against-real-platform", "--json",
        "--stand-in", twin.connection.api_url, "--stand-in-ca", str(twin.connection.ca_file),
    )  # fmt: skip

    assert told.status_of("credentials_accepted") == "clean"


def test_an_address_that_cannot_be_read_stops_nothing(
    project: Path, control: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    put(monkeypatch, {"TTS_API_URL": "https://[", "TTS_TOKEN_URL": "http://localhost:port"})

    told = Told(capsys, "--project", str(project), "--url", control, "--json")

    assert "which is no address" in told.found()["addresses_spelt"]


def test_a_mapping_may_have_a_file_of_its_own(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "fields.toml").write_text('[stock]\nsku_id = "inventory[].skus[].id"\n')

    told = Told(
        capsys, "--project", str(project), "--offline", "--json",
        "--mapping", str(project / "fields.toml"),
    )  # fmt: skip

    assert "lacks quantity" in told.found()["mapping_complete"]


def test_secrets_are_told_by_fingerprint_only(
    project: Path,
    twin: Standalone,
    control: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    settings = settings_of(twin)
    lines = "".join(f"{name}={value}\n" for name, value in settings.items())
    (project / ".env").write_text(lines)
    (project / "app.log").write_text(lines)
    (project / "shop2.py").write_text(f'app_secret = "{settings["TTS_APP_SECRET"]}"\n')

    told = Told(capsys, "--project", str(project), "--url", control)

    assert told.status == 1
    assert "app.log:2: app_secret sha256:" in told.out
    secrets = ("TTS_APP_SECRET", "TTS_ACCESS_TOKEN", "TTS_REFRESH_TOKEN", "TTS_SHOP_CIPHER")
    assert [name for name in secrets if settings[name] in told.out] == []
    assert [name for name in secrets if settings[name][-4:] in told.out] == []


def test_a_named_file_counts_before_the_environment(
    project: Path,
    twin: Standalone,
    control: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    put(monkeypatch, {"TTS_APP_SECRET": "00" * 20})
    lines = "".join(f"{name}={value}\n" for name, value in settings_of(twin).items())
    (project / "prod.settings").write_text(lines)

    told = Told(
        capsys, "--project", str(project), "--url", control, "--json",
        "--env-file", str(project / "prod.settings"),
    )  # fmt: skip

    assert told.status_of("credentials_accepted") == "clean"
    assert "credentials_agree" in told.found("warning")


def test_an_unreadable_file_is_named_and_the_rest_is_read(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "huge.log").write_bytes(b"x" * (16 * 1024 * 1024 + 1))

    told = Told(capsys, "--project", str(project), "--offline", "--json")

    assert told.found("warning") == {
        "files_readable": "huge.log was not looked at: it has 16 MB, at most 16 are read"
    }


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--project", "nowhere"), "is no folder"),
        (("--only", "clok_right"), "Did you mean 'clock_right'?"),
        (("--url", "http://10.0.0.1:1"), "expected an address on this machine"),
        (("--stand-in", "http://127.0.0.1:1"), "goes with --against-real-platform"),
        (("--env-file", "nowhere.env"), "cannot read"),
        (("--recordings", "nowhere.yaml"), "is not there"),
        (
            ("--against-real-platform", "--stand-in", "https://example.com"),
            "expected an address on this machine",
        ),
    ],
)
def test_a_mistake_of_the_caller_ends_with_2(
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    message: str,
) -> None:
    monkeypatch.chdir(project)

    told = Told(capsys, *arguments)

    assert told.status == 2
    assert message in told.err
    assert "Traceback" not in told.err


def test_a_url_where_nothing_answers_ends_with_2(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    told = Told(capsys, "--project", str(project), "--url", f"http://127.0.0.1:{port}")

    assert told.status == 2
    assert "tts-chaos serve" in told.err


def test_an_address_that_is_no_control_api_ends_with_2(
    project: Path, twin: Standalone, capsys: pytest.CaptureFixture[str]
) -> None:
    with_tls = Told(capsys, "--project", str(project), "--url", twin.connection.api_url)

    assert with_tls.status == 2
    assert "nothing answers" in with_tls.err
