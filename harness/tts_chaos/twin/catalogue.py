"""Every domain of the twin, imported so that its handlers, commands and timers are registered."""

from __future__ import annotations

from tts_chaos.twin import commands
from tts_chaos.twin.domains.authorization import commands as authorization_commands
from tts_chaos.twin.domains.event import operations as event_operations
from tts_chaos.twin.domains.logistics import operations as logistics_operations
from tts_chaos.twin.domains.order import commands as order_commands
from tts_chaos.twin.domains.order import operations as order_operations
from tts_chaos.twin.domains.order import progress as order_progress
from tts_chaos.twin.domains.seller import operations as seller_operations

__all__ = ["DOMAINS"]

DOMAINS = (
    commands,
    authorization_commands,
    event_operations,
    logistics_operations,
    order_commands,
    order_operations,
    order_progress,
    seller_operations,
)
"""The modules that register something."""
