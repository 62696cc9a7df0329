"""Where an id comes from that the platform has no order under."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

from tts_chaos.core.history import Exchange, History, Json, Truth, WebhookSent
from tts_chaos.oracles.beliefs import true_orders
from tts_chaos.oracles.stock_writes import decoded

__all__ = ["explain_strangers"]


def explain_strangers(history: History, ids: Sequence[str]) -> str:
    """Return what the unexpected ids really are, as far as the history tells; "" for nothing.

    Args:
        history: What happened.
        ids: Ids under which orders are kept, and the platform has none.
    """
    if not ids:
        return ""
    wanted = set(ids)
    for sent in history.of(WebhookSent):
        key = _key_of(decoded(sent.body), wanted)
        if key and not sent.genuine:
            return f"it was told by a webhook that the platform never sent ({key})"
        if key and key != "order_id":
            return (
                f"what a webhook tells as {key} is taken for an order's id: orders are kept under "
                "it, beside or instead of their own"
            )
    rounded = _rounded(history, wanted)
    if rounded:
        return (
            f"order {rounded} was rounded: its id is read as a floating-point number, which holds "
            "15 digits for certain, where ids have up to 20"
        )
    for exchange in history.of(Exchange):
        key = _key_of(decoded(exchange.response_body), wanted)
        if key:
            return f"what an answer of {exchange.path} tells as {key} is taken for an order's id"
    return ""


def _rounded(history: History, wanted: set[str]) -> str:
    """Return an order of the platform whose id, as a floating-point number, is one of `wanted`."""
    truths = history.of(Truth)
    for id in true_orders(truths[-1]) if truths else ():
        with suppress(ValueError, OverflowError):
            if str(int(float(id))) in wanted:
                return id
    return ""


def _key_of(value: Json, wanted: set[str]) -> str:
    return next((key for key, told in _scalars(value, "") if told in wanted), "")


def _scalars(value: Any, key: str) -> Iterator[tuple[str, str]]:
    """Yield every plain value below a JSON value, with the key it stands under."""
    if isinstance(value, dict):
        for name, member in value.items():
            yield from _scalars(member, name)
    elif isinstance(value, list):
        for member in value:
            yield from _scalars(member, key)
    elif isinstance(value, str | int):
        yield key, str(value)
