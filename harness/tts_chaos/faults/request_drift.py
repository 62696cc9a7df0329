"""The contract of what an integration sends changes: the platform refuses what it took before.

`request_rule_new` refuses only requests that break the new rule, as the platform would;
`call_refused` refuses every call, whatever it says.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, ClassVar, Literal

import msgspec

from tts_chaos.contracts.json_paths import split_path
from tts_chaos.contracts.loader import load_contracts
from tts_chaos.faults.effect import AnswerInstead, Effect, Moment
from tts_chaos.faults.fault import Fault, Trigger, register_fault
from tts_chaos.wire.codes import ApiCode
from tts_chaos.wire.message import ApiRequest, make_json_response

__all__ = ["CallRefused", "RequestRuleNew", "RuleName"]

_BUSINESS_STATUS = 200
"""Of a code that the contracts do not know. Source: protocol facts, section 4 (medium)."""

QUERY = "query."

RuleName = Literal[
    "required", "unknown", "not_null", "type", "not_value", "minimum", "exclusiveMinimum",
    "maximum", "exclusiveMaximum", "minLength", "maxLength", "minItems", "maxItems", "pattern",
]  # fmt: skip
Setting = int | float | str | None


class _Refusing(Fault, frozen=True, kw_only=True):
    family: ClassVar[str] = "contract drift"
    cause: ClassVar[str] = "contract"
    default_trigger: ClassVar[Trigger] = Trigger(host="api")


def _refuse(moment: Moment, code: int, status: int, message: str) -> tuple[Effect, ...]:
    body = {
        "code": code,
        "message": message,
        "request_id": moment.entropy.hexadecimal(34),
        "data": None,
    }
    return (AnswerInstead(response=make_json_response(body, status=status)),)


@register_fault
class CallRefused(_Refusing, frozen=True, kw_only=True):
    """Every call is refused with one code, known or new.

    Attributes:
        code: Code of the envelope. One that the contracts know is told with its documented status
            and message; another one under HTTP 200.
        message: What a code that they do not know is told with.
    """

    name: ClassVar[str] = "call_refused"
    summary: ClassVar[str] = "the platform refuses the call with a code never met before"

    code: int
    message: str = "The request is refused."

    def effects(self, moment: Moment) -> tuple[Effect, ...]:
        """Answer instead of the platform."""
        row = load_contracts().errors.get(self.code)
        if row is None:
            return _refuse(moment, self.code, _BUSINESS_STATUS, self.message)
        return _refuse(moment, self.code, row.status, row.message or self.message)


@register_fault
class RequestRuleNew(_Refusing, frozen=True, kw_only=True):
    """A rule about one field of the requests is new; those that break it are refused.

    Attributes:
        path: `query.page_size` for a parameter, `$.skus[].id` for a field of the body.
        rule: What must hold: `required`, `unknown` (must not be sent), `not_null`, `type` (setting:
            the JSON type), `not_value` (setting: the value), or a keyword of JSON Schema.
        setting: What the rule is set to.
    """

    name: ClassVar[str] = "request_rule_new"
    summary: ClassVar[str] = "the platform refuses requests that it took before"

    path: str
    rule: RuleName
    setting: Setting = None

    def matches(self, request: ApiRequest) -> bool:
        """Whether the request breaks the rule."""
        values = list(_values(request, self.path))
        if self.rule == "required":
            return any(value is _MISSING for value in values)
        is_broken = _BROKEN[self.rule]
        return any(value is not _MISSING and is_broken(value, self.setting) for value in values)

    def effects(self, moment: Moment) -> tuple[Effect, ...]:
        """Refuse it as the gateway refuses a wrong parameter.

        Source: error table, 36009004 (documented code; status low, wording assumed).
        """
        where = self.path if self.path.startswith(QUERY) else f"body{self.path[1:]}"
        complaint = "is missing" if self.rule == "required" else f"breaks the rule {self.rule}"
        message = f"Invalid parameter. param {where} {complaint}"
        return _refuse(moment, ApiCode.BAD_REQUEST, 400, message)


class _Missing:
    """Stands where a field could be and is not."""


_MISSING = _Missing()


def _values(request: ApiRequest, path: str) -> Iterator[Any]:
    """Yield what a request has at `path`; `_MISSING` where what would hold it is there."""
    if path.startswith(QUERY):
        name, *rest = split_path(path.removeprefix(QUERY))
        text = request.parameter(name)
        if rest:
            yield from text.split(",") if text else ()
        else:
            yield _MISSING if text is None else text
        return
    try:
        body = msgspec.json.decode(request.body or b"{}")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return
    yield from _below(body, split_path(path))


def _below(value: Any, steps: tuple[str, ...]) -> Iterator[Any]:
    if not steps:
        yield value
    elif steps[0] == "[]":
        for item in value if isinstance(value, list) else ():
            yield from _below(item, steps[1:])
    elif isinstance(value, dict):
        if steps[0] in value:
            yield from _below(value[steps[0]], steps[1:])
        elif len(steps) == 1:
            yield _MISSING


def _number(value: Any) -> float | None:
    """Return a value as a number: parameters, and amounts in bodies, are texts."""
    try:
        return None if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        return None


def _numbers(fails: Callable[[float, float], bool]) -> Callable[[Any, Setting], bool]:
    def is_broken(value: Any, setting: Setting) -> bool:
        number, limit = _number(value), _number(setting)
        return number is not None and limit is not None and fails(number, limit)

    return is_broken


def _sizes(
    kind: type[str] | type[list[Any]], fails: Callable[[int, float], bool]
) -> Callable[[Any, Setting], bool]:
    def is_broken(value: Any, setting: Setting) -> bool:
        limit = _number(setting)
        return isinstance(value, kind) and limit is not None and fails(len(value), limit)

    return is_broken


_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
}


def _has_other_type(value: Any, setting: Setting) -> bool:
    kinds = _TYPES.get(str(setting), ())
    is_kind = isinstance(value, kinds) and (bool in kinds or not isinstance(value, bool))
    return bool(kinds) and not is_kind


_BROKEN: dict[str, Callable[[Any, Setting], bool]] = {
    "unknown": lambda _value, _setting: True,
    "not_null": lambda value, _setting: value is None,
    "type": _has_other_type,
    "not_value": lambda value, setting: value == setting or str(value) == str(setting),
    "minimum": _numbers(lambda number, limit: number < limit),
    "exclusiveMinimum": _numbers(lambda number, limit: number <= limit),
    "maximum": _numbers(lambda number, limit: number > limit),
    "exclusiveMaximum": _numbers(lambda number, limit: number >= limit),
    "minLength": _sizes(str, lambda size, limit: size < limit),
    "maxLength": _sizes(str, lambda size, limit: size > limit),
    "minItems": _sizes(list, lambda size, limit: size < limit),
    "maxItems": _sizes(list, lambda size, limit: size > limit),
    "pattern": lambda value, setting: isinstance(value, str) and not re.search(str(setting), value),
}
