"""Places that hold a swapped function are found, and found again once modules have changed."""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator

import pytest

from tts_chaos.injectors.virtual_time import originals
from tts_chaos.injectors.virtual_time.session import VirtualTime

NAME = "a_module_of_the_integration"


@pytest.fixture
def module() -> Iterator[types.ModuleType]:
    made = types.ModuleType(NAME)
    vars(made)["pause"] = originals.sleep
    sys.modules[NAME] = made
    yield made
    del sys.modules[NAME]


def _is_virtual(module: types.ModuleType, name: str) -> bool:
    with VirtualTime():
        return vars(module)[name] is not originals.sleep


def test_a_module_that_came_between_two_runs_is_swapped_and_given_back() -> None:
    with VirtualTime():
        pass
    made = types.ModuleType(NAME)
    vars(made)["pause"] = originals.sleep
    sys.modules[NAME] = made
    try:
        assert _is_virtual(made, "pause")
        assert vars(made)["pause"] is originals.sleep
    finally:
        del sys.modules[NAME]


def test_a_name_that_a_module_got_between_two_runs_is_swapped(module: types.ModuleType) -> None:
    assert _is_virtual(module, "pause")
    vars(module)["wait"] = originals.sleep

    assert _is_virtual(module, "wait")


def test_a_module_put_in_the_place_of_another_is_swapped(module: types.ModuleType) -> None:
    assert _is_virtual(module, "pause")
    other = types.ModuleType(NAME)
    vars(other)["pause"] = originals.sleep
    sys.modules[NAME] = other

    assert _is_virtual(other, "pause")
