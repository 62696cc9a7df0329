"""One direction of one connection: from a source, through the toxics' stages, to a sink."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from tts_chaos.core.entropy import Entropy
from tts_chaos.serving.fault_proxy.engine.toxic import Toxic
from tts_chaos.serving.fault_proxy.engine.toxics import Noop, Outlet, Stage, StageContext

__all__ = ["Link", "LinkOwner"]


class LinkOwner(Protocol):
    """What a link asks of its connection."""

    loop: asyncio.AbstractEventLoop

    def entropy_for(self, toxic: Toxic) -> Entropy:
        """Return the chance of `toxic` on this connection."""
        ...

    def count_hit(self, toxic: Toxic) -> None:
        """Note that `toxic` has acted on this connection."""
        ...

    def make_abortive(self) -> None:
        """Let both sides end in a reset."""
        ...

    def finish(self, transport: asyncio.Transport) -> None:
        """Close one side, for no more bytes will be written to it."""
        ...


class _Sink:
    """The end of the chain: writes to the destination, and closes it at the end."""

    def __init__(self, owner: LinkOwner, destination: asyncio.Transport) -> None:
        self._owner = owner
        self._destination = destination

    def feed(self, data: bytes, _at_s: float, /) -> None:
        if not self._destination.is_closing():
            self._destination.write(data)

    def end(self) -> None:
        self._owner.finish(self._destination)


class Link:
    """Moves bytes from `source` to `destination`.

    Args:
        owner: The connection.
        source: Whom to stop reading when a stage or the destination holds too much.
        destination: Whom to write to.
        toxics: The toxics of this direction, in order.

    Attributes:
        receive: To be called with the bytes from the source. Bound straight to the destination
            while there is no toxic, so that an idle proxy costs next to nothing.
    """

    def __init__(
        self,
        owner: LinkOwner,
        source: asyncio.Transport,
        destination: asyncio.Transport,
        toxics: list[Toxic],
    ) -> None:
        self.loop = owner.loop
        self._owner = owner
        self._source = source
        self._sink = _Sink(owner, destination)
        self._holders: set[int] = set()
        self._is_ended = False
        self._toxics: list[Toxic] = []
        self._stages: list[Stage] = []
        self.receive: Callable[[bytes], None] = self._forward
        for toxic in toxics:
            self._append(toxic, self._make_stage(toxic, is_from_start=True))

    def start(self) -> None:
        """Begin; separate from construction because a stage may close the connection at once."""
        for stage in tuple(self._stages):
            stage.start()

    def end(self) -> None:
        """Take note that the source sends no more."""
        if not self._is_ended:
            self._is_ended = True
            self._first().end()

    def add(self, toxic: Toxic) -> None:
        """Put a toxic at the end of the chain."""
        stage = self._make_stage(toxic, is_from_start=False)
        self._append(toxic, stage)
        stage.start()

    def remove(self, toxic: Toxic) -> None:
        """Take a toxic out of the chain; what it holds moves on."""
        if toxic not in self._toxics:
            return
        index = self._toxics.index(toxic)
        stage = self._stages.pop(index)
        del self._toxics[index]
        if index:
            self._stages[index - 1].next = stage.next
        self._choose_entrance()
        stage.remove()
        self.resume(stage)

    def update(self, toxic: Toxic, *, is_redrawn: bool) -> None:
        """Let a changed toxic take effect; `is_redrawn` when its toxicity changed."""
        if toxic not in self._toxics:
            return
        index = self._toxics.index(toxic)
        if is_redrawn:
            self._replace(index, self._make_stage(toxic, is_from_start=False))
        else:
            self._stages[index].update()

    def dispose(self) -> None:
        """Drop all timers: the connection is gone."""
        for stage in self._stages:
            stage.dispose()

    def pause(self, holder: object) -> None:
        """Stop reading from the source on behalf of `holder`."""
        self._holders.add(id(holder))
        self._source.pause_reading()

    def resume(self, holder: object) -> None:
        """Read on once nobody holds the source back."""
        if id(holder) not in self._holders:
            return
        self._holders.remove(id(holder))
        if not self._holders and not self._source.is_closing():
            self._source.resume_reading()

    def make_abortive(self) -> None:
        """Let both sides of the connection end in a reset."""
        self._owner.make_abortive()

    def _forward(self, data: bytes) -> None:
        self._sink.feed(data, 0.0)

    def _feed(self, data: bytes) -> None:
        self._stages[0].feed(data, self.loop.time())

    def _first(self) -> Outlet:
        return self._stages[0] if self._stages else self._sink

    def _choose_entrance(self) -> None:
        self.receive = self._feed if self._stages else self._forward

    def _append(self, toxic: Toxic, stage: Stage) -> None:
        stage.next = self._sink
        if self._stages:
            self._stages[-1].next = stage
            stage.is_closed = self._stages[-1].is_closed
        else:
            stage.is_closed = self._is_ended
        self._stages.append(stage)
        self._toxics.append(toxic)
        self._choose_entrance()

    def _replace(self, index: int, stage: Stage) -> None:
        old = self._stages[index]
        stage.next = old.next
        stage.is_closed = old.is_closed
        self._stages[index] = stage
        if index:
            self._stages[index - 1].next = stage
        old.remove()
        self.resume(old)
        stage.start()

    def _make_stage(self, toxic: Toxic, *, is_from_start: bool) -> Stage:
        entropy = self._owner.entropy_for(toxic)
        is_hit = toxic.toxicity >= 1 or entropy.ratio() < toxic.toxicity
        context = StageContext(
            link=self,
            attributes=toxic.attributes,
            entropy=entropy,
            is_from_start=is_from_start,
            count_hit=lambda: self._owner.count_hit(toxic),
        )
        return toxic.stage_type(context) if is_hit else Noop(context)
