"""A write that may have been done is not sent again before somebody looked.

Shipping, cancelling and splitting have no idempotency key. Source: protocol facts, section 7.2
(documented): a repeat is answered by a state code at best, and done twice at worst.
"""

from __future__ import annotations

from collections.abc import Sequence

from tts_chaos.core.history import Exchange, History
from tts_chaos.oracles.calls import is_write, operation_name
from tts_chaos.oracles.codes import describe, is_outcome_unknown
from tts_chaos.oracles.findings import Findings
from tts_chaos.oracles.oracle import JudgeSettings, OracleReport, Rule, oracle, report
from tts_chaos.oracles.shipping import SHIP_OPERATIONS, shipped_targets
from tts_chaos.oracles.stock_writes import decoded
from tts_chaos.oracles.targets import tells_of

__all__ = ["judge"]

NAME = "unsafe_writes_not_retried"
RULES = {
    "unsafe_write_retried": Rule(
        expected="a read of the order or parcel before the call is sent again",
        defect="ship, cancel or package calls are retried like reads: after a lost answer nobody "
        "looks whether the call took effect",
    ),
}
UNSAFE_OPERATIONS = SHIP_OPERATIONS | {
    "fulfillment.create_packages",
    "fulfillment.split_orders",
    "fulfillment.combine_package",
    "return_refund.cancel_order",
    "return_refund.create_return",
    "product.create_product",
}


@oracle(
    name=NAME,
    kind="safety",
    summary="A write whose outcome is unknown is not repeated without a read in between.",
    rules=RULES,
)
def judge(history: History, _settings: JudgeSettings) -> OracleReport:
    """Follow each unsafe write by what it is about, over actions and restarts."""
    findings = Findings(RULES)
    exchanges = history.exchanges()
    writes = [x for x in exchanges if operation_name(x) in UNSAFE_OPERATIONS]
    reads = [x for x in exchanges if x.succeeded and not is_write(x)]
    open_writes: dict[tuple[str, ...], Exchange] = {}
    unknown = 0
    for write in writes:
        if _has_idempotency_key(write):
            continue
        subject = _subject(write)
        earlier = open_writes.pop(subject, None)
        if earlier is not None and not _was_read(reads, subject, earlier, write):
            findings.add(
                "unsafe_write_retried",
                f"{write.method} {write.path}: call {earlier.call} ended with "
                f"{describe(earlier)}, call {write.call} sent it again unread",
                actual="sent again, no read in between",
                index=write.index,
            )
        if is_outcome_unknown(write):
            unknown += 1
            open_writes[subject] = write
    return report(
        NAME,
        saw=len(writes),
        findings=findings.all(),
        counts={"unsafe_writes": len(writes), "unknown_outcomes": unknown},
        reason="" if writes else "nothing was shipped, cancelled or created",
    )


def _has_idempotency_key(write: Exchange) -> bool:
    if write.parameter("idempotency_key"):
        return True
    return bool(decoded(write.body).get("idempotency_key"))


def _subject(write: Exchange) -> tuple[str, ...]:
    """Return what a write is about: its operation, and the ids it names where it names any."""
    targets = shipped_targets(write)
    if targets:
        return (operation_name(write), *(_id_of(target) for target in targets))
    order = str(decoded(write.body).get("order_id") or "")
    return (operation_name(write), order) if order else (operation_name(write),)


def _id_of(target: str) -> str:
    """Return the id in `package <id>` or `order <id> (lines ...)`."""
    return target.split()[1]


def _was_read(
    reads: Sequence[Exchange], subject: tuple[str, ...], after: Exchange, before: Exchange
) -> bool:
    """Whether a successful read between two writes told of what they are about.

    A write that names no id is about its domain: any read there will do.
    """
    domain, ids = subject[0].split(".")[0], subject[1:]
    between = [read for read in reads if after.call < read.call < before.call]
    if not ids:
        return any(read.operation.startswith(f"{domain}.") for read in between)
    return any(tells_of(read, ids) for read in between)
