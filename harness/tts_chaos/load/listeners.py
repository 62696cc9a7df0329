"""Ties a plan to Locust's events: options, begin, reports of workers, end.

Locust swallows what a listener raises, logs it and ends with an exit code of its own; nothing here
may be green because it broke.
"""

from __future__ import annotations

import math
import signal
import sys
import time
from pathlib import Path
from typing import Any

import gevent
import msgspec
from locust import events
from locust.runners import MasterRunner, WorkerRunner

from tts_chaos.errors import UsageError
from tts_chaos.load.generator import Generator, RecordFiles
from tts_chaos.load.plain_runs import make_plain_plan, print_summary
from tts_chaos.load.plan import Plan, Target
from tts_chaos.load.shape import PlanShape

__all__ = ["install"]

_FLUSH_S = 0.5
_BEGIN_LIMIT_S = 60.0
"""From the order to begin to when all users are there; a worker lost meanwhile never says so."""
_NOWHERE = Target(base_url="", operations={})


class _Process:
    """What one Locust process keeps: plan, generator, files."""

    def __init__(self, environment: Any) -> None:
        self.environment = environment
        self.plan = Plan(profile="", stages=(), target=_NOWHERE)
        self.generator: Generator | None = None
        self.files: RecordFiles | None = None
        self.is_plain = False
        self._is_asked_to_stop = False
        self._ordered_s = math.inf
        self.dead: set[str] = set()

    @property
    def is_worker(self) -> bool:
        return isinstance(self.environment.runner, WorkerRunner)

    @property
    def is_master(self) -> bool:
        return isinstance(self.environment.runner, MasterRunner)

    # -- life -----------------------------------------------------------------------------------

    def prepare(self) -> None:
        """Read or make the plan; on a worker it comes with the order to begin."""
        if self.is_worker:
            return
        options = self.environment.parsed_options
        text = getattr(options, "tts_plan", "") or ""
        if text:
            text = Path(text).read_text(encoding="utf-8") if not text.startswith("{") else text
            self.plan = msgspec.json.decode(text, type=Plan)
        else:
            self.plan, self.is_plain = make_plain_plan(options, self.environment.host), True
        options.tts_plan = msgspec.json.encode(self.plan).decode()
        self.environment.stop_timeout = self.plan.target.timeout_s + 5
        if self.plan.stages:
            shape = PlanShape(self.plan.users, self.is_over)
            shape.runner = self.environment.runner
            self.environment.shape_class = shape
            gevent.signal_handler(signal.SIGTERM, self.ask_to_stop)
        self.files = RecordFiles(Path(self.plan.results))

    def begin(self) -> None:
        """Make the generator: users ask for it when they are made."""
        options = self.environment.parsed_options
        runner = self.environment.runner
        self._ordered_s = time.monotonic()
        if self.is_master:
            options.tts_turns = sorted(
                runner.get_worker_index(node.id) for node in runner.clients.ready
            )
        if self.is_worker:
            self.plan = msgspec.json.decode(options.tts_plan, type=Plan)
        worker = runner.worker_index if self.is_worker else 0
        turns = list(getattr(options, "tts_turns", None) or [worker]) if self.is_worker else [0]
        self.generator = Generator(
            self.plan,
            worker=worker,
            turn=turns.index(worker),
            of=len(turns),
            pace_s=options.tts_pace,
        )
        self.environment.tts_generator = self.generator
        self.environment.tts_target = self.plan.target
        if not self.is_worker and not self.is_master:
            gevent.spawn(self._flush)

    def spawned(self) -> None:
        """Let the plan begin."""
        assert self.generator is not None
        if self.generator.begun_s is None:
            self.generator.begin()
            if self.files is not None:
                self.files.begin(-self.generator.now_s())

    def note_error(self, exception: Exception) -> None:
        """Keep what a user raised."""
        if self.generator is not None:
            self.generator.note_problem(f"{type(exception).__name__}: {exception}")

    def ask_to_stop(self) -> None:
        """Let the shape end the run: while it runs, Locust itself has no handler for SIGTERM."""
        self._is_asked_to_stop = True

    def is_over(self) -> bool:
        """Whether all that was due has been recorded, or has had time enough."""
        if self._is_asked_to_stop:
            return True
        generator, plan = self.generator, self.plan
        if generator is None or generator.begun_s is None:
            return self._never_begins()
        left_s = plan.duration_s - generator.now_s()
        if left_s > 0:
            return False
        due = sum(plan.arrivals(area).count for area in plan.shares)
        received = self.files.received if self.files is not None else 0
        return received >= due or left_s < -(plan.target.timeout_s + 5)

    def _never_begins(self) -> bool:
        if time.monotonic() - self._ordered_s < _BEGIN_LIMIT_S:
            return False
        if self.files is not None:
            self.files.note(
                kind="user_error", problem=f"not all users were there within {_BEGIN_LIMIT_S:g} s"
            )
        return True

    def end(self) -> None:
        """Write what is left."""
        if self.files is not None and self.generator is not None:
            self.files.add(self.generator.take_report())
            if self.is_plain:
                code = print_summary(self.plan)
                self.environment.process_exit_code = max(
                    self.environment.process_exit_code or 0, code
                )

    def _flush(self) -> None:
        while True:
            gevent.sleep(_FLUSH_S)
            assert self.files is not None
            assert self.generator is not None
            self.files.add(self.generator.take_report())

    # -- several processes ----------------------------------------------------------------------

    def report(self, data: dict[str, Any]) -> None:
        """Send to the master what was recorded."""
        if self.generator is not None and self.is_worker:
            data["tts"] = report = self.generator.take_report()
            # A worker's own copy, on its own machine: what a master that dies does not lose.
            folder = Path(self.plan.results)
            if not folder.is_dir():
                folder = Path(self.environment.parsed_options.tts_results)
                folder.mkdir(parents=True, exist_ok=True)
            with (folder / f"worker-{self.generator.worker}.rows").open("ab") as own:
                own.write(report["rows"])

    def receive(self, data: dict[str, Any]) -> None:
        """Take a worker's report in."""
        if self.files is not None and "tts" in data:
            self.files.add(data["tts"])

    def watch_workers(self) -> None:
        """Write down which worker is gone while the load runs."""
        if not self.is_master or self.files is None:
            return
        runner = self.environment.runner
        begun = self.generator is not None and self.generator.begun_s is not None
        for node in runner.clients.missing:
            if begun and node.id not in self.dead:
                self.dead.add(node.id)
                assert self.generator is not None
                self.files.note(
                    kind="worker_died",
                    worker=runner.get_worker_index(node.id),
                    at_s=self.generator.now_s(),
                )


def install() -> None:
    """Register everything; a locustfile calls this once."""
    hooks: Any = events
    hooks.init_command_line_parser.add_listener(_add_options)
    hooks.init.add_listener(_on_init)


_OPTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("--tts-plan", {"default": "", "include_in_web_ui": False,
                    "help": "a plan as JSON, or its file, as tts-chaos load writes it"}),
    ("--tts-turns", {"default": None, "include_in_web_ui": False, "help": "set by the master"}),
    ("--tts-profile", {"default": "", "help": "a profile; without, users keep their own pace"}),
    ("--tts-rate", {"type": float, "default": 0.0, "help": "requests a second at the plateau"}),
    ("--tts-pace", {"type": float, "default": 1.0,
                    "help": "seconds between requests of a user, without a profile"}),
    ("--tts-control", {"default": "", "help": "control API of a twin, which tells SKUs"}),
    ("--tts-target", {"default": "front-door", "choices": ("front-door", "twin"),
                      "help": "what is driven"}),
    ("--tts-skus", {"default": "", "help": "SKU ids, where no control API tells them"}),
    ("--tts-results", {"default": "load-results", "help": "folder for the record"}),
)  # fmt: skip
"""Each can also be given as a variable: TTS_LOAD_PROFILE for --tts-profile."""


def _add_options(parser: Any) -> None:
    for flag, settings in _OPTIONS:
        variable = flag.replace("--tts-", "TTS_LOAD_").upper().replace("-", "_")
        parser.add_argument(flag, env_var=variable, **settings)


def _on_init(environment: Any, **_: Any) -> None:
    process = _Process(environment)
    environment.tts_process = process
    try:
        process.prepare()
    except UsageError as error:
        # Raised on, Locust would log it and go on without a plan.
        sys.stderr.write(f"tts-chaos: {error}\n")
        sys.exit(2)
    add = environment.events
    add.test_start.add_listener(lambda **_: process.begin())
    add.spawning_complete.add_listener(lambda **_: process.spawned())
    add.quitting.add_listener(lambda **_: process.end())
    add.user_error.add_listener(lambda exception, **_: process.note_error(exception))
    add.report_to_master.add_listener(lambda data, **_: process.report(data))
    add.worker_report.add_listener(lambda data, **_: process.receive(data))
    gevent.spawn(_look_after_workers, process)


def _look_after_workers(process: _Process) -> None:
    while True:
        gevent.sleep(1)
        process.watch_workers()
