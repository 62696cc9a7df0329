"""--tts-otel as its users meet it: traces arrive, and what is missing is told before anything."""

from __future__ import annotations

import pytest
from tests.support.chaos_project import ChaosProject
from tests.support.otlp_collector import collecting


@pytest.mark.slow
def test_a_real_run_arrives_at_a_collector_once_all_is_played(project: ChaosProject) -> None:
    project.scenario("one")
    project.scenario("two")

    with collecting() as collector:
        done = project.run("--tts-otel", collector.url)

    done.assert_outcomes(passed=2)
    roots = [span for span in collector.spans if not span.parent_span_id]
    assert sorted(root.name for root in roots) == ["scenario one", "scenario two"]
    assert {root.status.code for root in roots} == {1}
    done.stdout.fnmatch_lines([f"otel: 2 traces, {len(collector.spans)} spans to *"])
    said = repr(collector.requests)
    assert "access_token" not in said
    assert "sign" not in said.replace("signed", "")


def test_a_collector_that_is_not_there_changes_no_verdict(project: ChaosProject) -> None:
    project.scenario()

    with collecting() as collector:
        collector.status = 400
        done = project.run("--tts-otel", collector.url)

    done.assert_outcomes(passed=1)
    assert done.ret == 0
    done.stdout.fnmatch_lines(["otel: not exported: *took 0 of * spans*"])


@pytest.mark.slow
def test_a_missing_extra_ends_the_session_before_it_begins(project: ChaosProject) -> None:
    project.scenario()
    project.write("prepared.py", "import sys; sys.modules['opentelemetry.sdk.trace'] = None\n")

    done = project.run_apart("--tts-otel", "console", plugins=("prepared",))

    assert done.ret == pytest.ExitCode.USAGE_ERROR
    done.stderr.fnmatch_lines(
        ["*--tts-otel needs the package opentelemetry*: pip install 'pytest-tts-chaos?otel?'*"]
    )


def test_a_target_that_is_none_ends_the_session_before_it_begins(project: ChaosProject) -> None:
    project.scenario()

    done = project.run("--tts-otel", "nowhere")

    assert done.ret == pytest.ExitCode.USAGE_ERROR
    done.stderr.fnmatch_lines(["*'nowhere' is no place to export to; expected the address of*"])
