"""Finds every place that holds a swapped function under a name of its own.

`from time import sleep` and `def __init__(self, sleep=time.sleep)` keep the function itself. A
sweep goes through the loaded modules, their functions' default values and their classes, and
remembers what it found: a module is looked at again only when its names have changed.
"""

from __future__ import annotations

import operator
import sys
from collections.abc import Iterable, Iterator, Mapping
from types import FunctionType, ModuleType
from typing import Any

__all__ = ["Site", "find_sites"]

_NEVER = ("gevent", "trio", "time_machine", "_thread", "_queue", __name__.rpartition(".")[0])
"""Packages that must keep what they hold: other keepers of time, and this one."""


class Site:
    """One place that holds an original.

    Args:
        holder: A namespace, a class, or a function.
        name: Name in it; `__defaults__` for the default values of a function.
        original: What is there by right.
        stand_in: What is there during a run.
    """

    __slots__ = ("_holder", "_name", "_original", "_stand_in")

    def __init__(self, holder: Any, name: str, original: Any, stand_in: Any) -> None:
        self._holder = holder
        self._name = name
        self._original = original
        self._stand_in = stand_in

    def swap(self) -> None:
        """Put the stand-in there, unless something else has taken the place."""
        self._exchange(self._original, self._stand_in)

    def restore(self) -> None:
        """Put the original back, unless something else has taken the place."""
        self._exchange(self._stand_in, self._original)

    def _exchange(self, old: Any, new: Any) -> None:
        if isinstance(self._holder, dict):
            if self._holder.get(self._name) is old:
                self._holder[self._name] = new
        elif _own_value(self._holder, self._name) is old:
            setattr(self._holder, self._name, new)


def _own_value(holder: Any, name: str) -> Any:
    """Return what a class itself holds, unbound; for a function, its attribute."""
    if isinstance(holder, type):
        return vars(holder).get(name)
    return getattr(holder, name, None)


class _Known:
    """What is known of one module: its size when it was looked at, and its sites."""

    __slots__ = ("module", "sites", "size")

    def __init__(self, module: ModuleType, size: int, sites: list[Site]) -> None:
        self.module = module
        self.size = size
        self.sites = sites


_known: dict[str, _Known] = {}


class _Sweep:
    """All loaded modules as the last sweep met them, and every site in them."""

    def __init__(self) -> None:
        self._modules: list[Any] = []
        self._namespaces: list[dict[str, Any]] = []
        self._sizes: list[int] = []
        self._sites: tuple[Site, ...] = ()

    def sites(self, clocks: Mapping[Any, Any], locks: Mapping[Any, Any]) -> tuple[Site, ...]:
        """Return every site, looked for only where a module came, went, or got another name."""
        modules = list(sys.modules.values())
        if not self._is_as_met(modules):
            self._sites = tuple(_look_everywhere(clocks, locks))
            self._modules = modules
            self._namespaces = [vars(each) for each in modules if type(each) is ModuleType]
            self._sizes = list(map(len, self._namespaces))
        return self._sites

    def _is_as_met(self, modules: list[Any]) -> bool:
        # A run begins with this, and some two thousand modules are loaded: no loop of our own.
        return (
            len(modules) == len(self._modules)
            and all(map(operator.is_, modules, self._modules))
            and list(map(len, self._namespaces)) == self._sizes
        )


_sweep = _Sweep()


def find_sites(clocks: Mapping[Any, Any], locks: Mapping[Any, Any]) -> Iterable[Site]:
    """Return every site in the loaded modules.

    Args:
        clocks: Original to stand-in, to be replaced everywhere.
        locks: The same for what the standard library needs to keep in its own modules.
    """
    return _sweep.sites(clocks, locks)


def _look_everywhere(clocks: Mapping[Any, Any], locks: Mapping[Any, Any]) -> Iterator[Site]:
    for name, module in list(sys.modules.items()):
        # Some libraries put other objects, or None, among the modules.
        if type(module) is not ModuleType:
            continue
        known = _known.get(name)
        if known is None or known.module is not module or known.size != len(module.__dict__):
            _known[name] = known = _look_through(name, module, clocks, locks)
        if known.sites:
            yield from known.sites


def _look_through(
    name: str, module: ModuleType, clocks: Mapping[Any, Any], locks: Mapping[Any, Any]
) -> _Known:
    if name.startswith(_NEVER):
        return _Known(module, len(vars(module)), [])
    is_stdlib = name.partition(".")[0] in sys.stdlib_module_names
    wanted = {id(key): (key, value) for key, value in clocks.items()}
    if not is_stdlib:
        wanted |= {id(key): (key, value) for key, value in locks.items()}
    return _Known(module, len(vars(module)), list(_sites_of(module, wanted, is_stdlib)))


Wanted = Mapping[int, tuple[Any, Any]]


def _sites_of(module: ModuleType, wanted: Wanted, is_stdlib: bool) -> Iterator[Site]:
    for name, value in list(vars(module).items()):
        if id(value) in wanted:
            yield Site(vars(module), name, *wanted[id(value)])
        elif is_stdlib:
            continue
        elif isinstance(value, FunctionType) and value.__module__ == module.__name__:
            yield from _sites_in_defaults(value, wanted)
        elif isinstance(value, type) and value.__module__ == module.__name__:
            yield from _sites_in_class(value, wanted)


def _sites_in_class(cls: type, wanted: Wanted) -> Iterator[Site]:
    for name, value in list(vars(cls).items()):
        if id(value) in wanted:
            yield Site(cls, name, *wanted[id(value)])
        elif isinstance(value, staticmethod) and id(value.__func__) in wanted:
            yield Site(cls, name, value, staticmethod(wanted[id(value.__func__)][1]))
        elif isinstance(value, FunctionType):
            yield from _sites_in_defaults(value, wanted)


def _sites_in_defaults(function: FunctionType, wanted: Wanted) -> Iterator[Site]:
    defaults = function.__defaults__
    if defaults and any(id(value) in wanted for value in defaults):
        swapped = tuple(wanted.get(id(value), (value, value))[1] for value in defaults)
        yield Site(function, "__defaults__", defaults, swapped)
    for name, value in (function.__kwdefaults__ or {}).items():
        if id(value) in wanted:
            yield Site(function.__kwdefaults__, name, *wanted[id(value)])
