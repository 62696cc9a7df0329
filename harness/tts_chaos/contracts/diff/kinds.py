"""Every kind of difference, with its class in each direction and the reason."""

from __future__ import annotations

from typing import Any

import msgspec

from tts_chaos.contracts.diff.model import Difference, Impact, Side

__all__ = ["KINDS", "Kind", "make_difference"]

BREAKING, RISKY, COMPATIBLE = Impact.BREAKING, Impact.RISKY, Impact.COMPATIBLE


class Kind(msgspec.Struct, frozen=True):
    """A row: what it says, and its class where data is sent, received, or neither."""

    name: str
    says: str
    sent: Impact | None
    received: Impact | None
    whole: Impact | None
    why: str


_ROWS = (
    Kind("operation_added", "new operation", None, None, COMPATIBLE, "nobody calls it yet"),
    Kind("operation_removed", "operation removed", None, None, BREAKING, "every call is refused"),
    Kind("version_added", "new version", None, None, COMPATIBLE, "the old one is still served"),
    Kind("verb_changed", "verb changed", None, None, BREAKING, "calls by the old verb miss"),
    Kind("path_changed", "path changed", None, None, BREAKING, "calls of the old path miss"),
    Kind("host_changed", "host changed", None, None, BREAKING, "calls of the old host miss"),
    Kind("sunset_set", "day of removal set", None, None, RISKY, "calls fail from that day on"),
    Kind("sunset_lifted", "day of removal lifted", None, None, COMPATIBLE, "it stays in service"),
    Kind("scope_added", "scope needed", None, None, BREAKING, "tokens lack it until consent"),
    Kind("scope_removed", "scope no longer needed", None, None, COMPATIBLE, "tokens have more"),
    Kind("cipher_changed", "shop_cipher rule changed", None, None, BREAKING, "calls are refused"),
    Kind("cipher_relaxed", "shop_cipher now optional", None, None, COMPATIBLE, "both ways work"),
    Kind("code_added", "new error code", None, None, RISKY, "an unknown code has no reaction"),
    Kind("code_removed", "error code gone", None, None, COMPATIBLE, "a reaction is idle"),
    Kind("body_type_changed", "media type changed", None, None, BREAKING, "bodies are not read"),
    Kind("event_added", "new event", None, None, COMPATIBLE, "nobody subscribes to it yet"),
    Kind("event_removed", "event removed", None, None, BREAKING, "it is waited for in vain"),
    Kind("event_renamed", "event renamed", None, None, BREAKING, "subscriptions name the old one"),
    Kind(
        "field_added",
        "new field",
        COMPATIBLE,
        COMPATIBLE,
        None,
        "writers need not send it, tolerant readers pass it over",
    ),
    Kind(
        "required_field_added",
        "new required field",
        BREAKING,
        COMPATIBLE,
        None,
        "writers do not send it and are refused",
    ),
    Kind(
        "field_removed",
        "field removed",
        RISKY,
        BREAKING,
        None,
        "readers miss it; what writers send is passed over or refused",
    ),
    Kind(
        "field_renamed",
        "field renamed",
        BREAKING,
        BREAKING,
        None,
        "readers and writers use the old name",
    ),
    Kind("type_changed", "type changed", BREAKING, BREAKING, None, "the other type is not read"),
    Kind(
        "required_set",
        "now required",
        BREAKING,
        COMPATIBLE,
        None,
        "writers that leave it out are refused; readers get it always",
    ),
    Kind(
        "required_lifted",
        "no longer required",
        COMPATIBLE,
        BREAKING,
        None,
        "readers that rely on it may miss it",
    ),
    Kind(
        "null_allowed",
        "may be null",
        COMPATIBLE,
        BREAKING,
        None,
        "readers that take it as it is meet null",
    ),
    Kind(
        "null_refused",
        "must not be null",
        BREAKING,
        COMPATIBLE,
        None,
        "writers that send null are refused",
    ),
    Kind(
        "value_added",
        "new value",
        COMPATIBLE,
        RISKY,
        None,
        "breaks readers that know all values, and no others",
    ),
    Kind(
        "value_removed",
        "value gone",
        BREAKING,
        COMPATIBLE,
        None,
        "writers that send it are refused",
    ),
    Kind(
        "limit_tightened",
        "limit tightened",
        BREAKING,
        COMPATIBLE,
        None,
        "what fitted before is refused",
    ),
    Kind(
        "limit_relaxed",
        "limit relaxed",
        COMPATIBLE,
        RISKY,
        None,
        "readers that made room for less meet more",
    ),
    Kind(
        "limit_changed",
        "limit changed",
        RISKY,
        RISKY,
        None,
        "a default, format or pattern means something else",
    ),
)

KINDS: dict[str, Kind] = {row.name: row for row in _ROWS}


def make_difference(
    kind: str,
    side: Side,
    subject: str,
    path: str = "",
    *,
    old: Any = None,
    new: Any = None,
    confidence: str = "high",
) -> Difference:
    """Return a difference with the class that its kind has in this direction."""
    row = KINDS[kind]
    columns = {Side.OPERATION: row.whole, Side.REQUEST: row.sent}
    impact = columns.get(side, row.received)
    if impact is None and side is Side.WEBHOOK:
        impact = row.whole
    assert impact is not None, f"{kind} has no class for {side}"
    return Difference(
        kind=kind,
        side=side,
        impact=impact,
        subject=subject,
        path=path,
        old=old,
        new=new,
        confidence=confidence,
    )
