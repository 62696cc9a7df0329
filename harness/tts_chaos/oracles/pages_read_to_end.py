"""A list of orders is read to its last page, and pages are asked for where the platform looks.

Read off the wire alone, so it holds for integrations that never tell their orders. Source: protocol
facts, section 7.1 (documented): `page_size` and `page_token` belong in the query; the few lists
that take the size in the body are named below.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec

from tts_chaos.core.history import Exchange, History, OpKind
from tts_chaos.oracles.actions import actions_of
from tts_chaos.oracles.calls import CallKey, key_of, operation_name
from tts_chaos.oracles.findings import Findings
from tts_chaos.oracles.oracle import JudgeSettings, OracleReport, Rule, oracle, report
from tts_chaos.oracles.stock_writes import decoded

__all__ = ["judge"]

NAME = "pages_read_to_end"
RULES = {
    "page_size_in_body": Rule(
        expected="page_size in the query",
        defect="page_size is sent in the JSON body, where the platform does not look: it is "
        "refused, or the pages have a size that nobody chose",
    ),
    "page_token_in_body": Rule(
        expected="page_token in the query",
        defect="page_token is sent in the JSON body, where the platform does not look: the first "
        "page comes again and again",
    ),
    "page_not_followed": Rule(
        expected="each next_page_token is asked for, until there is none",
        defect="next_page_token is not followed, or only up to a fixed number of pages, and the "
        "run counts as complete all the same",
    ),
}
LISTS = frozenset(
    {
        "order.get_order_list",
        "return_refund.search_cancellations",
        "return_refund.search_returns",
    }
)
"""Lists that are read to learn of everything; others may be left once the thing is found."""

PATHS_WITH_SIZE_IN_BODY = (
    "/promotion/202309/activities/search",
    "/affiliate_seller/202608/creator_outreach/records/query",
    "/product/202606/skpps/search",
)
"""Source: the contracts of these operations."""

_MARKS = ("page_size", "page_token")
_NEXT = re.compile(r'"next_page_token"\s*:\s*("(?:[^"\\]|\\.)*")')
PROBE_SIZE = "1"
"""A page of one asks whether the API answers, or how many there are; nobody reads a list so."""


@oracle(
    name=NAME,
    kind="safety",
    summary="Lists of orders and returns are read to their end, page by page, by the query.",
    rules=RULES,
)
def judge(history: History, _settings: JudgeSettings) -> OracleReport:
    """Look at where pages are asked for, and at what actions that succeeded left unread."""
    findings = Findings(RULES)
    judged = _find_misplaced(history, findings)
    pages, followed = 0, 0
    actions = actions_of(history)
    tried = {x.parameter("page_token") for x in history.exchanges()} - {None, ""}
    for action in actions.all:
        searches = [
            x
            for x in actions.exchanges_during(action)
            if operation_name(x) in LISTS and x.succeeded and not _is_left_early(x)
        ]
        pages += len(searches)
        for search in searches:
            token = _next_page(search)
            followed += token in tried
            if action.kind is not OpKind.OK or not token or token in tried:
                continue
            if not _is_read_anew(search, searches):
                findings.add(
                    "page_not_followed",
                    f"{action.name}() succeeded, and the page that call {search.call} "
                    f"({search.method} {search.path}) announced was never asked for",
                    actual="a page left unread",
                    index=search.index,
                )
    return report(
        NAME,
        saw=pages + judged,
        findings=findings.all(),
        counts={"pages": pages, "followed": followed},
        reason="" if pages + judged else "no list of orders or returns was read",
    )


def _find_misplaced(history: History, findings: Findings) -> int:
    """Look for marks of paging in bodies; returns how many were found."""
    judged = 0
    for exchange in history.exchanges():
        for mark in _misplaced(exchange):
            judged += 1
            findings.add(
                f"{mark}_in_body",
                f"call {exchange.call} ({exchange.method} {exchange.path}) has {mark} in its body "
                "and not in its query",
                actual=f"{mark} in the body",
                index=exchange.index,
            )
    return judged


def _misplaced(exchange: Exchange) -> Iterator[str]:
    if "page_" not in exchange.body or exchange.path in PATHS_WITH_SIZE_IN_BODY:
        return
    body = decoded(exchange.body)
    for mark in _MARKS:
        if body.get(mark) and exchange.parameter(mark) is None:
            yield mark


def _next_page(search: Exchange) -> str:
    """Return the token of the next page; long bodies are kept in part, but with their end."""
    found = _NEXT.findall(search.response_body)
    return str(msgspec.json.decode(found[-1])) if found else ""


def _is_left_early(search: Exchange) -> bool:
    """Whether a list may be left: the newest first until a known one, or a mere question."""
    newest_first = (search.parameter("sort_order") or "").upper() == "DESC"
    return newest_first or search.parameter("page_size") == PROBE_SIZE


def _is_read_anew(search: Exchange, searches: Sequence[Exchange]) -> bool:
    """Whether the same list was read again from its start later in the same action."""
    return any(
        later.call > search.call
        and not later.parameter("page_token")
        and _list_of(later) == _list_of(search)
        for later in searches
    )


def _list_of(search: Exchange) -> tuple[CallKey, str]:
    method, path, query, body = key_of(search)
    kept = tuple(pair for pair in query if pair[0] not in _MARKS)
    return (method, path, kept, body), search.shop
