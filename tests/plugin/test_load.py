"""`--tts-load`: a load as items. What runs Locust is tested elsewhere."""

from __future__ import annotations

import pytest
from tests.support.chaos_project import ChaosProject


def test_budgets_and_judges_are_items_and_other_tests_are_not(project: ChaosProject) -> None:
    project.scenario()
    project.write("test_own.py", "def test_own(): pass")

    done = project.run("--tts-load", "smoke", "--collect-only", "-q")

    done.stdout.fnmatch_lines(["load[[]smoke]::checkout p95", "load[[]smoke]::orders_unique"])
    assert "test_own" not in done.stdout.str()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--tts-load", "smok"), "*did you mean 'smoke'*"),
        (("--tts-load", "smoke", "--tts-load-faults", "outag"), "*did you mean 'outage'*"),
    ],
)
def test_an_unknown_name_is_refused(
    project: ChaosProject, options: tuple[str, ...], told: str
) -> None:
    project.scenario()

    done = project.run(*options)

    assert done.ret == pytest.ExitCode.USAGE_ERROR
    done.stderr.fnmatch_lines([told])


def test_without_the_switch_it_is_refused(project: ChaosProject, pytester: pytest.Pytester) -> None:
    command = [each for each in project.command("--tts-load", "smoke") if each != "--tts-chaos"]
    done = pytester.runpytest_inprocess(*command)

    assert done.ret == pytest.ExitCode.USAGE_ERROR
    done.stderr.fnmatch_lines(["*--tts-load does nothing without --tts-chaos*"])
