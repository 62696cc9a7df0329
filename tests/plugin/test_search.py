"""A search finds what is planted, keeps it, shows it as a failure, and replays it next time."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from tests.support.chaos_project import ChaosProject

SHOP = """
import hashlib
import hmac
import json
import time

import httpx
import pytest


class Shop:
    def __init__(self, twin):
        self.twin, self.known, self.http = twin, {}, httpx.Client(timeout=10)
        self.pair = (twin.access_token, twin.refresh_token)

    def call(self, method, path, query, body=None):
        for attempt in range(6):
            answer = self.send(method, path, query, body)
            if answer is not None:
                return answer
            time.sleep(2 ** attempt + int(self.pair[0][-1:], 36) / 50)
        raise RuntimeError("no answer")

    def send(self, method, path, query, body):
        data = b"" if body is None else json.dumps(body).encode()
        signed = {
            **query, "app_key": self.twin.app_key, "shop_cipher": self.twin.shop_cipher,
            "timestamp": str(int(time.time())),
        }
        secret = self.twin.app_secret.encode()
        text = path + "".join(key + signed[key] for key in sorted(signed))
        signed["sign"] = hmac.new(
            secret, secret + text.encode() + data + secret, hashlib.sha256
        ).hexdigest()
        headers = {"content-type": "application/json", "x-tts-access-token": self.pair[0]}
        try:
            reply = self.http.request(
                method, self.twin.api_url + path, params=signed, content=data, headers=headers
            )
            answer = reply.json()
            return answer["data"] if answer["code"] == 0 else None
        except (httpx.HTTPError, ValueError, KeyError, TypeError):
            return None

    def sync_orders(self):
        try:
            self.read()
        except RuntimeError:
            GIVE_UP

    def read(self):
        found = self.call("POST", "/order/202309/orders/search", {"page_size": "50"}, {})
        ids = ",".join(order["id"] for order in found.get("orders") or [])
        if ids:
            rows = self.call("GET", "/order/202507/orders", {"ids": ids})["orders"]
            self.known.update({order["id"]: order for order in rows})

    def orders(self):
        return [
            {
                "id": order["id"], "status": order["status"],
                "currency": order["payment"]["currency"],
                "total_amount": order["payment"]["total_amount"],
                "lines": [{"id": x["id"], "sku_id": x["sku_id"]} for x in order["line_items"]],
            }
            for order in self.known.values()
        ]


@pytest.fixture
def tts_integration(tts_twin):
    return Shop(tts_twin)
"""
SILENT = SHOP.replace("GIVE_UP", "pass")
"""Tells nobody that a sync failed, never refreshes a token, and does not know a permanent error."""


def _found(project: ChaosProject) -> list[Path]:
    return sorted((project.path / ".tts-chaos" / "found").glob("*.toml"))


def _search(project: ChaosProject, *more: str) -> pytest.RunResult:
    return project.run("--tts-search", "3", *more)


@pytest.mark.slow
def test_what_is_found_fails_is_kept_and_is_replayed_first(project: ChaosProject) -> None:
    project.scenario()
    project.write("conftest.py", SILENT)

    first = _search(project, "--tts-report", "out")

    files = _found(project)
    notes = [json.loads(file.with_suffix(".json").read_text()) for file in files]
    assert first.ret == 10, first.stdout.str()
    assert files
    assert [note["replays"] for note in notes] == [[20, 20]] * len(files)
    first.stdout.fnmatch_lines(
        ["*found/*safety_violated*", "*Broken rules*", "*20 of 20 replays show it*", "*kept in *"]
    )
    section = json.loads((project.path / "out" / "report.json").read_text())["search"]
    assert section["schedules"] == 3
    assert sorted(Path(row["file"]).name for row in section["failures"]) == [f.name for f in files]
    assert all(row["reproduce"] in first.stdout.str() for row in section["failures"])
    name = files[0].stem
    replay = project.run("--tts-scenario", f"found/{name}")
    assert replay.ret == 10
    replay.stdout.fnmatch_lines([f"*safety_violated*found/{name}*"])

    again = _search(project)

    assert _found(project) == files, "what is known is not found again"
    assert again.ret == 10
    again.stdout.fnmatch_lines(["found before: found/* ended safety_violated again *"])


def test_what_passes_now_is_said_so(project: ChaosProject) -> None:
    project.scenario()
    note = {
        "seed": "3", "rules": ["errors_not_success.error_swallowed"],
        "faults": [["platform_down", ""]], "replays": [20, 20], "format": "tts-chaos-found/1",
    }  # fmt: skip
    project.scenario("old", folder=".tts-chaos/found")
    project.write(".tts-chaos/found/old.json", json.dumps(note))

    result = project.run("--tts-search", "1")

    assert result.ret == 0, result.stdout.str()
    result.stdout.fnmatch_lines(
        ["found before: found/old passes now (it broke errors_not_success.error_swallowed)*"]
    )
    result.assert_outcomes(passed=2)


def test_one_that_does_not_work_in_calm_is_not_searched(project: ChaosProject) -> None:
    project.scenario()
    project.integration('    def orders(self):\n        raise OSError("no disk")')

    result = _search(project)

    assert result.ret == 12
    result.stdout.fnmatch_lines(["*with nothing broken at all the run ended aborted*"])
    assert _found(project) == []


def test_a_fixture_that_fails_is_told_and_is_no_success(project: ChaosProject) -> None:
    project.scenario()
    project.write(
        "conftest.py",
        "import pytest\n\n@pytest.fixture\ndef tts_integration():\n    raise OSError('no disk')\n",
    )

    result = _search(project)

    assert result.ret == 15
    result.stdout.fnmatch_lines(["*could not be made*", "*no disk*"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--tts-search", "0"], "*--tts-search: expected 1 or more, got 0*"),
        (["--tts-search", "some"], "*invalid int value: 'some'*"),
        (
            ["--tts-search", "5", "--tts-search-budget", "-1"],
            "*--tts-search-budget: expected seconds above 0, got -1.0*",
        ),
        (
            ["--tts-search", "5", "--tts-search-budget", "nan"],
            "*--tts-search-budget: expected seconds above 0, got nan*",
        ),
        (["--tts-search-budget", "5"], "*does nothing without --tts-search; add it*"),
        (["--tts-search-stateful"], "*does nothing without --tts-search; add it*"),
        (["--tts-explore-pairs", "5"], "*does nothing without --tts-explore; add it*"),
        (
            ["--tts-explore", "--tts-explore-pairs", "0"],
            "*--tts-explore-pairs: expected 1 or more, got 0*",
        ),
        (["--tts-explore", "--tts-world", "wire"], "*plays in the simulated world*"),
        (["--tts-explore", "--tts-reader-map"], "*are two runs; choose one*"),
    ],
)
def test_an_option_that_makes_no_sense_is_refused(
    project: ChaosProject, arguments: list[str], said: str
) -> None:
    project.scenario()

    result = project.run(*arguments)

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([said])


def test_workers_are_refused_with_the_reason(project: ChaosProject) -> None:
    project.scenario()

    result = project.run_apart("--tts-search", "2", "-n", "2", plugins=("xdist.plugin",))

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*runs in one process*leave -n out*"])


def test_without_hypothesis_it_says_what_to_install(
    project: ChaosProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.scenario()
    monkeypatch.setattr(
        sys.modules["importlib.util"], "find_spec", lambda name, *_rest: None if name else 1
    )

    result = _search(project)

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*pip install 'pytest-tts-chaos?search?'*"])


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("odd.json", "{", "*odd.json cannot be read: *delete it*"),
        ("odd.json", '{"format": "other/1", "seed": "1"}', "*odd.json cannot be read*"),
        ("odd.toml", "title = 3", "*odd.toml*title: a sentence is required here*"),
    ],
)
def test_a_database_that_is_damaged_is_told(
    project: ChaosProject, file: str, text: str, said: str
) -> None:
    project.scenario()
    project.scenario("odd", folder=".tts-chaos/found")
    project.write(f".tts-chaos/found/{file}", text)

    result = _search(project)

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([said])


@pytest.mark.slow
def test_exploring_prints_a_receipt_within_its_budget(project: ChaosProject) -> None:
    project.scenario()

    result = project.run("--tts-explore", "--tts-explore-budget", "1")

    assert result.ret == 0, result.stdout.str()
    result.stdout.fnmatch_lines(
        [
            "explore: * points: * forms of faults at * calls and deliveries",
            "* left out: the fault finds nothing to change there",
            "* pruned (* %)*",
            "* kept: * before the commit, * after it*as the time was up",
        ]
    )
    assert _found(project) == []
