"""Activities: made, found, changed, stopped and begun anew.

Source: contracts of the operations (documented fields), protocol facts, section 7.1 (documented:
paging in the body, 0 to 100, default 50), error table (documented meanings of 17029009, 17029010,
17029012, 17029022 and 17029028; which of the other codes answers what is assumed). Assumed: 0 asks
for the default size; a republished activity is a new one with the terms of the old, and only one
that is over can be.
"""

from __future__ import annotations

from typing import Any

import msgspec

from tts_chaos.twin.domains.promotion.entities import Activity, status_of
from tts_chaos.twin.handler import Call, RefusalError, handles
from tts_chaos.wire.paging import PageTokenProblem, digest_of_search, take_page

__all__ = [
    "STATE_FORBIDS",
    "activity_of",
    "create_activity",
    "deactivate_activity",
    "get_activity",
    "open_activity",
    "republish_activity",
    "search_activities",
    "update_activity",
]

UNKNOWN = 17029009
OF_ANOTHER_SHOP = 17029028
DEACTIVATED = 17029010
EXPIRED = 17029012
STATE_FORBIDS = 17029011
TIMES_REFUSED = 17029004
PAGE_REFUSED = 17029001
DEFAULT_SIZE = 50

_READ = frozenset({"title", "activity_type", "product_level", "begin_time", "end_time"})
_SHOWN = ("discount", "duration_type", "participation_limit", "auction_support_type")


def activity_of(call: Call) -> Activity:
    """Return the activity named in the path.

    Raises:
        RefusalError: 17029009 if there is none, 17029028 if it is another shop's.
    """
    id = call.path["activity_id"]
    found = call.env.store.get(Activity, call.shop_id, id)
    if found is None:
        elsewhere = any(row.id == id for row in call.env.store.list(Activity))
        code = OF_ANOTHER_SHOP if elsewhere else UNKNOWN
        raise RefusalError(code, "The activity does not exist in this shop.")
    return found


def open_activity(call: Call) -> Activity:
    """Return the activity named in the path, if it can still be changed.

    Raises:
        RefusalError: As `activity_of`; 17029010 if it was stopped, 17029012 if it is over.
    """
    activity = activity_of(call)
    status = status_of(activity, call.env.now_s())
    if status == "DEACTIVATED":
        raise RefusalError(DEACTIVATED, "The activity was deactivated.")
    if status == "EXPIRED":
        raise RefusalError(EXPIRED, "The activity is over.")
    return activity


@handles("promotion.202309.create_activity")
def create_activity(call: Call) -> dict[str, Any]:
    """Make an activity; products are put into it by another call."""
    now_s = call.env.now_s()
    begin_s, end_s = _checked_times(call, call.body["begin_time"], call.body["end_time"])
    activity = Activity(
        id=call.env.mint_id(),
        shop_id=call.shop_id,
        title=call.body["title"],
        kind=call.body["activity_type"],
        level=call.body["product_level"],
        created_at_s=now_s,
        updated_at_s=now_s,
        details=_details(call.body),
        begin_s=begin_s,
        end_s=end_s,
    )
    call.env.store.put(activity, change="activity.created")
    return {
        "activity_id": activity.id,
        "status": status_of(activity, now_s),
        "create_time": now_s,
        "update_time": now_s,
    }


@handles("promotion.202309.update_activity")
def update_activity(call: Call) -> dict[str, Any]:
    """Change title, times and terms; products stay."""
    activity = open_activity(call)
    begin_s, end_s = _checked_times(call, call.body["begin_time"], call.body["end_time"])
    after = msgspec.structs.replace(
        activity,
        title=call.body["title"],
        updated_at_s=call.env.now_s(),
        details={**activity.details, **_details(call.body)},
        begin_s=begin_s,
        end_s=end_s,
    )
    call.env.store.put(after, change="activity.edited")
    return {"activity_id": after.id, "title": after.title, "update_time": after.updated_at_s}


@handles("promotion.202309.deactivate_activity")
def deactivate_activity(call: Call) -> dict[str, Any]:
    """Stop an activity for good."""
    activity = activity_of(call)
    status = status_of(activity, call.env.now_s())
    if status in ("DEACTIVATED", "EXPIRED"):
        raise RefusalError(STATE_FORBIDS, f"An activity in status {status} cannot be stopped.")
    after = msgspec.structs.replace(activity, is_stopped=True, updated_at_s=call.env.now_s())
    call.env.store.put(after, change="activity.stopped")
    return {
        "activity_id": after.id,
        "title": after.title,
        "status": "DEACTIVATED",
        "update_time": after.updated_at_s,
    }


@handles("promotion.202607.republish_activity")
def republish_activity(call: Call) -> dict[str, Any]:
    """Make an activity like one that is over, at other times."""
    old = activity_of(call)
    status = status_of(old, call.env.now_s())
    if status not in ("DEACTIVATED", "EXPIRED"):
        raise RefusalError(STATE_FORBIDS, f"An activity in status {status} is not over.")
    begin_s = call.body.get("begin_time") or call.env.now_s()
    end_s = call.body.get("end_time") or begin_s + old.end_s - old.begin_s
    begin_s, end_s = _checked_times(call, begin_s, end_s)
    anew = msgspec.structs.replace(
        old,
        id=call.env.mint_id(),
        is_stopped=False,
        created_at_s=call.env.now_s(),
        updated_at_s=call.env.now_s(),
        begin_s=begin_s,
        end_s=end_s,
    )
    return {"activity_id": call.env.store.put(anew, change="activity.created").id}


@handles("promotion.202309.get_activity")
def get_activity(call: Call) -> dict[str, Any]:
    """Return one activity with its products."""
    activity = activity_of(call)
    shown = _shown(activity, call.env.now_s())
    target = {k: v for k, v in activity.details.items() if k == "target_user_info"}
    products = [
        {**row.terms, "id": row.id, "skus": [{**terms, "id": id} for id, terms in row.skus.items()]}
        for row in activity.products
    ]
    return {"activity_id": activity.id, **shown, **target, "products": products}


@handles("promotion.202309.search_activities")
def search_activities(call: Call) -> dict[str, Any]:
    """Return activities by state, title and kind, newest first (the order is assumed)."""
    now_s, body = call.env.now_s(), call.body
    title = (body.get("activity_title") or "").lower()
    found = [
        row
        for row in reversed(call.env.store.list(Activity, call.shop_id))
        if title in row.title.lower()
        and (not body.get("status") or status_of(row, now_s) == body["status"])
        and (not body.get("activity_type") or row.kind == body["activity_type"])
    ]
    filters = {key: value for key, value in body.items() if not key.startswith("page_")}
    page = take_page(
        found,
        page_size=body.get("page_size") or DEFAULT_SIZE,
        page_token=body.get("page_token"),
        search=digest_of_search(call.operation.id, call.shop_id, {}, filters),
        now_ms=call.env.clock.now_ms(),
    )
    if isinstance(page, PageTokenProblem):
        raise RefusalError(PAGE_REFUSED, f"Invalid page_token: {page.value}.")
    return {
        "activities": [{"id": row.id, **_shown(row, now_s)} for row in page.items],
        "total_count": page.total_count,
        "next_page_token": page.next_page_token,
    }


def _shown(activity: Activity, now_s: int) -> dict[str, Any]:
    return {
        **{key: activity.details[key] for key in _SHOWN if key in activity.details},
        "title": activity.title,
        "activity_type": activity.kind,
        "product_level": activity.level,
        "begin_time": activity.begin_s,
        "end_time": activity.end_s,
        "status": status_of(activity, now_s),
        "create_time": activity.created_at_s,
        "update_time": activity.updated_at_s,
    }


def _details(body: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in body.items() if key not in _READ}


def _checked_times(call: Call, begin_s: int, end_s: int) -> tuple[int, int]:
    if begin_s >= end_s or end_s <= call.env.now_s():
        raise RefusalError(TIMES_REFUSED, "An activity must end after it begins, and after now.")
    return begin_s, end_s
