"""What may be drawn for one integration: its work, and faults with places where they act."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from tts_chaos.core.history import History, Invoked
from tts_chaos.faults.fault import Fault
from tts_chaos.search.calm import Calm
from tts_chaos.search.sites import WEBHOOKS, Site, told, trigger_at
from tts_chaos.search.variants import variants
from tts_chaos.search.work import Work, offered

__all__ = ["Menu", "Place", "make_menu"]

WEIGHTS = {
    "ambiguous outcomes": 3,
    "credentials": 3,
    "network": 2,
    "overload": 2,
    "body": 2,
    "slowness": 1,
    "data": 1,
    "clock": 1,
    "webhooks": 1,
    "contract drift": 1,
    "endpoint": 1,
    "intermediary": 1,
}
"""How often each family is drawn from, beside the others.

What leaves the platform or the tokens in another state combines with most. What TLS breaks is met
as any refused connection, and is left to exhaustive search.
"""


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A fault, and an operation on which it finds something to do."""

    fault: Fault
    site: Site

    def __repr__(self) -> str:
        """Be short: Hypothesis writes down all it may draw from."""
        return f"<{self.fault.name} at {self.site.operation}>"


class Menu(msgspec.Struct, frozen=True, kw_only=True):
    """What may be drawn.

    Attributes:
        work: Pieces of work that the integration can do.
        places: Faults with where they act, by family.
        callers: Names of the work that calls an operation, by operation.
        most_shops: How many shops the integration serves.
    """

    work: tuple[Work, ...]
    places: dict[str, tuple[Place, ...]]
    callers: dict[str, tuple[str, ...]] = {}
    most_shops: int = 1

    def __repr__(self) -> str:
        """Be short, as places are."""
        return f"<{len(self.work)} pieces of work, {len(self.places)} families>"

    @property
    def families(self) -> tuple[str, ...]:
        """Families with at least one place, each as often as it is to be drawn."""
        return tuple(name for name in self.places for _ in range(WEIGHTS[name]))

    def meeting(self, place: Place) -> tuple[Work, ...]:
        """Return the work that meets a fault at its place; all work where nobody knows."""
        names = self.callers.get(place.site.operation, ())
        return tuple(work for work in self.work if work.name in names) or self.work


def make_menu(calm: Calm) -> Menu:
    """Return what may be drawn, given what calm runs called.

    Faults after which an operator has to help are left to exhaustive search: among others they
    would hide what an integration should have healed by itself.
    """
    sites = (*calm.sites, *((calm.refresh,) if calm.refresh else ()))
    places: dict[str, list[Place]] = {family: [] for family in WEIGHTS}
    for variant in variants():
        if variant.family not in places or variant.needs_operator:
            continue
        places[variant.family] += _places(variant.fault, sites)
    return Menu(
        work=offered(calm.capabilities),
        places={family: tuple(rows) for family, rows in places.items() if rows},
        callers=_callers(calm.result.history),
        most_shops=calm.most_shops,
    )


def _places(fault: Fault, sites: Iterable[Site]) -> list[Place]:
    """Return one place for each operation on which the fault acts."""
    places: dict[str, Place] = {}
    for site in sites:
        if site.operation in places or trigger_at(fault, site, call=1) is None:
            continue
        if told(fault, site) is not None:
            places[site.operation] = Place(fault=fault, site=site)
    return list(places.values())


_ANNOUNCED = ("order", "cancel", "cancel_known", "release", "release_known", "address")
_WORK_OF = {
    "sync_orders": ("sync",),
    "push_stock": ("push",),
    "ship": ("ship", "ship_known", "ship_twice"),
    "quote_checkout": ("quote",),
    "flush": ("flush",),
    "restart": ("restart",),
    "deliver_webhook": _ANNOUNCED,
}


def _callers(history: History) -> dict[str, tuple[str, ...]]:
    """Return the work that calls each operation, as the calm run showed."""
    found: dict[str, dict[str, None]] = {}
    invoked = history.of(Invoked)
    for exchange in history.exchanges():
        acting = next((row for row in reversed(invoked) if row.index < exchange.index), None)
        for name in _WORK_OF.get(acting.action, ()) if acting else ():
            found.setdefault(exchange.operation, {})[name] = None
    callers = {operation: tuple(names) for operation, names in found.items()}
    return {**callers, WEBHOOKS: _ANNOUNCED}
