"""The chapter on histories: its fields are those of the code, and its questions have answers."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tts_chaos.core import history

CHAPTER = (Path(__file__).parents[2] / "docs" / "history.md").read_text(encoding="utf-8")
QUESTIONS = re.findall(
    r"\*\*([^*]+\?)\*\*[^\n]*\n\n```sh\n(.+?)\n```\n\n<!-- file: .+? -->\n```sql\n(.+?)\n```",
    CHAPTER,
)
VIEW = re.search(r"<!-- file: history.sql -->\n```sql\n(.+?)\n```", CHAPTER, re.DOTALL)
ACROSS = re.findall(r"<!-- file: phases.sql -->\n```sql\n(.+?)\n```", CHAPTER)
OUTAGE = "overload--outage-503.simulated"
DOUBLED = "webhooks--delivered-twice.simulated"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two real runs of the bundled reference integration."""
    folder = tmp_path_factory.mktemp("histories")
    scenarios = ("overload/outage-503", "webhooks/delivered-twice")
    chosen = [part for id in scenarios for part in ("--tts-scenario", id)]
    command = [sys.executable, "-m", "pytest", "--tts-chaos", "--tts-seed", "7", *chosen]
    plugin = ["-p", "tts_chaos.pytest_plugin.plugin", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, *plugin, "--tts-report", "out", "-q"],
        cwd=folder,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return folder


def _by_jq(folder: Path, line: str) -> list[list[str]]:
    if shutil.which("jq") is None:
        pytest.skip("no jq on the path; on Debian: apt-get install jq")
    done = subprocess.run(
        ["sh", "-c", line], cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return [row.split("\t") for row in done.stdout.splitlines()]


def _by_duckdb(folder: Path, query: str, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    duckdb: Any = pytest.importorskip(
        "duckdb", reason="duckdb is not installed: pip install duckdb"
    )
    monkeypatch.chdir(folder)
    assert VIEW is not None
    with duckdb.connect() as connection:
        connection.execute(VIEW[1])
        rows = connection.execute(query).fetchall()
    # jq's tables escape what would break a line.
    return [[_escaped(str(cell)) for cell in row] for row in rows]


def _escaped(cell: str) -> str:
    return cell.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t")


@pytest.mark.slow
@pytest.mark.parametrize(("ask", "line", "query"), QUESTIONS, ids=[row[0] for row in QUESTIONS])
def test_both_tools_answer_a_question_alike(
    folder: Path, monkeypatch: pytest.MonkeyPatch, ask: str, line: str, query: str
) -> None:
    by_jq, by_duckdb = _by_jq(folder, line), _by_duckdb(folder, query, monkeypatch)

    assert by_jq
    assert sorted(by_jq) == sorted(by_duckdb)


def test_there_are_questions_enough() -> None:
    assert len(QUESTIONS) >= 10


@pytest.mark.slow
def test_answers_are_those_of_the_run(folder: Path) -> None:
    answers = {ask: _by_jq(folder, line) for ask, line, _ in QUESTIONS}

    assert answers["When was it whole again?"] == [["60000"]]
    ended = answers["How did calls end?"]
    assert ["503", "0", "answered"] in [row[:3] for row in ended]
    assert {row[2] for row in answers["Which fault hit which call?"]} == {"platform_down"}
    assert "sync_orders" in {
        row[1] for row in answers["Which actions failed, and what did they say?"]
    }


@pytest.mark.slow
def test_all_runs_are_asked_at_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (query,) = ACROSS

    rows = _by_duckdb(folder, query, monkeypatch)

    assert {row[0] for row in rows} == {OUTAGE, DOUBLED}
    assert [row[1] for row in rows if row[0] == OUTAGE] == [
        "baseline", "turbulence", "heal", "recovery", "judge",
    ]  # fmt: skip


# -- fields -------------------------------------------------------------------------------------

COMMON = {"index", "at_ms"}
KINDS: dict[str, Any] = {
    str(kind.__struct_config__.tag): kind
    for kind in vars(history).values()
    if isinstance(kind, type)
    and issubclass(kind, msgspec.Struct)
    and kind.__struct_config__.tag_field == "record"
    and not kind.__name__.startswith("_")
}


def _chapters() -> dict[str, str]:
    fields = CHAPTER[CHAPTER.index("## Fields") : CHAPTER.index("## Questions")]
    parts = re.split(r"^### (.+)$", fields, flags=re.MULTILINE)
    return {
        kind.strip(): text
        for names, text in zip(parts[1::2], parts[2::2], strict=True)
        for kind in names.split(",")
    }


def test_every_kind_of_record_has_its_chapter() -> None:
    assert len(KINDS) == 13
    assert set(_chapters()) == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_is_described_where_its_record_is(kind: str) -> None:
    fields = set(KINDS[kind].__struct_fields__) - COMMON

    named = set(re.findall(r"`(\w+)`", _chapters()[kind]))

    assert fields - named == set()


def test_what_is_described_in_a_table_is_a_field() -> None:
    known = {field for kind in KINDS.values() for field in kind.__struct_fields__} | {"record"}
    fields = CHAPTER[CHAPTER.index("## Fields") : CHAPTER.index("## Questions")]

    rows = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", fields, re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row)}

    assert named - known == set()
    assert len(named) > 40


@pytest.mark.parametrize(
    ("kind", "field", "default"),
    [
        (kind, field.name, field.default)
        for kind, struct in KINDS.items()
        for field in msgspec.structs.fields(struct)
        if field.name not in COMMON
        and field.default is not msgspec.NODEFAULT
        and field.default not in ("", 0, None, False, ())
    ],
)
def test_a_default_that_is_not_empty_is_told(kind: str, field: str, default: Any) -> None:
    told = {"True": "true"}.get(str(default), str(default))

    row = re.search(rf"^\| .*`{field}`.*$", _chapters()[kind], re.MULTILINE)

    assert row is not None
    assert f"default {told}" in row[0].replace("`", "")
