"""Running platform commands: their arguments are checked against the function's own signature.

Also the commands that belong to no domain: switches of the platform as a whole.
"""

from __future__ import annotations

import inspect
import typing
from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, Literal

import msgspec

from tts_chaos.contracts.loader import Contracts
from tts_chaos.contracts.operation import matches_operation
from tts_chaos.core.history import Json
from tts_chaos.core.registry import nearest
from tts_chaos.errors import UsageError
from tts_chaos.twin.domains.authorization.lookup import find_shop
from tts_chaos.twin.handler import COMMANDS, Command, TwinEnv, command
from tts_chaos.twin.settings import OrderedRefusal

__all__ = ["LONGEST_SHIFT_MS", "check_command", "describe_arguments", "run_command"]

LONGEST_SHIFT_MS = 366 * 86_400_000
"""A year either way; more is a slip of units."""

Shift = Annotated[int, msgspec.Meta(ge=-LONGEST_SHIFT_MS, le=LONGEST_SHIFT_MS)]


def check_command(name: str, arguments: Mapping[str, Any]) -> None:
    """Refuse a command that could not run, before anything runs.

    Raises:
        UsageError: If there is none, or an argument is unknown, missing or of the wrong type.
    """
    if name not in COMMANDS:
        raise UsageError(COMMANDS.describe_unknown(name))
    _checked(name, COMMANDS[name], arguments)


def describe_arguments(function: Command) -> dict[str, dict[str, Json]]:
    """Return a JSON Schema for each argument of a command, with its default where it has one."""
    expected, required = _signature(function)
    parameters = inspect.signature(function).parameters
    return {
        name: msgspec.json.schema(kind)
        | ({} if name in required else {"default": parameters[name].default})
        for name, kind in expected.items()
    }


def run_command(env: TwinEnv, name: str, arguments: Mapping[str, Any]) -> Json:
    """Run the command called `name`.

    Raises:
        UsageError: If there is none, or an argument is unknown, missing or of the wrong type.
    """
    if name not in COMMANDS:
        raise UsageError(COMMANDS.describe_unknown(name))
    function = COMMANDS[name]
    return function(env, **_checked(name, function, arguments))


def _checked(name: str, function: Command, arguments: Mapping[str, Any]) -> dict[str, Any]:
    expected, required = _signature(function)
    for key in arguments:
        if key not in expected:
            close = nearest(key, expected)
            known = ", ".join(expected) or "none"
            hint = f"Did you mean {close!r}?" if close else f"It takes: {known}."
            raise UsageError(f"command {name} takes no argument {key!r}. {hint}")
    missing = [key for key in required if key not in arguments]
    if missing:
        raise UsageError(f"command {name} needs the argument {', '.join(missing)}")
    return {key: _typed(name, key, value, expected[key]) for key, value in arguments.items()}


def _typed(name: str, key: str, value: Any, kind: Any) -> Any:
    if typing.get_origin(kind) is Literal and value not in typing.get_args(kind):
        words = [str(word) for word in typing.get_args(kind)]
        close = nearest(str(value), words)
        hint = f"Did you mean {close!r}?" if close else f"Known: {', '.join(words)}."
        raise UsageError(f"command {name}, argument {key}: {value!r} is not valid. {hint}")
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise UsageError(f"command {name}, argument {key}: {error}, got {value!r}") from error


@cache
def _signature(function: Command) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return the argument types of a command by name, and the names that must be given."""
    hints = typing.get_type_hints(function, include_extras=True)
    parameters = list(inspect.signature(function).parameters.values())[1:]
    required = tuple(p.name for p in parameters if p.default is inspect.Parameter.empty)
    return {p.name: hints[p.name] for p in parameters}, required


@command("shift_clock")
def shift_clock(env: TwinEnv, offset_ms: Shift) -> None:
    """Set the platform's clock to so many milliseconds ahead of true time; 0 sets it right."""
    env.clock.offset_ms = offset_ms


@command("retire_version")
def retire_version(env: TwinEnv, operation: str) -> None:
    """Answer calls of an operation as those of a removed version.

    `operation` is a full id, an id without its version (every version), or `<domain>.*`.
    """
    env.settings.retired.add(operation)


@command("reinstate_version")
def reinstate_version(env: TwinEnv, operation: str) -> None:
    """Serve again what `retire_version` retired under the same words."""
    env.settings.retired.discard(operation)


@command("set_refusal_style")
def set_refusal_style(env: TwinEnv, style: Literal["http", "ok"]) -> None:
    """Tell refusals with their HTTP status (`http`) or all with 200 (`ok`)."""
    env.settings.refusal_style = style


@command("set_profile")
def set_profile(env: TwinEnv, profile: Literal["documented", "article"]) -> None:
    """Tell documented codes (`documented`) or the simplified ones (`article`)."""
    env.settings.profile = profile


@command("set_rate_limit")
def set_rate_limit(env: TwinEnv, per_s: Annotated[int, msgspec.Meta(ge=0)]) -> None:
    """Allow so many calls per second, operation and shop; 0 for no limit."""
    env.settings.rate_per_s = per_s or None


@command("refuse_ip")
def refuse_ip(env: TwinEnv) -> None:
    """Refuse every caller as one whose address is not on the app's allow list."""
    env.settings.refuse_ip = True


@command("allow_ip")
def allow_ip(env: TwinEnv) -> None:
    """Let callers in again, whatever their address."""
    env.settings.refuse_ip = False


@command("refuse_scope")
def refuse_scope(env: TwinEnv, scope: str = "") -> None:
    """Take a scope from every token; all scopes if empty."""
    env.settings.refused_scopes.add(scope)


@command("allow_scope")
def allow_scope(env: TwinEnv, scope: str = "") -> None:
    """Give a scope back; all that were taken if empty."""
    if scope:
        env.settings.refused_scopes.discard(scope)
    else:
        env.settings.refused_scopes.clear()


@command("refuse_calls")
def refuse_calls(
    env: TwinEnv,
    operation: str,
    code: int,
    times: Annotated[int, msgspec.Meta(ge=1)] = 1,
    variant: str = "",
    forced: bool = False,
) -> None:
    """Refuse the next calls of an operation with a documented code, whatever their state.

    Args:
        env: The twin's environment.
        operation: A full id, an id without its version (every version), or `<domain>.*`.
        code: A code of the gateway, or one that the contracts list for the operation.
        times: How many calls.
        variant: Which refusal of those that share the code.
        forced: Take any code of the table.
    """
    problem = _refusal_problem(env.contracts, operation, code, variant, forced=forced)
    if problem:
        raise UsageError(f"refuse_calls: {problem}")
    env.settings.ordered_refusals.append(
        OrderedRefusal(operation=operation, code=code, variant=variant, left=times)
    )


@command("stop_refusing_calls")
def stop_refusing_calls(env: TwinEnv) -> None:
    """Take back everything that `refuse_calls` ordered."""
    env.settings.ordered_refusals.clear()


@command("deactivate_shop")
def deactivate_shop(env: TwinEnv, shop: str = "") -> None:
    """Close a shop for the API, as one that its seller or the platform closed."""
    env.settings.inactive_shops.add(find_shop(env, shop).id)


@command("reactivate_shop")
def reactivate_shop(env: TwinEnv, shop: str = "") -> None:
    """Open a shop for the API again."""
    env.settings.inactive_shops.discard(find_shop(env, shop).id)


@command("deactivate_seller")
def deactivate_seller(env: TwinEnv, shop: str = "") -> None:
    """Close the account behind a shop for the API."""
    env.settings.inactive_sellers.add(find_shop(env, shop).account_id)


@command("reactivate_seller")
def reactivate_seller(env: TwinEnv, shop: str = "") -> None:
    """Open the account behind a shop for the API again."""
    env.settings.inactive_sellers.discard(find_shop(env, shop).account_id)


@command("set_sandbox_quota")
def set_sandbox_quota(env: TwinEnv, per_hour: Annotated[int, msgspec.Meta(ge=0)]) -> None:
    """Allow so many calls in each full hour, as for test shops; 0 for no quota."""
    env.settings.sandbox_per_hour = per_hour or None


def _refusal_problem(
    contracts: Contracts, operation: str, code: int, variant: str, *, forced: bool
) -> str:
    """Return why such a refusal makes no sense, "" where it does."""
    meant = [row for row in contracts.operations.values() if matches_operation(operation, row.id)]
    if not meant:
        close = nearest(operation, contracts.operations)
        return f"there is no operation {operation!r}" + (
            f"; did you mean {close!r}?" if close else ""
        )
    row = contracts.errors.get(code)
    if row is None:
        return f"code {code} is in no table; the contracts list those that exist"
    if variant and variant not in {one.name for one in row.variants}:
        known = ", ".join(one.name for one in row.variants) or "none"
        return f"code {code} has no variant {variant!r}; known: {known}"
    is_listed = any(code in one.errors.all for one in meant)
    if forced or row.category == "gateway" or is_listed:
        return ""
    return (
        f"code {code} is not documented for {operation}; give forced = true to tell it all the same"
    )
