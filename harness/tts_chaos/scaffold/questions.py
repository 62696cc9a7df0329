"""What `tts-chaos init` asks, one row a question; a flag answers each, too."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from tts_chaos.core.registry import nearest
from tts_chaos.errors import UsageError
from tts_chaos.scaffold.answers import CI_SYSTEMS, KINDS, Answers
from tts_chaos.scaffold.detection import Detected
from tts_chaos.scaffold.factory import Factory, arguments_of, read_factory
from tts_chaos.scaffold.program_file import DEFAULT_NAMES, HOW, PLACEHOLDERS
from tts_chaos.scaffold.python_files import STARTER_OFFERS
from tts_chaos.typing import ACTIONS, OBSERVATIONS

__all__ = ["TRIES", "Ask", "Given", "interview"]

Ask = Callable[[str, str], str]
"""Puts a question and its default to a person; returns the answer, the default for nothing."""

TRIES = 3
"""Wrong answers to one question before it gives up."""

_CAPABILITIES = (*ACTIONS, *OBSERVATIONS)
_EXAMPLE_QUERY = "sql: select sku_id, quantity from stock @ sqlite:{workspace}/shop.db"
_REQUEST = re.compile(r"(GET|POST|PUT|DELETE|PATCH) /\S*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What flags say already; None or empty where they say nothing.

    Attributes:
        kind, factory, client, start, base_url, ready, connect, reach, ci: As typed.
        offers: `NAME` or `NAME=HOW` each.
        give: `NAME=EXPRESSION` each.
        env: `NAME=VALUE` each.
    """

    kind: str | None = None
    factory: str | None = None
    client: str | None = None
    start: str | None = None
    base_url: str | None = None
    ready: str | None = None
    connect: str | None = None
    reach: str | None = None
    ci: str | None = None
    offers: Sequence[str] = ()
    give: Sequence[str] = ()
    env: Sequence[str] = ()


@dataclass(kw_only=True)
class _Talk:
    """The conversation: what is given, what was found, whom to ask."""

    given: Given
    detected: Detected
    files: Mapping[str, str]
    ask: Ask
    say: Callable[[str], None]
    told: dict[str, str] = field(default_factory=dict)

    def choose(
        self, flag: str, question: str, default: str, check: Callable[[str], str], given: str | None
    ) -> str:
        """Return the flag's value, or what a person answers; both checked.

        Raises:
            UsageError: If the flag's value is wrong, or answers are, too often.
        """
        if given is not None:
            try:
                return check(given.strip())
            except UsageError as error:
                raise UsageError(f"--{flag}: {error}") from None
        for _ in range(TRIES):
            answer = self.ask(question, default).strip()
            try:
                return check(answer)
            except UsageError as error:
                self.say(f"  {error}")
        raise UsageError(f"no usable answer after {TRIES} tries; give it with --{flag}")


def interview(
    given: Given,
    detected: Detected,
    files: Mapping[str, str],
    *,
    ask: Ask,
    say: Callable[[str], None],
) -> Answers:
    """Return all answers.

    Args:
        given: What flags say.
        detected: What the folder seems to hold; makes the defaults.
        files: Texts of the files there.
        ask: How a question is put.
        say: How a remark is made.

    Raises:
        UsageError: If a flag's value cannot be used, or answers cannot.
    """
    talk = _Talk(given=given, detected=detected, files=files, ask=ask, say=say)
    is_program = detected.language not in ("", "python")
    if detected.language:
        say(f"{detected.because} tells of {detected.language}.")
    kind = talk.choose(
        "kind",
        "Kind of integration: python (in process) or program (any language, by HTTP, command, SQL)",
        "program" if is_program else "python",
        lambda text: _one_of(text, KINDS),
        given.kind,
    )
    made = _program(talk) if kind == "program" else _python(talk)
    ci = talk.choose(
        "ci",
        "Job for continuous integration: none, github or gitlab",
        "none",
        lambda text: _one_of(text, CI_SYSTEMS),
        given.ci,
    )
    return replace(made, ci=ci)


def _one_of(text: str, choices: Sequence[str]) -> str:
    if text in choices:
        return text
    close = nearest(text, choices)
    hint = f"did you mean {close!r}?" if close else f"expected one of {', '.join(choices)}"
    raise UsageError(f"{text!r} is no choice; {hint}")


# -- Python ----------------------------------------------------------------------------------------


def _python(talk: _Talk) -> Answers:
    named = talk.choose(
        "factory",
        "Class or function that makes your integration, as module:name (nothing: write a start)",
        "",
        lambda text: _check_factory(text, talk.files),
        talk.given.factory,
    )
    if not named:
        return _start(talk)
    factory = _factory(named, talk.files)
    arguments = arguments_of(factory, dict(_pair(text, "--give") for text in talk.given.give))
    offers = _offers(talk, factory.offers, lambda name, how: _method(factory, name, how))
    return Answers(kind="python", factory=factory, arguments=arguments, offers=offers)


def _start(talk: _Talk) -> Answers:
    if talk.given.give:
        raise UsageError("--give goes with --factory")
    seen = talk.detected.client
    client = talk.choose(
        "client",
        "HTTP client of the start: httpx or requests",
        seen if seen in ("httpx", "requests") else "httpx",
        lambda text: _one_of(text, ("httpx", "requests")),
        talk.given.client,
    )
    offers = _offers(talk, {name: name for name in STARTER_OFFERS}, _starter_method)
    return Answers(kind="python", client=client, offers=offers)


def _starter_method(name: str, how: str) -> str:
    if name not in STARTER_OFFERS or how not in ("", name):
        raise UsageError(
            f"the start that is written here has no {how or name!r}; it has "
            f"{', '.join(STARTER_OFFERS)}. For more, name your own with --factory"
        )
    return name


def _check_factory(text: str, files: Mapping[str, str]) -> str:
    if text:
        _factory(text, files)
    return text


def _factory(text: str, files: Mapping[str, str]) -> Factory:
    module, colon, name = text.partition(":")
    if not colon or not re.fullmatch(r"[A-Za-z_][\w.]*", module) or not name.isidentifier():
        raise UsageError(f"{text!r} is not of the form module:name, such as shop:Shop")
    inside = module.replace(".", "/")
    for root in ("", "src/"):
        for path in (f"{root}{inside}.py", f"{root}{inside}/__init__.py"):
            if path in files:
                return read_factory(files[path], module, name)
    modules = [p.removesuffix(".py").replace("/", ".") for p in files if p.endswith(".py")]
    close = nearest(module, modules)
    hint = f"did you mean {close}:{name}?" if close else f"expected {inside}.py here or in src"
    raise UsageError(f"there is no module {module!r} here; {hint}")


def _method(factory: Factory, name: str, how: str) -> str:
    method = how or name
    if factory.methods is not None and method not in factory.methods:
        close = nearest(method, factory.methods)
        hint = f"did you mean {name}={close}?" if close else f"it has {', '.join(factory.methods)}"
        raise UsageError(f"{factory.name} has no method {method!r} for {name}; {hint}")
    if not method.isidentifier():
        raise UsageError(f"{method!r} is no name of a method")
    return method


# -- any program -----------------------------------------------------------------------------------


def _program(talk: _Talk) -> Answers:
    given = talk.given
    start = talk.choose(
        "start",
        "Command that starts it (nothing: it runs already, or is commands only)",
        talk.detected.start,
        _command,
        given.start,
    )
    default = {name: HOW[name] for name in ("sync_orders", "orders")}
    offers = _offers(talk, default, _way, HOW)
    if "restart" in offers and not start:
        raise UsageError("restart needs a command that starts it: --start")
    base_url = ready = connect = ""
    if any(_REQUEST.fullmatch(how) for how in offers.values()):
        base_url, ready, connect = _listening(talk, start)
    reach = talk.choose(
        "reach",
        "Are the platform's addresses taken from the environment, or written into the program? "
        "(environment, auto)",
        "environment",
        lambda text: _one_of(text, ("environment", "auto", "proxy", "shim", "namespace")),
        given.reach,
    )
    return Answers(
        kind="program",
        start=start,
        base_url=base_url,
        ready=ready,
        connect=connect,
        offers=offers,
        reach=reach,
        env=_environment(talk, tells_port=bool(start and base_url)),
    )


def _listening(talk: _Talk, start: str) -> tuple[str, str, str]:
    """Return where it listens, what tells that it is ready, and what tells it about the twin."""
    base_url = talk.choose(
        "base-url",
        "Where it listens ({port}: a free port of each run, also in the command and environment)"
        if start
        else "Where it listens",
        "http://127.0.0.1:{port}" if start else "http://127.0.0.1:8080",
        _loopback,
        talk.given.base_url,
    )
    if start:
        ready = talk.choose(
            "ready",
            "Request that it answers once it is ready (nothing: once its port is open)",
            "GET /health",
            lambda text: _request(text) if text else "",
            talk.given.ready,
        )
        return base_url, ready, ""
    connect = talk.choose(
        "connect",
        "Request that tells it the twin's addresses and keys before each run",
        "POST /connect",
        _request,
        talk.given.connect,
    )
    return base_url, "", connect


def _command(text: str) -> str:
    try:
        shlex.split(text)
    except ValueError as error:
        raise UsageError(f"{text!r} cannot be split into words: {error}") from None
    return text


def _loopback(text: str) -> str:
    if not re.fullmatch(r"http://(127\.0\.0\.1|localhost|\[::1\]):(\d{1,5}|\{port\})/?", text):
        raise UsageError(
            f"{text!r} is no address on this machine; expected one like http://127.0.0.1:{{port}}"
        )
    return text.rstrip("/")


def _request(text: str) -> str:
    if not _REQUEST.fullmatch(text):
        raise UsageError(f"{text!r} is no request; expected one like POST /sync")
    return text


def _way(name: str, how: str) -> str:
    """Check how a capability is had: a request, a command, or a query."""
    how = how or HOW[name]
    if how == "restart":
        if name != "restart":
            raise UsageError(f"{name} cannot be had by restarting")
        return how
    if how.startswith("command:"):
        if not _command(how.removeprefix("command:").strip()):
            raise UsageError(f"{name}: the command is empty")
        return how
    if how.startswith("sql:"):
        query, _, database = (part.strip() for part in how.removeprefix("sql:").rpartition("@"))
        if not query or not database.startswith(("sqlite:", "postgresql:")):
            raise UsageError(f"{name}: expected a query and a database, like {_EXAMPLE_QUERY}")
        if name in ACTIONS:
            raise UsageError(f"{name} does something; a query only reads")
        return how
    return _request(how)


def _environment(talk: _Talk, *, tells_port: bool) -> dict[str, str]:
    """Return the variables of the program: the names it reads, where they were seen."""
    seen = talk.detected.names
    names = {role: seen.get(role, default) for role, default in DEFAULT_NAMES.items()}
    filled = {names[role]: text for role, text in PLACEHOLDERS.items()}
    if tells_port:
        filled["PORT"] = "{port}"
    return {**filled, **dict(_pair(text, "--env") for text in talk.given.env)}


# -- both ------------------------------------------------------------------------------------------


def _offers(
    talk: _Talk,
    default: Mapping[str, str],
    check: Callable[[str, str], str],
    hows: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Return what is offered, each with how; a name alone takes the usual way."""

    def read(parts: Sequence[str]) -> dict[str, str]:
        found = {}
        for part in parts:
            name, _, how = part.partition("=")
            name = name.strip()
            if name not in _CAPABILITIES:
                close = nearest(name, _CAPABILITIES)
                known = ", ".join(_CAPABILITIES)
                hint = f"did you mean {close!r}?" if close else f"known: {known}"
                raise UsageError(f"there is no capability {name!r}; {hint}")
            found[name] = check(name, how.strip() or (hows or default).get(name, ""))
        if not found:
            raise UsageError("expected at least one, such as sync_orders")
        return dict(sorted(found.items(), key=lambda item: _CAPABILITIES.index(item[0])))

    if talk.given.offers:
        try:
            return read(talk.given.offers)
        except UsageError as error:
            raise UsageError(f"--offer: {error}") from None
    usual = ", ".join(
        name if how in (name, (hows or {}).get(name)) else f"{name}={how}"
        for name, how in default.items()
    )
    answered: dict[str, str] = {}

    def taken(text: str) -> str:
        answered.update(read([part for part in text.split(",") if part.strip()]))
        return text

    question = "What it offers, with commas between; NAME, or NAME=HOW"
    talk.choose("offer", question, usual or "sync_orders, orders", taken, None)
    return answered


def _pair(text: str, option: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.isidentifier():
        raise UsageError(f"{option}: {text!r} is not of the form NAME=VALUE")
    return name, value
