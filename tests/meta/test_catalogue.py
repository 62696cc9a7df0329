"""Documents agree with the code, and nothing in the catalogues is idle."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tts_chaos.faults.catalogue import FAULTS
from tts_chaos.oracles.catalogue import GUARDS, ORACLES
from tts_chaos.reporting.catalogue import whole_catalogue
from tts_chaos.scenarios.loader import find_scenario_files, load_scenario
from tts_chaos.scenarios.model import FaultStep, PlatformStep, Scenario

ROOT = Path(__file__).parents[2]
SCENARIOS = [
    load_scenario(file, ROOT / "scenarios") for file in find_scenario_files(ROOT / "scenarios")
]
IDS = {scenario.id for scenario in SCENARIOS}


def test_the_catalogue_document_is_what_the_command_writes() -> None:
    written = (ROOT / "docs" / "catalogue.md").read_text(encoding="utf-8")

    assert written == whole_catalogue(), "run: tts-chaos list > docs/catalogue.md"


def test_every_fault_is_used_by_a_scenario() -> None:
    used = {step.fault.name for s in SCENARIOS for step in s.method if isinstance(step, FaultStep)}

    assert set(FAULTS) - used == set()


def test_every_oracle_is_asked_for_or_always_on_guard() -> None:
    asked = {name for scenario in SCENARIOS for name in scenario.expect.oracles}
    asked |= {"alert_raised", "recovered_in_time"}

    assert set(ORACLES) - asked - set(GUARDS) == set()


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.id)
def test_a_bundled_scenario_says_why_and_tries_something(scenario: Scenario) -> None:
    assert scenario.why.endswith(".")
    assert scenario.tags
    # A few break nothing: time, a restart or plain trade is what integrations fail on.
    trying = (FaultStep, PlatformStep)
    assert any(
        isinstance(step, trying) or getattr(step, "action", "") == "restart"
        for step in scenario.method
    )


@pytest.mark.parametrize(
    "document", ["docs/article.md", "README.md", "docs/tutorial.md", "scenarios/README.md"]
)
def test_scenarios_and_oracles_named_in_a_document_exist(document: str) -> None:
    words = re.findall(r"`([^`\n]+)`", (ROOT / document).read_text(encoding="utf-8"))
    folders = {id.split("/")[0] for id in IDS}

    named = [w for w in words if re.fullmatch(r"[\w-]+/[\w-]+", w) and w.split("/")[0] in folders]
    judged = [w for w in words if re.fullmatch(r"[a-z]+(_[a-z]+)+", w) and w.startswith("orders_")]

    assert [word for word in named if word not in IDS] == []
    assert [word for word in judged if word not in ORACLES] == []


def test_links_between_documents_lead_somewhere() -> None:
    documents = [f for f in ROOT.rglob("*.md") if not {".venv", "node_modules"} & set(f.parts)]

    dead = [
        f"{document.relative_to(ROOT)}: {target}"
        for document in documents
        for target in re.findall(r"\]\(([^)#:\s]+)\)", document.read_text(encoding="utf-8"))
        if not (document.parent / target).exists()
    ]

    assert dead == []


def test_every_make_target_named_in_the_readme_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"(?:`|^)make ([a-z-]+)", readme, re.MULTILINE))

    assert {name for name in named if f"\n{name}:" not in makefile} == set()
