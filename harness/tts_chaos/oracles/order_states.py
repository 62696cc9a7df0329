"""The life of an order as data: which status can follow which, however many steps later.

A copy of the platform's state machine, kept here because judges know no twin: they also judge
histories recorded elsewhere. Source: protocol facts, section 7.3 (documented).
"""

from __future__ import annotations

__all__ = ["NEXT", "can_follow", "is_known_status"]

NEXT: dict[str, frozenset[str]] = {
    "UNPAID": frozenset({"ON_HOLD", "AWAITING_SHIPMENT", "CANCELLED"}),
    "ON_HOLD": frozenset({"AWAITING_SHIPMENT", "CANCELLED"}),
    "AWAITING_SHIPMENT": frozenset({"PARTIALLY_SHIPPING", "AWAITING_COLLECTION", "CANCELLED"}),
    "PARTIALLY_SHIPPING": frozenset({"AWAITING_COLLECTION", "CANCELLED"}),
    "AWAITING_COLLECTION": frozenset({"IN_TRANSIT", "CANCELLED", "COMPLETED"}),
    "IN_TRANSIT": frozenset({"DELIVERED", "CANCELLED", "COMPLETED"}),
    "DELIVERED": frozenset({"COMPLETED"}),
    "COMPLETED": frozenset(),
    "CANCELLED": frozenset(),
}
"""Every status with those that may follow it at once."""


def _closure() -> dict[str, frozenset[str]]:
    reach = {state: set(following) for state, following in NEXT.items()}
    for _ in NEXT:
        for state, known in reach.items():
            reach[state] = known.union(*(reach[other] for other in known))
    return {state: frozenset(known) for state, known in reach.items()}


_REACHABLE = _closure()


def is_known_status(status: str) -> bool:
    """Whether the platform's documentation names this status."""
    return status in NEXT


def can_follow(earlier: str, later: str) -> bool:
    """Whether an order may get from `earlier` to `later`, in any number of steps.

    A status that the documentation does not name may be anywhere: new ones come without notice.
    """
    if earlier not in NEXT or later not in NEXT or earlier == later:
        return True
    return later in _REACHABLE[earlier]
