"""A whole rehearsal: twin, fault proxy, integration and Locust, from start to verdict.

    with Rehearsal(order) as rehearsal:
        result = rehearsal.run(told=print)

Everything is started here and ends here; the integration and Locust are processes that cannot
outlive this one.
"""

from __future__ import annotations

import os
import platform
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tts_chaos.core.history import Completed, Invoked, Observed, OpKind, Truth
from tts_chaos.errors import ChaosError, ConfigError, InjectionError
from tts_chaos.load.after_peak import AWAITED, back_in_budget, look_back
from tts_chaos.load.budgets import Budget
from tts_chaos.load.fault_scripts import Script
from tts_chaos.load.live import Live
from tts_chaos.load.locust_process import LocustRun
from tts_chaos.load.plan import RESTOCK, Operation, Plan, Target
from tts_chaos.load.planning import make_plan
from tts_chaos.load.profiles import Profile
from tts_chaos.load.results import (
    AfterPeak,
    FaultBand,
    Result,
    measure,
    result_of,
)
from tts_chaos.load.subject import bundled_reference
from tts_chaos.load.targets import FRONT_DOOR, TWIN
from tts_chaos.load.troublemaker import Troublemaker
from tts_chaos.oracles.catalogue import pending_reason
from tts_chaos.oracles.oracle import JudgeSettings
from tts_chaos.serving.control import ControlApi
from tts_chaos.serving.fault_proxy import FaultProxy
from tts_chaos.serving.http_reading import Origin
from tts_chaos.serving.http_server import HttpServer, Listener
from tts_chaos.serving.standalone import Setup, Standalone
from tts_chaos.subjects.external.model import Configuration, HttpCall
from tts_chaos.subjects.external.subject import ExternalSubject
from tts_chaos.subjects.reach import Reach

__all__ = ["Order", "Rehearsal"]

KEPT_RECORDS = 200_000
_POLL_S = 0.5
_ASK_EVERY_S = 2.0
_SETTLE_S = 60.0
_STOP_S = 40.0
_BEGIN_LIMIT_S = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be rehearsed.

    Attributes:
        profile_name: Name of the profile.
        profile: The profile.
        budgets: What must hold.
        results: Folder for everything that is written.
        configuration: The integration; None takes the bundled one.
        drives_twin: Whether users call the twin itself, without an integration.
        operations: Requests of the front door.
        script_name: Name of the fault script, "" for none.
        script: The fault script.
        rate: Requests per second for the factor 1; None takes the profile's.
        duration_s: Length of the whole; None takes the profile's.
        shares: Share of each area.
        headers: Sent with each request.
        timeout_s: A request without an answer by then has failed.
        seed: Decides instants, data and faults.
        workers: Generator processes on this machine.
        awaited: Those on other machines to wait for.
        bind: Address at which they find the master.
        bind_port: Its port; 0 for a free one.
        locustfile: Users; None takes the bundled ones.
        orders: Orders on the twin at the start.
        products: Products on the twin.
        noise: Differences of equal runs, by budget, from an A/A run.
        aborts: Whether a load with a budget broken beyond repair is ended early.
        toxiproxy_url: A Toxiproxy server that runs.
        reach: How a program comes to the twin, by its configuration.
    """

    profile_name: str
    profile: Profile
    budgets: tuple[Budget, ...]
    results: Path
    configuration: Configuration | None = None
    drives_twin: bool = False
    operations: Mapping[str, Operation] = field(default_factory=dict)
    script_name: str = ""
    script: Script | None = None
    rate: float | None = None
    duration_s: float | None = None
    shares: Mapping[str, float] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    timeout_s: float = 10.0
    seed: str = "0"
    workers: int = 1
    awaited: int = 0
    bind: str = ""
    bind_port: int = 0
    locustfile: Path | None = None
    orders: int = 50
    products: int = 8
    noise: Mapping[str, float] = field(default_factory=dict)
    aborts: bool = True
    toxiproxy_url: str = ""
    reach: Reach | None = None

    @property
    def against(self) -> str:
        """Whom it is against, in words."""
        if self.drives_twin:
            return "the twin itself"
        if self.configuration is None:
            return "the bundled reference integration (no [integration] is configured here)"
        return str(self.configuration.file)


class Rehearsal:
    """One rehearsal; a context manager.

    Args:
        order: What is to be rehearsed.
        interrupted: Set from outside to end the load early.
    """

    def __init__(self, order: Order, *, interrupted: threading.Event | None = None) -> None:
        self._order = order
        self._interrupted = interrupted or threading.Event()
        self._undo = ExitStack()
        self._subject: ExternalSubject | None = None
        self._backlog: list[tuple[float, int]] = []
        self._locust: LocustRun | None = None

    # -- life -----------------------------------------------------------------------------------

    def __enter__(self) -> Rehearsal:
        with ExitStack() as undo:
            order = self._order
            proxy = FaultProxy.start(order.toxiproxy_url or None)
            setup = Setup(
                seed=order.seed,
                orders=order.orders,
                products=order.products,
                tls=not order.drives_twin,
                history_limit=KEPT_RECORDS,
            )
            self._twin = Standalone(setup, proxy=proxy).start()
            undo.callback(self._twin.stop)
            self._control = HttpServer(
                [
                    Listener(
                        name="control", door=ControlApi(self._twin), origin=Origin(scheme="http")
                    )
                ]
            )
            undo.callback(self._control.stop)
            self._control.start()
            self._twin.command("subscribe_webhooks", {})
            for name, arguments in order.script.before if order.script else ():
                self._twin.command(name, arguments)
            if not order.drives_twin:
                folder = Path(undo.enter_context(tempfile.TemporaryDirectory(prefix="tts-load-")))
                self._start_subject(folder, undo)
            self._twin.begin()
            self._undo = undo.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._undo.close()

    def _start_subject(self, folder: Path, undo: ExitStack) -> None:
        connection = self._twin.connection
        configuration = self._order.configuration or bundled_reference(connection, folder)
        workspace = folder / "workspace"
        workspace.mkdir()
        subject = ExternalSubject(configuration, connection, workspace, reach=self._order.reach)
        undo.callback(subject.close)
        subject.start()
        self._subject = subject
        if "sync_orders" in subject.capabilities:
            subject.call("sync_orders", {})
        webhook = configuration.capabilities.get("deliver_webhook")
        if isinstance(webhook, HttpCall):
            self._twin.start_webhooks(subject.address + webhook.path)

    # -- the load -------------------------------------------------------------------------------

    def run(self, *, told: Callable[[str], None] | None = None) -> Result:
        """Send the load, wait for the backlog to drain, and judge.

        Args:
            told: Gets lines of progress.

        Raises:
            ChaosError: If a part of the rehearsal itself breaks.
        """
        plan = self._plan()
        live = Live(plan, self._order.budgets, told, aborts=self._order.aborts)
        script = self._order.script
        trouble = Troublemaker(self._twin, plan, script)
        with LocustRun(
            plan,
            locustfile=self._order.locustfile,
            bind=self._order.bind,
            port=self._order.bind_port,
            awaited=self._order.awaited,
        ) as locust:
            self._locust = locust
            # The judge of stock must know what the shop asks for: no more than this, all along.
            self._twin.note(_restocking(plan))
            if self._order.awaited and told:
                told(f"waiting for {self._order.awaited} workers of other machines at port "
                     f"{locust.port}")  # fmt: skip
            with trouble:
                ended_early, ended_s = self._follow(locust, live, trouble)
            locust.wait(plan.target.timeout_s + _STOP_S)
        self._twin.note(Completed(op=1, action="push_stock", kind=OpKind.OK))
        after = self._after(plan, trouble.bands)
        return result_of(
            plan,
            measure(self._order.results),
            self._order.budgets,
            script=self._order.script_name,
            noise=self._order.noise,
            bands=trouble.bands,
            after=after,
            ended_early=ended_early,
            ended_s=ended_s,
            environment=_environment(self._twin.proxy_engine),
        )

    @property
    def locust(self) -> LocustRun | None:
        """The load's processes while it runs."""
        return self._locust

    def _follow(
        self, locust: LocustRun, live: Live, trouble: Troublemaker
    ) -> tuple[str, float | None]:
        """Watch a load until it is over; returns why it was ended early, and when."""
        begun_at = time.monotonic()
        asked_at = 0.0
        while locust.is_running:
            if self._interrupted.wait(_POLL_S):
                return self._end(locust, live, "it was interrupted")
            if self._twin.failure is not None:
                raise InjectionError(f"the twin failed: {self._twin.failure}")
            now_s = live.look(self._order.results, trouble.active)
            if now_s is None:
                if not self._order.awaited and time.monotonic() - begun_at > _BEGIN_LIMIT_S:
                    return self._end(locust, live, "Locust did not begin")
                continue
            trouble.begin(now_s)
            if time.monotonic() - asked_at > _ASK_EVERY_S:
                asked_at = time.monotonic()
                self._backlog.append((round(now_s, 1), self._waiting()))
            live.backlog = self._backlog[-1][1] if self._backlog else 0
            if live.hopeless:
                return self._end(locust, live, live.hopeless)
        return "", None

    @staticmethod
    def _end(locust: LocustRun, live: Live, reason: str) -> tuple[str, float | None]:
        locust.stop()
        at_s = max(live.now_s or 0.0, 0.0)
        return f"{reason}; ended after {at_s:.0f} s", at_s

    def _plan(self) -> Plan:
        order = self._order
        return make_plan(
            order.profile_name,
            order.profile,
            self._target(),
            results=order.results,
            rate=order.rate,
            duration_s=order.duration_s,
            shares=order.shares,
            seed=order.seed,
            workers=order.workers,
        )

    def _target(self) -> Target:
        order, connection = self._order, self._twin.connection
        shop = self._twin.ledger()["shops"][connection.shop_id]
        skus = sorted(set(shop["stock"]) & self._known_skus(set(shop["stock"])))
        if not skus:
            raise ConfigError("the integration knows no SKU of the twin after its first sync")
        half = max(1, len(skus) // 2)
        told: dict[str, Any] = {
            "bought": tuple(skus[:half]),
            "stocked": dict.fromkeys(skus[half:], ""),
            "order_ids": tuple(order["id"] for order in shop["orders"]),
            "timeout_s": order.timeout_s,
            "control_url": f"http://127.0.0.1:{self._control.address('control')[1]}",
        }
        if order.drives_twin:
            return Target(
                base_url=connection.api_url,
                operations=dict(order.operations) or TWIN,
                app_key=connection.app_key,
                app_secret=connection.app_secret,
                access_token=connection.access_token,
                shop_cipher=connection.shop_cipher,
                **told,
            )
        assert self._subject is not None
        return Target(
            base_url=self._subject.address,
            operations=dict(order.operations) or FRONT_DOOR,
            headers=dict(order.headers),
            **told,
        )

    def _known_skus(self, all_skus: set[str]) -> set[str]:
        """Return the SKUs that the integration knows; buyers and shop deal in these."""
        if self._subject is None or "stock" not in self._subject.capabilities:
            return all_skus
        return set(self._subject.call("stock", {}))

    # -- afterwards -----------------------------------------------------------------------------

    def _waiting(self) -> int:
        """Return how many things the integration says wait in its queues."""
        if self._subject is None or "health" not in self._subject.capabilities:
            return 0
        try:
            told = self._subject.call("health", {})
        except ChaosError:
            return self._backlog[-1][1] if self._backlog else 0
        return sum(
            value
            for key, value in told.items()
            if key.startswith("waiting") and isinstance(value, int)
        )

    def _after(self, plan: Plan, bands: tuple[FaultBand, ...]) -> AfterPeak:
        limit_s = self._order.profile.drain_s
        begun_at, waiting = time.monotonic(), ""
        drain_s: float | None = None
        while drain_s is None:
            waiting = self._why_not_drained()
            after_s = time.monotonic() - begun_at
            self._backlog.append((round(plan.duration_s + after_s, 1), self._waiting()))
            if not waiting:
                drain_s = after_s
            elif after_s > limit_s or self._interrupted.is_set():
                break
            else:
                time.sleep(_POLL_S)
        samples = measure(self._order.results).samples
        return look_back(
            self._twin.history(),
            drain_s=drain_s,
            drain_limit_s=limit_s,
            waiting=waiting,
            backlog=self._backlog,
            back=back_in_budget(samples, self._order.budgets, bands),
        )

    def _why_not_drained(self) -> str:
        subject = self._subject
        if subject is None:
            return ""
        waiting = self._waiting()
        for name in ("orders", "stock", "shipments"):
            if name in subject.capabilities:
                self._observe(subject, name)
        self._twin.note(Truth(ledger=self._twin.ledger()))
        if waiting:
            return f"{waiting} things wait in its queues"
        return pending_reason(self._twin.history(), JudgeSettings(), AWAITED)

    def _observe(self, subject: ExternalSubject, name: str) -> None:
        try:
            self._twin.note(Observed(name=name, value=subject.call(name, {})))
        except ChaosError as error:
            self._twin.note(Observed(name=name, error=str(error)))


def _restocking(plan: Plan) -> Invoked:
    changes = dict.fromkeys(plan.target.stocked, RESTOCK[1])
    return Invoked(op=1, action="push_stock", arguments={"changes": changes})


def _environment(proxy_engine: str) -> dict[str, str]:
    return {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "system": platform.system(),
        "processors": str(os.cpu_count() or 0),
        "fault_proxy": proxy_engine,
    }
