"""What makes the user's own integration, read from its source without running it.

A class or function is named as `module:name`. What it takes is matched by name with what a twin
has; which methods it has is read off as well.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tts_chaos.core.registry import nearest
from tts_chaos.errors import UsageError
from tts_chaos.typing import ACTIONS, OBSERVATIONS

__all__ = ["GIVEN", "Factory", "arguments_of", "read_factory"]

GIVEN: Mapping[str, str] = {
    **dict.fromkeys(("twin", "connection", "tts_twin"), "tts_twin"),
    **dict.fromkeys(("app_key", "client_key"), "tts_twin.app_key"),
    **dict.fromkeys(("app_secret", "client_secret", "secret"), "tts_twin.app_secret"),
    **dict.fromkeys(("api_url", "base_url", "api_base_url", "endpoint"), "tts_twin.api_url"),
    **dict.fromkeys(("token_url", "auth_url", "token_base_url"), "tts_twin.token_url"),
    "access_token": "tts_twin.access_token",
    "refresh_token": "tts_twin.refresh_token",
    "access_token_expires_at": "tts_twin.access_token_expires_at",
    "refresh_token_expires_at": "tts_twin.refresh_token_expires_at",
    **dict.fromkeys(("shop_cipher", "cipher"), "tts_twin.shop_cipher"),
    "shop_id": "tts_twin.shop_id",
    "shops": "tts_twin.shops",
    "ca_file": "tts_twin.ca_file",
    **dict.fromkeys(("workspace", "folder", "data_dir"), "tts_workspace"),
    **dict.fromkeys(("database", "db", "db_path", "database_path"), 'tts_workspace / "shop.db"'),
}
"""Name of a parameter -> what the fixture gives for it."""

_KNOWN = (*ACTIONS, *OBSERVATIONS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Factory:
    """What makes an integration.

    Attributes:
        module: Where it is imported from.
        name: Its name there.
        required: Parameters without a default, in order.
        optional: The others.
        methods: Methods of what it makes, and whether each is async; empty where not known.
    """

    module: str
    name: str
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    methods: Mapping[str, bool] | None = None

    @property
    def offers(self) -> dict[str, str]:
        """Capabilities that its methods have the names of, each with that name."""
        return {name: name for name in _KNOWN if name in (self.methods or {})}


def read_factory(text: str, module: str, name: str) -> Factory:
    """Return what makes the integration.

    Args:
        text: Source of the module.
        module: Its dotted name.
        name: Class or function in it.

    Raises:
        UsageError: If it is no Python, or has nothing of that name.
    """
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        raise UsageError(f"{module} is no Python: line {error.lineno}: {error.msg}") from None
    classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    if name in classes:
        makers = [n for n in _functions(classes, name) if n.name == "__init__"]
        arguments = makers[0].args if makers else None
        required, optional = _parameters(arguments, skip_self=True)
        return Factory(
            module=module,
            name=name,
            required=required,
            optional=optional,
            methods=_methods(classes, name),
        )
    if name in functions:
        made = functions[name].returns
        kind = made.id if isinstance(made, ast.Name) else ""
        required, optional = _parameters(functions[name].args, skip_self=False)
        methods = _methods(classes, kind) if kind in classes else None
        return Factory(
            module=module, name=name, required=required, optional=optional, methods=methods
        )
    close = nearest(name, [*classes, *functions])
    has = ", ".join([*classes, *functions]) or "none"
    hint = f"did you mean {close!r}?" if close else f"it has {has}"
    raise UsageError(f"{module} has no class and no function {name!r}; {hint}")


_Function = ast.FunctionDef | ast.AsyncFunctionDef


def _functions(classes: Mapping[str, ast.ClassDef], name: str) -> Iterable[_Function]:
    """Yield the functions of a class, then those of its bases in the same module."""
    node = classes[name]
    yield from (part for part in node.body if isinstance(part, _Function))
    for base in node.bases:
        if isinstance(base, ast.Name) and base.id in classes and base.id != name:
            yield from _functions(classes, base.id)


def _methods(classes: Mapping[str, ast.ClassDef], name: str) -> dict[str, bool]:
    found: dict[str, bool] = {}
    for node in _functions(classes, name):
        if not node.name.startswith("_"):
            found.setdefault(node.name, isinstance(node, ast.AsyncFunctionDef))
    return found


def _parameters(
    arguments: ast.arguments | None, *, skip_self: bool
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if arguments is None:
        return (), ()
    positional = [argument.arg for argument in (*arguments.posonlyargs, *arguments.args)]
    first_optional = len(positional) - len(arguments.defaults)
    required = positional[int(skip_self) : first_optional]
    optional = positional[max(first_optional, int(skip_self)) :]
    for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        (required if default is None else optional).append(argument.arg)
    return tuple(required), tuple(optional)


def arguments_of(factory: Factory, given: Mapping[str, str]) -> dict[str, str]:
    """Return what the fixture gives for each parameter, as Python.

    Args:
        factory: What is called.
        given: Expressions that the user named, by parameter.

    Raises:
        UsageError: If a parameter is needed for which nothing is known, or named and not there.
    """
    known = {**GIVEN, **given}
    for name in given:
        if name not in (*factory.required, *factory.optional):
            close = nearest(name, (*factory.required, *factory.optional))
            hint = f"did you mean {close!r}?" if close else "take it away"
            raise UsageError(f"--give {name}: {factory.name} takes no {name!r}; {hint}")
    lacking = [name for name in factory.required if name not in known]
    if lacking:
        raise UsageError(
            f"{factory.name} needs {', '.join(lacking)}, for which nothing is known here; say it "
            f"with --give {lacking[0]}=EXPRESSION (tts_twin and tts_workspace are at hand), or "
            "name a function that needs nothing else"
        )
    wanted = (*factory.required, *(name for name in factory.optional if name in known))
    return {name: known[name] for name in wanted}
