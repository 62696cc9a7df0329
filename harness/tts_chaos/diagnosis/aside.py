"""Folders whose contents are samples: tests, fixtures, documents."""

from __future__ import annotations

from pathlib import PurePosixPath

__all__ = ["SAMPLE_FOLDERS", "is_aside"]

SAMPLE_FOLDERS = frozenset({
    "test", "tests", "spec", "specs", "fixtures", "__tests__", "examples", "example", "docs",
    "cassettes", "recordings", "testdata", "scenarios",
})  # fmt: skip
"""Values and addresses in them are made up, often wrong on purpose. Secrets in them are real
secrets all the same, and are found."""


def is_aside(path: str) -> bool:
    """Whether a file lies in a folder of samples.

    Args:
        path: Relative to the project, with forward slashes.
    """
    return bool(SAMPLE_FOLDERS & set(PurePosixPath(path).parts[:-1]))
