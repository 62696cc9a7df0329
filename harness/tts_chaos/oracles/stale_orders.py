"""Why an order is known in an older state: whether its last change was read, told, or missed.

Explanations are likely causes. Source of the classes: defects seen in real connectors (orders are
inserted and never updated, two changes share one key of deduplication).
"""

from __future__ import annotations

from tts_chaos.core.history import Committed, History, WebhookSent
from tts_chaos.oracles.calls import operation_name

__all__ = ["explain_stale"]

_READS = ("order.get_order_detail", "order.get_order_list")


def explain_stale(history: History, id: str, status: str) -> str:
    """Return the likeliest reason why order `id` is not known as `status`, "" for none."""
    changed = [
        record.index
        for record in history.of(Committed)
        if record.entity == id and record.change.startswith("order.")
    ]
    since = max(changed, default=-1)
    reads = [x for x in history.exchanges() if operation_name(x) in _READS and x.index > since]
    told = next((x for x in reads if x.succeeded and _tells(x.response_body, id, status)), None)
    if told is not None:
        return (
            f"call {told.call} told the new status and it was never taken over: orders that are"
            " known are not updated, their first state is kept"
        )
    for sent in history.of(WebhookSent):
        is_taken = sent.genuine and 200 <= sent.status < 300
        asked = any(x.index > sent.index for x in reads if id in (x.parameter("ids") or ""))
        if is_taken and not asked and _tells(sent.body, id, status):
            return (
                "a webhook told the change and was acknowledged, and the order was not read again:"
                " it was taken for a duplicate of another one (a deduplication key that two changes"
                " share), or its look-up was forgotten"
            )
    return ""


def _tells(body: str, id: str, status: str) -> bool:
    """Whether a body names an order and, in what follows, the status."""
    _, found, rest = body.partition(f'"{id}"')
    return bool(found) and f'"{status}"' in rest
