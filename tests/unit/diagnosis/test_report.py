"""What was found, as people and programs read it, and which of it fails a run."""

from __future__ import annotations

import pytest

from tts_chaos.diagnosis.finding import CheckResult, Finding, Place, Severity, Status
from tts_chaos.diagnosis.observed import Target
from tts_chaos.diagnosis.report import as_document, as_text, exit_status

GRAVE = Finding(check="b", severity=Severity.ERROR, what="it is wrong", fix="mend it")
LIGHT = Finding(
    check="b", severity=Severity.NOTE, what="know it", fix="or not", where=Place("a.py", 3)
)
RESULTS = [
    CheckResult(check="a", family="clock", asks="?", status=Status.CLEAN),
    CheckResult(
        check="b", family="clock", asks="?", status=Status.FOUND, findings=(GRAVE, LIGHT)
    ),
    CheckResult(
        check="c", family="version", asks="?", status=Status.NOT_CHECKED, reason="no call was made"
    ),
]  # fmt: skip
TEXT = """\
Nobody was asked: the files and the environment only.

clock
  ok       a
  ERROR    it is wrong [b]
           -> mend it
  note     a.py:3: know it [b]
           -> or not

version
  -        c: no call was made

1 error, 0 warnings, 1 note; 1 check clean, 1 not made"""


def test_the_report_for_people_is_grouped_by_family_and_ends_in_counts() -> None:
    assert as_text(RESULTS, target=None) == TEXT


@pytest.mark.parametrize(
    ("found", "fail_on", "status"),
    [
        ((GRAVE, LIGHT), "error", 1),
        ((LIGHT,), "error", 0),
        ((LIGHT,), "warning", 0),
        ((LIGHT,), "note", 1),
        ((GRAVE,), "never", 0),
        ((), "note", 0),
    ],
)
def test_a_run_fails_by_what_is_as_grave_as_asked_for(
    found: tuple[Finding, ...], fail_on: str, status: int
) -> None:
    row = CheckResult(check="b", family="clock", asks="?", status=Status.FOUND, findings=found)

    assert exit_status([row], fail_on) == status


def target(*, kind: str, uses_settings: bool = False) -> Target:
    return Target(
        kind=kind, api_url="https://api", token_url="https://token", uses_settings=uses_settings
    )


@pytest.mark.parametrize(
    ("asked", "heading"),
    [
        pytest.param(
            target(kind="real"), "Against the real platform, reading only: https://api", id="real"
        ),
        pytest.param(
            target(kind="twin"),
            "Against a twin on this machine, with the twin's credentials: https://api",
            id="twin",
        ),
        pytest.param(
            target(kind="twin", uses_settings=True),
            "Against a twin on this machine, with the project's own credentials: https://api",
            id="twin-with-own-credentials",
        ),
    ],
)
def test_the_heading_says_who_was_asked(asked: Target, heading: str) -> None:
    assert as_text([], target=asked).splitlines()[0] == heading


def test_the_document_says_who_was_asked_or_that_nobody_was() -> None:
    nobody = as_document(RESULTS, target=None, now_s=0, status=1)
    somebody = as_document([], target=target(kind="twin"), now_s=0, status=0)

    assert (nobody["target"], nobody["counts"]) == (None, {"error": 1, "warning": 0, "note": 1})
    assert somebody["target"]["api_url"] == "https://api"
