"""A configured program as the integration under test: started for one run, asked, and ended."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

from tts_chaos.core.history import PROGRAM_ENDED, PROGRAM_KILLED, Json
from tts_chaos.engine.ports import Written
from tts_chaos.errors import ConfigError
from tts_chaos.subjects.external import postgresql
from tts_chaos.subjects.external.asking import ask
from tts_chaos.subjects.external.command_call import call_command
from tts_chaos.subjects.external.environment import make_environment
from tts_chaos.subjects.external.failures import (
    CallError,
    CommandError,
    NoAnswerError,
    ProgramDiedError,
    ProgramEndedError,
)
from tts_chaos.subjects.external.http_call import call_http
from tts_chaos.subjects.external.log_files import LogFiles
from tts_chaos.subjects.external.model import (
    CommandCall,
    Configuration,
    HttpCall,
    LineReady,
    SqlQuery,
    StartAgain,
)
from tts_chaos.subjects.external.output import Output, last_lines
from tts_chaos.subjects.external.program import Program
from tts_chaos.subjects.external.readiness import wait_until_ready
from tts_chaos.subjects.external.sql_call import call_sql
from tts_chaos.subjects.external.templates import connection_values, fill
from tts_chaos.subjects.external.values import check_shape
from tts_chaos.subjects.reach import DirectReach, Reach
from tts_chaos.typing import TwinConnection

__all__ = ["ExternalSubject", "free_port"]

STOP_S = 5.0
"""How long a program has to end in order before it is killed."""

SEARCH_ANSWER_S = 5.0
_LAST_GASP_S = 0.2
"""A dying program closes its connections a moment before it is gone."""

_PORTS_TRIED = 3
"""Another program may take the free port between its choice and its use; thrice is no accident."""


class ExternalSubject:
    """Implements `engine.ports.Subject` over a program; use as a context manager.

    Attributes:
        stdout: What the program has written, over all its starts; of commands, only errors.
        stderr: What it has written to the other stream.

    Args:
        configuration: What is started and how it is asked.
        connection: The twin's addresses and keys.
        workspace: An empty folder, the run's own.
        reach: How it comes to the twin; None tells it the addresses and nothing more.
    """

    def __init__(
        self,
        configuration: Configuration,
        connection: TwinConnection,
        workspace: Path,
        *,
        reach: Reach | None = None,
    ) -> None:
        self._reach: Reach = reach or DirectReach()
        self._configuration = configuration
        self._connection = connection
        self._workspace = workspace
        patterns = [
            fill(pattern, {"workspace": str(workspace)}) for pattern in configuration.search_files
        ]
        self._log_files = LogFiles(patterns, configuration.folder)
        self._is_reach_open = False
        self._is_killed = False
        self._program: Program | None = None
        self._commands: set[Program] = set()
        self._lock = threading.Lock()
        self._ending = threading.Lock()
        self._port = 0
        self._published: set[int] = set()
        self.stdout, self.stderr = Output(), Output()

    @property
    def capabilities(self) -> frozenset[str]:
        """Names of what is configured."""
        return frozenset(self._configuration.capabilities)

    @property
    def address(self) -> str:
        """Where it listens, without trailing slash."""
        return self._base_url.rstrip("/")

    @property
    def refused(self) -> tuple[str, ...]:
        """Outside destinations that the program tried and was kept from, each once."""
        return self._reach.refused()

    # -- life -----------------------------------------------------------------------------------

    def __enter__(self) -> ExternalSubject:
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def start(self) -> None:
        """Start the program and wait until it is ready; what it reaches the twin by stands before.

        Raises:
            ConfigError: If it cannot be started, ends, or is not ready in time; tells its last
                lines.
        """
        configuration = self._configuration
        self._open_reach()
        if configuration.start is None:
            self._is_killed = False
            self._connect()
            return
        for attempt in range(_PORTS_TRIED):
            self._port = free_port()
            self._refuse_taken_port()
            problem = self._start_once(configuration.start)
            if not problem:
                return
            told = last_lines([self.stdout, self.stderr])
            self._end_program()
            taken = any(word in told for word in _PORT_TAKEN)
            if not taken or not self._port_is_ours or attempt == _PORTS_TRIED - 1:
                raise ConfigError(self._describe_start(problem, told))

    def _open_reach(self) -> None:
        if self._is_reach_open:
            return
        problem = self._reach.probe()
        if problem:
            raise ConfigError(
                f"{self._configuration.file}, {self._configuration.key}.reach.how: {problem}"
            )
        self._reach.open(self._connection)
        self._is_reach_open = True

    def _start_once(self, start: Sequence[str]) -> str:
        self._is_killed = False
        configuration = self._configuration
        ready = configuration.ready
        watches = []
        if isinstance(ready, LineReady):
            watches = [self.stdout.watch(ready.text), self.stderr.watch(ready.text)]
        port = urlsplit(self._base_url).port
        if port is not None and self._is_asked_over_http:
            self._reach.publish(port)
            self._published.add(port)
        program = self._launch([fill(part, self._values()) for part in start], stdout=self.stdout)
        with self._lock:
            self._program = program
        if ready is None:
            return ""
        return wait_until_ready(
            ready,
            program,
            base_url=self._base_url,
            within_s=configuration.ready_within_s,
            lines=watches,
        )

    def _describe_start(self, problem: str, told: str) -> str:
        configuration = self._configuration
        command = " ".join(configuration.start or ())
        said = f"its last lines:\n{told}" if told else "it wrote nothing"
        return (
            f"{configuration.file}, {configuration.key}.start: `{command}` did not come up: "
            f"{problem}; {said}\nCorrect `start` or `ready`, or raise `ready_within_s`."
        )

    @property
    def _port_is_ours(self) -> bool:
        return "{port}" in self._configuration.base_url

    def _refuse_taken_port(self) -> None:
        """Make sure that a fixed port is free, or another program would be tested."""
        where = urlsplit(self._base_url)
        # One that is published is ours, and may still be open for a moment after an end.
        is_known = self._port_is_ours or where.port in self._published
        if is_known or not self._is_asked_over_http:
            return
        with contextlib.suppress(OSError):
            socket.create_connection((where.hostname, where.port), 1).close()
            raise ConfigError(
                f"{self._configuration.file}, {self._configuration.key}.base_url: another program "
                f"listens at {where.netloc} already; end it, or write {{port}} for a free port"
            )

    @property
    def _is_asked_over_http(self) -> bool:
        calls = self._configuration.capabilities.values()
        return any(isinstance(how, HttpCall) for how in calls)

    def _connect(self) -> None:
        how = self._configuration.connect
        if how is None:
            return
        values = self._values()
        try:
            call_http("sync_orders", how, values, base_url=self._base_url, values=values)
        except CallError as error:
            raise ConfigError(
                f"{self._configuration.file}, {self._configuration.key}.connect: {how.title} at "
                f"{self._base_url} failed: {error}; does the program run?"
            ) from None

    def close(self) -> None:
        """End everything; safe to call at any moment and more than once."""
        self._end_program()
        with self._lock:
            commands, self._commands = self._commands, set()
        for command in commands:
            command.kill()
        if self._is_reach_open:
            self._is_reach_open = False
            self._reach.close()
        self.stdout.close()
        self.stderr.close()

    def _end_program(self) -> None:
        # Not while another thread is about to kill it.
        with self._ending:
            with self._lock:
                program, self._program = self._program, None
            if program is not None:
                program.stop(STOP_S)

    def _launch(self, argv: Sequence[str], *, stdout: Output, stdin: Path | None = None) -> Program:
        configuration = self._configuration
        environment = make_environment(
            os.environ,
            inherit=configuration.inherit,
            ca_file=self._connection.ca_file,
            configured={k: fill(v, self._values()) for k, v in configuration.env.items()},
        )
        return Program(
            self._reach.wrap(argv),
            environment=self._reach.environment(environment),
            folder=configuration.folder,
            stdout=stdout,
            stderr=self.stderr,
            stdin=stdin,
        )

    # -- calls ----------------------------------------------------------------------------------

    def call(self, name: str, arguments: Mapping[str, Any]) -> Json:
        """Do an action or observation.

        Raises:
            CallError: If it fails, or what comes has not the shape that it must have.
        """
        how = self._configuration.capabilities[name]
        return check_shape(name, _CALLERS[type(how)](self, name, how, arguments))

    def _by_http(self, name: str, how: HttpCall, arguments: Mapping[str, Any]) -> Json:
        ended = self._how_ended()
        if ended:
            raise ProgramEndedError(ended)
        try:
            return call_http(name, how, arguments, base_url=self._base_url, values=self._values())
        except NoAnswerError:
            # A connection that breaks is often the first that is seen of an end.
            ended = self._how_ended(within_s=_LAST_GASP_S)
            if ended:
                raise ProgramDiedError(ended) from None
            raise

    def _how_ended(self, within_s: float = 0.0) -> str:
        """Return how the program ended, with its last words; "" while it runs, or never did."""
        if self._is_killed:
            return f"{PROGRAM_KILLED} and not started again"
        program = self._program
        if program is None or not program.wait(within_s):
            return ""
        program.kill()
        told = last_lines([self.stdout, self.stderr])
        said = f"; its last lines:\n{told}" if told else "; it had written nothing"
        return f"{PROGRAM_ENDED} {program.how_ended()}{said}"

    def kill(self) -> None:
        """End the program and its commands at once, as a crash of its machine would (SIGKILL)."""
        with self._lock:
            program, commands = self._program, tuple(self._commands)
            self._is_killed = True
        with self._ending:
            for each in (program, *commands):
                if each is not None:
                    each.kill()

    @property
    def is_killed(self) -> bool:
        """Whether it was killed and not started again since."""
        return self._is_killed

    def end_if_killed(self) -> None:
        """Do nothing: what is sent by a process that was killed was sent before."""

    def _by_command(self, name: str, how: CommandCall, arguments: Mapping[str, Any]) -> Json:
        if self._is_killed:
            raise ProgramEndedError(self._how_ended())
        try:
            return call_command(
                name, how, arguments, values=self._values(), launch=self._launch_command
            )
        except CommandError:
            if self._is_killed:
                raise ProgramDiedError(self._how_ended()) from None
            raise

    def _launch_command(self, argv: Sequence[str], *, stdout: Output, stdin: Path) -> Program:
        program = self._launch(argv, stdout=stdout, stdin=stdin)
        with self._lock:
            self._commands.add(program)
        return program

    def _by_sql(self, name: str, how: SqlQuery, _arguments: Mapping[str, Any]) -> Json:
        return call_sql(name, how, values=self._values(), folder=self._configuration.folder)

    def _by_start(self, _name: str, _how: StartAgain, _arguments: Mapping[str, Any]) -> Json:
        self._end_program()
        self.start()
        return None

    @property
    def _base_url(self) -> str:
        return fill(self._configuration.base_url, {"port": str(self._port)})

    def _values(self) -> dict[str, str]:
        return connection_values(
            self._connection, port=self._port, workspace=self._workspace, python=sys.executable
        )

    # -- evidence -------------------------------------------------------------------------------

    @property
    def evidence(self) -> tuple[tuple[str, str], ...]:
        """What a report of a failed run shows: the last lines that it wrote."""
        streams = (("stdout", self.stdout), ("stderr", self.stderr))
        told = [(f"{name} of the program", last_lines([output])) for name, output in streams]
        return tuple((title, lines) for title, lines in told if lines)

    def written(self) -> Iterator[Written]:
        """Yield all that has to be searched for secrets, besides the workspace."""
        yield Written(channel="stdout", source="the program", text=self.stdout.text())
        yield Written(channel="stderr", source="the program", text=self.stderr.text())
        yield from self._log_files.written()
        yield from self._written_to_databases()
        for line in self._configuration.search_urls:
            with contextlib.suppress(CallError):
                answer = ask(self._base_url, "GET", line[4:].strip(), limit_s=SEARCH_ANSWER_S)
                yield Written(
                    channel="url", source=line, text=answer.body.decode("utf-8", "replace")
                )

    def _written_to_databases(self) -> Iterator[Written]:
        for url in self._configuration.search_databases:
            # One that is gone with the program has said so wherever it was asked.
            with contextlib.suppress(CallError):
                filled = fill(url, self._values())
                for table, text in postgresql.texts_of_tables(filled, limit_s=SEARCH_ANSWER_S):
                    yield Written(channel="file", source=f"PostgreSQL table {table}", text=text)


_PORT_TAKEN = ("EADDRINUSE", "ddress already in use", "ddress in use", "BindException")

_CALLERS: dict[type, Callable[..., Json]] = {
    HttpCall: ExternalSubject._by_http,
    CommandCall: ExternalSubject._by_command,
    SqlQuery: ExternalSubject._by_sql,
    StartAgain: ExternalSubject._by_start,
}


def free_port() -> int:
    """Return a port of this machine that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
