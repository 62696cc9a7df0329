"""A fault of drift names a field that the contract has; else it would change nothing, silently."""

from __future__ import annotations

from collections.abc import Collection

from tts_chaos.contracts.diff.operations import request_fields
from tts_chaos.contracts.json_paths import (
    describe_unknown_path,
    fields_of,
    parent_of,
    split_path,
)
from tts_chaos.contracts.loader import load_contracts
from tts_chaos.contracts.openapi import COMMON_PARAMETERS
from tts_chaos.contracts.operation import matches_operation
from tts_chaos.faults.drift import DriftFault, FieldNew, WebhookFieldDrifted
from tts_chaos.faults.request_drift import QUERY, RequestRuleNew
from tts_chaos.faults.webhook import WebhooksDropped
from tts_chaos.scenarios.model import FaultStep
from tts_chaos.scenarios.shape import Place

__all__ = ["check_drift"]


def check_drift(step: FaultStep, place: Place) -> None:
    """Check the path of a drift fault; other faults have none.

    Raises:
        ScenarioError: If no answer or webhook that the step concerns has the field.
    """
    fault = step.fault
    if isinstance(fault, DriftFault):
        operation = step.trigger.operation
        fields, where = _of_answers(operation), operation or "every operation"
        _check(fault.path, fields, where, place, is_new=isinstance(fault, FieldNew))
    elif isinstance(fault, RequestRuleNew):
        operation = step.trigger.operation
        where = f"the requests of {operation or 'every operation'}"
        fields = _of_requests(operation)
        is_new = fault.rule == "required"
        _check(fault.path, fields, where, place, is_new=is_new)
    elif isinstance(fault, WebhooksDropped):
        _check_type(fault.event, place)
    elif isinstance(fault, WebhookFieldDrifted):
        _check_event(fault, place)
        where = f"webhook {fault.event}" if fault.event is not None else "every webhook"
        fields = _of_webhooks(fault.event)
        _check(fault.path, fields, where, place, is_new=fault.change == "new")


def _check(path: str, fields: Collection[str], where: str, place: Place, *, is_new: bool) -> None:
    try:
        steps = split_path(path)
    except ValueError as error:
        raise place.at("path").error(str(error)) from None
    full = path if path.startswith(("$.", QUERY)) else f"$.{path}"
    if is_new:
        # It need not be there yet, but what holds it must be.
        full = parent_of(full)
        if len(steps) == 1:
            return
    if fields and full not in fields:
        raise place.at("path").error(describe_unknown_path(full, fields, where))


def _of_answers(pattern: str | None) -> set[str]:
    """Return the paths of all answers concerned; none where one of them is not known."""
    found: set[str] = set()
    for operation in load_contracts().operations.values():
        if pattern is None or matches_operation(pattern, operation.id):
            found.update(fields_of(operation.response_schema))
    return found


def _of_requests(pattern: str | None) -> set[str]:
    """Return the parameters and fields that the operations concerned take."""
    found = {f"query.{name}" for name in COMMON_PARAMETERS} | {"query"}
    for operation in load_contracts().operations.values():
        if pattern is None or matches_operation(pattern, operation.id):
            found.update(request_fields(operation))
    return found


def _of_webhooks(event: int | None) -> set[str]:
    found = {"$.data"}
    for type, row in load_contracts().webhooks.items():
        if event is None or type == event:
            found.update(fields_of(row.data_schema, "$.data"))
    return found


def _check_type(event: int | None, place: Place) -> None:
    known = load_contracts().webhooks
    if event is not None and event not in known:
        numbers = ", ".join(str(type) for type in sorted(known))
        raise place.at("event").error(
            f"there is no webhook type {event}; expected one of {numbers}"
        )


def _check_event(fault: WebhookFieldDrifted, place: Place) -> None:
    _check_type(fault.event, place)
    if fault.change == "retyped" and fault.value not in _TYPES:
        raise place.at("value").error(f"expected one of {', '.join(_TYPES)}, got {fault.value!r}")


_TYPES = ("string", "number", "boolean", "array", "object")
