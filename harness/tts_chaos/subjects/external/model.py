"""The configuration of a program under test, as a value. `loader` reads it from a file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TypeAlias

import msgspec

__all__ = [
    "Call",
    "CommandCall",
    "Configuration",
    "HttpCall",
    "HttpReady",
    "LineReady",
    "PortReady",
    "Ready",
    "SqlQuery",
    "StartAgain",
]


class HttpCall(msgspec.Struct, frozen=True, kw_only=True):
    """Ask over HTTP.

    Attributes:
        method: In capitals.
        path: From the root, with its query; may hold placeholders.
        headers: Sent besides our own; may hold placeholders.
        body: Template of the body; None sends the arguments, if the path has not used them.
        at: Where in the answer the value stands, steps joined by dots; "" for all of it.
    """

    method: str
    path: str
    headers: dict[str, str] = {}
    body: str | None = None
    at: str = ""

    @property
    def title(self) -> str:
        """As written in the file."""
        return f"{self.method} {self.path}"


class CommandCall(msgspec.Struct, frozen=True, kw_only=True):
    """Run a command that prints one line of JSON and ends with status 0."""

    argv: tuple[str, ...]
    at: str = ""

    @property
    def title(self) -> str:
        """As written in the file."""
        return " ".join(self.argv)


class SqlQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Read from the program's own database; `database` is a URL, `sqlite:` or `postgresql:`."""

    query: str
    database: str

    @property
    def title(self) -> str:
        """As written in the file, in one line."""
        return " ".join(self.query.split())


class StartAgain(msgspec.Struct, frozen=True):
    """Stop the program and start it again."""

    @property
    def title(self) -> str:
        """In words."""
        return "stop and start again"


Call: TypeAlias = HttpCall | CommandCall | SqlQuery | StartAgain
"""How one capability is had."""


class HttpReady(msgspec.Struct, frozen=True, kw_only=True):
    """It is ready once this is answered with a status of success."""

    path: str


class LineReady(msgspec.Struct, frozen=True, kw_only=True):
    """It is ready once it has written this text to its output."""

    text: str


class PortReady(msgspec.Struct, frozen=True):
    """It is ready once it takes connections."""


Ready: TypeAlias = HttpReady | LineReady | PortReady


class Configuration(msgspec.Struct, frozen=True, kw_only=True):
    """What is tested and how it is reached.

    Attributes:
        file: Where all this is written, for messages.
        key: Of the table in it.
        folder: Working folder of everything started.
        start: Command that starts it, None where it runs already or is nothing but commands.
        ready: How it is known to be ready; None where it is so at once.
        ready_within_s: Seconds it has for that.
        base_url: Where it listens; may hold `{port}`.
        connect: Asked once before a run of a program that runs already: tells it about the twin.
        env: Environment variables; may hold placeholders.
        inherit: Names of variables passed on from our own environment, besides the usual ones.
        capabilities: How each is had, by its name in `tts_chaos.typing`.
        search_files: Patterns of files to search for secrets afterwards.
        search_urls: Addresses to search, read with GET.
        search_databases: URLs of PostgreSQL databases whose tables to search.
        reach: How a program with hard-coded hosts reaches the twin; one of `REACHES`.
        local_ports: Ports of this machine that it needs in a private network.
    """

    file: Path
    key: str
    folder: Path
    start: tuple[str, ...] | None
    ready: Ready | None
    ready_within_s: float
    base_url: str
    connect: HttpCall | None
    env: dict[str, str]
    inherit: tuple[str, ...]
    capabilities: dict[str, Call]
    search_files: tuple[str, ...]
    search_urls: tuple[str, ...]
    search_databases: tuple[str, ...] = ()
    reach: str = "environment"
    local_ports: tuple[int, ...] = ()

    @property
    def first_command(self) -> tuple[str, ...]:
        """The command that starts it, or else the first of those that it is asked by.

        What runs it is known from this, so the one placeholder that names a runtime is filled in.
        """
        commands = [how.argv for how in self.capabilities.values() if isinstance(how, CommandCall)]
        command = self.start or next(iter(commands), ())
        return tuple(word.replace("{python}", sys.executable) for word in command)
