"""What nobody can know is not held against anyone, and what was seen is.

Writes of four kinds meet four kinds of end; some are looked after, by a read of their own or by a
sweep over everything. A model of its own says of each write what its client may believe; the
oracles must accept exactly that.

Two rules of the model need words. Whoever believes that something was *not* done breaks no safety
rule: it may not have looked yet; that it was never learned is for the rules that judge the end.
And stock is set absolutely: sending it again is always safe, so that nobody has to know what became
of the first try, and in the end both sides have to say the same.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.histories import START_S, Story, order, request

from tts_chaos.core.history import History
from tts_chaos.core.verdict import Verdict
from tts_chaos.oracles.catalogue import ORACLES
from tts_chaos.oracles.oracle import JudgeSettings

KINDS = ("ship", "refund", "cancel", "stock")
DONE, REFUSED, LOST, NOT_DONE, TWICE, LATE = (
    "done",
    "refused",
    "applied, answer lost",
    "not applied, answer lost",
    "applied twice",
    "applied late",
)
ENDS = (DONE, REFUSED, LOST, NOT_DONE, TWICE, LATE)
NO_ANSWER: dict[str, Any] = {"fate": "reset", "status": 0, "code": None}
REFUSALS = {"ship": 21011006, "refund": 25020010, "cancel": 25001011, "stock": 0}
"""What the second of two equal requests is answered with; stock takes it again."""


@dataclass(frozen=True)
class Write:
    """One write about a thing of its own.

    Attributes:
        looks: After which of its own events it is read: 0 the call, 1 the late commit.
    """

    kind: str
    end: str
    looks: frozenset[int]
    believes: bool


WRITES = st.builds(
    Write,
    kind=st.sampled_from(KINDS),
    end=st.sampled_from(ENDS),
    looks=st.frozensets(st.integers(0, 1)),
    believes=st.booleans(),
)


@dataclass
class Model:
    """What is true of one thing, and what its client was told; knows nothing of the oracles."""

    is_done: bool = False
    is_told: bool = True

    def may_believe(self) -> set[bool]:
        """Return what the client may believe of it."""
        return {self.is_done} if self.is_told else {True, False}

    def meet(self, end: str) -> None:
        """Let a call end."""
        self.is_done = end in (DONE, LOST, TWICE)
        self.is_told = end in (DONE, REFUSED, TWICE)

    def happen_late(self) -> None:
        """Let the platform do now what was given up: what was seen before is no longer so."""
        self.is_done, self.is_told = True, False

    def look(self) -> None:
        """Let the client see it."""
        self.is_told = True


@dataclass
class Play:
    """Tells a story, and the same to the models."""

    writes: list[Write]
    story: Story = field(default_factory=Story)

    def __post_init__(self) -> None:
        self.models = [Model() for _ in self.writes]
        self.calls = [0] * len(self.writes)
        self.asked: set[int] = set()
        self.count = 0

    def events(self) -> list[tuple[int, str]]:
        """Return the events of all writes, those of one in their order."""
        listed = []
        for place, write in enumerate(self.writes):
            listed.append((place, "call"))
            listed += [(place, "look")] if 0 in write.looks else []
            if write.end == LATE:
                listed.append((place, "late"))
                listed += [(place, "look")] if 1 in write.looks else []
        return listed

    def take(self, place: int, event: str) -> None:
        """Let one event happen; `sweep` is nobody's own."""
        self.story.wait(1_000)
        if event == "sweep":
            self._sweep()
        else:
            getattr(self, f"_{event}")(place, self.writes[place])

    def _call(self, place: int, write: Write) -> None:
        self.models[place].meet(write.end)
        self.asked.add(place)
        self.count += 1
        self.calls[place] = self.count
        ended: dict[str, Any] = {} if write.end == DONE else {**NO_ANSWER}
        if write.end == REFUSED:
            ended = {"code": 36009004}
        if write.end == TWICE:
            ended = {"code": REFUSALS[write.kind], "committed": True}
        if write.end == LOST:
            ended["committed"] = True
        name, entity, body = {
            "ship": ("ship", _id(place, 5), {}),
            "refund": ("approve", _id(place, 4), {"decision": "APPROVE_REFUND"}),
            "cancel": ("cancel", "", {"order_id": _id(place, 1)}),
            "stock": ("push", "", {"skus": [{"id": _id(place, 2), "inventory": [_LEVEL]}]}),
        }[write.kind]
        self.story.call(name, entity, body=body, **ended)

    def _late(self, place: int, _write: Write) -> None:
        self.models[place].happen_late()
        self.story.done_late(self.calls[place])

    def _look(self, place: int, write: Write) -> None:
        self.models[place].look()
        self.count += 1
        name, entity, body = {
            "ship": ("package", _id(place, 5), {}),
            "refund": ("returns", "", {"order_ids": [_id(place, 1)]}),
            "cancel": ("cancellations", "", {"order_ids": [_id(place, 1)]}),
            "stock": ("stock", "", {"sku_ids": [_id(place, 2)]}),
        }[write.kind]
        self.story.call(name, entity, body=body)

    def _sweep(self) -> None:
        """Search for everything since before the beginning: shows each refund, done or not."""
        for name in ("returns", "cancellations"):
            self.count += 1
            self.story.call(name, body={"update_time_ge": START_S - 900})
        for place in self.asked:
            if self.writes[place].kind in ("refund", "cancel"):
                self.models[place].look()

    def history(self) -> History:
        """End the story: what is believed, beside what is true."""
        pairs = list(zip(range(len(self.writes)), self.writes, self.models, strict=True))
        money = [p for p in pairs if p[1].kind in ("refund", "cancel")]
        ships = [p for p in pairs if p[1].kind == "ship"]
        stock = [p for p in pairs if p[1].kind == "stock"]
        told = [
            {"order_id": _id(n, 1), "amount": "5.00", "currency": "GBP"}
            for n, write, _ in money
            if write.believes
        ]
        sent = [{"order_id": _id(n, 1), "package_id": _id(n, 5)} for n, w, _ in ships if w.believes]
        self.story.observe("refunds", told).observe("shipments", sent)
        self.story.observe("stock", {_id(n, 2): 7 if w.believes else 9 for n, w, _ in stock})
        rows = [(write.kind, _request(n, write, model)) for n, write, model in money]
        self.story.truth(
            orders=[order(_id(n, 1)) for n, _, _ in pairs],
            stock={_id(n, 2): 7 if model.is_done else 9 for n, _, model in stock},
            shipments=[
                {"order_id": _id(n, 1), "package_id": _id(n, 5)} for n, _, m in ships if m.is_done
            ],
            returns=[row for kind, row in rows if kind == "refund"],
            cancellations=[row for kind, row in rows if kind == "cancel" and row],
        )
        return self.story.history()


_LEVEL = {"quantity": 7}


def _id(place: int, leading: int) -> str:
    """Return an id of the usual length; no id is part of another, or of a time."""
    return f"{leading}{place:02d}76400000000{leading}{place:02d}"


def _request(place: int, write: Write, model: Model) -> dict[str, Any]:
    if write.kind == "cancel" and not model.is_done:
        return {}
    amount = "5.00" if model.is_done else "0"
    return request(_id(place, 4), amount, of=_id(place, 1))


EXPECTED = {
    "ship": (("shipments_true", True),),
    "refund": (("refunds_true", True), ("refunds_complete", False)),
    "cancel": (("refunds_true", True), ("refunds_complete", False)),
}
"""By kind: which oracle rejects which wrong belief."""


def wanted(play: Play) -> dict[str, Verdict]:
    """Return what each oracle must say: from the model alone."""
    verdicts = dict.fromkeys(
        ("shipments_true", "refunds_true", "refunds_complete"), Verdict.VALID
    ) | {"stock_converges": Verdict.VALID}
    for write, model in zip(play.writes, play.models, strict=True):
        if write.believes == model.is_done:
            continue
        if write.kind == "stock":
            verdicts["stock_converges"] = Verdict.INVALID
            continue
        wrong = Verdict.UNKNOWN if write.believes in model.may_believe() else Verdict.INVALID
        for oracle, believes in EXPECTED[write.kind]:
            if believes == write.believes and verdicts[oracle] is not Verdict.INVALID:
                verdicts[oracle] = wrong
    if not any(write.kind == "stock" for write in play.writes):
        del verdicts["stock_converges"]
    if not any(write.kind == "ship" and write.believes for write in play.writes):
        del verdicts["shipments_true"]
    return verdicts


def judged(history: History, name: str) -> Verdict:
    """Return what an oracle says."""
    return ORACLES[name].judge(history, JudgeSettings()).verdict


@st.composite
def plays(draw: st.DrawFn) -> Play:
    """Return a play in which the events of several writes, and sweeps, are mixed."""
    play = Play(draw(st.lists(WRITES, min_size=1, max_size=4)))
    waiting = [[e for e in play.events() if e[0] == place] for place in range(len(play.writes))]
    sweeps = draw(st.integers(0, 2))
    waiting.append([(-1, "sweep")] * sweeps)
    while any(waiting):
        queue = draw(st.sampled_from([rest for rest in waiting if rest]))
        play.take(*queue.pop(0))
    return play


@settings(max_examples=400, deadline=None)
@given(play=plays())
def test_exactly_what_the_model_says_is_possible_is_accepted(play: Play) -> None:
    history = play.history()

    expected = wanted(play)
    assert {name: judged(history, name) for name in expected} == expected


@pytest.mark.parametrize("kind", ["ship", "refund", "cancel"])
@pytest.mark.parametrize("end", [LOST, NOT_DONE])
@pytest.mark.parametrize("believes", [True, False])
def test_a_lost_answer_is_accepted_either_way_until_it_is_looked_after(
    kind: str, end: str, believes: bool
) -> None:
    verdicts = {}
    for looks in (frozenset[int](), frozenset({0})):
        play = Play([Write(kind=kind, end=end, looks=looks, believes=believes)])
        for event in play.events():
            play.take(*event)
        history = play.history()
        verdicts[bool(looks)] = {judged(history, name) for name, _ in EXPECTED[kind]}

    assert Verdict.INVALID not in verdicts[False]
    is_wrong = believes != (end == LOST)
    if is_wrong and (believes or kind != "ship"):
        assert Verdict.INVALID in verdicts[True]
    else:
        assert Verdict.INVALID not in verdicts[True]
