"""Print the JSON Schema of a file, so that editors complete it and programs check it.

For example: tts-chaos schema --write .tts-chaos/schemas
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import msgspec

from tts_chaos.cli.schemas.project import (
    config_schema,
    plan_schema,
    policy_schema,
    pyproject_schema,
)
from tts_chaos.cli.schemas.scenario import scenario_schema
from tts_chaos.errors import UsageError
from tts_chaos.reporting.document_shape import ReportShape
from tts_chaos.reporting.gate.matrix import MatrixShape
from tts_chaos.reporting.plan.model import Plan

__all__ = ["SCHEMAS", "add_arguments", "run", "schema_text", "write_schemas"]


def _report_schema() -> dict[str, Any]:
    return msgspec.json.schema(ReportShape)


def _plan_schema() -> dict[str, Any]:
    return msgspec.json.schema(Plan)


def _matrix_schema() -> dict[str, Any]:
    return msgspec.json.schema(MatrixShape)


SCHEMAS: dict[str, tuple[Callable[[], dict[str, Any]], str]] = {
    "config": (config_schema, "The configuration of an integration: tts-chaos.toml"),
    "plan": (_plan_schema, "What tts-chaos plan writes as plan.json"),
    "plan-settings": (plan_schema, "The settings of a contingency plan: tts-plan.toml"),
    "matrix": (_matrix_schema, "What the gate remembers: tts-gate-matrix.json"),
    "policy": (policy_schema, "The policy of the gate: tts-gate.toml"),
    "pyproject": (pyproject_schema, "What pyproject.toml may say of tts-chaos"),
    "report": (_report_schema, "What --tts-report writes as report.json"),
    "scenario": (scenario_schema, "A scenario: a chaos experiment in one file"),
}
"""By name: what makes the schema, and its title."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("name", nargs="?", choices=sorted(SCHEMAS), help="which file")
    parser.add_argument(
        "--write", type=Path, metavar="DIR", help="write it to DIR; all of them where none is named"
    )


def run(options: argparse.Namespace) -> int:
    """Print or write; returns 0.

    Raises:
        UsageError: If nothing is named, or the folder cannot be written.
    """
    if options.write is not None:
        for file in write_schemas(options.write, [options.name] if options.name else SCHEMAS):
            print(f"wrote {file}")
        return 0
    if options.name is None:
        raise UsageError(f"name one of {', '.join(SCHEMAS)}, or write all of them: --write DIR")
    print(schema_text(options.name), end="")
    return 0


def write_schemas(folder: Path, names: Iterable[str]) -> list[Path]:
    """Write schemas into a folder, over older ones; returns the files.

    Raises:
        UsageError: If it cannot be written.
    """
    files = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in names:
            files.append(folder / f"{name}.schema.json")
            files[-1].write_text(schema_text(name), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot write into {folder}: {error.strerror or error}") from None
    return files


def schema_text(name: str) -> str:
    """Return the schema called `name` as JSON text."""
    make, title = SCHEMAS[name]
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        **make(),
    }
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"
