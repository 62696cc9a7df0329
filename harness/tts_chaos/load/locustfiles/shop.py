"""The locustfile that `tts-chaos load` uses where none is named; one's own may look like it."""

from __future__ import annotations

from tts_chaos.load.listeners import install
from tts_chaos.load.users import CheckoutUser, InventoryUser, OrderUser

__all__ = ["CheckoutUser", "InventoryUser", "OrderUser"]

install()
