"""The trouble of one shop is the trouble of that shop alone.

The platform counts calls by app, shop and operation: a shop at its limit says nothing about the
others. Source: protocol facts, section 5 (documented). The hourly quota of test shops is one for
all and is left out.
"""

from __future__ import annotations

from tts_chaos.core.history import Exchange, History
from tts_chaos.oracles.actions import actions_of
from tts_chaos.oracles.calls import operation_name
from tts_chaos.oracles.codes import Meaning, meaning_of
from tts_chaos.oracles.findings import Findings, name_few
from tts_chaos.oracles.oracle import JudgeSettings, OracleReport, Rule, oracle, report

__all__ = ["judge"]

NAME = "shops_apart"
RULES = {
    "shop_starved": Rule(
        expected="a sync of every shop that has room",
        defect="one limiter, one queue or one loop serves all shops: the first that is refused "
        "ends the run for all",
    ),
}
_QUOTA_OF_ALL = 36009037
_SEARCH = "order.get_order_list"


@oracle(
    name=NAME,
    kind="safety",
    summary="A shop at its limit keeps no other shop waiting.",
    rules=RULES,
)
def judge(history: History, _settings: JudgeSettings) -> OracleReport:
    """Look at each sync in which a shop was at its limit: were the others asked as well?

    A shop counts once a search of it was answered, so that shops which an integration does not
    serve are not missed.
    """
    findings, actions = Findings(RULES), actions_of(history)
    served: set[str] = set()
    judged = 0
    for action in actions.named("sync_orders"):
        exchanges = [x for x in actions.exchanges_during(action) if x.shop]
        limited = {x.shop for x in exchanges if _is_limited(x)}
        others = served - limited
        if limited and others:
            judged += 1
            starved = others - {x.shop for x in exchanges if operation_name(x) == _SEARCH}
            if starved:
                findings.add(
                    "shop_starved",
                    f"shop {name_few(sorted(limited))} was at its limit, and shop "
                    f"{name_few(sorted(starved))} was not asked for its orders",
                    actual=f"no search of {name_few(sorted(starved))}",
                    index=action.begin,
                )
        served |= {x.shop for x in exchanges if x.succeeded and operation_name(x) == _SEARCH}
    return report(
        NAME,
        saw=judged,
        findings=findings.all(),
        counts={"syncs_with_a_shop_at_its_limit": judged},
        reason="" if judged else "no shop was at its limit beside another",
    )


def _is_limited(exchange: Exchange) -> bool:
    return meaning_of(exchange) is Meaning.RATE and exchange.code != _QUOTA_OF_ALL
