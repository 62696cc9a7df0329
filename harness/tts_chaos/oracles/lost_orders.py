"""Why orders are missing: what the wire shows about orders that never arrived.

Explanations are likely causes, tried from the most to the least telling. Source of the classes:
defects seen in real connectors (errors taken for an empty last page, one page only, a failed
detail call, a webhook acknowledged before its look-up).
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from tts_chaos.core.history import Exchange, History, Truth, WebhookSent
from tts_chaos.oracles.beliefs import true_orders
from tts_chaos.oracles.calls import operation_name
from tts_chaos.oracles.codes import Meaning, describe, meaning_of
from tts_chaos.oracles.tokens import unanswered_refusals

__all__ = ["explain_loss"]

_SEARCH = "order.get_order_list"
_DETAIL = "order.get_order_detail"
_LARGEST_PAGE = 100
"""Source: protocol facts, section 7.1 (documented)."""

_ONE_PAGE = "next_page_token is not followed: only the first page is ever read"


def explain_loss(history: History, lost: Sequence[str]) -> str:
    """Return the likeliest reason why the orders `lost` are not known."""
    searches = [x for x in history.exchanges() if operation_name(x) == _SEARCH]
    return (
        _never_searched(searches)
        or _token_given_up(history)
        or _refused_to_the_end(searches)
        or _details_failed(history, lost)
        or _page_not_read(searches)
        or _mapping_dropped(searches, lost)
        or _webhook_acknowledged(history, lost)
        or _never_turned_the_page(history, searches)
        or "an error while reading orders is not made up for by a later run"
    )


def _never_searched(searches: Sequence[Exchange]) -> str:
    if not searches:
        return (
            "no order search reached the platform: orders are only taken from webhooks, or the"
            " address is wrong"
        )
    if not any(search.succeeded for search in searches):
        return "no order search ever succeeded, not even after the platform was well again"
    return ""


def _token_given_up(history: History) -> str:
    """Look for a refused access token that is still in use at the end, never refreshed."""
    asked = [x for x in history.exchanges() if x.token]
    last = asked[-1] if asked else None
    if last is None or meaning_of(last) is not Meaning.TOKEN:
        return ""
    if last.token not in unanswered_refusals(history):
        return ""
    return (
        f"the access token was refused ({describe(last)}) and nothing ever refreshed it: a refresh"
        " function is missing, nothing calls it, or the refusal is not recognised"
    )


def _refused_to_the_end(searches: Sequence[Exchange]) -> str:
    """Look for a search that is refused for good, even after the platform was well again."""
    last = searches[-1]
    if meaning_of(last) is not Meaning.PERMANENT:
        return ""
    return (
        f"the order search as it is sent is refused for good: {describe(last)}"
        f" ({last.message or 'no message'})"
    )


def _details_failed(history: History, lost: Sequence[str]) -> str:
    details = [x for x in history.exchanges() if operation_name(x) == _DETAIL]
    for id in lost:
        asked = [x for x in details if id in (x.parameter("ids") or "")]
        if asked and not any(x.succeeded for x in asked):
            return (
                "a failed order detail call drops its orders: they are skipped with a warning and"
                " never asked for again"
            )
    return ""


def _page_not_read(searches: Sequence[Exchange]) -> str:
    """Look for a page that was announced and never read."""
    read = {search.parameter("page_token") for search in searches if search.succeeded}
    tried = {search.parameter("page_token") for search in searches}
    for search in searches:
        token = _next_page(search)
        if not token or token in read:
            continue
        if token not in tried:
            return _ONE_PAGE
        return (
            "an error on a later page is taken for the end of the list, and the mark of the last"
            " sync moves past the pages that were not read"
        )
    return ""


def _next_page(search: Exchange) -> str:
    if not search.succeeded:
        return ""
    try:
        data = msgspec.json.decode(search.response_body).get("data") or {}
    except (msgspec.DecodeError, AttributeError):
        return ""
    token = data.get("next_page_token") if isinstance(data, dict) else ""
    return token if isinstance(token, str) else ""


def _mapping_dropped(searches: Sequence[Exchange], lost: Sequence[str]) -> str:
    for id in lost:
        quoted = f'"{id}"'
        if any(search.succeeded and quoted in search.response_body for search in searches):
            return (
                "the order was delivered in a search result and then dropped: a page is thrown"
                " away when a later step fails, or the mapping discards what it cannot read"
            )
    return ""


def _webhook_acknowledged(history: History, lost: Sequence[str]) -> str:
    for sent in history.of(WebhookSent):
        if sent.status == 200 and any(id in sent.body for id in lost):
            return (
                "a webhook about the order was acknowledged before its look-up succeeded, so the"
                " platform never sent it again"
            )
    return ""


def _never_turned_the_page(history: History, searches: Sequence[Exchange]) -> str:
    """Guess where bodies are too long for the history to show their page tokens."""
    truths = history.of(Truth)
    if not truths or any(search.parameter("page_token") for search in searches):
        return ""
    asked = (search.parameter("page_size") or "" for search in searches)
    sizes = [int(size) for size in asked if size.isdigit()]
    return _ONE_PAGE if len(true_orders(truths[-1])) > max(sizes, default=_LARGEST_PAGE) else ""
