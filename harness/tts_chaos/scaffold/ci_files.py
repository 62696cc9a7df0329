"""A job for continuous integration that plays, lets the gate decide, and keeps the report."""

from __future__ import annotations

from pathlib import Path

__all__ = ["ci_files"]

_TEMPLATES = Path(__file__).parent / "templates"

_FILES = {
    "github": (".github/workflows/tts-chaos.yml", "github.yml"),
    "gitlab": ("tts-chaos.gitlab-ci.yml", "gitlab.yml"),
}
"""By system: where its file has to lie, and the template."""


def ci_files(system: str) -> dict[str, str]:
    """Return the files for a system, by path; none for `none`."""
    if system == "none":
        return {}
    path, template = _FILES[system]
    return {path: (_TEMPLATES / template).read_text(encoding="utf-8")}
