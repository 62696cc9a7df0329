"""Every operation of the package is called, and what became of each is told.

An operation with behaviour is called as its cases of `tests/surface` call it, on a platform that
the case has arranged; every other one with arguments made from its contract, once with what must be
given and once with all that may be. An operation counts only where each of its calls completed and
the package's model gives back, to the last field, what the twin had sent.

The package repeats the key of a list in the query, where the documents show one value with commas.
A strict twin refuses that, so calls with more than one item are made while the twin is lenient.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import msgspec
from tests.conformance.arguments import Arguments, make_arguments
from tests.conformance.sdk_catalogue import SdkOperation, sdk_operations
from tests.conformance.sdk_client import NotSayableError, SdkClient, to_keywords
from tests.support.shop_desk import Answer, Desk
from tests.surface.cases import Case, all_cases
from tiktok_shop_api import TikTokShopError

from tts_chaos.contracts.loader import load_contracts
from tts_chaos.contracts.operation import CipherRule
from tts_chaos.twin.handled import Basis
from tts_chaos.twin.handler import HANDLERS

__all__ = [
    "NOT_COMPLETED",
    "Driven",
    "drive",
    "drive_all",
    "operations_driven_by_sdk",
    "refusal_told",
    "refused_cases",
]

NOT_COMPLETED: Mapping[str, str] = {
    id: reason for id, reason in load_contracts().declined.items() if id in sdk_operations()
}
"""Operations of the package that do not complete, each with the reason: those that are declined."""

UNREADABLE = -1
"""The package's code for an answer that does not fit its model."""

_ZULU = re.compile(rb'(T\d\d:\d\d:\d\d)Z"')
"""Ends of instants, which the package writes `+00:00` again."""


@dataclass(frozen=True)
class Driven:
    """What became of one operation.

    Attributes:
        id: The operation.
        calls: How many calls were made by the package.
        completed: How many were accepted.
        misses: What was refused, not parsed, or not to be said; empty where all is well.
        by_behaviour: Whether state answered, not the contract alone.
    """

    id: str
    calls: int
    completed: int
    misses: tuple[str, ...]
    by_behaviour: bool

    @property
    def ok(self) -> bool:
        """Whether every call completed and its answer parsed."""
        return self.calls > 0 and not self.misses


def refused_cases() -> list[Case]:
    """Return the cases that end in a refusal of an operation that the package has."""
    return [case for case in all_cases() if case.code and case.operation in sdk_operations()]


def refusal_told(case: Case) -> str:
    """Play a case that ends in a refusal; return what the package says of its last call.

    `refused with <code>: <message>` where it raises the code; `not sayable: <why>` where its types
    have no way to make the call.
    """
    desk = case.open(partial(SdkDesk, sdk_operations()[case.operation]))
    case.play(desk)
    return desk.misses[-1] if desk.misses else "accepted"


def drive_all() -> tuple[Driven, ...]:
    """Call every operation of the package; by id."""
    return tuple(drive(id) for id in sorted(sdk_operations()))


def operations_driven_by_sdk() -> list[str]:
    """Return the ids of all operations that the package completes and parses, sorted."""
    return [driven.id for driven in drive_all() if driven.ok]


def drive(id: str) -> Driven:
    """Call one operation in every way that is known to be good."""
    sdk = sdk_operations()[id]
    desks = _play_cases(sdk) if id in HANDLERS else [_play_generated(sdk)]
    return Driven(
        id=id,
        calls=sum(desk.calls for desk in desks),
        completed=sum(desk.completed for desk in desks),
        misses=tuple(miss for desk in desks for miss in desk.misses),
        by_behaviour=id in HANDLERS,
    )


class SdkDesk(Desk):
    """A desk at which the calls of one operation are made by the package.

    Attributes:
        calls: How many of them there were.
        completed: How many were accepted.
        misses: What went wrong with them.
    """

    def __init__(self, sdk: SdkOperation, **settings: Any) -> None:
        super().__init__(**settings)
        self._sdk = sdk
        self._client = SdkClient(self)
        self.calls = self.completed = 0
        self.misses: list[str] = []

    def call(
        self,
        operation_id: str,
        *,
        query: dict[str, Any] | None = None,
        body: Any = None,
        files: dict[str, tuple[str, bytes, str]] | None = None,
        token: str | None = None,
        **path: str,
    ) -> Answer:
        """Let the package make the call if it is one of its operation; else as the desk does."""
        if operation_id == self._sdk.operation.id and token is None:
            takes_body = self._sdk.operation.body_schema is not None
            given = ({} if takes_body else None) if body is None else body
            said = self.say(Arguments(path, dict(query or {}), given, files or {}))
            if said is not None:
                return said
        return super().call(operation_id, query=query, body=body, files=files, token=token, **path)

    def say(self, arguments: Arguments) -> Answer | None:
        """Let the package make a call; None where it cannot."""
        arguments.query.pop("shop_cipher", None)
        if self._sdk.operation.category_cipher is CipherRule.REQUIRED:
            arguments.query.setdefault("category_asset_cipher", self.category_cipher)
        try:
            keywords = to_keywords(self._sdk, arguments)
        except NotSayableError as error:
            self.misses.append(f"not sayable: {error}")
            return None
        self.calls += 1
        was_strict = self.twin.settings.strict
        self.twin.settings.strict = was_strict and not _has_long_list(keywords)
        try:
            model = self._client.call(self._sdk, keywords)
        except TikTokShopError as error:
            what = "not parsed" if error.code == UNREADABLE else f"refused with {error.code}"
            self.misses.append(f"{what}: {error}")
        else:
            self.completed += 1
            self._compare(model)
        finally:
            self.twin.settings.strict = was_strict
        return self._answer()

    def _compare(self, model: Any) -> None:
        sent = msgspec.json.decode(_ZULU.sub(rb'\1+00:00"', self._handled().response.body))
        if model is None or model.to_dict() != sent:
            self.misses.append("not parsed: the model does not give back what was sent")

    def _handled(self) -> Any:
        assert self._client.transport.handled is not None
        return self._client.transport.handled

    def _answer(self) -> Answer:
        handled = self._handled()
        envelope = msgspec.json.decode(handled.response.body)
        return Answer(
            code=envelope["code"],
            message=envelope["message"],
            data=envelope.get("data") or {},
            status=handled.response.status,
            handled=handled,
        )


def _has_long_list(keywords: Mapping[str, Any]) -> bool:
    return any(isinstance(value, list) and len(value) > 1 for value in keywords.values())


def _play_cases(sdk: SdkOperation) -> list[SdkDesk]:
    """Play every case in which the operation succeeds, with the package in the client's place."""
    return [_play_case(sdk, case) for case in all_cases() if _shows_success(case, sdk)]


def _shows_success(case: Case, sdk: SdkOperation) -> bool:
    return case.operation == sdk.operation.id and case.code == 0


def _play_case(sdk: SdkOperation, case: Case) -> SdkDesk:
    desk = case.open(partial(SdkDesk, sdk))
    try:
        answer = case.play(desk)
    except (AssertionError, LookupError) as error:
        desk.misses.append(f"the case {case.id} breaks: {error!r}")
        return desk
    if answer.code != 0 or answer.handled.basis is Basis.CONTRACT:
        desk.misses.append(f"the case {case.id} ends with {answer.code}")
    return desk


def _play_generated(sdk: SdkOperation) -> SdkDesk:
    """Call with what must be given, and with all that may be."""
    desk = SdkDesk(sdk, region="GB", strict=True)
    for full in (False, True):
        desk.say(make_arguments(sdk.operation, full=full))
    return desk
