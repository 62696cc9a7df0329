"""All oracles. Importing this module fills `ORACLES`; adding an oracle is adding one import."""

from __future__ import annotations

from collections.abc import Iterable

from tts_chaos.core.history import History, Observed
from tts_chaos.core.verdict import Verdict
from tts_chaos.errors import UsageError
from tts_chaos.oracles import (  # noqa: F401 - importing registers
    actions_end,
    alert_raised,
    blips_ridden_out,
    calls_logged,
    conversions_valid,
    degraded_reads,
    errors_not_success,
    foreign_webhooks_ignored,
    forged_webhooks_ignored,
    genuine_webhooks_accepted,
    https_only,
    idempotency_key_stable,
    newest_status_kept,
    no_double_shipment,
    no_oversell,
    no_secret_leaks,
    orders_complete,
    orders_exact,
    orders_unique,
    pages_read_to_end,
    permanent_errors_not_retried,
    rate_falls_under_overload,
    recovered_in_time,
    refunds_as_asked,
    refunds_complete,
    refunds_true,
    retries_bounded,
    retries_freshly_signed,
    retries_jittered,
    retries_spaced,
    retry_after_honoured,
    server_identity_checked,
    shipments_true,
    shops_apart,
    status_never_backwards,
    stock_converges,
    strange_webhooks_survived,
    token_pair_kept,
    token_refreshed_once,
    unsafe_writes_not_retried,
    webhooks_once,
)
from tts_chaos.oracles.oracle import (
    ORACLES,
    JudgeSettings,
    Oracle,
    OracleReport,
    judge_safely,
)

__all__ = ["GUARDS", "NOT_AWAITED", "ORACLES", "judge_all", "pending_reason"]

GUARDS: tuple[str, ...] = tuple(name for name in ORACLES if ORACLES[name].kind == "safety")
"""Safety oracles: they run in every scenario. One that saw nothing is UNKNOWN and says so; that is
no failure of a run that did not ask for it."""

NOT_AWAITED = frozenset({"alert_raised", "calls_logged", "recovered_in_time"})
"""Liveness oracles that recovery does not wait for: an alert and a line of a log belong to the time
of the trouble, and recovery itself cannot wait for recovery."""


def judge_all(
    history: History, settings: JudgeSettings, names: Iterable[str]
) -> tuple[OracleReport, ...]:
    """Return the reports of the named oracles, in the order given, each name once.

    Raises:
        UsageError: If there is no such oracle.
    """
    return tuple(judge_safely(_named(name), history, settings) for name in dict.fromkeys(names))


def pending_reason(history: History, settings: JudgeSettings, names: Iterable[str]) -> str:
    """Return why the integration is not yet whole, "" once every named liveness rule holds.

    Safety rules are not asked, nor rules about what the integration never told: what it does not
    offer, it cannot be waited for.

    Raises:
        UsageError: If there is no such oracle.
    """
    told = {record.name for record in history.of(Observed)}
    for name in dict.fromkeys(names):
        oracle = _named(name)
        if oracle.kind != "liveness" or name in NOT_AWAITED or not told.issuperset(oracle.observes):
            continue
        judged = judge_safely(oracle, history, settings)
        if judged.verdict is not Verdict.VALID:
            return f"{name}: {judged.reason or judged.verdict.value}"
    return ""


def _named(name: str) -> Oracle:
    if name not in ORACLES:
        raise UsageError(ORACLES.describe_unknown(name))
    return ORACLES[name]
