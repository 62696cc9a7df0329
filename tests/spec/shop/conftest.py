"""Desks: a populated twin with one client that signs its calls."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.support.shop_desk import Desk


@pytest.fixture
def make_desk() -> Callable[..., Desk]:
    """Make a desk in a region, strict unless said otherwise."""

    def make(region: str = "GB", *, strict: bool = True, seed: int = 7) -> Desk:
        return Desk(region=region, strict=strict, seed=seed)

    return make


@pytest.fixture
def desk(make_desk: Callable[..., Desk]) -> Desk:
    """A desk in the UK."""
    return make_desk()
