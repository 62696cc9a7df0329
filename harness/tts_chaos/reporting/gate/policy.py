"""What a release has to fulfil, read from `tts-gate.toml` or a table of a shared file.

Reading is strict: a key that nobody reads would be a demand that nobody makes.
"""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Annotated, Any

import msgspec

from tts_chaos.core.registry import nearest
from tts_chaos.errors import PolicyError
from tts_chaos.faults.catalogue import FAULTS
from tts_chaos.reporting.settings_file import SettingsFile
from tts_chaos.scenarios.shape import Place
from tts_chaos.typing import ACTIONS, OBSERVATIONS

__all__ = ["OWN_FILE", "Accepted", "Assumed", "Coverage", "MustPass", "Objective", "Policy",
           "find_policy", "load_policy"]  # fmt: skip

OWN_FILE = "tts-gate.toml"

Words = Annotated[str, msgspec.Meta(min_length=1)]
Count = Annotated[int, msgspec.Meta(ge=0)]


class _Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class MustPass(_Strict, frozen=True, kw_only=True):
    """Which runs must pass.

    Attributes:
        tags: Those with one of these; all where none is named.
    """

    tags: tuple[Words, ...] = ()


class Objective(_Strict, frozen=True, kw_only=True):
    """A recovery time for a class of scenarios, shorter than the scenario's own.

    Attributes:
        recovery_ms: Longest time from heal to whole.
        tag: Only runs of scenarios with this tag.
        scenario: Only scenarios of this id or pattern.
        world: Only runs in this world.
    """

    recovery_ms: Annotated[int, msgspec.Meta(ge=1)]
    tag: str = ""
    scenario: str = "*"
    world: str = ""


class Coverage(_Strict, frozen=True, kw_only=True):
    """How much has to have been tried.

    Attributes:
        runs: Runs at least.
        faults: Different faults of the catalogue that fired, at least.
        families: Families of which a fault fired.
        capabilities: Actions and observations that were used.
    """

    runs: Count = 1
    faults: Count = 0
    families: tuple[Words, ...] = ()
    capabilities: tuple[Words, ...] = ()


class Assumed(_Strict, frozen=True, kw_only=True):
    """Which assumed facts a verdict may rest on.

    Attributes:
        allow: Words that occur in their text; `*` allows all.
    """

    allow: tuple[Words, ...] = ()


class Accepted(_Strict, frozen=True, kw_only=True):
    """A known failure that does not block, until a day.

    Attributes:
        scenario: Id or pattern.
        owner: Who answers for it.
        reason: Why it is accepted.
        expires: The last day on which it is.
        rules: Rules that may be broken; all where none is named.
        world: Only in this world.
    """

    scenario: Words
    owner: Words
    reason: Words
    expires: datetime.date
    rules: tuple[Words, ...] = ()
    world: str = ""


class Policy(_Strict, frozen=True, kw_only=True):
    """What a release has to fulfil.

    Attributes:
        integration: Its name in the matrix.
        matrix: File that remembers decisions, relative to the policy's; "" for none.
        must_pass: Which runs must pass.
        objectives: Shorter recovery times for classes of scenarios.
        coverage: How much has to have been tried.
        assumed: Which assumed facts a verdict may rest on.
        accepted: Known failures that do not block, until a day.
    """

    integration: Words = "integration"
    matrix: str = "tts-gate-matrix.json"
    must_pass: MustPass = MustPass()
    objectives: tuple[Objective, ...] = ()
    coverage: Coverage = Coverage()
    assumed: Assumed = Assumed()
    accepted: tuple[Accepted, ...] = ()


_FILE = SettingsFile(own=OWN_FILE, table="gate", noun="a policy", error=PolicyError)


def find_policy(folder: Path) -> Path | None:
    """Return the file of `folder` that holds a policy; None where none does.

    Raises:
        PolicyError: If two do, or one cannot be read.
    """
    return _FILE.find(folder)


def load_policy(file: Path) -> Policy:
    """Return the policy that a file holds.

    Raises:
        PolicyError: Naming file and key, what was expected, and the nearest valid word.
    """
    lists: dict[str, type[Any]] = {"objectives": Objective, "accepted": Accepted}
    policy, _, place = _FILE.load(file, Policy, lists)
    _check_words(policy, place)
    return policy


def _check_words(policy: Policy, place: Place) -> None:
    """Refuse a demand that nothing could ever meet."""
    families = sorted({str(kind.family) for kind in FAULTS.values()})
    for key, given, known in (
        ("families", policy.coverage.families, families),
        ("capabilities", policy.coverage.capabilities, [*ACTIONS, *OBSERVATIONS]),
    ):
        for word in given:
            if word not in known:
                close = nearest(word, known)
                hint = f"did you mean {close!r}?" if close else f"known: {', '.join(known)}"
                raise place.at("coverage").at(key).error(f"{word!r} is none; {hint}")
    if policy.coverage.faults > len(FAULTS):
        raise (
            place.at("coverage")
            .at("faults")
            .error(f"the catalogue has {len(FAULTS)} faults, got {policy.coverage.faults}")
        )
