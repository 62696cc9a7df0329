"""Compares two operations, and two webhook events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tts_chaos.contracts.answers import WebhookEvent
from tts_chaos.contracts.diff.fields import compare_fields
from tts_chaos.contracts.diff.kinds import make_difference
from tts_chaos.contracts.diff.model import Difference, Side
from tts_chaos.contracts.json_paths import Field, fields_of
from tts_chaos.contracts.operation import CipherRule, Operation

__all__ = ["compare_events", "compare_operations", "request_fields"]


def compare_operations(old: Operation, new: Operation) -> Iterator[Difference]:
    """Yield what two contracts say differently of one operation."""
    yield from _addresses(old, new)
    yield from _rules(old, new)
    yield from _codes(old, new)
    yield from compare_fields(request_fields(old), request_fields(new), Side.REQUEST, old.id)
    if old.response_schema is not None and new.response_schema is not None:
        answers = fields_of(old.response_schema), fields_of(new.response_schema)
        yield from compare_fields(*answers, Side.ANSWER, old.id)


def compare_events(old: WebhookEvent, new: WebhookEvent) -> Iterator[Difference]:
    """Yield what two contracts say differently of one webhook event."""
    if old.name != new.name:
        yield make_difference("event_renamed", Side.WEBHOOK, old.name, old=old.name, new=new.name)
    before = fields_of(old.data_schema, "$.data")
    yield from compare_fields(before, fields_of(new.data_schema, "$.data"), Side.WEBHOOK, old.name)


def request_fields(operation: Operation) -> dict[str, Field]:
    """Return parameters (`query.name`) and the body's fields (`$.name`) of an operation."""
    found: dict[str, Field] = {}
    for parameter in operation.parameters:
        schema = {"properties": {parameter.name: parameter.schema}}
        if parameter.required:
            schema["required"] = [parameter.name]  # type: ignore[assignment]
        found.update(fields_of(schema, "query"))
    found.update(fields_of(operation.body_schema))
    return found


def _addresses(old: Operation, new: Operation) -> Iterator[Difference]:
    pairs: Mapping[str, tuple[str, str]] = {
        "verb_changed": (old.method, new.method),
        "path_changed": (old.path, new.path),
        "host_changed": (old.host, new.host),
    }
    for kind, (before, after) in pairs.items():
        if before != after:
            yield make_difference(kind, Side.OPERATION, old.id, old=before, new=after)
    if old.body_schema and new.body_schema and old.content_type != new.content_type:
        told = {"old": old.content_type, "new": new.content_type}
        yield make_difference("body_type_changed", Side.OPERATION, old.id, **told)


def _rules(old: Operation, new: Operation) -> Iterator[Difference]:
    if old.retired != new.retired:
        kind = "sunset_set" if new.retired else "sunset_lifted"
        yield make_difference(
            kind, Side.OPERATION, old.id, old=old.retired or None, new=new.retired or None
        )
    for scope in sorted(set(new.scopes) - set(old.scopes)):
        yield make_difference("scope_added", Side.OPERATION, old.id, new=scope)
    for scope in sorted(set(old.scopes) - set(new.scopes)):
        yield make_difference("scope_removed", Side.OPERATION, old.id, old=scope)
    for name, before, after in (
        ("shop_cipher", old.cipher, new.cipher),
        ("category_asset_cipher", old.category_cipher, new.category_cipher),
    ):
        if before is not after:
            relaxed = after is CipherRule.OPTIONAL
            kind = "cipher_relaxed" if relaxed else "cipher_changed"
            yield make_difference(
                kind, Side.OPERATION, old.id, f"query.{name}", old=before.value, new=after.value
            )


def _codes(old: Operation, new: Operation) -> Iterator[Difference]:
    before, after = set(old.errors.all), set(new.errors.all)
    for code in sorted(after - before):
        yield make_difference("code_added", Side.OPERATION, old.id, new=code)
    for code in sorted(before - after):
        yield make_difference("code_removed", Side.OPERATION, old.id, old=code)
