"""A pytest plugin: tells with each report which faults, in which worlds, its test shows."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

__all__ = ["PROPERTY"]

PROPERTY = "proves_fault"


def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    """Attach the marks to what travels with reports between processes."""
    for item in items:
        for mark in item.iter_markers(PROPERTY):
            name, world = mark.args
            item.user_properties.append((PROPERTY, f"{name} {world}"))
