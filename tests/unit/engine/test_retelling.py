"""What is told again is kept once; what differs in any way is told anew."""

from __future__ import annotations

import msgspec
import pytest

from tts_chaos.core.clock import ManualClock
from tts_chaos.core.history import Json, Observed, Truth
from tts_chaos.core.secrets import SecretBook
from tts_chaos.engine.recorder import Recorder
from tts_chaos.engine.retelling import Retelling

SECRET = "a-secret-of-the-run"


class Bench:
    def __init__(self) -> None:
        self.secrets = SecretBook()
        self.recorder = Recorder(ManualClock())
        self.retelling = Retelling(self.recorder, self.secrets)

    def told(self, *values: Json) -> list[Observed]:
        for value in values:
            self.retelling.observe("orders", value)
        return self.recorder.history().of(Observed)

    def truths(self, *ledgers: Json) -> list[Truth]:
        for ledger in ledgers:
            self.retelling.tell_truth(msgspec.json.encode(ledger))
        return self.recorder.history().of(Truth)


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_the_same_value_is_kept_once_under_two_records(bench: Bench) -> None:
    first, second = bench.told([{"id": "1"}], [{"id": "1"}])

    assert second.value is first.value
    assert (first.index, second.index) == (0, 1)


def test_what_was_made_of_it_is_made_once(bench: Bench) -> None:
    made: list[int] = []

    def make(observed: Observed) -> str:
        made.append(observed.index)
        return "made"

    first, second = bench.told([1], [1])
    assert (second.derive(make), first.derive(make)) == ("made", "made")
    assert len(made) == 1


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param([1], [True], id="a-number-is-no-truth-value"),
        pytest.param([1], [1.0], id="a-whole-number-is-no-fraction"),
        pytest.param({"a": 1, "b": 2}, {"b": 2, "a": 1}, id="another-order-of-keys"),
        pytest.param(2**80, 2**80 + 1, id="numbers-that-cannot-be-written"),
    ],
)
def test_what_differs_is_told_as_it_is(bench: Bench, first: Json, second: Json) -> None:
    told = bench.told(first, second)

    assert [repr(row.value) for row in told] == [repr(first), repr(second)]


def test_once_more_is_known_to_be_secret_the_same_value_is_searched_again(bench: Bench) -> None:
    bench.told({"note": SECRET})
    bench.secrets.add(SECRET, "secret")

    assert bench.told({"note": SECRET})[1].value == {"note": "{secret}"}


def test_a_truth_told_again_is_kept_once_and_a_new_secret_is_found_in_it(bench: Bench) -> None:
    first, second = bench.truths({"tokens": SECRET}, {"tokens": SECRET})
    assert second.ledger is first.ledger

    bench.secrets.add(SECRET, "secret")
    assert bench.truths({"tokens": SECRET})[2].ledger == {"tokens": "{secret}"}


def test_two_names_are_told_apart(bench: Bench) -> None:
    bench.retelling.observe("stock", [])
    bench.retelling.observe("orders", {})

    assert [row.value for row in bench.recorder.history().of(Observed)] == [[], {}]
