"""What an integration may return, and what it becomes."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from typing import Any

import pytest

from tts_chaos.engine.plain import to_plain
from tts_chaos.errors import UsageError


@dataclass
class _Line:
    sku_id: str
    sale_price: Decimal


class _Status(StrEnum):
    SHIPPED = "SHIPPED"


class _Level(IntEnum):
    HIGH = 3


class _Bare(Enum):
    ONE = 1


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        pytest.param(None, None, id="nothing"),
        pytest.param(True, True, id="a-truth-value-stays-one"),
        pytest.param(Decimal("9.90"), "9.90", id="money-keeps-its-digits"),
        pytest.param((1, ("a",)), [1, ["a"]], id="tuples-become-lists"),
        pytest.param(OrderedDict(a=1), {"a": 1}, id="mappings-become-dicts"),
        pytest.param(
            [_Line("1", Decimal("2.50"))],
            [{"sku_id": "1", "sale_price": "2.50"}],
            id="dataclasses-become-dicts",
        ),
        pytest.param({_Status.SHIPPED: 1}, {"SHIPPED": 1}, id="text-enums-as-keys"),
        pytest.param(_Level.HIGH, 3, id="number-enums"),
    ],
)
def test_a_value_becomes_plain(value: Any, plain: Any) -> None:
    assert to_plain(value) == plain


@pytest.mark.parametrize("value", [_Status.SHIPPED, _Level.HIGH], ids=["text", "number"])
def test_nothing_is_left_of_a_subclass(value: Any) -> None:
    assert type(to_plain(value)) in (str, int)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        pytest.param({"a": [{1, 2}]}, r"\$\.a\[0\] is a set; .*sorted list", id="a-set"),
        pytest.param(b"x", r"\$ is a bytes; decode it to text", id="bytes"),
        pytest.param(iter([1]), r"return a list of what it yields", id="an-iterator"),
        pytest.param(float("nan"), r"\$ is nan, which JSON cannot express", id="not-a-number"),
        pytest.param({17: 1}, r"\$ has the key 17; keys must be text", id="a-number-as-key"),
        pytest.param(object(), r"is a object; return None, bool", id="an-object"),
        pytest.param(_Bare.ONE, r"is a _Bare; return None, bool", id="an-enum-of-nothing"),
        pytest.param(_Line, r"is a type; return None, bool", id="a-class"),
    ],
)
def test_anything_else_is_refused_with_its_place(value: Any, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        to_plain(value)


def test_a_value_that_contains_itself_is_refused() -> None:
    loop: list[Any] = []
    loop.append(loop)

    with pytest.raises(UsageError, match="does it contain itself"):
        to_plain(loop)
