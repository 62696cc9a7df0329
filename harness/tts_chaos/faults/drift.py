"""The contract changes under a running integration: one field of an answer is not what it was.

Every fault names a path, `$.data.orders[].payment.total_amount`, and changes the values there. All
else in the answer keeps its bytes. What a comparison of two contracts finds becomes one of these.
"""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar, Literal

import msgspec

from tts_chaos.contracts.json_edits import add_member, remove_at, rename_at, replace_at
from tts_chaos.contracts.json_paths import split_path
from tts_chaos.faults.effect import AlterAnswer, Effect, Moment, WebhookMoment
from tts_chaos.faults.fault import Fault, Trigger, register_fault
from tts_chaos.wire.delivery import OutgoingWebhook
from tts_chaos.wire.message import ApiResponse

__all__ = [
    "DriftFault",
    "EnumValueNew",
    "FieldNew",
    "FieldNull",
    "FieldRemoved",
    "FieldRenamed",
    "FieldRetyped",
    "ItemsWrapped",
    "JsonType",
    "UnitChanged",
    "WebhookFieldDrifted",
    "retype",
    "scale",
]

Steps = tuple[str, ...]
JsonType = Literal["string", "number", "boolean", "array", "object"]


class DriftFault(Fault, frozen=True, kw_only=True):
    """Base of the family.

    Attributes:
        path: Where, as `$.data.orders[].id`; `[]` means every element.
    """

    family: ClassVar[str] = "contract drift"
    cause: ClassVar[str] = "contract"
    default_trigger: ClassVar[Trigger] = Trigger(host="api")

    path: str

    def effects(self, moment: Moment) -> tuple[Effect, ...]:
        """Change the body after the platform has done its work."""
        return (AlterAnswer(change=self.alter),)

    def alter(self, response: ApiResponse) -> ApiResponse:
        """Return the answer as it arrives; one that has no such field stays as it is."""
        try:
            text = response.body.decode("utf-8")
        except UnicodeDecodeError:
            return response
        body = self.edit(text, split_path(self.path)).encode("utf-8")
        return msgspec.structs.replace(
            response,
            body=body,
            headers=tuple(
                (name, str(len(body)) if name.lower() == "content-length" else value)
                for name, value in response.headers
            ),
        )

    def edit(self, text: str, steps: Steps) -> str:
        """Return the JSON text with the values at `steps` changed."""
        raise AssertionError("a subclass says how")


@register_fault
class FieldRemoved(DriftFault, frozen=True, kw_only=True):
    """A field is missing from every answer."""

    name: ClassVar[str] = "field_removed"
    cause: ClassVar[str] = "mapping"
    summary: ClassVar[str] = "a field is missing from the answers"

    def edit(self, text: str, steps: Steps) -> str:
        """Remove it."""
        return remove_at(text, steps)


@register_fault
class FieldRenamed(DriftFault, frozen=True, kw_only=True):
    """A field has another name.

    Attributes:
        renamed: The new name.
    """

    name: ClassVar[str] = "field_renamed"
    summary: ClassVar[str] = "a field of the answers has another name"

    renamed: str

    def edit(self, text: str, steps: Steps) -> str:
        """Rename it."""
        return rename_at(text, steps, self.renamed)


@register_fault
class FieldRetyped(DriftFault, frozen=True, kw_only=True):
    """A field has another type and, as far as that can be, the same value.

    Attributes:
        type: The new JSON type.
    """

    name: ClassVar[str] = "field_retyped"
    summary: ClassVar[str] = "a field of the answers has another type"

    type: JsonType

    def edit(self, text: str, steps: Steps) -> str:
        """Write the value in the other type."""
        return replace_at(text, steps, lambda raw: retype(raw, self.type))


@register_fault
class FieldNull(DriftFault, frozen=True, kw_only=True):
    """A field is null."""

    name: ClassVar[str] = "field_null"
    summary: ClassVar[str] = "a field of the answers is null"

    def edit(self, text: str, steps: Steps) -> str:
        """Put null there."""
        return replace_at(text, steps, lambda _raw: "null")


@register_fault
class EnumValueNew(DriftFault, frozen=True, kw_only=True):
    """A field has a value that no list names.

    Attributes:
        value: The new value.
    """

    name: ClassVar[str] = "enum_value_new"
    summary: ClassVar[str] = "a field of the answers has a value never seen before"

    value: str | int

    def edit(self, text: str, steps: Steps) -> str:
        """Put the value there."""
        return replace_at(text, steps, lambda _raw: json.dumps(self.value))


@register_fault
class FieldNew(DriftFault, frozen=True, kw_only=True):
    """A field comes that no contract names; every reader should pass it over.

    Attributes:
        value: Its value.
    """

    name: ClassVar[str] = "field_new"
    summary: ClassVar[str] = "a field comes that nobody knows"

    value: str | int | bool | list[Any] | dict[str, Any] | None = "new"

    def edit(self, text: str, steps: Steps) -> str:
        """Add it."""
        return add_member(text, steps, self.value)


@register_fault
class UnitChanged(DriftFault, frozen=True, kw_only=True):
    """A number counts another unit: cents for units, milliseconds for seconds.

    Attributes:
        factor: What each number is multiplied by.
    """

    name: ClassVar[str] = "unit_changed"
    summary: ClassVar[str] = "a number of the answers counts another unit"

    factor: float

    def edit(self, text: str, steps: Steps) -> str:
        """Multiply, keeping number or text."""
        return replace_at(text, steps, lambda raw: scale(raw, self.factor))


@register_fault
class ItemsWrapped(DriftFault, frozen=True, kw_only=True):
    """A list lies inside an object.

    Attributes:
        key: The key under which it lies.
    """

    name: ClassVar[str] = "items_wrapped"
    summary: ClassVar[str] = "a list of the answers lies inside an object"

    key: str = "items"

    def edit(self, text: str, steps: Steps) -> str:
        """Wrap it."""
        return replace_at(text, steps, lambda raw: f"{{{json.dumps(self.key)}:{raw}}}")


@register_fault
class WebhookFieldDrifted(Fault, frozen=True, kw_only=True):
    """One field of webhooks' data is not what it was; the platform signs what it sends.

    Attributes:
        path: Where, as `$.data.order_status`.
        change: What happens to it.
        event: Number of the event type, None for all.
        value: The new name, type or value, where the change needs one.
    """

    name: ClassVar[str] = "webhook_field_drifted"
    family: ClassVar[str] = "contract drift"
    cause: ClassVar[str] = "contract"
    summary: ClassVar[str] = "a field of the webhooks is removed, renamed, retyped, null or new"
    target: ClassVar[str] = "webhooks"

    path: str
    change: Literal["removed", "renamed", "retyped", "null", "value_new", "new"]
    event: int | None = None
    value: str = "NEW_VALUE"

    def reshape(
        self, deliveries: tuple[OutgoingWebhook, ...], moment: WebhookMoment
    ) -> tuple[OutgoingWebhook, ...]:
        """Change each delivery of the event, and sign it."""
        return tuple(self._drift(row, moment) for row in deliveries)

    def _drift(self, delivery: OutgoingWebhook, moment: WebhookMoment) -> OutgoingWebhook:
        if self.event is not None and delivery.type != self.event:
            return delivery
        steps = split_path(self.path)
        body = self.as_answer().edit(delivery.body.decode("utf-8"), steps).encode("utf-8")
        if body == delivery.body:
            return delivery
        signature = moment.sign(body)
        headers = tuple(
            (name, signature if name == "authorization" else value)
            for name, value in delivery.headers
        )
        return msgspec.structs.replace(delivery, body=body, headers=headers, fault=self.name)

    def as_answer(self) -> DriftFault:
        """Return the same change as a fault of answers."""
        match self.change:
            case "removed":
                return FieldRemoved(path=self.path)
            case "renamed":
                return FieldRenamed(path=self.path, renamed=self.value)
            case "retyped":
                return FieldRetyped(path=self.path, type=msgspec.convert(self.value, JsonType))
            case "null":
                return FieldNull(path=self.path)
            case "value_new":
                return EnumValueNew(path=self.path, value=self.value)
            case "new":
                return FieldNew(path=self.path, value=self.value)


def retype(raw: str, kind: JsonType) -> str:
    """Return a JSON value in another type, with its value where the type can hold it.

    >>> retype('"12"', "number"), retype("7", "string"), retype("[1]", "object")
    ('12', '"7"', '{"items":[1]}')
    """
    value = json.loads(raw)
    match kind:
        case "string":
            return raw if isinstance(value, str) else json.dumps(raw)
        case "number":
            return _number(value)
        case "boolean":
            return "true" if value else "false"
        case "array":
            return raw if isinstance(value, list) else f"[{raw}]"
        case "object":
            return raw if isinstance(value, dict) else f'{{"items":{raw}}}'


def _number(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return "1" if value else "0"
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return str(len(str(value)))
    return format(number, "f") if number.is_finite() else "0"


def scale(raw: str, factor: float) -> str:
    """Return a number, or the number in a text, times `factor`; anything else as it is.

    >>> scale('"12.50"', 100), scale("1700000000", 1000), scale('"x"', 100)
    ('"1250"', '1700000000000', '"x"')
    """
    quote = '"' if raw.startswith('"') else ""
    try:
        number = Decimal(raw.strip('"')) * Decimal(str(factor))
    except InvalidOperation:
        return raw
    if not number.is_finite():
        return raw
    whole = number.to_integral_value()
    told = format(whole if number == whole else number.normalize(), "f")
    return f"{quote}{told}{quote}"
