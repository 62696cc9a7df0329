"""A job for continuous integration that plays the scenarios and keeps the report."""

from __future__ import annotations

from collections.abc import Callable, Mapping

__all__ = ["ci_files"]

_GITHUB = """\
name: tts-chaos
on: [push, pull_request]
permissions:
  contents: read
jobs:
  chaos:
    runs-on: ubuntu-latest
    timeout-minutes: 30
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with:
          python-version: "3.13"
      # What the integration itself needs goes here.
      - run: pip install pytest-tts-chaos  # or the wheel that `make wheel` built
      - run: tts-chaos doctor --offline
      - run: pytest --tts-chaos --tts-report tts-report --junitxml tts-report/junit.xml
      - uses: actions/upload-artifact@v4
        if: always()
        with:
          name: tts-report
          path: tts-report
"""

_GITLAB = """\
# Take it up in .gitlab-ci.yml:  include: tts-chaos.gitlab-ci.yml
tts-chaos:
  image: python:3.13
  timeout: 30 minutes
  script:
    # What the integration itself needs goes here.
    - pip install pytest-tts-chaos  # or the wheel that `make wheel` built
    - tts-chaos doctor --offline
    - pytest --tts-chaos --tts-report tts-report --junitxml tts-report/junit.xml
  artifacts:
    when: always
    paths: [tts-report]
    reports:
      junit: tts-report/junit.xml
"""

_FILES: Mapping[str, Callable[[], dict[str, str]]] = {
    "none": dict,
    "github": lambda: {".github/workflows/tts-chaos.yml": _GITHUB},
    "gitlab": lambda: {"tts-chaos.gitlab-ci.yml": _GITLAB},
}


def ci_files(system: str) -> dict[str, str]:
    """Return the files for a system, by path."""
    return _FILES[system]()
