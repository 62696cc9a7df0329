"""What was answered: all that is needed to write the files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tts_chaos.scaffold.factory import Factory

__all__ = ["CI_SYSTEMS", "KINDS", "Answers"]

KINDS = ("python", "program")
"""In process, or any program: asked over HTTP, by commands, or by SQL."""

CI_SYSTEMS = ("none", "github", "gitlab")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What was answered.

    Attributes:
        kind: One of `KINDS`.
        offers: Capabilities, each with how it is had: a method's name for Python; a request,
            `command: ...`, or `sql: ... @ database` for a program.
        factory: What makes the integration; None writes a working start.
        arguments: What the factory is given, as Python.
        client: HTTP client of the start, `httpx` or `requests`.
        start: Command that starts the program, "" where it is started by others or by nobody.
        base_url: Where it listens; `{port}` is a free port of each run.
        ready: Request that is answered once it is ready, "" for none.
        connect: Request that tells a program that runs already about the twin, "" for none.
        env: Environment variables of the program, with placeholders.
        reach: `environment`, or `auto` for a program with the platform's hosts written into it.
        ci: One of `CI_SYSTEMS`.
    """

    kind: str
    offers: Mapping[str, str]
    factory: Factory | None = None
    arguments: Mapping[str, str] = field(default_factory=dict)
    client: str = "httpx"
    start: str = ""
    base_url: str = ""
    ready: str = ""
    connect: str = ""
    env: Mapping[str, str] = field(default_factory=dict)
    reach: str = "environment"
    ci: str = "none"
