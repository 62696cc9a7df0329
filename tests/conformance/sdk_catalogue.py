"""What the package `tiktok-shop-api` offers: each of its operations beside the contract it means.

Read from the package itself, so that an operation it gains is driven without a word here.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import typing
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any

from tiktok_shop_api.generated import _groups, _meta
from tiktok_shop_api.generated import api as _api

from tts_chaos.contracts.loader import load_contracts
from tts_chaos.contracts.operation import Operation

__all__ = ["SdkOperation", "sdk_operations", "unknown_to_contracts"]

_PLACEHOLDER = re.compile(r"\{([^}]*)\}")


@dataclass(frozen=True)
class SdkOperation:
    """One method of the package.

    Attributes:
        operation: The contract that it means, by verb and path.
        group: Attribute of the client that has the method.
        method: Name of the method.
        path_names: The package's names of the path's values, in the order of the path.
        parameters: Type of each keyword argument.
        required: Keyword arguments without default.
    """

    operation: Operation
    group: str
    method: str
    path_names: tuple[str, ...]
    parameters: dict[str, Any]
    required: frozenset[str]


@cache
def sdk_operations() -> dict[str, SdkOperation]:
    """Return the package's operations by the id of their contract."""
    modules = _modules()
    found = {}
    for row in _meta.OPERATIONS:
        operation = _contracts_by_target().get(_target(row["method"], row["path"]))
        if operation is not None:
            found[operation.id] = _read(row, operation, modules)
    return found


def unknown_to_contracts() -> list[str]:
    """Return the package's operations that no contract describes."""
    known = _contracts_by_target()
    return [
        f"{row['method'].upper()} {row['path']}"
        for row in _meta.OPERATIONS
        if _target(row["method"], row["path"]) not in known
    ]


def _read(
    row: dict[str, Any], operation: Operation, modules: dict[str, ModuleType]
) -> SdkOperation:
    group, method = _method_of(row["operationId"])
    function = modules[method].sync_detailed
    hints = typing.get_type_hints(function)
    signature = inspect.signature(function).parameters
    names = [name for name in signature if name != "client"]
    return SdkOperation(
        operation=operation,
        group=group,
        method=method,
        path_names=tuple(_snake(name, names) for name in _PLACEHOLDER.findall(row["path"])),
        parameters={name: hints[name] for name in names},
        required=frozenset(n for n in names if signature[n].default is inspect.Parameter.empty),
    )


def _method_of(operation_id: str) -> tuple[str, str]:
    return _methods()[_folded(operation_id)]


@cache
def _methods() -> dict[str, tuple[str, str]]:
    """Return group and name of each method by its folded name."""
    return {
        _folded(name): (group, name)
        for group, kind in _groups.SYNC_GROUPS.items()
        for name in vars(kind)
        if not name.startswith("_")
    }


def _modules() -> dict[str, ModuleType]:
    """Return the modules behind the methods, by the method's name."""
    return {
        found.name.rpartition(".")[2]: importlib.import_module(found.name)
        for found in pkgutil.walk_packages(_api.__path__, f"{_api.__name__}.")
        if not found.ispkg
    }


@cache
def _contracts_by_target() -> dict[str, Operation]:
    return {_target(row.method, row.path): row for row in load_contracts().operations.values()}


def _target(method: str, path: str) -> str:
    return f"{method.upper()} {_PLACEHOLDER.sub('{}', path)}"


def _snake(name: str, names: list[str]) -> str:
    return next(known for known in names if _folded(known) == _folded(name))


def _folded(name: str) -> str:
    return name.replace("_", "").lower()
