"""Writes `docs/backlog.md` and `docs/article.md` from the backlog; a test holds them to it."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.backlog.proofs import Proofs, known_proofs
from tests.backlog.table import LISTS, ROOT, BacklogList, Kind, Row, load_rows

__all__ = ["COMMAND", "count_kinds", "documents", "main"]

MEANINGS = {
    Kind.SHOWN: "a broken integration has the defect, and a rule catches it in a scenario",
    Kind.PLAYED: "a scenario plays it, and the bundled integration passes",
    Kind.REFUSED: "the twin refuses the call as the platform does, so that no sync hides it",
    Kind.TESTED: "a test of the twin, the wire or a command holds it",
    Kind.NO: "not covered, with a reason",
    Kind.OPEN: "not covered yet",
}
COMMAND = "python -m tests.backlog.documents"
GUIDE = next(backlog for backlog in LISTS if backlog.name == "guide")


def count_kinds(rows: list[Row]) -> dict[Kind, int]:
    """Return how many rows are covered in which way, each row once, by its strongest proof."""
    counts = Counter(row.kind for row in rows)
    return {kind: counts[kind] for kind in Kind}


def documents() -> dict[Path, str]:
    """Return the text of each document by its path."""
    return {
        ROOT / "docs" / "backlog.md": "\n".join(_backlog(known_proofs())),
        ROOT / "docs" / "article.md": "\n".join(_article(known_proofs())),
    }


def _backlog(proofs: Proofs) -> Iterator[str]:
    yield "# Known pitfalls and defects, and what covers them"
    yield ""
    yield f"Made by `{COMMAND}` from the tables in [backlog/](backlog); do not edit."
    yield "Each row counts once, by its strongest proof."
    yield ""
    rows = {backlog.name: load_rows(backlog) for backlog in LISTS}
    yield f"| | {' | '.join(kind.value for kind in Kind)} | rows |"
    yield f"|---|{'---|' * (len(Kind) + 1)}"
    for backlog in LISTS:
        counts = count_kinds(rows[backlog.name])
        cells = " | ".join(str(count) for count in counts.values())
        yield f"| {backlog.title} | {cells} | {len(rows[backlog.name])} |"
    yield ""
    yield from (f"- **{kind.value}**: {meaning}." for kind, meaning in MEANINGS.items())
    for backlog in LISTS:
        yield ""
        yield f"## {backlog.title}"
        yield ""
        yield backlog.what
        if backlog is GUIDE:
            yield "The chapter is [the guide](article.md)."
        else:
            yield from _tables(backlog, rows[backlog.name], proofs)
    yield ""


def _article(proofs: Proofs) -> Iterator[str]:
    yield "# The guide this project starts from"
    yield ""
    yield f"Made by `{COMMAND}` from [backlog/guide.toml](backlog/guide.toml); do not edit."
    yield "A seller's guide to a failed TikTok Shop connection gives seventeen facts."
    yield from _tables(GUIDE, load_rows(GUIDE), proofs)
    yield ""


def _tables(backlog: BacklogList, rows: list[Row], proofs: Proofs) -> Iterator[str]:
    for letter, title in backlog.chapters.items() or (("", ""),):
        if title:
            yield ""
            yield f"### {title}"
        yield ""
        yield "| # | what | covered | by |"
        yield "|---|---|---|---|"
        for row in rows:
            if row.id.startswith(letter):
                by = "<br>".join(_ways(row, proofs))
                yield f"| {row.id} | {row.says} | {row.kind.value} | {by} |"


def _ways(row: Row, proofs: Proofs) -> Iterator[str]:
    for what, names in (
        ("broken integration", row.shown),
        ("scenario", proofs.scenarios_of(row)),
        ("rule", proofs.rules_of(row)),
        ("refusal", row.refusals),
        ("test", row.tests),
    ):
        if names:
            yield f"{what} {', '.join(f'`{name}`' for name in names)}"
    if row.parts:
        yield f"left out: {row.parts}"
    if row.no:
        yield row.no


def main() -> int:
    """Write the documents."""
    for path, text in documents().items():
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
