"""The bundled reference integration: small, production-grade, meant to be copied.

It stands on httpx, cryptography and SQLite alone and shares no code with the harness, so that its
signatures, its reading of answers and its state are a second opinion on the twin's.

Reading order: `connector` (what it can do), `client` and `answers` (how calls succeed or fail),
`tokens`, then `order_sync`, `stock`, `shipping` and `webhooks`.
"""

from __future__ import annotations

from tts_chaos.reference.connector import ReferenceIntegration
from tts_chaos.reference.factory import make_reference
from tts_chaos.reference.settings import Patience, ReferenceSettings, Shop

__all__ = ["Patience", "ReferenceIntegration", "ReferenceSettings", "Shop", "make_reference"]
