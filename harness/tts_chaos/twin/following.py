"""What follows from a change of state: a domain may react to changes of another domain's entities.

An order knows nothing of packages, yet a paid order has one; so packages follow orders. A follower
runs right after the change it follows, must be safe to repeat, and reads the present state itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from tts_chaos.twin.store import Change

if TYPE_CHECKING:
    from tts_chaos.twin.handler import TwinEnv

__all__ = ["FOLLOWERS", "Follower", "follows", "run_followers"]

Follower: TypeAlias = "Callable[[TwinEnv, Change], None]"
"""Takes the environment and the change that was just made; `change.after` is never None."""

FOLLOWERS: dict[type, list[Follower]] = {}
F = TypeVar("F", bound=Callable[..., None])


def follows(kind: type) -> Callable[[F], F]:
    """Register the decorated function as what follows from every change of entities of `kind`."""

    def register(follower: F) -> F:
        FOLLOWERS.setdefault(kind, []).append(follower)
        return follower

    return register


def run_followers(env: TwinEnv, change: Change) -> None:
    """Do what follows from `change`; nothing follows from a removal."""
    for follower in FOLLOWERS.get(type(change.after), ()):
        follower(env, change)
