"""The complete, ordered record of one run: what was done, what went over the wire, what is true.

A history is all an oracle sees. Three ledgers live in it side by side: what the twin committed
(`Committed`, `Truth`), what crossed the wire (`Exchange`, `WebhookSent`) and what the integration
believes (`Observed`, `Completed`). Secrets are replaced by stable labels before a record is made.

The text form is JSON Lines, one record a line, with a fixed order of keys: equal runs give equal
bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from functools import cached_property
from typing import Any, Self, TypeAlias, TypeVar, cast

import msgspec

from tts_chaos.core.verdict import Phase

__all__ = [
    "PROGRAM_ENDED",
    "PROGRAM_KILLED",
    "Committed",
    "Completed",
    "Dropped",
    "Exchange",
    "FaultEvent",
    "FaultMoment",
    "History",
    "Invoked",
    "Json",
    "Leak",
    "Observed",
    "OpKind",
    "PhaseEntered",
    "Record",
    "Searched",
    "StepTaken",
    "Truth",
    "Waiting",
    "WebhookSent",
]

Json: TypeAlias = Any
"""A JSON value: None, bool, int, float, str, list of these, or dict from str to these."""


PROGRAM_ENDED = "the program ended"
"""Begins the error of an action during which the integration's process ended by itself."""

PROGRAM_KILLED = "the program was killed by the scenario"
"""Begins the error of an action during which, or after which, the scenario killed it."""


T = TypeVar("T")


class OpKind(StrEnum):
    """How an operation of the integration ended.

    `OK` happened, `FAIL` did not happen, `INFO` is unknown (it hung, was killed, lost its answer).
    """

    OK = "ok"
    FAIL = "fail"
    INFO = "info"


class FaultMoment(StrEnum):
    """A moment in the life of a fault."""

    ARMED = "armed"
    FIRED = "fired"
    LIFTED = "lifted"


class _Base(msgspec.Struct, frozen=True, kw_only=True, tag_field="record", omit_defaults=True):
    """Fields of every record: its place in the history and its virtual instant."""

    index: int = -1
    at_ms: int = 0


_MADE = "made"


class _Told(_Base, frozen=True, kw_only=True, dict=True):
    """A record with a large value, which many oracles read: what they make of it is kept by it."""

    def derive(self, make: Callable[[Self], T]) -> T:
        """Return `make(self)`, made once: a record never changes.

        `make` must depend on the record's value alone, not on when it was told; what it returns is
        shared, so nobody may change it.
        """
        made = cast("dict[object, T]", self._made())
        if make not in made:
            made[make] = make(self)
        return made[make]

    def share(self, other: Self) -> None:
        """Keep in common with `other`, which has the same value, what is made of it."""
        self.__dict__[_MADE] = other._made()

    def _made(self) -> dict[object, object]:
        made: dict[object, object] = self.__dict__.setdefault(_MADE, {})
        return made


class PhaseEntered(_Base, frozen=True, kw_only=True, tag="phase"):
    """A phase of the run begins."""

    phase: Phase


class StepTaken(_Base, frozen=True, kw_only=True, tag="step"):
    """The runner did something that is neither an action of the integration nor a fault.

    `kind` is `platform` (a buyer or the platform acted), `wait`, `rollback`, `applied late` (the
    platform handled a request that a fault had held up; `value` has its call), or `killed` (the
    integration was, between two steps).
    """

    kind: str
    name: str
    value: Json = None


class Invoked(_Base, frozen=True, kw_only=True, tag="invoke"):
    """The integration was made to do `action`; `op` pairs it with its `Completed`."""

    op: int
    action: str
    arguments: Json = None


class Completed(_Base, frozen=True, kw_only=True, tag="complete"):
    """Action `op` ended: with `value` (OK), or with the text of `error` (FAIL, INFO)."""

    op: int
    action: str
    kind: OpKind
    value: Json = None
    error: str = ""


class Exchange(_Base, frozen=True, kw_only=True, tag="exchange"):
    """One request of the integration and what became of it. `at_ms` is the end.

    Attributes:
        call: Ordinal of the request in this run, counted from 1 in order of arrival.
        operation: Id of the API operation, or "" where the path is none.
        shop: Id of the shop addressed, or "".
        token: Label of the access token presented, or "".
        query: Decoded parameters in wire order, secrets and signature as labels.
        headers: Request headers, names in lower case, secrets as labels.
        body: Request body as text, secrets as labels.
        status: HTTP status answered, 0 when no answer left the platform.
        code: Envelope code answered, None where the answer has none.
        message: Envelope message answered.
        response_headers: Headers of the answer, names in lower case.
        response_body: Body of the answer as text, secrets as labels.
        fate: What the client experienced (a `wire.delivery.Fate` value).
        committed: Whether a handler of the platform ran to its end.
        faults: Ids of the faults that acted on this exchange.
        started_ms: Instant of arrival.
        diagnosis: What the platform knows of a refusal's cause and never tells: the likely
            mistake in a signature, how far the clock is off, what became of the token.
        basis: What the answer rests on, where that is not the platform's state: made from the
            contract alone, refused by command, declined; "" otherwise.
    """

    call: int
    operation: str = ""
    shop: str = ""
    token: str = ""
    method: str = "GET"
    scheme: str = "https"
    host: str = ""
    path: str = "/"
    query: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""
    status: int = 0
    code: int | None = None
    message: str = ""
    response_headers: tuple[tuple[str, str], ...] = ()
    response_body: str = ""
    fate: str = "answered"
    committed: bool = False
    faults: tuple[str, ...] = ()
    started_ms: int = 0
    diagnosis: str = ""
    basis: str = ""

    def parameter(self, name: str) -> str | None:
        """Return the first value of query parameter `name`, or None."""
        return next((value for key, value in self.query if key == name), None)

    def response_header(self, name: str) -> str | None:
        """Return the first value of answer header `name` (lower case), or None."""
        return next((value for key, value in self.response_headers if key == name), None)

    @property
    def succeeded(self) -> bool:
        """Whether the client received a complete answer with a 2xx status and code 0."""
        return self.fate == "answered" and 200 <= self.status < 300 and self.code == 0


class Committed(_Base, frozen=True, kw_only=True, tag="commit"):
    """The platform's state changed.

    `change` is `<entity>.<what happened>`, for example `order.placed`, `stock.set`,
    `package.shipped`, `token.refreshed`. `call` is the exchange that caused it, 0 for none.
    """

    change: str
    entity: str
    shop: str = ""
    call: int = 0
    before: Json = None
    after: Json = None


class WebhookSent(_Base, frozen=True, kw_only=True, tag="webhook"):
    """One delivery attempt of a webhook.

    Attributes:
        notification: Id that every delivery of one notification shares.
        type: Numeric event type.
        attempt: 1 for the first delivery, up to 5.
        genuine: Whether the platform itself sent it (False: forged, tampered, replayed by a fault).
        body: The body delivered.
        status: HTTP status the receiver answered, 0 for none.
        fault: Id of the fault that shaped this delivery, or "".
    """

    notification: str
    type: int
    shop: str = ""
    attempt: int = 1
    genuine: bool = True
    body: str = ""
    status: int = 0
    fault: str = ""


class FaultEvent(_Base, frozen=True, kw_only=True, tag="fault"):
    """A fault was armed, fired or lifted.

    `inferred` marks a firing that no request could show (a refused connection reaches nobody) and
    that was concluded from the silence of an action that ran meanwhile.
    """

    fault: str
    name: str
    moment: FaultMoment
    call: int = 0
    detail: str = ""
    inferred: bool = False


class Observed(_Told, frozen=True, kw_only=True, tag="observe"):
    """What the integration said when asked for `name`; `error` where it could not answer."""

    name: str
    value: Json = None
    error: str = ""


class Truth(_Told, frozen=True, kw_only=True, tag="truth"):
    """The platform's ledger at this instant, for comparison with the observations next to it."""

    ledger: Json


class Leak(msgspec.Struct, frozen=True, kw_only=True):
    """A secret found where it must not be. `excerpt` has the secret replaced by its label."""

    secret: str
    excerpt: str


class Searched(_Base, frozen=True, kw_only=True, tag="searched"):
    """A place was searched for secrets. `channel`: stdout, stderr, log, file, url, exception."""

    channel: str
    source: str
    characters: int
    leaks: tuple[Leak, ...] = ()


class Waiting(_Base, frozen=True, kw_only=True, tag="waiting"):
    """During recovery: why the integration is not yet whole; "" once it is."""

    reason: str


class Dropped(_Base, frozen=True, kw_only=True, tag="dropped"):
    """In the text of a history that is kept in part: `records` of them are gone from `index` on."""

    records: int


Record: TypeAlias = (
    PhaseEntered
    | StepTaken
    | Invoked
    | Completed
    | Exchange
    | Committed
    | WebhookSent
    | FaultEvent
    | Observed
    | Truth
    | Searched
    | Waiting
    | Dropped
)

R = TypeVar("R")
_DECODER = msgspec.json.Decoder(Record)
_ENCODER = msgspec.json.Encoder(order="deterministic")


class History:
    """An immutable sequence of records with the questions oracles ask of it."""

    def __init__(self, records: Iterable[Record]) -> None:
        self.records: tuple[Record, ...] = tuple(records)

    def __len__(self) -> int:
        return len(self.records)

    def __iter__(self) -> Iterator[Record]:
        return iter(self.records)

    @cached_property
    def _by_type(self) -> dict[type, list[Record]]:
        grouped: dict[type, list[Record]] = {}
        for record in self.records:
            grouped.setdefault(type(record), []).append(record)
        return grouped

    def of(self, kind: type[R]) -> list[R]:
        """Return the records of type `kind`, in order."""
        return self._by_type.get(kind, [])  # type: ignore[return-value]

    def exchanges(self, *operations: str) -> list[Exchange]:
        """Return exchanges of the given operation ids in order of arrival; all without ids."""
        chosen = [x for x in self.of(Exchange) if not operations or x.operation in operations]
        return sorted(chosen, key=lambda exchange: exchange.call)

    def last_observed(self, name: str) -> Observed | None:
        """Return the latest successful observation of `name`, or None."""
        return next(
            (o for o in reversed(self.of(Observed)) if o.name == name and not o.error), None
        )

    def phase_start_ms(self, phase: Phase) -> int | None:
        """Return the instant at which `phase` began, or None if it never did."""
        return next((p.at_ms for p in self.of(PhaseEntered) if p.phase == phase), None)

    def to_json_lines(self) -> bytes:
        """Return the text form: one JSON object a line, each line ended."""
        return b"".join(_ENCODER.encode(record) + b"\n" for record in self.records)

    @classmethod
    def from_json_lines(cls, text: bytes) -> History:
        """Read the text form back.

        Raises:
            msgspec.ValidationError: If a line is not a record; the message has the JSON path.
        """
        return cls(_DECODER.decode(line) for line in text.splitlines() if line.strip())

    def digest(self) -> str:
        """Return the SHA-256 of the text form, in hexadecimal."""
        return hashlib.sha256(self.to_json_lines()).hexdigest()
