"""A toxic's stage on a loop whose time a test moves by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, cast

import pytest

from tts_chaos.core.entropy import Entropy
from tts_chaos.serving.fault_proxy.engine.toxics import STAGES, Stage, StageContext


class ManualTimer:
    def __init__(self, due_s: float, work: Callable[[], None]) -> None:
        self.due_s = due_s
        self.work = work
        self.is_cancelled = False

    def cancel(self) -> None:
        self.is_cancelled = True


class ManualLoop:
    """Timers only; time passes by `advance`."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.timers: list[ManualTimer] = []

    def time(self) -> float:
        return self.now_s

    def call_at(self, due_s: float, work: Callable[..., None], *arguments: Any) -> ManualTimer:
        timer = ManualTimer(due_s, lambda: work(*arguments))
        self.timers.append(timer)
        return timer

    def call_later(self, delay_s: float, work: Callable[..., None], *given: Any) -> ManualTimer:
        return self.call_at(self.now_s + delay_s, work, *given)

    def advance(self, to_s: float) -> None:
        """Fire every timer due until then, in order of time."""
        while due := [t for t in self.timers if not t.is_cancelled and t.due_s <= to_s + 1e-9]:
            timer = min(due, key=lambda each: each.due_s)
            self.timers.remove(timer)
            self.now_s = timer.due_s
            timer.work()
        self.now_s = to_s


class Lab:
    """One stage, and a record of what came out: `(milliseconds, bytes)`, None for the end."""

    def __init__(self) -> None:
        self.manual = ManualLoop()
        self.loop = cast("asyncio.AbstractEventLoop", self.manual)
        self.out: list[tuple[int, bytes | None]] = []
        self.stamps_ms: list[int] = []
        self.hits = 0
        self.is_paused = False
        self.is_abortive = False
        self.attributes: dict[str, int] = {}
        self.stage: Stage

    def put(self, kind: str, *, is_from_start: bool = True, **attributes: int) -> Stage:
        self.attributes.update(dict.fromkeys(STAGES[kind].attributes, 0) | attributes)
        context = StageContext(
            link=self,
            attributes=self.attributes,
            entropy=Entropy(1),
            is_from_start=is_from_start,
            count_hit=self._count_hit,
        )
        self.stage = STAGES[kind](context)
        self.stage.next = self
        self.stage.start()
        return self.stage

    def send(self, data: bytes) -> None:
        self.stage.feed(data, self.manual.now_s)

    def advance(self, to_ms: int) -> None:
        self.manual.advance(to_ms / 1000)

    def sizes(self) -> list[int]:
        return [len(data) for _, data in self.out if data is not None]

    def _count_hit(self) -> None:
        self.hits += 1

    # The stage's outlet.

    def feed(self, data: bytes, at_s: float, /) -> None:
        self.out.append((round(self.manual.now_s * 1000), data))
        self.stamps_ms.append(round(at_s * 1000))

    def end(self) -> None:
        self.out.append((round(self.manual.now_s * 1000), None))

    # The stage's link.

    def pause(self, holder: object) -> None:
        self.is_paused = True

    def resume(self, holder: object) -> None:
        self.is_paused = False

    def make_abortive(self) -> None:
        self.is_abortive = True


@pytest.fixture
def lab() -> Lab:
    return Lab()
