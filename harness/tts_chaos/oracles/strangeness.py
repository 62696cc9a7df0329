"""What kind of stranger a delivered webhook is, told by the fault that made it.

The names of the faults are the only tie; a fault of this family that is not in the table counts as
a forgery, unless its body is one that the platform sent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum

from tts_chaos.core.history import FaultEvent, History, Json, WebhookSent
from tts_chaos.oracles.stock_writes import decoded

__all__ = ["Strangeness", "claim_of", "strangers"]


class Strangeness(StrEnum):
    """What a receiver can make of a delivery that is not genuine.

    `FORGED` bears no genuine signature. The others do: `FOREIGN` is of a shop that is not the
    integration's, `REPLAYED` an old one once more, `UNKNOWN_TYPE` of a type nobody knows, `ODD` of
    an unusual shape.
    """

    FORGED = "forged"
    FOREIGN = "foreign"
    REPLAYED = "replayed"
    UNKNOWN_TYPE = "unknown_type"
    ODD = "odd"


_BY_FAULT = {
    "webhooks_forged": Strangeness.FORGED,
    "webhooks_wrong_key": Strangeness.FORGED,
    "webhooks_unsigned": Strangeness.FORGED,
    "webhooks_truncated": Strangeness.FORGED,
    "webhooks_wrong_shop": Strangeness.FOREIGN,
    "webhooks_replayed": Strangeness.REPLAYED,
    "webhooks_unknown_type": Strangeness.UNKNOWN_TYPE,
    "webhooks_oversize": Strangeness.ODD,
    "webhooks_without_content_type": Strangeness.ODD,
}
_FORGERIES = ("forg", "tamper", "unsigned", "wrong_key", "signature")
"""Words in the names of other faults whose deliveries do not bear a genuine signature."""


def strangers(history: History) -> Iterator[tuple[WebhookSent, Strangeness]]:
    """Yield each delivery that is not genuine, in order, with what it is."""
    sent = history.of(WebhookSent)
    genuine = {record.body for record in sent if record.genuine}
    names = {event.fault: event.name for event in history.of(FaultEvent)}
    for record in sent:
        if not record.genuine:
            yield record, _kind_of(record, genuine, names)


def _kind_of(record: WebhookSent, genuine: set[str], names: Mapping[str, str]) -> Strangeness:
    name = names.get(record.fault, record.fault)
    if name in _BY_FAULT:
        return _BY_FAULT[name]
    if any(word in name for word in _FORGERIES) or (not name and record.body not in genuine):
        return Strangeness.FORGED
    return Strangeness.REPLAYED if record.body in genuine else Strangeness.ODD


def claim_of(sent: WebhookSent) -> tuple[str, str]:
    """Return id and status of the order a webhook is about; "" where it names none."""
    data: Json = decoded(sent.body).get("data")
    if not isinstance(data, Mapping):
        return "", ""
    return str(data.get("order_id") or ""), str(data.get("order_status") or "")
