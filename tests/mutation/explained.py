"""Mutants that no test can notice, and why each of them changes no verdict.

A row is a pattern (`fnmatch`) over the ids of mutants, and the reason for all it matches. The proof
refuses a row that matches no survivor: an explanation is no place to hide a missing test.
"""

from __future__ import annotations

__all__ = ["EXPLAINED"]

_ONE_INDEX = "two records of different kinds, which never have one index: they are never equal"
_ONE_CALL = "two different requests never have one number; the same one is sorted out by the rest"
_NO_FURTHER = "only spares work: what is skipped here finds nothing further on"
_UNREAD = "a value that is replaced, or asked for by nobody, before anybody reads it"
_SECONDS = (
    "a bound between seconds and milliseconds, which lie a thousandfold apart: 1973 in the one, the"
    " year 5138 in the other"
)
_BEFORE_ALL = "any number below 0 stands before the first record"
_LOADED = "runs once, when modules are loaded; a mutant is put in place of what is loaded already"
_AFTER_FIRST = "where the order is the first record of all, every search comes after it"
_NOT_COMPARED = "prices of which one is none are not compared, in whatever order they stand"
_WHOLE_SECONDS = "waits are asked for in whole seconds: none lasts a millisecond"
_OF_NOTHING = "what an entry of nothing weighs: it only chooses which of several is shown"
_NO_STATUS = "no answer has the HTTP status 1"

EXPLAINED: dict[str, str] = {
    "oracles.alert_raised:_raised_after: observed.index > begin.index -> *": _ONE_INDEX,
    "oracles.alert_raised:_stamp_ms: *100000000000 -> *": _SECONDS,
    "oracles.alert_raised:_stamp_ms: at > 100000000000 -> *": _SECONDS,
    "oracles.alert_raised:_stamp_ms: after_ms <= stamp_ms * -> after_ms < *": "where the stamp is"
    " the begin of the interval, the begin is returned either way",
    "oracles.beliefs:as_decimal: isinstance(value, bool) or *": "the words True and None are no"
    " numbers either; the question spares an exception",
    "oracles.blips_ridden_out:judge: 1 -> 2": _BEFORE_ALL,
    "oracles.blips_ridden_out:judge: a.begin < index < a.end -> *": _ONE_INDEX,
    "oracles.calls:_gather: exchange.started_ms < c.attempts*": "a call that ended at the very"
    " moment at which the next request came is kept a little longer; it takes no attempt any more",
    "oracles.codes:_meaning_of_code: 0 -> 1": "who calls has looked that there is a code",
    "oracles.codes:_meaning_of_status: 300 <= status < 500 -> 300 <= status <= 500": "500 is in the"
    " table of passing statuses that is asked as well",
    "oracles.codes:_meaning_of_status: 500 -> 501": "500 is in the table of passing statuses that"
    " is asked as well",
    "oracles.conversions_valid:_instant_ms: *100000000000 -> *": _SECONDS,
    "oracles.conversions_valid:_instant_ms: number > 100000000000 -> *": _SECONDS,
    "oracles.degraded_reads:_Outage.__init__: 0 -> 1 #1": _UNREAD,
    "oracles.errors_not_success:_belongs: event.index > action.begin -> *>= *": _ONE_INDEX,
    "oracles.errors_not_success:_is_confirmed: x.index > since -> *": _ONE_INDEX,
    "oracles.errors_not_success:_is_mended: x.call > failed.call -> *": _ONE_CALL,
    "oracles.findings:FEW: 5 -> 6": _LOADED,
    "oracles.findings:_UNITS: 1000 -> 1001": "durations of less than a minute are told otherwise,"
    " and of longer ones whole seconds, cut off",
    "oracles.foreign_webhooks_ignored:judge: *.index * observed.index -> *": _ONE_INDEX,
    "oracles.forged_webhooks_ignored:_find_believed: *.index > observed.index -> *": _ONE_INDEX,
    "oracles.genuine_webhooks_accepted:_has_stale_secret: 1 -> 2": _BEFORE_ALL,
    "oracles.genuine_webhooks_accepted:_has_stale_secret: a.begin < index -> *": _ONE_INDEX,
    "oracles.genuine_webhooks_accepted:_has_stale_secret: max(told, *": _ONE_INDEX,
    "oracles.genuine_webhooks_accepted:_has_stale_secret: record.index < index -> *": _ONE_INDEX,
    "oracles.lost_orders:_never_searched_since: 0 -> 1": _AFTER_FIRST,
    "oracles.lost_orders:_never_searched_since: first < 0 -> *": _AFTER_FIRST,
    "oracles.lost_orders:_never_searched_since: 1 -> 2": _BEFORE_ALL,
    "oracles.lost_orders:_never_searched_since: search.index > first -> *": _ONE_INDEX,
    "oracles.lost_orders:_page_left_out: begin <= x.index < end -> *#1": _ONE_INDEX,
    "oracles.lost_orders:_page_left_out: 0 -> 1": "where orders were looked up, at least one was",
    "oracles.lost_orders:_page_left_out: True -> False": "one length is one more than the other by"
    " construction of the list beside it",
    "oracles.lost_orders:_read_and_dropped: end.index > read.index -> *": _ONE_INDEX,
    "oracles.lost_orders:_refresh_refused: x.index > last.index -> *": "the refresh itself was"
    " refused, so that it is no success",
    "oracles.newest_status_kept:_first_delivery: before.index < *": _ONE_INDEX,
    "oracles.newest_status_kept:_first_delivery: call.index < begin.index -> *": _ONE_INDEX,
    "oracles.newest_status_kept:_held_since: *": _ONE_INDEX,
    "oracles.newest_status_kept:judge: begin.index < *": _ONE_INDEX,
    "oracles.no_double_shipment:judge: known.index < call.index -> *": "a call that is known was"
    " noted after this question was asked of it: it is never the same",
    "oracles.no_oversell:_Limits.*: begin < index* -> *": _ONE_INDEX,
    "oracles.no_oversell:_Limits._instructions: end > index -> *": _ONE_INDEX,
    "oracles.oracle:oracle: *": _LOADED,
    "oracles.orders_complete:_missed_before: *": "what the last observation itself lacks is no"
    " order that it knows; and where a ledger was read at all, each observation has one beside it",
    "oracles.orders_exact:_compare_units: '' not in actual -> *": _NO_FURTHER,
    "oracles.orders_exact:_prices: 0 -> 1": _NOT_COMPARED,
    "oracles.orders_exact:_prices: price is None -> *": _NOT_COMPARED,
    "oracles.orders_unique:judge: len(*": _NO_FURTHER,
    "oracles.permanent_errors_not_retried:_GATEWAY_FAMILIES: 1?0000 -> *": "codes of less than"
    " seven digits that no table has count as passing, and are not asked for their family",
    "oracles.permanent_errors_not_retried:_is_from_gateway: 0 -> 1": "neither 0 nor 1 is a code of"
    " the gateway",
    "oracles.refund_matching:_sum: 0 -> 1 #1": "is added to both of two sums, which are only"
    " compared",
    "oracles.refunds_as_asked:_judge_success: *index*": _ONE_INDEX,
    "oracles.refunds_true:_add*: 0 -> 1*": _OF_NOTHING,
    "oracles.refunds_true:_explain: 0 -> 1*": _OF_NOTHING,
    "oracles.refunds_as_asked:_judge_amounts: 0 -> 1": _OF_NOTHING,
    "oracles.refunds_complete:_add: 0 -> 1": _OF_NOTHING,
    "oracles.refunds_true:_add_extra: x.index < observed.index -> *": _ONE_INDEX,
    "oracles.retries_bounded:judge: 0 -> 1": "a count of a history without calls, which nobody"
    " judges and nobody reads",
    "oracles.retries_jittered:_pauses: 0 -> 1": _WHOLE_SECONDS,
    "oracles.retry_after_honoured:judge: 0 -> 1 #1": _WHOLE_SECONDS,
    "oracles.shipments_true:_judge_actions: t.index > action.end -> *": _ONE_INDEX,
    "oracles.stale_orders:explain_stale: 1 -> 2": _BEFORE_ALL,
    "oracles.stale_orders:explain_stale: x.index > *": _ONE_INDEX,
    "oracles.stock_converges:_explain: believed > true -> *": "only quantities that differ are"
    " explained",
    "oracles.stock_converges:_explain: last.quantity < believed -> *": "only quantities that differ"
    " are explained, so that a push of what is believed is none of what the platform sells",
    "oracles.stock_converges:_find_lost: write.exchange.index > push.begin -> *": _ONE_INDEX,
    "oracles.strange_webhooks_survived:_Deliveries.was_disturbed: record.index < *": _ONE_INDEX,
    "oracles.strange_webhooks_survived:_Deliveries.was_disturbed: 0 -> 1": _NO_STATUS,
    "oracles.strange_webhooks_survived:judge: 0 -> 1 #1": _NO_STATUS,
    "oracles.token_pair_kept:_judge_presented: since < restart < *": _ONE_INDEX,
    "oracles.token_pair_kept:_judge_told: by.since < observed.index -> *": _ONE_INDEX,
    "oracles.token_pair_kept:_restarted: by.since < restart < *": _ONE_INDEX,
    "oracles.token_refreshed_once:_Watch._is_needed: held.pair.since < sign < *": _ONE_INDEX,
    "oracles.token_refreshed_once:_find_old_tokens: by.since < restart < *": _ONE_INDEX,
    "oracles.tokens:first_pairs: 0 -> 1 #2": _UNREAD,
    "oracles.tokens:first_pairs: *.index < before -> *": _ONE_INDEX,
    "oracles.tokens:unanswered_refusals: first*tried*action.end -> *": _ONE_INDEX,
    "oracles.tokens:unanswered_refusals: x.index < replaced*": _ONE_INDEX,
    "oracles.unsettled:_is_told: since < x.index < at -> since <*": _ONE_INDEX,
    "oracles.unsettled:_since: write.index < moment < at -> *": _ONE_INDEX,
    "oracles.unsettled:_since: 1 -> 2": _BEFORE_ALL,
    "oracles.unsettled:open_writes: write.index < at -> *": _ONE_INDEX,
    "oracles.unsafe_writes_not_retried:_was_read: after.call < read.call < *": _ONE_CALL,
    "engine.causes:_sorted: 0 -> 1": "a last resort for rules that explain each other, which a test"
    " of the table excludes",
    "engine.judgement:_gravity: 2 -> 3": "a rank below all others stays below all others",
    "engine.judgement:Judgement.__init__: 0 -> 1": "a time limit for an alert that the scenario"
    " does not ask for; no judge reads it then",
}
