"""Why orders are missing: what the wire shows about orders that never arrived.

Explanations are likely causes, tried from the most to the least telling. Source of the classes:
defects seen in real connectors (a token that nothing refreshes, errors taken for an empty last
page, one page only, a failed detail call, a webhook acknowledged before its look-up).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

import msgspec

from tts_chaos.core.history import (
    Committed,
    Completed,
    Exchange,
    History,
    OpKind,
    Truth,
    WebhookSent,
)
from tts_chaos.core.verdict import Phase
from tts_chaos.oracles.beliefs import Order, true_orders
from tts_chaos.oracles.calls import operation_name
from tts_chaos.oracles.codes import Meaning, describe, meaning_of
from tts_chaos.oracles.stock_writes import decoded
from tts_chaos.oracles.tokens import is_refresh, unanswered_refusals

__all__ = ["explain_loss"]

_SEARCH = "order.get_order_list"
_DETAIL = "order.get_order_detail"
_LARGEST_PAGE = 100
"""Source: protocol facts, section 7.1 (documented)."""

_TOTAL_COUNT = re.compile(r'"total_count":\s*(\d+)')
_ANOTHER_PAGE = re.compile(r'"next_page_token":\s*"[^"]')
"""Long pages are kept without their middle, so that they cannot be read as JSON."""

_ONE_PAGE = "next_page_token is not followed: only the first page is ever read"


class _Loss(msgspec.Struct, frozen=True, kw_only=True):
    """What is known about a loss.

    Attributes:
        lost: Ids of the orders that are not known.
        true: Every order of the platform by id, at the end.
        searches: All order searches.
    """

    history: History
    lost: Sequence[str]
    true: Mapping[str, Order]
    searches: Sequence[Exchange]

    @property
    def details(self) -> list[Exchange]:
        """All reads of order details."""
        return [x for x in self.history.exchanges() if operation_name(x) == _DETAIL]

    @property
    def successes(self) -> list[Exchange]:
        """Searches that were answered with a page."""
        return [search for search in self.searches if search.succeeded]


def explain_loss(history: History, lost: Sequence[str]) -> str:
    """Return the likeliest reason why the orders `lost` are not known."""
    truths = history.of(Truth)
    loss = _Loss(
        history=history,
        lost=lost,
        true=true_orders(truths[-1]) if truths else {},
        searches=[x for x in history.exchanges() if operation_name(x) == _SEARCH],
    )
    found = (explain(loss) for explain in _EXPLANATIONS)
    default = "an error while reading orders is not made up for by a later run"
    return next(filter(None, found), default)


def _nothing_asked(loss: _Loss) -> str:
    if loss.searches:
        return ""
    return (
        _webhook_acknowledged(loss)
        or _last_call_refused(loss)
        or (
            "no order search reached the platform: orders are only taken from webhooks, or the"
            " address is wrong"
        )
    )


def _token_given_up(loss: _Loss) -> str:
    """Look for a refused access token that is still in use at the end, never refreshed."""
    asked = [x for x in loss.history.exchanges() if x.token]
    last = asked[-1] if asked else None
    if last is None or meaning_of(last) is not Meaning.TOKEN:
        return ""
    if last.token not in unanswered_refusals(loss.history):
        return ""
    return (
        f"the access token was refused ({describe(last)}) and nothing ever refreshed it: a refresh"
        " function is missing, nothing calls it, or the refusal is not recognised"
    )


def _refresh_refused(loss: _Loss) -> str:
    """Look for a pair that could not be refreshed, whatever was tried."""
    exchanges = loss.history.exchanges()
    last = next((x for x in reversed(exchanges) if is_refresh(x)), None)
    if last is None or meaning_of(last) is not Meaning.PERMANENT:
        return ""
    if any(x.succeeded and x.index > last.index for x in exchanges):
        return ""
    return (
        f"the access token could not be refreshed: {last.method} {last.host}{last.path} was refused"
        f" for good, {_refusal(last)}"
    )


def _refused_to_the_end(loss: _Loss) -> str:
    """Look for a search that is refused for good, even after the platform was well again."""
    last = loss.searches[-1]
    if meaning_of(last) is not Meaning.PERMANENT:
        return ""
    return f"the order search as it is sent is refused for good: {_refusal(last)}{_sent_to(last)}"


def _last_call_refused(loss: _Loss) -> str:
    """Look for another call that is refused for good to the end: a wrong path, ids, a shop."""
    last = next((x for x in reversed(loss.history.exchanges()) if not is_refresh(x)), None)
    if last is None or meaning_of(last) is not Meaning.PERMANENT:
        return ""
    return (
        f"{last.method} {last.path} as it is sent is refused for good: {_refusal(last)}"
        f"{_sent_to(last)}"
    )


def _refusal(exchange: Exchange) -> str:
    """Say how a call was refused, and why where the platform knows.

    Its words are the same for every wrong signature; its diagnosis tells the mistake.
    """
    words = dict.fromkeys(filter(None, (exchange.message, exchange.diagnosis)))
    return f"{describe(exchange)} ({'; '.join(words) or 'no message'})"


def _sent_to(exchange: Exchange) -> str:
    """Say what is strange about where or in which form a refused call was sent."""
    if not exchange.operation:
        return f", sent to {exchange.host}"
    return ", with a list for its body" if exchange.body.lstrip().startswith("[") else ""


def _stopped(loss: _Loss) -> str:
    """Look for an integration that asks nothing any more, although all is well again."""
    recovery = loss.history.phase_start_ms(Phase.RECOVERY)
    exchanges = loss.history.exchanges()
    if recovery is None or not exchanges or exchanges[-1].started_ms >= recovery:
        return ""
    last = exchanges[-1]
    if last.succeeded:
        return ""
    if is_refresh(last):
        return (
            f"the refresh of the access token failed for a passing reason ({describe(last)}) and"
            " was never tried again"
        )
    return (
        "nothing was asked of the platform once it was well again: after its failures the"
        " integration has stopped calling, for good"
    )


def _never_searched_since(loss: _Loss) -> str:
    """Look for searches that all came before the orders were placed."""
    placed = {
        record.entity: record.index
        for record in loss.history.of(Committed)
        if record.change == "order.placed"
    }
    first = min((placed[id] for id in loss.lost if id in placed), default=-1)
    if first < 0 or any(search.index > first for search in loss.searches):
        return ""
    return (
        "no order search was sent after these orders were placed: new orders are only taken from"
        " webhooks, and what no webhook told is never made up for"
    )


def _ids_rounded(loss: _Loss) -> str:
    """Look for a detail call for an id whose last digits a floating point number has lost."""
    asked = {id for x in loss.details for id in (x.parameter("ids") or "").split(",")}
    for id in filter(str.isdigit, loss.lost):
        rounded = str(int(float(id)))
        if rounded != id and rounded in asked:
            return (
                f"{rounded} was asked for instead of {id}: ids are read as floating point numbers,"
                " which have no room for their last digits"
            )
    return ""


def _only_announced(loss: _Loss) -> str:
    """Look for orders that a webhook told of, and that no search has shown."""
    quoted = [f'"{id}"' for id in loss.lost]
    if any(each in search.response_body for search in loss.successes for each in quoted):
        return ""
    return _webhook_acknowledged(loss)


def _page_left_out(loss: _Loss) -> str:
    """Look for a walk over the pages that was to show more orders than were looked up after it."""
    first = [x.index for x in loss.successes if not x.parameter("page_token")]
    for begin, end in zip(first, [*first[1:], len(loss.history)], strict=True):
        walk = [x for x in loss.successes if begin <= x.index < end]
        reads = [x for x in loss.details if begin <= x.index < end]
        seen = {id for x in reads for id in (x.parameter("ids") or "").split(",")}
        counted = [int(n) for x in walk for n in _TOTAL_COUNT.findall(x.response_body)[-1:]]
        if walk and _ANOTHER_PAGE.search(walk[-1].response_body):
            continue
        if seen and not seen & set(loss.lost) and max(counted, default=0) > len(seen):
            return (
                f"a search has a total_count of {max(counted)} (call {walk[0].call}), and only"
                f" {len(seen)} orders were looked up from its pages: pages can leave orders out,"
                " and nobody compares"
            )
    return ""


def _read_and_dropped(loss: _Loss) -> str:
    """Look for an order whose details were answered, and what the integration said then."""
    for id in loss.lost:
        read = next(
            (x for x in loss.details if x.succeeded and id in (x.parameter("ids") or "")), None
        )
        if read is None:
            continue
        said = next(
            (
                f"; {end.action}() then said: {end.error}"
                for end in loss.history.of(Completed)
                if end.index > read.index and end.kind is not OpKind.OK
            ),
            "",
        )
        return (
            f"the order was read (call {read.call}) and then dropped: the mapping discards what it"
            f" cannot read, or a whole page for one order{said}"
        )
    return ""


def _no_success(loss: _Loss) -> str:
    if loss.successes:
        return ""
    return "no order search ever succeeded, not even after the platform was well again"


def _shop_left_out(loss: _Loss) -> str:
    searched = {search.shop for search in loss.successes}
    homes = {loss.true[id].shop for id in loss.lost if id in loss.true}
    if "" in searched or not homes - searched:
        return ""
    return (
        f"no search of shop {min(homes - searched)} ever succeeded: its cipher or token is mixed up"
        " with another shop's, or an error in one shop ends the run for all"
    )


def _details_failed(loss: _Loss) -> str:
    for id in loss.lost:
        asked = [x for x in loss.details if id in (x.parameter("ids") or "")]
        if asked and not any(x.succeeded for x in asked):
            return (
                "a failed order detail call drops its orders: they are skipped with a warning and"
                " never asked for again"
            )
        if asked and not any(_is_comma_list(x.parameter("ids") or "") for x in asked):
            return (
                "a detail call that finds no order is taken for an order that is gone: ids are sent"
                f" as {(asked[-1].parameter('ids') or '')[:12]}..., where a comma list belongs"
            )
    return ""


def _is_comma_list(ids: str) -> bool:
    return all(id.isdigit() for id in ids.split(","))


def _page_not_read(loss: _Loss) -> str:
    """Look for a page that was announced and never read."""
    read = {search.parameter("page_token") for search in loss.successes}
    tried = {search.parameter("page_token") for search in loss.searches}
    for search in loss.successes:
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
    data = decoded(search.response_body).get("data")
    token = data.get("next_page_token") if isinstance(data, dict) else ""
    return token if isinstance(token, str) else ""


def _mapping_dropped(loss: _Loss) -> str:
    for id in loss.lost:
        quoted = f'"{id}"'
        if any(quoted in search.response_body for search in loss.successes):
            return (
                "the order was delivered in a search result and then dropped: a page is thrown"
                " away when a later step fails, or the mapping discards what it cannot read"
            )
    return ""


def _outside_window(loss: _Loss) -> str:
    """Look for orders that last changed before the window of the last search begins."""
    since = decoded(loss.successes[-1].body).get("update_time_ge")
    changed = [loss.true[id].raw.get("updated_at_s") for id in loss.lost if id in loss.true]
    if not isinstance(since, int) or not changed:
        return ""
    if not all(isinstance(at_s, int) and at_s < since for at_s in changed):
        return ""
    return (
        "the search asks only for changes after the orders' last one: the mark of the last sync"
        " moved although they were not read, or local time is taken for UTC"
    )


def _webhook_acknowledged(loss: _Loss) -> str:
    for sent in loss.history.of(WebhookSent):
        if sent.status == 200 and any(id in sent.body for id in loss.lost):
            return (
                "a webhook about the order was acknowledged before its look-up succeeded, so the"
                " platform never sent it again"
            )
    return ""


def _never_turned_the_page(loss: _Loss) -> str:
    """Guess where bodies are too long for the history to show their page tokens."""
    if any(search.parameter("page_token") for search in loss.searches):
        return ""
    asked = (search.parameter("page_size") or "" for search in loss.searches)
    sizes = [int(size) for size in asked if size.isdigit()]
    return _ONE_PAGE if len(loss.true) > max(sizes, default=_LARGEST_PAGE) else ""


_EXPLANATIONS: tuple[Callable[[_Loss], str], ...] = (
    _nothing_asked,
    _token_given_up,
    _refresh_refused,
    _refused_to_the_end,
    _no_success,
    _shop_left_out,
    _last_call_refused,
    _ids_rounded,
    _only_announced,
    _details_failed,
    _page_not_read,
    _page_left_out,
    _read_and_dropped,
    _mapping_dropped,
    _stopped,
    _never_searched_since,
    _outside_window,
    _webhook_acknowledged,
    _never_turned_the_page,
)
