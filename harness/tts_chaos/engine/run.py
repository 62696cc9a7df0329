"""One scenario in one world: sets the stage, plays the five phases, judges, and cleans up.

run = Run(scenario, world, seed=7)
connection = run.open()          # the twin stands, the world is patched or listening
result = run.play(subject)       # never raises for what the integration does
run.close()                      # leaves nothing behind, whatever happened
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from types import TracebackType

from tts_chaos.contracts.loader import load_contracts
from tts_chaos.core.clock import SkewedClock
from tts_chaos.core.entropy import Entropy
from tts_chaos.core.secrets import SecretBook
from tts_chaos.core.verdict import Outcome
from tts_chaos.engine.fitness import why_unfit
from tts_chaos.engine.gateway import Gateway
from tts_chaos.engine.judgement import Judgement
from tts_chaos.engine.phases import Ending, Phases
from tts_chaos.engine.ports import Confined, Subject, World, Writer
from tts_chaos.engine.recorder import Recorder
from tts_chaos.engine.result import RunResult
from tts_chaos.engine.searching import OutputSearch
from tts_chaos.errors import ChaosError, FaultNotSupportedError, InjectionError, LimitExceededError
from tts_chaos.faults.plane import FaultPlane
from tts_chaos.scenarios.model import Scenario, TwinSetup
from tts_chaos.twin.settings import TwinSettings
from tts_chaos.twin.twin import Twin
from tts_chaos.typing import ShopAccess, TwinConnection

__all__ = ["Run"]

Progress = Callable[[str], None]


def _settings_of(setup: TwinSetup) -> TwinSettings:
    settings = TwinSettings(
        rotate_refresh_tokens=setup.rotation, profile=setup.profile, strict=setup.strict
    )
    if setup.token_life_ms is not None:
        settings.access_token_life_ms = setup.token_life_ms
    return settings


class Run:
    """A run; use it once.

    Attributes:
        connection: What the integration needs to connect; None until opened.
        leftover_threads: Names of threads the integration did not end; known once closed.

    Args:
        scenario: What to play.
        world: Where; the run opens and closes it.
        seed: Decides everything random.
        searched_paths: Files and folders to search for secrets at the end.
        not_offered: Capabilities that the integration knowingly lacks.
        progress: Told each phase as it begins.
    """

    def __init__(
        self,
        scenario: Scenario,
        world: World,
        *,
        seed: int | str,
        searched_paths: Sequence[Path] = (),
        not_offered: Collection[str] = (),
        progress: Progress = lambda _phase: None,
    ) -> None:
        self.scenario = scenario
        self.world = world
        self.seed = str(seed)
        self.secrets = SecretBook()
        entropy = Entropy(f"{seed}/{scenario.id}")
        self._platform_clock = SkewedClock(world.clock)
        self.recorder = Recorder(world.clock)
        self.gateway = Gateway(
            clock=self._platform_clock,
            plane=FaultPlane(entropy.child("faults")),
            recorder=self.recorder,
            secrets=self.secrets,
            call_limit=scenario.limits.calls,
        )
        self._contracts = load_contracts()
        self.twin = Twin(
            clock=self._platform_clock,
            entropy=entropy.child("twin"),
            contracts=self._contracts,
            settings=_settings_of(scenario.twin),
            observe=self.gateway.on_change,
            declare_secret=self.secrets.add,
        )
        self.gateway.attach(self.twin)
        self._search = OutputSearch(self.recorder, self.secrets, searched_paths)
        self._progress = progress
        self._not_offered = not_offered
        self._started_ms = 0
        self._is_open = False
        self.connection: TwinConnection | None = None
        self.leftover_threads: tuple[str, ...] = ()

    def open(self) -> TwinConnection:
        """Fill the twin, start the world, and return what the integration needs to connect.

        Raises:
            FaultNotSupportedError: If the world has no mechanism for a fault of the scenario.
        """
        self._refuse_unfit()
        setup = self.scenario.twin
        self.twin.populate(
            orders=setup.orders,
            products=setup.products,
            shops=setup.shops,
            regions=setup.regions,
        )
        self.gateway.begin()
        self._is_open = True
        self.connection = self.world.open(self.gateway, self._credentials(), self._platform_clock)
        self._started_ms = self.world.clock.now_ms()
        self._search.start()
        return self.connection

    def _refuse_unfit(self) -> None:
        reason = why_unfit(self.scenario, self.world)
        if reason:
            raise FaultNotSupportedError(
                f"scenario {self.scenario.id} cannot run in the {self.world.name} world: {reason}"
            )

    def _credentials(self) -> TwinConnection:
        valid = self.twin.credentials()
        return TwinConnection(
            api_url="",
            token_url="",
            app_key=valid.app_key,
            app_secret=valid.app_secret,
            access_token=valid.access_token,
            refresh_token=valid.refresh_token,
            access_token_expires_at=valid.access_token_expires_at,
            refresh_token_expires_at=valid.refresh_token_expires_at,
            shops=[ShopAccess(s.id, s.cipher, s.region, s.name) for s in valid.shops],
            world=self.world.name,
        )

    def play(self, subject: Subject) -> RunResult:
        """Play all phases and judge. Whatever the integration does ends in a result.

        Raises:
            KeyboardInterrupt: If the user interrupts; every fault is lifted first.
        """
        self._search.watch_streams()
        judgement = Judgement(
            self.scenario,
            self.gateway,
            self.world.name,
            capabilities=subject.capabilities,
            not_offered=self._not_offered,
        )
        phases = Phases(
            run=self.scenario,
            gateway=self.gateway,
            twin=self.twin,
            world=self.world,
            subject=subject,
            recorder=self.recorder,
            secrets=self.secrets,
            judgement=judgement,
            progress=self._progress,
        )
        ending = Ending(Outcome.HARNESS_ERROR, "interrupted")
        try:
            ending = phases.play()
        except LimitExceededError as error:
            ending = Ending(Outcome.SAFETY_VIOLATED, str(error))
        except Exception as error:  # noqa: BLE001 - a defect of ours is an outcome, never green
            ending = self._own_defect(error)
        finally:
            ending = self._lift(phases, ending)
        return self._result(ending, phases, judgement, subject)

    def _own_defect(self, error: Exception) -> Ending:
        if isinstance(error, ChaosError):
            return Ending(Outcome.HARNESS_ERROR, str(error))
        return Ending(
            Outcome.HARNESS_ERROR,
            f"{type(error).__name__}: {error}. This is a defect of the harness; please report it "
            f"with seed {self.seed}",
        )

    def _lift(self, phases: Phases, ending: Ending) -> Ending:
        try:
            phases.lift_everything()
        except InjectionError as error:
            return Ending(Outcome.HARNESS_ERROR, str(error))
        return ending

    def _result(
        self, ending: Ending, phases: Phases, judgement: Judgement, subject: Subject
    ) -> RunResult:
        self.gateway.finish()
        held = subject.refused if isinstance(subject, Confined) else ()
        self._search.finish(subject.written() if isinstance(subject, Writer) else ())
        outcome, reason, reports = judgement.conclude(ending, phases.missing)
        history = self.recorder.history()
        return RunResult(
            scenario=self.scenario.id,
            title=self.scenario.title,
            path=self.scenario.path,
            world=self.world.name,
            seed=self.seed,
            outcome=outcome,
            reason=self.secrets.redact(reason),
            recovery_ms=phases.recovery_ms,
            rto_ms=judgement.settings.rto_ms,
            covered_ms=self.world.clock.now_ms() - self._started_ms,
            calls=self.gateway.calls,
            reports=reports,
            receipts=self.gateway.receipts(),
            missing=phases.missing or judgement.unseen,
            refused_destinations=tuple(dict.fromkeys((*self.world.refused_destinations(), *held))),
            proxy=self.world.proxy_engine,
            contract_digest=self._contracts.digest,
            history=history,
        )

    def close(self) -> None:
        """Undo everything; safe to call at any moment and more than once."""
        if not self._is_open:
            return
        self._is_open = False
        self._search.stop()
        self.world.close()
        self.leftover_threads = self.world.leftover_threads()

    def __enter__(self) -> Run:
        self.open()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
