"""Conversion records are complete, right, recent, and sent once.

Source: the article this project starts from, row 10: e-mail or phone, transaction category,
timestamp, amount; no transaction twice; not older than 28 days.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

import msgspec

from tts_chaos.core.history import History, Json, Observed
from tts_chaos.oracles.beliefs import Order, as_decimal, observations, true_orders, truth_beside
from tts_chaos.oracles.findings import Findings
from tts_chaos.oracles.oracle import JudgeSettings, OracleReport, Rule, oracle, report

__all__ = ["judge"]

NAME = "conversions_valid"
RULES = {
    "converted_twice": Rule(
        expected="one conversion per order",
        defect="conversions are queued anew by each sync or delivery",
    ),
    "contact_missing": Rule(
        expected="an e-mail address or a phone number",
        defect="the contact is read from the wrong field (email_1), or masked and dropped",
    ),
    "field_missing": Rule(
        expected="order_id, transaction_category, timestamp, amount and currency",
        defect="a field of the conversion is not mapped; the transaction category is the one that "
        "is forgotten most",
    ),
    "wrong_amount": Rule(
        expected="amount and currency of the order",
        defect="another amount is mapped (subtotal, price of one unit), or the currency is fixed",
    ),
    "too_old": Rule(
        expected="a timestamp not older than 28 days",
        defect="old orders are converted, or the time is read in the wrong unit",
    ),
    "order_unknown": Rule(
        expected="orders the platform has",
        defect="conversions are kept under another id, or made from a forged webhook",
    ),
}
OPTIONS = {"oldest_days": 28}
REQUIRED = ("order_id", "transaction_category", "timestamp", "amount", "currency")
CONTACTS = ("email", "phone", "email_1", "phone_1")
DAY_MS = 86_400_000


@oracle(
    name=NAME,
    kind="safety",
    summary="Conversion records are complete, right, recent and sent once.",
    observes=("conversions",),
    rules=RULES,
    options=OPTIONS,
)
def judge(history: History, settings: JudgeSettings) -> OracleReport:
    """Judge the conversions told last, and the fields of every record that was ever told."""
    options, findings = settings.chosen(NAME, OPTIONS), Findings(RULES)
    told = observations(history, "conversions")
    saw = _judge_all_fields(told, findings)
    if not saw:
        return report(NAME, saw=0, reason="conversions() told nothing")
    rows = _rows(told[-1])
    truth = truth_beside(history, told[-1])
    exists = None if truth is None else true_orders(truth)
    oldest_ms = told[-1].at_ms - options["oldest_days"] * DAY_MS
    for id, times in Counter(str(row.get("order_id")) for row in rows).items():
        if times > 1:
            message = f"order {id} is converted {times} times"
            findings.add("converted_twice", message, actual=str(times), index=told[-1].index)
    for row in rows:
        _judge_age(row, oldest_ms, told[-1], findings)
        if exists is not None:
            _judge_amount(row, exists.get(str(row.get("order_id"))), told[-1], findings)
    return report(NAME, saw=saw, findings=findings.all(), counts={"conversions": len(rows)})


def _rows(told: Observed) -> list[Mapping[str, Any]]:
    rows = told.value if isinstance(told.value, list | tuple) else ()
    return [row for row in rows if isinstance(row, Mapping)]


def _judge_all_fields(told: Sequence[Observed], findings: Findings) -> int:
    """Judge each different record once, whenever it was told: what is told may be sent at once."""
    seen: set[bytes] = set()
    for observed in told:
        for row in _rows(observed):
            identity = msgspec.json.encode(row, order="sorted")
            if identity not in seen:
                seen.add(identity)
                _judge_fields(row, observed, findings)
    return len(seen)


def _judge_fields(row: Mapping[str, Any], told: Observed, findings: Findings) -> None:
    name = f"the conversion of order {row.get('order_id')}"
    contacts = [str(row[contact]) for contact in CONTACTS if row.get(contact)]
    # The platform masks telephone numbers of what it ships itself. Source: protocol facts, 7.1.
    if not any("*" not in contact for contact in contacts):
        actual = "a masked one" if contacts else "neither"
        message = f"{name} has neither e-mail nor phone" + (" but masked" if contacts else "")
        findings.add("contact_missing", message, actual=actual, index=told.index)
    missing = [field for field in REQUIRED if row.get(field) in (None, "")]
    if missing:
        findings.add(
            "field_missing",
            f"{name} lacks {', '.join(missing)}",
            actual=f"no {', '.join(missing)}",
            index=told.index,
            weight=len(missing),
        )


def _judge_age(row: Mapping[str, Any], oldest_ms: int, told: Observed, findings: Findings) -> None:
    stamp_ms = _instant_ms(row.get("timestamp"))
    if stamp_ms is not None and stamp_ms < oldest_ms:
        days = (told.at_ms - stamp_ms) // DAY_MS
        findings.add(
            "too_old",
            f"the conversion of order {row.get('order_id')} is {days} days old",
            actual=f"{days} days",
            index=told.index,
            weight=days,
        )


def _instant_ms(value: Json) -> int | None:
    """Return an instant from Unix seconds, milliseconds or ISO 8601 text; None where none."""
    number = as_decimal(value)
    if number is not None:
        return int(number) if number > 100_000_000_000 else int(number * 1000)
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)  # noqa: UP017 - one spelling for 3.11 on
    return int(moment.timestamp() * 1000)


def _judge_amount(
    row: Mapping[str, Any], order: Order | None, told: Observed, findings: Findings
) -> None:
    id = row.get("order_id")
    if order is None:
        findings.add(
            "order_unknown",
            f"there is a conversion of order {id}, which the platform does not have",
            actual=str(id),
            index=told.index,
        )
        return
    expected, actual = as_decimal(order.raw.get("total_amount")), as_decimal(row.get("amount"))
    currencies = (order.raw.get("currency"), row.get("currency"))
    if actual is None or (actual == expected and currencies[0] == currencies[1]):
        return
    findings.add(
        "wrong_amount",
        f"order {id} is converted with {actual} {currencies[1]}, its total is {expected} "
        f"{currencies[0]}",
        expected=f"{expected} {currencies[0]}",
        actual=f"{actual} {currencies[1]}",
        index=told.index,
    )
