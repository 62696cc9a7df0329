"""The table of broken integrations: what each is called, which rule must catch it, and where."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from tts_chaos.reference.connector import ReferenceIntegration
from tts_chaos.reference.factory import make_reference
from tts_chaos.typing import TwinConnection

__all__ = ["ZOO", "Make", "Member", "broken", "broken_reference"]

Make: TypeAlias = Callable[[TwinConnection, Path], Any]
"""Makes an integration for a connection and a folder; it has `close`."""

Class = TypeVar("Class", bound=type)


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One broken integration in one scenario.

    Attributes:
        name: Its name.
        defect: What it does wrong, one sentence.
        rule: The rule that must catch it, `oracle.rule`.
        scenario: Id of the scenario that shows it.
        world: `simulated` or `wire`.
        make: Makes it.
    """

    name: str
    defect: str
    rule: str
    scenario: str
    world: str
    make: Make

    @property
    def id(self) -> str:
        """Name, rule and scenario, for the test's id."""
        return f"{self.name}-{self.rule}-in-{self.scenario}"


ZOO: list[Member] = []
"""All members, in order of definition."""


def broken(rule: str, *scenarios: str, world: str = "simulated") -> Callable[[Class], Class]:
    """Add the decorated class to the zoo; its docstring says what it does wrong."""

    def register(cls: Class) -> Class:
        _add(cls.__name__, cls.__doc__, rule, scenarios, world, cls)
        return cls

    return register


def broken_reference(
    rule: str, *scenarios: str
) -> Callable[[Callable[[ReferenceIntegration], None]], Callable[[ReferenceIntegration], None]]:
    """Add the bundled reference integration, spoilt by the decorated function, to the zoo."""

    def register(
        spoil: Callable[[ReferenceIntegration], None],
    ) -> Callable[[ReferenceIntegration], None]:
        def make(connection: TwinConnection, folder: Path) -> ReferenceIntegration:
            reference = make_reference(connection, folder)
            spoil(reference)
            return reference

        _add(f"reference_{spoil.__name__}", spoil.__doc__, rule, scenarios, "simulated", make)
        return spoil

    return register


def _add(
    name: str, doc: str | None, rule: str, scenarios: tuple[str, ...], world: str, make: Make
) -> None:
    if not doc or not scenarios or "." not in rule:
        raise ValueError(f"{name}: a member needs a docstring, a scenario and `oracle.rule`")
    ZOO.extend(
        Member(name=name, defect=doc.strip(), rule=rule, scenario=scenario, world=world, make=make)
        for scenario in scenarios
    )
