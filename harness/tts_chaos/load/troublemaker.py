"""Lets things go wrong at the peak, and holds the platform's post up before a flash sale.

A thread of its own, by the plan's clock: a fault sets in on time, however busy the load is.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from tts_chaos.errors import ChaosError, InjectionError
from tts_chaos.load.fault_scripts import Act, Script
from tts_chaos.load.plan import Plan, Stage
from tts_chaos.load.results import FaultBand
from tts_chaos.scenarios.shape import Place
from tts_chaos.scenarios.steps import parse_fault
from tts_chaos.serving.standalone import Standalone

__all__ = ["Troublemaker"]

_BACKLOG = "load-backlog-"
_HOLD_S = 2.0
"""How long before its stage a backlog is ordered, its webhooks held up."""


class Troublemaker:
    """Works from `begin` until the context ends; then everything is lifted.

    Args:
        twin: The platform.
        plan: When the peak is.
        script: What goes wrong; None for nothing.
    """

    def __init__(self, twin: Standalone, plan: Plan, script: Script | None) -> None:
        self._twin = twin
        self._steps: list[tuple[float, Callable[[], None]]] = []
        self._open: dict[str, float] = {}
        self._lock = threading.Lock()
        self._bands: list[FaultBand] = []
        self._over = threading.Event()
        self._thread: threading.Thread | None = None
        self._zero_at = 0.0
        self._problem: ChaosError | None = None
        begin_s, end_s = plan.window(plan.peak)
        for number, act in enumerate(script.acts if script else ()):
            self._plan_act(f"load-{number}-{act.name}", act, begin_s, end_s - begin_s)
        for at_s, stage in plan.begins():
            if stage.backlog:
                self._plan_backlog(at_s, stage)

    def _plan_act(self, id: str, act: Act, begin_s: float, for_s: float) -> None:
        at_s, until_s = begin_s + act.begin * for_s, begin_s + act.end * for_s
        self._steps.append((at_s, lambda: self._set_in(id, act)))
        self._steps.append((until_s, lambda: self._lift(id, act)))

    def _plan_backlog(self, at_s: float, stage: Stage) -> None:
        id = f"{_BACKLOG}{stage.name}"
        hold = parse_fault({"fault": "webhooks_batched", "id": id}, Place("backlog"))
        act = Act(0, 1, fault=hold)

        def order() -> None:
            self._set_in(id, act)
            self._twin.command("place_orders", {"count": stage.backlog, "units": 1})

        self._steps.append((max(0.0, at_s - _HOLD_S), order))
        self._steps.append((at_s, lambda: self._lift(id, act)))

    # -- life -----------------------------------------------------------------------------------

    def __enter__(self) -> Troublemaker:
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        if self._thread is not None:
            self._thread.join()
        with self._lock:
            left = list(self._open)
        for id in left:
            self._close(id)
        self._twin.lift_all()
        if self._problem is not None:
            raise InjectionError(f"the fault script failed: {self._problem}") from self._problem

    def begin(self, now_s: float) -> None:
        """Begin, the plan being at `now_s`; only the first call counts."""
        if self._thread is None:
            self._zero_at = time.monotonic() - now_s
            self._thread = threading.Thread(target=self._run, name="tts-chaos-trouble", daemon=True)
            self._thread.start()

    @property
    def active(self) -> tuple[str, ...]:
        """Names of what is wrong at this moment."""
        with self._lock:
            return tuple(_name_of(id) for id in self._open)

    @property
    def bands(self) -> tuple[FaultBand, ...]:
        """When things were wrong."""
        return tuple(self._bands)

    def _run(self) -> None:
        for at_s, step in sorted(self._steps, key=lambda pair: pair[0]):
            if self._over.wait(max(0.0, self._zero_at + at_s - time.monotonic())):
                return
            try:
                step()
            except ChaosError as error:
                self._problem = self._problem or error
                return

    # -- steps ----------------------------------------------------------------------------------

    def _set_in(self, id: str, act: Act) -> None:
        if act.fault is not None:
            self._twin.arm(id, act.fault.fault, act.fault.trigger)
        if act.command is not None:
            self._twin.command(*act.command)
        with self._lock:
            self._open[id] = time.monotonic() - self._zero_at

    def _lift(self, id: str, act: Act) -> None:
        if act.fault is not None:
            self._twin.lift(id)
        if act.undo is not None:
            self._twin.command(*act.undo)
        self._close(id)

    def _close(self, id: str) -> None:
        with self._lock:
            begin_s = self._open.pop(id, None)
        if begin_s is None:
            return
        counted = not id.startswith(_BACKLOG)
        fired = next((r.fired for r in self._twin.receipts() if r.fault == id and counted), None)
        end_s = time.monotonic() - self._zero_at
        self._bands.append(FaultBand(name=_name_of(id), begin_s=begin_s, end_s=end_s, fired=fired))


def _name_of(id: str) -> str:
    return id.split("-", 2)[-1] if id.startswith("load-") else id
