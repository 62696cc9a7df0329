"""`latency`: everything arrives late, in order, by `latency` ± `jitter` milliseconds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from tts_chaos.serving.fault_proxy.engine.toxics.paced import PacedStage, Piece

__all__ = ["Latency"]


class Latency(PacedStage):
    """Delays each chunk, counted from the instant it came in.

    Chunks that wait behind a slower one are not delayed a second time.
    """

    attributes: ClassVar[Mapping[str, str]] = {"latency": "int64", "jitter": "int64"}
    wire_structure = "LatencyToxic"
    # A delay line has to hold what a fast sender produces meanwhile, or it would act as a
    # bandwidth limit. As much as 1024 reads of 32 KiB, the bound of the Toxiproxy server.
    held_bytes_max = 32 * 1024 * 1024

    def plan(self, data: bytes, at_s: float) -> Piece:
        """Return the whole chunk at its time."""
        delay_ms = self.context.attributes["latency"]
        jitter_ms = self.context.attributes["jitter"]
        if jitter_ms > 0:
            delay_ms += self.context.entropy.integer(-jitter_ms, jitter_ms - 1)
        due_s = at_s + delay_ms / 1000
        return Piece(len(data), due_s, max(at_s, due_s))
