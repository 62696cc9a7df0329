"""Documents made of evidence, each diff-checked by a test: `make evidence` renews them."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

from tests.surface.evidence import (
    CodeEvidence,
    OperationEvidence,
    code_evidence,
    evidence_json,
    operation_evidence,
)

__all__ = ["ROOT", "documents", "main"]

ROOT = Path(__file__).parents[2]
BEGIN, END = "<!-- evidence: begin -->", "<!-- evidence: end -->"
_SHOWN = 3


def documents() -> dict[Path, str]:
    """Return the text of each document by its path."""
    chapter = ROOT / "contracts" / "README.md"
    return {
        ROOT / "contracts" / "evidence.json": evidence_json(),
        ROOT / "docs" / "errors.md": _errors(),
        chapter: _between(chapter.read_text(encoding="utf-8"), _operations()),
    }


def _between(text: str, made: str) -> str:
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}\n{made}{END}{tail}"


def _operations() -> str:
    rows = operation_evidence()
    counts = Counter(row.served for row in rows.values())
    checked = sum(row.contract_checked for row in rows.values())
    driven = sum(row.driven_by_sdk for row in rows.values())
    total = (
        f"{len(rows)} operations: {counts['stateful']} stateful, {counts['from contract']} from "
        f"contract, {counts['declined']} declined; answers of {checked} held against their "
        f"contract; {driven} driven by a published SDK.\n\n"
    )
    head = (
        "| operation | served | contract-checked | by a real client | refusals tested | source |\n"
    )
    lines = [_operation(id, row) for id, row in rows.items()]
    return f"{total}{head}|---|---|---|---|---|---|\n" + "".join(lines)


def _operation(id: str, row: OperationEvidence) -> str:
    cells = (
        f"`{id}`",
        row.served,
        "yes" if row.contract_checked else "no",
        "yes" if row.driven_by_sdk else "",
        " ".join(map(str, row.refusals)),
        row.provenance,
    )
    return f"| {' | '.join(cells)} |\n"


def _errors() -> str:
    rows = code_evidence()
    counts = Counter(row.reached for row in rows)
    text = (
        "# Codes\n\n"
        "Made by `make evidence` from `contracts/errors.json` and played cases; do not edit.\n\n"
        f"{len(rows)} codes: {counts['behaviour']} reached by behaviour, {counts['command']} by "
        f"the platform command `refuse_calls`, {counts['not']} not at all.\n"
        "The HTTP status is told with how well it is known; without one, 400 is assumed for the "
        "gateway and 200 for all others.\n\n"
        "| code | where | HTTP | known | operations | reached by | shown by, or why not |\n"
        "|---|---|---|---|---|---|---|\n"
    )
    return text + "".join(map(_error, rows))


def _error(row: CodeEvidence) -> str:
    error = row.error
    status = f"{error.status} ({error.http_confidence if error.http_status else 'assumed'})"
    more = len(row.shown_by) - _SHOWN
    shown = ", ".join(row.shown_by[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
    cells = (
        str(error.code),
        error.category,
        status,
        f"{error.provenance} ({error.confidence})",
        str(row.operations or ""),
        row.reached,
        shown,
    )
    return f"| {' | '.join(cells)} |\n"


def main() -> int:
    """Write every document; return 0."""
    for path, text in documents().items():
        path.write_text(text, encoding="utf-8")
        sys.stdout.write(f"{path.relative_to(ROOT)}: {len(text.splitlines())} lines\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
