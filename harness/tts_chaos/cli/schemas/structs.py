"""Turns a struct that reads a table of a file into a schema, with its docstring as descriptions."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

__all__ = ["Schema", "choice", "described", "first_paragraph", "listed_in", "struct_schema"]

Schema = dict[str, Any]
"""A JSON Schema, as plain values."""

_SECTION = re.compile(r"^(\w[\w ]*):$")
_ENTRY = re.compile(r"^ {4}(\w+): (.*)$")


def first_paragraph(document: str | None) -> str:
    """Return the first paragraph of a docstring as one line, "" for none."""
    paragraph = inspect.cleandoc(document or "").partition("\n\n")[0]
    return " ".join(paragraph.split())


def listed_in(document: str | None, section: str) -> dict[str, str]:
    r"""Return the entries of a docstring's section, as one line each.

    >>> listed_in("What.\n\nAttributes:\n    a: One,\n        two.\n", "Attributes")
    {'a': 'One, two.'}
    """
    entries: dict[str, str] = {}
    current, here = "", False
    for line in inspect.cleandoc(document or "").splitlines():
        heading = _SECTION.match(line)
        if heading:
            here = heading[1] == section
        elif here and (entry := _ENTRY.match(line)):
            current = entry[1]
            entries[current] = entry[2].strip()
        elif here and current and line.strip():
            entries[current] += f" {line.strip()}"
    return entries


def described(schema: Mapping[str, Any], description: str) -> Schema:
    """Return the schema with a description, which editors show."""
    return {"description": description, **schema} if description else dict(schema)


def choice(words: Mapping[str, str]) -> Schema:
    """Return the schema of a word out of several; `words` says what each means."""
    return {"enum": list(words), "x-taplo": {"docs": {"enumValues": list(words.values())}}}


def struct_schema(kind: type[Any], **keys: Schema) -> Schema:
    """Return the schema of a table that is read as `kind`.

    Args:
        kind: A struct.
        keys: Schemas that say more of single keys than their types do.
    """
    raw = msgspec.json.schema(kind)
    known = {each.__name__: each for each in _structs_in(kind)}
    schema: Schema = _without_references(raw, raw.get("$defs", {}), known)
    for key, more in keys.items():
        own = schema["properties"][key]
        kept = {word: own[word] for word in ("description", "default") if word in own}
        schema["properties"][key] = {**kept, **more}
    return schema


def _structs_in(kind: type[Any]) -> Iterator[type[Any]]:
    """Yield `kind` and the structs below it."""
    yield kind
    for field in msgspec.structs.fields(kind):
        for inner in _structs_of(msgspec.inspect.type_info(field.type)):
            yield from _structs_in(inner)


def _structs_of(info: Any) -> Iterator[type[Any]]:
    if isinstance(info, msgspec.inspect.StructType):
        yield info.cls
    for part in (*getattr(info, "types", ()), getattr(info, "item_type", None)):
        if part is not None:
            yield from _structs_of(part)


def _without_references(
    value: Any, definitions: Mapping[str, Any], known: Mapping[str, type[Any]]
) -> Any:
    """Write each definition where it is used: editors follow that most surely."""
    if isinstance(value, list):
        return [_without_references(each, definitions, known) for each in value]
    if not isinstance(value, Mapping):
        return value
    rest = {key: each for key, each in value.items() if key not in ("$ref", "$defs")}
    if "$ref" in value:
        name = value["$ref"].rpartition("/")[2]
        rest = {**_describe(definitions[name], known.get(name)), **rest}
    return {key: _without_references(each, definitions, known) for key, each in rest.items()}


def _describe(schema: Mapping[str, Any], kind: type[Any] | None) -> Schema:
    """Return a struct's schema with the words of its docstring, and without its name."""
    plain = {key: each for key, each in schema.items() if key not in ("title", "description")}
    if kind is None or "properties" not in plain:
        return plain
    meanings = _meanings(kind)
    plain["properties"] = {
        key: described(each, meanings.get(key, "")) for key, each in plain["properties"].items()
    }
    return described(plain, first_paragraph(kind.__doc__))


def _meanings(kind: type[Any]) -> dict[str, str]:
    """Return what each field means; what a base class says holds unless it is said anew."""
    said: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        said |= listed_in(base.__doc__, "Attributes")
    return said
