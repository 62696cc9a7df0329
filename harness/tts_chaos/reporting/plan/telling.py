"""A plan as Markdown, and the words for a number's source that both forms share. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tts_chaos.reporting.plan.model import (
    Actions,
    Block,
    Code,
    Notice,
    Paragraph,
    Piece,
    Plan,
    Quantity,
    Quoted,
    Ref,
    Source,
    Table,
    Text,
    Words,
)

__all__ = ["WARNINGS", "as_markdown", "plain", "say_source"]

WARNINGS = {"failed": "FAILED", "missing": "MISSING"}


def as_markdown(plan: Plan) -> str:
    """Return the plan as Markdown with footnotes."""
    numbers = {quantity.id: quantity for quantity in plan.quantities}
    lines = [
        f"# Contingency plan: {_escape(plan.integration)}",
        "",
        f"**{plan.word.upper()}**: {plan.because}.",
        "",
        *_problems(plan, numbers),
    ]
    for place, section in enumerate(plan.sections, 1):
        lines += [f"## {place}. {section.title}", ""]
        for block in section.blocks:
            lines += [*_block(block, numbers), ""]
    lines += ["## Where each number comes from", ""]
    lines += [f"[^{q.id}]: {_escape(say_number(q))}" for q in plan.quantities]
    lines += ["", "## Files", "", "| file | is | SHA-256 |", "|---|---|---|"]
    lines += [f"| {_escape(row.file)} | {row.kind} | `{row.sha256}` |" for row in plan.basis]
    lines += [
        "",
        f"Made by pytest-tts-chaos {plan.version}. Unofficial, not affiliated with TikTok.",
    ]
    return "\n".join(lines) + "\n"


def _problems(plan: Plan, numbers: Mapping[str, Quantity]) -> Iterator[str]:
    for problem in plan.problems:
        run = f" Run `{problem.command}`." if problem.command else ""
        yield f"- **{WARNINGS[problem.kind]}** {_text(problem.text, numbers)}.{run}"
    if plan.problems:
        yield ""


def _block(block: Block, numbers: Mapping[str, Quantity]) -> Iterator[str]:
    match block:
        case Paragraph():
            yield _text(block.text, numbers)
        case Notice():
            run = f" Run `{block.command}`." if block.command else ""
            yield f"> **{WARNINGS[block.kind]}** {_text(block.text, numbers)}.{run}"
        case Table():
            yield from _table(block, numbers)
        case Actions():
            yield f"### {block.title} (`{block.name}`)"
            yield ""
            yield _text(block.signs, numbers)
            for notice in block.notices:
                yield ""
                yield from _block(notice, numbers)
            yield ""
            for place, step in enumerate(block.steps, 1):
                run = f" `{step.command}`" if step.command else ""
                yield (
                    f"{place}. **{_text(step.who, numbers)}**: {_text(step.do, numbers)}{run}"
                    f" *Done when:* {_text(step.check, numbers).rstrip('.')}."
                )
            if block.measured is not None:
                yield ""
                yield from _table(block.measured, numbers)


def _table(table: Table, numbers: Mapping[str, Quantity]) -> Iterator[str]:
    yield f"*{table.caption}*"
    yield ""
    yield f"| {' | '.join(table.heads)} |"
    yield f"|{'---|' * len(table.heads)}"
    for row in table.rows:
        yield f"| {' | '.join(_text(cell, numbers).replace('|', chr(92) + '|') for cell in row)} |"


def _text(told: Text, numbers: Mapping[str, Quantity]) -> str:
    return "".join(_piece(piece, numbers) for piece in told)


def _piece(piece: Piece, numbers: Mapping[str, Quantity]) -> str:
    match piece:
        case Words():
            return piece.text
        case Code():
            return f"`{piece.text}`"
        case Quoted():
            return _escape(" ".join(piece.text.split()))
        case Ref():
            return f"{numbers[piece.id].text}[^{piece.id}]"


_MARKUP = str.maketrans({mark: f"\\{mark}" for mark in "\\`*_[]<>#|"})


def _escape(words: str) -> str:
    """Return words that mean nothing to Markdown, whatever somebody wrote."""
    return words.translate(_MARKUP)


def plain(told: Text, numbers: Mapping[str, Quantity]) -> str:
    """Return a text without any markup, for a terminal."""
    return "".join(
        numbers[piece.id].text if isinstance(piece, Ref) else piece.text for piece in told
    )


def say_number(quantity: Quantity) -> str:
    """Return what a footnote says: the number, what it is, what it rests on, and the way to it."""
    unit = "" if quantity.unit == "date" else f" {quantity.unit}"
    return (
        f"{quantity.about}: {quantity.value}{unit}, {quantity.basis}; {say_source(quantity.source)}"
    )


def say_source(source: Source) -> str:
    """Return the way from the files to a number, in words."""
    said = _WAYS[source.how].format(source=source, **_parts(source))
    run = f"{source.scenario} [{source.world}], " if source.scenario else ""
    phase = f", phase {source.phase}" if source.phase else ""
    calls = f", exchanges {source.calls[0]} to {source.calls[-1]}" if source.calls else ""
    note = f" ({source.note})" if source.note else ""
    return f"{run}{said}{phase}{calls}{note}"


_WAYS: Mapping[str, str] = {
    "span": "{source.file}, at_ms of record {last} minus at_ms of record {first}",
    "stamp": "{source.file}, value[{source.member}].at of record {last} minus at_ms of {first}",
    "judged": "{source.file}, what the judge {source.key} counts in records {first} to {last}",
    "value": "{source.file}, {source.key}{times}",
    "runs": "{files}, runs with {where}",
    "product": "{inputs}{times}",
    "largest": "the largest of {inputs}",
    "rate": "{first_input} in an hour, from {last_input}",
    "file_date": "the day on which {source.file} was written",
    "days_later": "{first_input} and {last_input}",
    "option": "the option {source.key}",
    "default": "the default of {source.key}",
}


def _parts(source: Source) -> dict[str, object]:
    records, inputs = source.records or (-1,), source.inputs or ("",)
    return {
        "first": records[0],
        "last": records[-1],
        "first_input": inputs[0],
        "last_input": inputs[-1],
        "inputs": " × ".join(inputs) if source.how == "product" else ", ".join(inputs),
        "times": "" if source.factor == 1 else f" × {source.factor:g}",
        "files": ", ".join(source.files),
        "where": " and ".join(f"{key} {value}" for key, value in source.where.items()),
    }
