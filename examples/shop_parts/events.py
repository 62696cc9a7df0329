"""Reading webhooks. One only says that something changed; what is true is read from the API."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

__all__ = ["TOLD_BY_WEBHOOK", "Event", "read_event"]

TOLD_BY_WEBHOOK = {
    6: "the seller removed this app",
    7: "the authorisation ends soon; renew it",
}
"""Types that a person has to know of."""


@dataclass(frozen=True)
class Event:
    """What a webhook is about. Deliveries of one event share its key."""

    key: str
    kind: int = -1
    shop_id: str = ""
    order_ids: tuple[str, ...] = ()


def read_event(body: bytes) -> Event:
    """Read a webhook. Ids may come as numbers; what cannot be read is known by its digest."""
    digest = hashlib.sha256(body).hexdigest()
    try:
        event = json.loads(body)
        data = event.get("data") or {}
        ids = [data.get("order_id")]
        for parcel in data.get("package_list") or []:
            ids.extend(parcel.get("order_id_list") or [])
        notification, kind = event.get("tts_notification_id"), event.get("type")
        shop_id = str(event.get("shop_id") or "")
    except (ValueError, AttributeError, TypeError, RecursionError):
        return Event(digest)
    return Event(
        key=f"{shop_id} {notification}" if notification else digest,
        kind=kind if isinstance(kind, int) else -1,
        shop_id=shop_id,
        order_ids=tuple(dict.fromkeys(str(id) for id in ids if str(id or "").isdigit())),
    )
