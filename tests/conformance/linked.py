"""A platform in which there is something to find, and runs that follow the links in it."""

from __future__ import annotations

from tests.conformance.documents import link_document, links, links_of
from tests.conformance.fuzzing import Findings, fuzz
from tests.support.shop_desk import Desk
from tests.surface.arranging import ask_to_cancel, ask_to_return, moved
from tests.surface.cases_promotion import begun

__all__ = ["LINKED_DOMAINS", "follow_links", "lived_in_desk"]

LINKED_DOMAINS = tuple(sorted({link.source.split(".")[0] for link in links()}))

_SCENARIOS, _STEPS, _ROUNDS = 60, 6, 5


def follow_links(domain: str, *, scenarios: int = _SCENARIOS) -> Findings:
    """Draw scenarios until every link that starts in a domain was followed, at most five rounds.

    Args:
        domain: Where the links start.
        scenarios: How many a round has; each round has a seed and a platform of its own.
    """
    total = Findings()
    wanted = {link.name for link in links_of(domain)}
    for seed in range(_ROUNDS):
        found = fuzz(
            link_document(domain),
            lived_in_desk(),
            phases=("stateful",),
            max_examples=scenarios,
            max_steps=_STEPS,
            seed=seed,
        )
        total.add(found)
        if wanted <= set(total.followed):
            break
    return total


def lived_in_desk() -> Desk:
    """Return a shop with orders at every stage, requests of buyers, a settled day, a promotion."""
    desk = Desk(region="GB", strict=True)
    for _ in range(2):
        moved(desk, "ship", "collect", "deliver", "complete")
        ask_to_cancel(desk, desk.place())
        ask_to_return(desk)
    desk.wait(hours=24)
    begun(desk)
    for units in (1, 2):
        desk.place(units=units)
    return desk
