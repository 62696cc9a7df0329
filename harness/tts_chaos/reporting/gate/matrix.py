"""Remembers decisions: which version of an integration may go against which contract.

A small JSON file, one row a line, made to be committed or kept as an artifact. Of one version and
one contract the newest decision counts.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from tts_chaos.errors import PolicyError
from tts_chaos.reporting.gate.decision import Decision

__all__ = ["MatrixShape", "Row", "as_table", "may", "read_matrix", "remember"]

FORMAT = "tts-chaos-matrix/1"


class Row(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One decision. `because` is the gate's own sentence."""

    integration: str
    version: str
    contract: str
    result: str
    date: str
    because: str

    @property
    def key(self) -> tuple[str, str, str]:
        """What is remembered once."""
        return self.integration, self.version, self.contract


class MatrixShape(msgspec.Struct, frozen=True, kw_only=True):
    """The whole file; `format` is `tts-chaos-matrix/1`."""

    format: str
    rows: tuple[Row, ...]


def read_matrix(file: Path) -> tuple[Row, ...]:
    """Return the rows of a matrix, none where there is no file yet.

    Raises:
        PolicyError: If it is no matrix; it is then left as it is.
    """
    try:
        matrix = msgspec.json.decode(file.read_bytes(), type=MatrixShape)
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise PolicyError(f"cannot be read: {error.strerror or error}", path=str(file)) from None
    except msgspec.MsgspecError as error:
        raise PolicyError(f"is no matrix of decisions: {error}", path=str(file)) from None
    if matrix.format != FORMAT:
        raise PolicyError(f"expected the format {FORMAT!r}, got {matrix.format!r}", path=str(file))
    return matrix.rows


def remember(file: Path, decision: Decision) -> None:
    """Put a decision in; an older one of the same version and contract goes.

    Raises:
        PolicyError: If the file is no matrix.
    """
    row = Row(
        integration=decision.integration,
        version=decision.version,
        contract=decision.contract,
        result=decision.decision,
        date=decision.date,
        because=decision.because,
    )
    rows = [kept for kept in read_matrix(file) if kept.key != row.key]
    half = file.with_suffix(file.suffix + ".new")
    half.write_text(_text([*rows, row]), encoding="utf-8")
    half.replace(file)


def _text(rows: Iterable[Row]) -> str:
    lines: list[Any] = sorted(rows, key=lambda row: row.key)
    body = ",\n".join(json.dumps(msgspec.to_builtins(row), ensure_ascii=False) for row in lines)
    return f'{{"format": "{FORMAT}", "rows": [\n{body}\n]}}\n'


def as_table(rows: Sequence[Row]) -> str:
    """Return versions down, contracts across, and in each cell what was decided when."""
    contracts = sorted({row.contract for row in rows})
    versions = sorted({(row.integration, row.version) for row in rows})
    cells = {row.key: f"{row.result} {row.date}" for row in rows}
    lines = [["version", *[contract[:12] or "none" for contract in contracts]]]
    for integration, version in versions:
        told = [cells.get((integration, version, contract), "-") for contract in contracts]
        lines.append([f"{integration} {version}", *told])
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def may(
    rows: Sequence[Row], version: str, contract: str, *, integration: str = ""
) -> tuple[str, str]:
    """Return `yes`, `no` or `unknown`, and why: may this version go against this contract?

    Args:
        rows: What was decided.
        version: Of the integration.
        contract: Digest, or its beginning.
        integration: Its name; "" for whichever there is.
    """
    own = [r for r in rows if r.version == version and integration in ("", r.integration)]
    found = [row for row in own if contract and row.contract.startswith(contract)]
    if any(row.result == "block" for row in found):
        row = next(row for row in found if row.result == "block")
        return "no", f"{row.integration} {version} was blocked on {row.date}: {row.because}"
    if found:
        row = found[0]
        return "yes", f"{row.integration} {version} was released on {row.date}: {row.because}"
    if own:
        known = ", ".join(sorted({row.contract[:12] for row in own}))
        return "unknown", f"version {version} was judged against {known}, not {contract[:12]}"
    return "unknown", f"version {version} was never judged"
