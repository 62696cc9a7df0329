"""All files for a set of answers, and what is left for people to do."""

from __future__ import annotations

from collections.abc import Mapping

from tts_chaos.scaffold.answers import Answers
from tts_chaos.scaffold.ci_files import ci_files
from tts_chaos.scaffold.program_file import program_files
from tts_chaos.scaffold.python_files import python_files
from tts_chaos.typing import ACTIONS, OBSERVATIONS

__all__ = ["files_for", "not_offered_line", "pytest_is_configured"]

_SETTINGS = {
    "pytest.ini": "",
    ".pytest.ini": "",
    "pyproject.toml": "[tool.pytest",
    "tox.ini": "[pytest]",
    "setup.cfg": "[tool:pytest]",
}
"""File that may hold pytest's settings, and what in it tells that it does."""


def files_for(answers: Answers, there: Mapping[str, str]) -> dict[str, str]:
    """Return the files to write, by path.

    Args:
        answers: What was answered.
        there: Texts of the files that are there already.
    """
    made = program_files if answers.kind == "program" else python_files
    files = made(answers, there)
    if not pytest_is_configured(there):
        files["pytest.ini"] = f"[pytest]\n{not_offered_line(answers)}\n"
    return {**files, **ci_files(answers.ci)}


def pytest_is_configured(there: Mapping[str, str]) -> bool:
    """Whether pytest is configured already: then another file would hide that one."""
    return any(name in there and mark in there[name] for name, mark in _SETTINGS.items())


def not_offered_line(answers: Answers) -> str:
    """Return the setting that names what the integration knowingly lacks."""
    lacking = [name for name in (*ACTIONS, *OBSERVATIONS) if name not in answers.offers]
    return f"tts_not_offered = {' '.join(lacking)}"
