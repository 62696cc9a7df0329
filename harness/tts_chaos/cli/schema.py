"""Print the JSON Schema of a file, for editors and for programs that read reports."""

from __future__ import annotations

import argparse
import json
from typing import Any

import msgspec

from tts_chaos.reporting.document_shape import ReportShape
from tts_chaos.reporting.gate.policy import Policy

__all__ = ["SCHEMAS", "add_arguments", "run", "schema_text"]

SCHEMAS: dict[str, tuple[type, str]] = {
    "policy": (Policy, "The policy of the gate: tts-gate.toml"),
    "report": (ReportShape, "What --tts-report writes as report.json"),
}
"""By name: the shape, and the title of its schema."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("name", choices=sorted(SCHEMAS), help="which file")


def run(options: argparse.Namespace) -> int:
    """Print it; returns 0."""
    print(schema_text(options.name), end="")
    return 0


def schema_text(name: str) -> str:
    """Return the schema called `name` as JSON text."""
    shape, title = SCHEMAS[name]
    schema: dict[str, Any] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        **msgspec.json.schema(shape),
    }
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"
