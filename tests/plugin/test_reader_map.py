"""The tolerant-reader map tells an integration that notices from one that believes anything."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.support.chaos_project import QUICK, ChaosProject

MAP = ("--tts-reader-map", "--tts-report", "out")
DETAIL = ("--tts-reader-map-operation", "order.get_order_detail")

NAIVE = """
    def orders(self):
        return [
            {"id": row["id"], "status": row["status"], "currency": "GBP",
             "total_amount": row.get("total", "0.00"), "lines": []}
            for row in self.seen
        ]

    def sync_orders(self):
        client = self.inner
        self.seen = []
        for raw in self.fetch():
            payment = raw.get("payment") or {}
            self.seen.append({
                "id": str(raw["id"]),
                "status": raw.get("status") or "UNKNOWN",
                "total": str(payment.get("total_amount") or "0.00"),
            })

    def fetch(self):
        import hashlib, hmac, time, httpx
        tts, shop = self.tts, self.tts.shops[0]
        path = "/order/202309/orders/search"
        query = {"app_key": tts.app_key, "page_size": "20", "shop_cipher": shop.cipher,
                 "timestamp": str(int(time.time()))}
        text = path + "".join(k + query[k] for k in sorted(query)) + "{}"
        secret = tts.app_secret
        query["sign"] = hmac.new(
            secret.encode(), (secret + text + secret).encode(), hashlib.sha256
        ).hexdigest()
        answer = httpx.post(
            tts.api_url + path, params=query, content=b"{}",
            headers={"x-tts-access-token": tts.access_token, "content-type": "application/json"},
        )
        return answer.json()["data"]["orders"]
"""
"""Takes a missing total for nothing and a missing status for an unknown one, in silence."""

CONFTEST = f"""
import pytest

@pytest.fixture
def tts_integration(tts_twin):
    return Naive(tts_twin)

class Naive:
    def __init__(self, tts):
        self.tts, self.inner, self.seen = tts, None, []
{NAIVE}
"""


PLAIN = QUICK.replace('[[method]]\nfault = "platform_down"\ntimes = 1\n', "") + (
    "[recovery]\ncanary = false\n"
)
"""One sync and nothing else: it is played again for each of some hundred mutations."""


def _rows(project: ChaosProject) -> dict[tuple[str, str], dict[str, Any]]:
    document = json.loads((project.path / "out" / "reader-map.json").read_text())
    return {(row["path"], row["mutation"]): row for row in document["mutations"]}


def test_what_a_naive_integration_believes_in_silence_is_found(project: ChaosProject) -> None:
    project.scenario()
    project.write("conftest.py", CONFTEST)

    result = project.run(*MAP, "--tts-reader-map-operation", "order.get_order_list")

    rows = _rows(project)
    order = "$.data.orders[]"
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    for change in ("removed", "null", "renamed", "unit"):
        row = rows[f"{order}.payment.total_amount", change]
        assert (row["reaction"], row["finding"]) == ("silently believed", True), change
    assert rows[f"{order}.status", "null"]["finding"]
    assert rows[f"{order}.status", "new value"]["reaction"] == "followed"
    assert rows[f"{order}.id", "removed"]["reaction"] == "noticed"
    assert rows[f"{order}.id", "retyped"]["reaction"] == "ignored"
    assert rows[f"{order}.buyer_email", "removed"]["reaction"] == "ignored"
    result.stdout.fnmatch_lines(["*mutations of * fields in * runs:*findings*"])


def test_the_reference_notices_whatever_is_grave_in_a_detail(project: ChaosProject) -> None:
    project.scenario(text=PLAIN)

    result = project.run(*MAP, *DETAIL)

    rows = _rows(project)
    assert result.ret == pytest.ExitCode.OK, [row for row in rows.values() if row["finding"]]
    assert rows["$.data.orders[].payment.total_amount", "unit"]["reaction"] == "noticed"
    assert rows["$.request_id", "removed"]["reaction"] == "ignored"


def test_the_same_seed_draws_the_same_map(project: ChaosProject) -> None:
    project.scenario(text=PLAIN)
    limited = (*MAP, *DETAIL, "--tts-reader-map-limit", "12")

    project.run(*limited)
    first = (project.path / "out" / "reader-map.json").read_bytes()
    project.run(*limited)

    assert (project.path / "out" / "reader-map.json").read_bytes() == first


def test_a_map_of_nothing_is_no_success(project: ChaosProject) -> None:
    project.scenario()

    result = project.run(*MAP, "--tts-reader-map-operation", "finance.*")

    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["*received no answer to mutate*"])


def test_an_integration_that_cannot_be_built_is_told(project: ChaosProject) -> None:
    project.scenario()
    project.write(
        "conftest.py",
        "import pytest\n\n@pytest.fixture\ndef tts_integration():\n    raise OSError('no disk')\n",
    )

    result = project.run(*MAP)

    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["*could not be made*", "*no disk*"])


def test_a_limit_of_nothing_is_refused(project: ChaosProject) -> None:
    result = project.run(*MAP, "--tts-reader-map-limit", "0")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--tts-reader-map-limit: expected 1 or more, got 0*"])
