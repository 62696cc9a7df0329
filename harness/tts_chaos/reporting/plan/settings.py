"""What only people know: who does what, rates, objectives. Read from `tts-plan.toml`.

Or from the table `[plan]` of `tts-chaos.toml`, or `[tool.tts_chaos.plan]` of `pyproject.toml`.
Reading is strict: a name that nobody reads would be a person whom nobody calls.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import msgspec

from tts_chaos.core.registry import nearest
from tts_chaos.errors import PlanError
from tts_chaos.reporting.plan.failures import FAILURES
from tts_chaos.reporting.plan.functions import FUNCTIONS
from tts_chaos.reporting.settings_file import SettingsFile
from tts_chaos.scenarios.shape import Place

__all__ = ["OWN_FILE", "Audience", "Objective", "Person", "PlanSettings", "Resource",
           "find_settings", "load_settings"]  # fmt: skip

OWN_FILE = "tts-plan.toml"

Words = Annotated[str, msgspec.Meta(min_length=1)]
Amount = Annotated[float, msgspec.Meta(gt=0)]
Seconds = Annotated[int, msgspec.Meta(ge=1)]
Days = Annotated[int, msgspec.Meta(ge=1, le=366)]


class _Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class Person(_Strict, frozen=True, kw_only=True):
    """Who has a role.

    Attributes:
        name: Their name.
        contact: How they are reached.
        deputy: Who stands in.
    """

    name: Words
    contact: Words
    deputy: str = ""


class Team(_Strict, frozen=True, kw_only=True):
    """Who has which role.

    Attributes:
        lead: Decides, and keeps the times of what was done.
        operator: Holds keys, network and servers.
        developer: Knows the integration's code.
        communicator: The one person who speaks to others.
        reviewer: Renews the plan.
    """

    lead: Person | None = None
    operator: Person | None = None
    developer: Person | None = None
    communicator: Person | None = None
    reviewer: Person | None = None


class OrderValue(_Strict, frozen=True, kw_only=True):
    """What an order is worth on average; without it the plan says nothing of money.

    Attributes:
        amount: How much.
        currency: Of what, as people write it.
    """

    amount: Amount
    currency: Words


class Objective(_Strict, frozen=True, kw_only=True):
    """Within what time somebody is told, and within what time all is whole again.

    Attributes:
        recovery_s: Seconds from the cause being gone to all being whole.
        detection_s: Seconds from the first sign to an alert that names it.
    """

    recovery_s: Seconds | None = None
    detection_s: Seconds | None = None


def _one_for_each(
    name: str, says: str, titles: Mapping[str, str], kind: Any, default: Any
) -> type[msgspec.Struct]:
    """Return a table with a key for each function or failure: a row there is a key here."""
    meanings = "".join(f"    {key}: {title}.\n" for key, title in titles.items())
    return msgspec.defstruct(
        name,
        [(key, kind, default) for key in titles],
        bases=(_Strict,),
        namespace={"__doc__": f"{says}\n\nAttributes:\n{meanings}"},
        module=__name__,
        frozen=True,
        kw_only=True,
    )


_OF_FUNCTIONS = {row.name: row.title for row in FUNCTIONS.values()}
_OF_FAILURES = {row.name: row.title for row in FAILURES.values()}

if TYPE_CHECKING:
    Rates: TypeAlias = Any
    Objectives: TypeAlias = Any
    NotApplicable: TypeAlias = Any
else:
    Rates = _one_for_each(
        "Rates",
        "How much of each there is in an hour, on the day that the plan is for.",
        {row.name: row.counted for row in FUNCTIONS.values()},
        Amount | None,
        None,
    )
    Objectives = _one_for_each(
        "Objectives",
        "By function and by failure; without one, the scenario's own objective counts.",
        _OF_FUNCTIONS | _OF_FAILURES,
        Objective,
        Objective(),
    )
    NotApplicable = _one_for_each(
        "NotApplicable",
        "Functions and failures that do not concern this integration, each with the reason.",
        _OF_FUNCTIONS | _OF_FAILURES,
        str,
        "",
    )


class Audience(_Strict, frozen=True, kw_only=True):
    """Somebody who is told.

    Attributes:
        name: Who.
        channel: By which way.
    """

    name: Words
    channel: Words


class Resource(_Strict, frozen=True, kw_only=True):
    """Something that is needed in an incident.

    Attributes:
        name: What.
        where: Where it is.
    """

    name: Words
    where: Words


class PlanSettings(_Strict, frozen=True, kw_only=True):
    """What a contingency plan needs and no measurement can tell.

    Attributes:
        integration: What the plan is for.
        date: Its day; that of the newest report where it is left out.
        review_every_days: After how many days it is looked at again.
        functions: The critical functions, the most critical first.
        rates: How much of each there is in an hour.
        order_value: What an order is worth.
        team: Who does what.
        objectives: Recovery and detection times.
        not_applicable: What does not concern this integration.
        audiences: Who is told.
        resources: What is needed.
    """

    integration: Words = "the integration"
    date: datetime.date | None = None
    review_every_days: Days = 30
    functions: tuple[Words, ...] = ()
    rates: Rates = Rates()
    order_value: OrderValue | None = None
    team: Team = Team()
    objectives: Objectives = Objectives()
    not_applicable: NotApplicable = NotApplicable()
    audiences: tuple[Audience, ...] = ()
    resources: tuple[Resource, ...] = ()


_FILE = SettingsFile(own=OWN_FILE, table="plan", noun="settings of a plan", error=PlanError)


def find_settings(folder: Path) -> Path | None:
    """Return the file of `folder` that holds settings of a plan; None where none does.

    Raises:
        PlanError: If two do, or one cannot be read.
    """
    return _FILE.find(folder)


def load_settings(file: Path) -> PlanSettings:
    """Return the settings that a file holds.

    Raises:
        PlanError: Naming file and key, what was expected, and the nearest valid word.
    """
    lists: dict[str, type[Any]] = {"audiences": Audience, "resources": Resource}
    settings, table, place = _FILE.load(file, PlanSettings, lists)
    _check_functions(settings, place)
    _check_blank(table, place)
    return settings


def _check_functions(settings: PlanSettings, place: Place) -> None:
    seen: set[str] = set()
    for number, name in enumerate(settings.functions):
        here = place.at("functions").at(number)
        if name not in FUNCTIONS:
            close = nearest(name, FUNCTIONS)
            hint = f"did you mean {close!r}?" if close else f"known: {', '.join(FUNCTIONS)}"
            raise here.error(f"{name!r} is no function; {hint}")
        if name in seen:
            raise here.error(f"{name!r} stands twice; each function has one place in the order")
        seen.add(name)


def _check_blank(value: Any, place: Place) -> None:
    """Refuse texts of white space alone: nobody is reached by them."""
    if isinstance(value, str) and value and not value.strip():
        raise place.error(f"expected words, got {value!r}")
    if isinstance(value, Mapping):
        for key, member in value.items():
            _check_blank(member, place.at(str(key)))
    if isinstance(value, list):
        for number, member in enumerate(value):
            _check_blank(member, place.at(number))
