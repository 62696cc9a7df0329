"""A plan as a value: nine steps of blocks, whose every number is an entry with its source.

Text is a tuple of pieces. Words of our own may hold no digit at all: a number is either a
`Ref` to a quantity, or stands in something quoted, which has a source of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, Literal, TypeAlias

import msgspec

from tts_chaos.errors import InternalError

__all__ = [
    "FORMAT",
    "Actions",
    "Basis",
    "Block",
    "Code",
    "Notice",
    "Paragraph",
    "Piece",
    "Plan",
    "Problem",
    "Quantity",
    "Quoted",
    "Ref",
    "Section",
    "Source",
    "Table",
    "Text",
    "ToDo",
    "Words",
    "text",
]

FORMAT: Final = "tts-chaos-plan/1"


class _Piece(msgspec.Struct, frozen=True, tag_field="piece"):
    pass


class Words(_Piece, frozen=True, tag="words"):
    """Words of our own. A digit in them would be a number without a source."""

    text: str

    def __post_init__(self) -> None:
        """Refuse numbers."""
        if re.search(r"\d", self.text):
            raise InternalError(
                f"a number without a source in a plan: {self.text!r}; please report"
            )


class Code(_Piece, frozen=True, tag="code"):
    """A command, a name or a file, to be copied as it is."""

    text: str


class Quoted(_Piece, frozen=True, tag="quoted"):
    """What somebody else said: the settings at a key, or a report at a pointer."""

    text: str
    file: str
    key: str


class Ref(_Piece, frozen=True, tag="number"):
    """A number of the plan, by its id."""

    id: str


Piece: TypeAlias = Words | Code | Quoted | Ref
Text: TypeAlias = tuple[Piece, ...]


class Source(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where a number comes from, precisely enough to find it again without this program.

    Attributes:
        how: The way from the file to the number.
            `span`: instant (`at_ms`) of the second of `records` minus that of the first.
            `stamp`: the time that entry `member` of the observation that is the second of
            `records` carries, minus the instant of the first.
            `judged`: what the judge finds in the whole history; `key` is `oracle.basket`.
            `value`: what stands in `file` at `key`, times `factor`.
            `runs`: how many runs of the reports in `files` are as `where` says.
            `product`, `quotient`, `largest`: of `inputs`, times `factor`.
            `rate`: the first of `inputs` in an hour, where the second is milliseconds.
            `file_date`: the day, in UTC, on which `file` was written last.
            `days_later`: the first of `inputs`, a date, and as many days later as the second says.
            `default`: the harness's own, documented.
            `option`: of the command line, named by `key`.
        file: The file, relative to the folder of the plan.
        key: A JSON pointer, a key of TOML, an option, or `oracle.basket`.
        scenario: Id of the scenario, where it is a run's.
        world: Its world.
        phase: The phase of the run, or `after the peak` of a load.
        records: Indices in the history.
        calls: The exchanges of the span, by their ordinals: the first and the last.
        member: Place in a list that an observation told; -1 for none.
        inputs: Ids of other numbers.
        factor: What the result is multiplied by.
        files: Reports, for `runs`.
        where: Keys of a run and their values, for `runs`; a list must hold the value.
        note: What else one has to know.
    """

    how: str
    file: str = ""
    key: str = ""
    scenario: str = ""
    world: str = ""
    phase: str = ""
    records: tuple[int, ...] = ()
    calls: tuple[int, ...] = ()
    member: int = -1
    inputs: tuple[str, ...] = ()
    factor: float = 1
    files: tuple[str, ...] = ()
    where: dict[str, str] = {}
    note: str = ""


class Quantity(msgspec.Struct, frozen=True, kw_only=True):
    """A number.

    Attributes:
        id: `n1`, `n2`, ... in order of appearance.
        about: What it says, in words.
        value: The number itself; a date in ISO 8601.
        unit: `ms`, `count`, `per_hour`, `days`, `ratio`, `date`, or a currency.
        text: As people read it.
        basis: What it rests on.
        source: Where it comes from.
    """

    id: str
    about: str
    value: int | float | str
    unit: str
    text: str
    basis: Literal["virtual time", "real sockets", "load", "given", "computed", "counted"]
    source: Source


class ToDo(msgspec.Struct, frozen=True, kw_only=True):
    """A step of an action list: who, what, by which command, and how one sees that it is done."""

    who: Text
    do: Text
    command: str = ""
    check: Text


class Paragraph(msgspec.Struct, frozen=True, kw_only=True, tag_field="block", tag="paragraph"):
    """A paragraph."""

    text: Text


class Table(msgspec.Struct, frozen=True, kw_only=True, tag_field="block", tag="table"):
    """A table; every row has a cell for each head."""

    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[Text, ...], ...]


class Actions(msgspec.Struct, frozen=True, kw_only=True, tag_field="block", tag="actions"):
    """A list of steps in order, under a heading that others may point to."""

    name: str
    title: str
    signs: Text
    steps: tuple[ToDo, ...]
    measured: Table | None = None
    notices: tuple[Notice, ...] = ()


class Notice(msgspec.Struct, frozen=True, kw_only=True, tag_field="block", tag="notice"):
    """What must not be overlooked: `failed`, or `missing`; with the command to run next."""

    kind: Literal["failed", "missing"]
    text: Text
    command: str = ""


Block: TypeAlias = Paragraph | Table | Actions | Notice


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """One of the nine steps."""

    name: str
    title: str
    blocks: tuple[Block, ...]


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """Why the plan is not ready. `step` is the section's name."""

    kind: Literal["failed", "missing"]
    step: str
    text: Text
    command: str = ""


class Basis(msgspec.Struct, frozen=True, kw_only=True):
    """A file that the plan rests on, and the SHA-256 that it had."""

    kind: Literal["report", "history", "load", "settings", "record"]
    file: str
    sha256: str


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """All of it.

    Attributes:
        word: `ready`, `incomplete`, or `not safe`: it rests on a run that failed.
        because: The word's reason.
        problems: Everything that keeps it from being ready, what failed first.
        sections: The nine steps.
        quantities: Every number, in order of appearance.
        basis: Every file that it rests on.
    """

    format: Literal["tts-chaos-plan/1"] = FORMAT
    version: str
    integration: str
    date: str
    review: str
    word: Literal["ready", "incomplete", "not safe"]
    because: str
    problems: tuple[Problem, ...]
    sections: tuple[Section, ...]
    quantities: tuple[Quantity, ...]
    basis: tuple[Basis, ...]


def text(*parts: str | Piece | Quantity | Text) -> Text:
    """Return parts as one text; in plain strings, what stands in back quotes is code.

    Raises:
        InternalError: If a plain string holds a digit outside back quotes.
    """
    return tuple(_pieces(parts))


def _pieces(parts: tuple[str | Piece | Quantity | Text, ...]) -> Iterator[Piece]:
    for part in parts:
        match part:
            case str():
                for number, words in enumerate(part.split("`")):
                    if words:
                        yield Code(words) if number % 2 else Words(words)
            case tuple():
                yield from part
            case Quantity():
                yield Ref(part.id)
            case _:
                yield part
