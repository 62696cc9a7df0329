"""No parcel is shipped twice, and none is shipped again once that is known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from tts_chaos.core.history import Exchange, History
from tts_chaos.oracles.beliefs import observations
from tts_chaos.oracles.calls import operation_name
from tts_chaos.oracles.findings import Findings
from tts_chaos.oracles.oracle import JudgeSettings, OracleReport, Rule, oracle, report
from tts_chaos.oracles.shipping import SHIP_OPERATIONS, shipped_targets

__all__ = ["judge"]

NAME = "no_double_shipment"
RULES = {
    "shipped_twice": Rule(
        expected="one shipment per parcel",
        defect="a ship call is sent again after its answer was lost, without reading first "
        "whether the parcel is shipped",
    ),
    "shipped_again": Rule(
        expected="no ship call for a parcel whose shipment was confirmed",
        defect="the confirmed shipment is not kept (crash, restart, second worker), so the call "
        "is made anew",
    ),
    "shipment_told_twice": Rule(
        expected="one entry per parcel in shipments()",
        defect="a shipment is inserted without looking whether it is known",
    ),
}


@oracle(
    name=NAME,
    kind="safety",
    summary="No parcel is shipped twice, on the platform or in the integration's books.",
    rules=RULES,
)
def judge(history: History, _settings: JudgeSettings) -> OracleReport:
    """Follow every ship call: what the platform carried out, and what the client knew."""
    findings = Findings(RULES)
    done: dict[str, Exchange] = {}
    confirmed: dict[str, Exchange] = {}
    calls = [x for x in history.exchanges() if operation_name(x) in SHIP_OPERATIONS]
    for call in calls:
        for target in shipped_targets(call):
            known = confirmed.get(target)
            if known is not None and known.index < call.index and known.at_ms <= call.started_ms:
                findings.add(
                    "shipped_again",
                    f"{target} was shipped by call {known.call} and asked for again by {call.call}",
                    actual="a second ship call",
                    index=call.index,
                )
            if call.committed and target in done:
                findings.add(
                    "shipped_twice",
                    f"{target} was shipped by call {done[target].call} and again by {call.call}",
                    actual="two shipments",
                    index=call.index,
                )
            if call.committed:
                done.setdefault(target, call)
            if call.succeeded:
                confirmed.setdefault(target, call)
    told = _find_told_twice(history, findings)
    return report(
        NAME,
        saw=len(calls) + told,
        findings=findings.all(),
        counts={"ship_calls": len(calls), "shipped": len(done), "told": told},
    )


def _find_told_twice(history: History, findings: Findings) -> int:
    """Look for equal entries in every list the integration told; returns how many it told last."""
    told = 0
    for observed in observations(history, "shipments"):
        rows = observed.value if isinstance(observed.value, list | tuple) else ()
        keys = [
            (str(row.get("order_id")), str(row.get("package_id") or row.get("tracking_number")))
            for row in rows
            if isinstance(row, Mapping)
        ]
        told = len(keys)
        for (order, parcel), times in Counter(keys).items():
            if times > 1:
                findings.add(
                    "shipment_told_twice",
                    f"the shipment of order {order} (parcel {parcel}) is told {times} times",
                    actual=f"{times} entries",
                    index=observed.index,
                    weight=times,
                )
    return told
