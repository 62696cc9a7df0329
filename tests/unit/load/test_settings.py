"""The table [load], and what is said of one that is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from tts_chaos.errors import UsageError
from tts_chaos.load.fault_scripts import FAULT_SCRIPTS, find_script
from tts_chaos.load.ordering import find_file, make_order
from tts_chaos.load.profiles import find_profile
from tts_chaos.load.settings import read_settings

WHOLE = """
[load]
timeout_s = 3
orders = 10
shares = { checkout = 1, orders = 1 }
headers = { authorization = "Basic x" }

[load.operations]
"checkout.quote" = { http = "POST /quote", body = '{"lines": {lines}}' }
"orders.list" = "GET /orders"

[load.budgets]
checkout = { p95 = 300 }

[load.profiles.mine]
summary = "mine"
rate = 10
peak = "plateau"
stages = [{ name = "plateau", for_s = 5, rate = 1 }]

[load.faults]
bad = [{ fault = "answer_slow", delay_ms = 800, begin = 0.1, end = 0.5 }]
"""


def _file(folder: Path, text: str) -> Path:
    file = folder / "tts-chaos.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_whole_table_is_read(tmp_path: Path) -> None:
    settings = read_settings(_file(tmp_path, WHOLE))

    assert settings.operations["checkout.quote"].body == '{"lines": {lines}}'
    assert settings.operations["orders.list"].method == "GET"
    assert (settings.timeout_s, settings.orders, settings.products) == (3, 10, 8)
    assert settings.shares == {"checkout": 1, "orders": 1}
    assert settings.scripts["bad"].acts[0].end == 0.5
    assert settings.profiles["mine"].peak == "plateau"


def test_without_a_file_the_defaults_hold() -> None:
    assert len(read_settings(None).budgets) == 6


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[load]\ntimeuot_s = 3", "Did you mean 'timeout_s'"),
        ("[load]\ntimeout_s = 0", "load.timeout_s: expected a number from 0.1"),
        ("[load.shares]\ncheckout = 0", "expected at least one share above 0"),
        ('[load.operations]\n"checkout.qoute" = "GET /"', "did you mean 'checkout.quote'"),
        ('[load.operations]\n"checkout.quote" = "FETCH /"', 'expected "GET /path"'),
        ('[load.operations]\n"checkout.quote" = "GET quote"', 'expected "GET /path"'),
        ("[load.faults]\nbad = []", "expected a list such as"),
        ('[load.faults]\nbad = [{ fault = "answer_slwo" }]', "answer_slow"),
        ('[load.faults]\nbad = [{ fault = "platform_down", begin = 1 }]', "0 <= begin < end <= 1"),
        ("[load", "no valid TOML"),
        ("load = 3", "expected a table"),
    ],
)
def test_a_table_that_is_wrong_is_refused(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        read_settings(_file(tmp_path, text))


def test_unknown_names_are_refused_with_the_nearest_one() -> None:
    with pytest.raises(UsageError, match="did you mean 'smoke'"):
        find_profile("smok")
    with pytest.raises(UsageError, match="did you mean 'outage'"):
        find_script("outag")


def test_every_bundled_script_has_acts_that_end_within_the_peak() -> None:
    assert set(FAULT_SCRIPTS) == {
        "slow-responses", "rate-limit-halved", "token-expiry", "outage", "reset-storm",
    }  # fmt: skip
    assert all(0 <= a.begin < a.end <= 1 for s in FAULT_SCRIPTS.values() for a in s.acts)


def test_a_program_without_operations_is_told_what_is_missing(tmp_path: Path) -> None:
    text = (
        '[integration]\nstart = ["true", "{port}"]\n'
        '[integration.capabilities]\norders = "GET /orders"\n'
    )
    file = _file(tmp_path, text)

    with pytest.raises(UsageError, match=r"\[load.operations\] is missing"):
        make_order(file, profile="smoke", faults="", results=tmp_path / "results")


def test_a_folder_with_a_record_in_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "samples.bin").write_bytes(b"")

    with pytest.raises(UsageError, match="name another folder"):
        make_order(None, profile="smoke", faults="", results=tmp_path)


def test_a_file_with_load_alone_means_the_bundled_integration(tmp_path: Path) -> None:
    file = _file(tmp_path, "[load]\norders = 5\n")
    order = make_order(find_file([tmp_path]), profile="smoke", faults="outage",
                       results=tmp_path / "results")  # fmt: skip

    assert find_file([tmp_path]) == file
    assert order.configuration is None
    assert "bundled reference" in order.against
    assert order.orders == 5
