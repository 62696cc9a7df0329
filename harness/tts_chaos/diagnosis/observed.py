"""Everything that checks may know, as values. `tts_chaos.probing` fills it in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from tts_chaos.contracts.loader import Contracts
from tts_chaos.contracts.recordings import Recording
from tts_chaos.core.history import Json
from tts_chaos.diagnosis.finding import Place
from tts_chaos.diagnosis.mentions import Mention, mentions_in
from tts_chaos.diagnosis.roles import SECRETS, Role

__all__ = [
    "Answer",
    "CertificateSeen",
    "HostSeen",
    "Observed",
    "ProjectFile",
    "ProxyVariable",
    "Setting",
    "Target",
    "Unreadable",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectFile:
    """A text file of the project.

    Attributes:
        path: Relative to the project, with forward slashes.
        text: Its contents.
        tracked: Whether git keeps it; None where there is no git to ask.
        ignored: Whether git is told to leave it out; None where there is no git to ask.
        mode: Permission bits, None where the system has none.
        modified_s: Unix seconds of the last change.
        is_database: Whether it is a database, whose bytes stand for text here; only secrets are
            looked for in it.
    """

    path: str
    text: str
    tracked: bool | None = None
    ignored: bool | None = None
    mode: int | None = None
    modified_s: int = 0
    is_database: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """A file that was to be read and could not be."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A value with a role, and where it was found.

    Attributes:
        role: What it is for.
        name: Its name there, `TTS_APP_SECRET`.
        value: Its value, exactly.
        where: Where it stands.
        source: `environment`, `env_file`, `config`, `data` or `code`, the most binding first.
    """

    role: Role
    name: str
    value: str = field(repr=False)
    where: Place
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Whom the live checks ask.

    Attributes:
        kind: `twin` or `real`.
        api_url: Base URL of the API host.
        token_url: Base URL of the token host.
        uses_settings: Whether calls carry the project's own credentials.
    """

    kind: str
    api_url: str
    token_url: str
    uses_settings: bool = False

    @property
    def is_real(self) -> bool:
        """Whether it is the platform itself."""
        return self.kind == "real"


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateSeen:
    """What TLS said.

    Attributes:
        problem: `expired`, `not_yet_valid`, `wrong_name`, `untrusted`, `self_signed`, `other`, or
            "" where it is in order.
        detail: The library's own words.
        expires_s: Unix seconds, None where unknown.
    """

    problem: str = ""
    detail: str = ""
    expires_s: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HostSeen:
    """How far a connection to a host came.

    Attributes:
        host: Its name.
        port: TCP port tried.
        addresses: What the name resolves to.
        name_problem: Why it does not resolve, "" where it does.
        tcp_problem: `refused`, `timeout`, `unreachable` or other words; "" where it connects.
        tcp_ms: Time to connect, None where it did not.
        certificate: What TLS said, None where it was not tried.
        quic: `answered`, `silent`, `refused`; None where not tried.
    """

    host: str
    port: int
    addresses: tuple[str, ...] = ()
    name_problem: str = ""
    tcp_problem: str = ""
    tcp_ms: float | None = None
    certificate: CertificateSeen | None = None
    quic: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyVariable:
    """A proxy variable of the environment that is set."""

    name: str
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A signed, read-only call and what came back.

    Attributes:
        operation: Id of the operation.
        scope: The scope it was made for, "" for the first call.
        failure: Why no answer came, "" where one did.
        status: HTTP status, 0 where no answer came.
        content_type: Media type of the answer.
        code: Code of the envelope, None where there is none.
        message: Its message.
        date_s: Unix seconds of the header `Date`, None where it is missing or unreadable.
        sent_ms: This machine's clock when the call was sent, Unix milliseconds.
        received_ms: The same when its answer was there.
        data: `$.data` of the answer.
    """

    operation: str
    scope: str = ""
    failure: str = ""
    status: int = 0
    content_type: str = ""
    code: int | None = None
    message: str = ""
    date_s: int | None = None
    sent_ms: int = 0
    received_ms: int = 0
    data: Json = None


@dataclass(frozen=True, kw_only=True)
class Observed:
    """Everything that checks may know.

    Attributes:
        now_s: This machine's clock, Unix seconds.
        contracts: The facts to hold it against.
        target: Whom the live checks asked; None where none was to be asked.
        settings: Values with a role, the most binding source first.
        files: Text files of the project.
        unreadable: Files that could not be read.
        hosts: How far connections came.
        proxies: Proxy variables that are set.
        answers: Signed read-only calls; the first is the walk to the account.
        mapping: The table `mapping` of the configuration, None where there is none.
        mapping_place: The file that has it.
        recordings: Recorded answers to look for fields in.
        operations: Operations that the configuration names as needed, by id or id without version.
    """

    now_s: int
    contracts: Contracts
    target: Target | None = None
    settings: Sequence[Setting] = ()
    files: Sequence[ProjectFile] = ()
    unreadable: Sequence[Unreadable] = ()
    hosts: Sequence[HostSeen] = ()
    proxies: Sequence[ProxyVariable] = ()
    answers: Sequence[Answer] = ()
    mapping: Mapping[str, Json] | None = None
    mapping_place: Place | None = None
    recordings: Sequence[Recording] = ()
    operations: Sequence[str] = ()

    @cached_property
    def binding(self) -> Mapping[Role, Setting]:
        """The setting of each role that counts: the first one."""
        found: dict[Role, Setting] = {}
        for setting in self.settings:
            found.setdefault(setting.role, setting)
        return found

    @property
    def is_proxied(self) -> bool:
        """Whether answers came although calls may go through a proxy and not by the direct way."""
        has_proxy = any(row.name.lower() in ("https_proxy", "all_proxy") for row in self.proxies)
        return has_proxy and any(answer.code is not None for answer in self.answers)

    @cached_property
    def secrets(self) -> Mapping[str, str]:
        """Every secret value that is known, and what it is."""
        return {s.value: s.role.value for s in self.settings if s.role in SECRETS}

    @cached_property
    def mentions(self) -> Sequence[Mention]:
        """Every API address in the project's files."""
        texts = [file for file in self.files if not file.is_database]
        return [row for file in texts for row in mentions_in(file.path, file.text)]
