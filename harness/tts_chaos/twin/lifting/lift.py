"""Lifts recordings into an empty twin, and says what could not be lifted.

A shop is opened as the recordings tell it, then each successful exchange goes to the lifter of its
operation, places first and requests of buyers last, so that what comes later finds what it needs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from tts_chaos.contracts.loader import Contracts
from tts_chaos.contracts.recordings.exchange import Exchange, decode_json
from tts_chaos.twin.handler import TwinEnv
from tts_chaos.twin.lifting import finance, orders, packages, places, products, returns
from tts_chaos.twin.lifting.context import LIFTERS, Told
from tts_chaos.wire.message import AUTH_HOST

__all__ = ["Lifted", "lift_exchanges", "region_told_by"]

REGISTERING_MODULES = (places, products, orders, packages, returns, finance)
"""All lifters, in the order in which they run."""

NEEDS_NOTHING = frozenset(
    {
        "authorization.get_authorized_shops",
        "seller.get_active_shops",
        "event.update_shop_webhook",
        "token.get",
        "token.refresh",
    }
)
"""Operations whose success presumes nothing but the shop."""

_REGION_OF_CURRENCY = {"USD": "US", "GBP": "GB", "EUR": "DE", "JPY": "JP", "VND": "VN", "THB": "TH"}
_REGION_OF_PREFIX = {"TTP_": "US", "GCP_": "GB"}


class Lifted(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the exchanges.

    Attributes:
        lifted: How many told or presumed state.
        not_lifted: Operations of which no lifter knows what their answers say about state.
    """

    lifted: int
    not_lifted: tuple[str, ...]


def region_told_by(exchanges: Iterable[Exchange]) -> str:
    """Return the market that recordings are about: by shop, by currency, by prefix, else GB."""
    rows = list(exchanges)
    for exchange in rows:
        value = exchange.answer
        data = value.get("data") if isinstance(value, dict) else None
        shops = data.get("shops") if isinstance(data, dict) else None
        if isinstance(shops, list) and shops and isinstance(shops[0], dict):
            return str(shops[0].get("region") or "GB")
    texts = [_everything(exchange) for exchange in rows]
    for marks in ({f'"{c}"': r for c, r in _REGION_OF_CURRENCY.items()}, _REGION_OF_PREFIX):
        for text in texts:
            for mark, region in marks.items():
                if mark in text:
                    return region
    return "GB"


def _everything(exchange: Exchange) -> str:
    request = exchange.request
    headers = " ".join(value for _, value in request.headers)
    told = (request.body + exchange.response.body).decode("utf-8", "replace")
    return f"{request.query} {headers} {told}"


def lift_exchanges(
    env: TwinEnv, contracts: Contracts, exchanges: Sequence[Exchange], shop_id: str
) -> Lifted:
    """Store what `exchanges` tell about a shop.

    Args:
        env: The twin's environment; the shop is open already.
        contracts: Where operations are found.
        exchanges: Recorded exchanges, any order.
        shop_id: The shop that gets what is told.
    """
    found = [(name, told) for name, told in _told(env, contracts, exchanges, shop_id)]
    missing = {name for name, _ in found if name not in LIFTERS and name not in NEEDS_NOTHING}
    order = {name: rank for rank, name in enumerate(_names_in_order())}
    known = sorted((pair for pair in found if pair[0] in order), key=lambda pair: order[pair[0]])
    for name, told in known:
        LIFTERS[name](told)
    return Lifted(lifted=len(known), not_lifted=tuple(sorted(missing)))


def _names_in_order() -> list[str]:
    modules = [module.__name__ for module in REGISTERING_MODULES]
    names = list(LIFTERS)
    return sorted(
        names, key=lambda name: (modules.index(LIFTERS[name].__module__), names.index(name))
    )


def _told(
    env: TwinEnv, contracts: Contracts, exchanges: Iterable[Exchange], shop_id: str
) -> Iterable[tuple[str, Told]]:
    for exchange in exchanges:
        request = exchange.request
        match = contracts.match(request.host, request.method, request.path)
        answer = exchange.answer
        if match is None or not isinstance(answer, dict) or answer.get("code") != 0:
            continue
        body = decode_json(request.body)
        data = answer.get("data")
        if request.host == AUTH_HOST:
            continue
        yield (
            match.operation.name,
            Told(
                env=env,
                shop_id=shop_id,
                path=match.values,
                query=dict(request.query_pairs),
                body=body if isinstance(body, dict) else {},
                data=data if isinstance(data, dict) else {},
                now_s=env.now_s(),
            ),
        )
