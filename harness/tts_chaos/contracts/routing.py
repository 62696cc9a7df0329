"""From host, verb and path to the operation meant, or to the reason why there is none.

Literal paths are found in one dictionary; templates by number of segments and category. A literal
path wins over a template of the same shape where both take the verb.

Implements protocol facts, section 8 ("Answers to wrong targets").
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum
from urllib.parse import unquote

import msgspec

from tts_chaos.contracts.operation import Operation
from tts_chaos.errors import ContractError
from tts_chaos.wire.message import API_HOST, AUTH_HOST

__all__ = ["Match", "Router", "Target", "TargetKind"]

_VERSION = re.compile(r"\d{6}")
_LEGACY_PREFIX = "api"
"""First segment of the API before 202309, all of it retired. Source: protocol facts, section 8."""


class TargetKind(StrEnum):
    """What a request's host, verb and path turn out to be."""

    MATCH = "match"
    WRONG_VERB = "wrong_verb"
    UNKNOWN_VERSION = "unknown_version"
    UNKNOWN_PATH = "unknown_path"
    UNKNOWN_CATEGORY = "unknown_category"
    UNKNOWN_HOST = "unknown_host"


class Match(msgspec.Struct, frozen=True):
    """An operation and the values of its path's placeholders, percent-decoded."""

    operation: Operation
    values: dict[str, str] = {}


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """Answer to "what does this request mean?".

    Attributes:
        kind: The verdict.
        match: The operation, for `MATCH` only.
        verbs: Verbs the path takes, for `WRONG_VERB`.
        versions: Versions under which the path is known, for `UNKNOWN_VERSION`; empty for paths of
            the API before 202309.
    """

    kind: TargetKind
    match: Match | None = None
    verbs: tuple[str, ...] = ()
    versions: tuple[str, ...] = ()


class _Template:
    """The operations of one path template by verb."""

    def __init__(self, path: str) -> None:
        self.segments = path.strip("/").split("/")
        self.names = [s[1:-1] if s.startswith("{") else "" for s in self.segments]
        self.verbs: dict[str, Operation] = {}

    @property
    def is_literal(self) -> bool:
        return not any(self.names)

    def values(self, segments: list[str], *, skip: int = -1) -> dict[str, str] | None:
        """Return the placeholders' values, or None; segment `skip` is not compared."""
        found = {}
        for index, (own, name, given) in enumerate(
            zip(self.segments, self.names, segments, strict=True)
        ):
            if name and given:
                found[name] = unquote(given)
            elif own != given and index != skip:
                return None
        return found


class Router:
    """All operations of both hosts by path.

    Args:
        operations: Every operation.
        categories: First path segments that the API host knows, served or not.

    Raises:
        ContractError: If two operations claim the same verb and path.
    """

    def __init__(self, operations: Iterable[Operation], categories: frozenset[str]) -> None:
        self.categories = categories
        self._literal: dict[tuple[str, str], _Template] = {}
        self._by_shape: dict[tuple[str, int, str], list[_Template]] = {}
        for operation in operations:
            self._add(operation)

    def _add(self, operation: Operation) -> None:
        template = self._literal.setdefault(
            (operation.host, operation.path), _Template(operation.path)
        )
        taken = template.verbs.setdefault(operation.method, operation)
        if taken is not operation:
            raise ContractError(
                f"{operation.method} {operation.path} is claimed by {taken.id!r} and "
                f"{operation.id!r}"
            )
        same_shape = self._by_shape.setdefault(_shape(operation.host, template.segments), [])
        if template not in same_shape:
            same_shape.append(template)

    def resolve(self, host: str, method: str, path: str) -> Target:
        """Return what `method` on `path` at `host` means.

        Args:
            host: Lower-case host name without port.
            method: Upper-case verb.
            path: Path as sent.
        """
        literal = self._literal.get((host, path))
        if literal is not None and literal.is_literal and method in literal.verbs:
            return Target(kind=TargetKind.MATCH, match=Match(literal.verbs[method]))
        segments = path[1:].split("/")
        verbs: set[str] = set()
        for template in self._by_shape.get(_shape(host, segments), ()):
            values = template.values(segments)
            if values is None:
                continue
            if method in template.verbs:
                return Target(kind=TargetKind.MATCH, match=Match(template.verbs[method], values))
            verbs.update(template.verbs)
        if verbs:
            return Target(kind=TargetKind.WRONG_VERB, verbs=tuple(sorted(verbs)))
        return self._unmatched(host, method, segments)

    def _unmatched(self, host: str, method: str, segments: list[str]) -> Target:
        if host == AUTH_HOST:
            return Target(kind=TargetKind.UNKNOWN_PATH)
        if host != API_HOST:
            return Target(kind=TargetKind.UNKNOWN_HOST)
        if segments[0] == _LEGACY_PREFIX:
            return Target(kind=TargetKind.UNKNOWN_VERSION)
        if segments[0] not in self.categories:
            return Target(kind=TargetKind.UNKNOWN_CATEGORY)
        versions = self._versions(method, segments)
        if versions:
            return Target(kind=TargetKind.UNKNOWN_VERSION, versions=versions)
        return Target(kind=TargetKind.UNKNOWN_PATH)

    def _versions(self, method: str, segments: list[str]) -> tuple[str, ...]:
        """Return the versions that know the path, those that take the verb if there are any."""
        if len(segments) < 3 or not _VERSION.fullmatch(segments[1]):
            return ()
        same_shape = self._by_shape.get(_shape(API_HOST, segments), ())
        known = [t for t in same_shape if t.values(segments, skip=1) is not None]
        taking = [template for template in known if method in template.verbs]
        return tuple(sorted({template.segments[1] for template in taking or known}))


def _shape(host: str, segments: list[str]) -> tuple[str, int, str]:
    """Key under which templates that might fit are kept; a category is never a placeholder."""
    return host, len(segments), segments[0]
